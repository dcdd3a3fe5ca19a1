"""The tokens of a hub, in a file: created, listed and revoked by command, also while the hub runs.

A secret is shown once, when it is created. The file holds only its SHA-256, so that whoever reads the file cannot
enter. A plain hash is enough here: salts and slow hashes protect against guessing, and nobody guesses 256 random bits.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import SynclineError, UsageError
from engine.text import t

MAX_TOKEN_NAME = 60
"""Characters of a token's name, which is shown in lists and logs."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without its secret.

    Attributes:
        name: what its owner calls it; unique in the file.
        sha256: of the secret, in hex.
        rooms: the rooms that it opens; None for all.
        write: whether changes are accepted from its bearer.
        expires: when it expires; None for never.
    """

    name: str
    sha256: str
    rooms: tuple[str, ...] | None = None
    write: bool = True
    expires: datetime | None = None

    def expired(self, now: datetime | None = None) -> bool:
        """Return whether it has expired."""
        return self.expires is not None and self.expires <= (now or datetime.now(UTC))

    def opens(self, room: str) -> bool:
        """Return whether it is for this room."""
        return self.rooms is None or room in self.rooms


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def load(path: Path, *, missing_ok: bool = False) -> tuple[Token, ...]:
    """Read the tokens in ``path``; with ``missing_ok`` there may be no file, and thus no token.

    Raises:
        SynclineError: the file cannot be read, or is damaged; tells its path, and nothing of its content.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))["tokens"]
        return tuple(_token(entry) for entry in entries)
    except OSError as error:
        if missing_ok and isinstance(error, FileNotFoundError):
            return ()
        raise _failed(path, "read", error) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SynclineError(
            t("The tokens in {path} cannot be used: the file is damaged.", path=path),
            hint=t("Restore a copy of it, or create new tokens: syncline token make"),
        ) from None


def make(
    path: Path,
    name: str,
    *,
    rooms: Sequence[str] | None = None,
    write: bool = True,
    expires: datetime | None = None,
) -> str:
    """Add a token to ``path``, which is created if it does not exist.

    Args:
        name, rooms, write, expires: as in ``Token``.

    Returns:
        its secret, which is stored nowhere.

    Raises:
        UsageError: the name is invalid or taken.
        SynclineError: the file cannot be read or written.
    """
    if not name or len(name) > MAX_TOKEN_NAME or not name.isprintable():
        raise UsageError(t("A token needs a name of 1 to {limit} printable characters.", limit=MAX_TOKEN_NAME))
    secret = secrets.token_urlsafe(32)
    with _changing(path) as tokens:
        if any(token.name == name for token in tokens):
            raise UsageError(
                t("The token “{name}” already exists.", name=name), hint=t("Choose another name, or revoke that one.")
            )
        tokens.append(Token(name, digest(secret), None if rooms is None else tuple(rooms), write, expires))
    return secret


def revoke(path: Path, name: str) -> None:
    """Remove a token from ``path``; a running hub disconnects whoever used it.

    Raises:
        UsageError: none has this name.
        SynclineError: the file cannot be read or written.
    """
    with _changing(path, missing=False) as tokens:
        left = [token for token in tokens if token.name != name]
        if len(left) == len(tokens):
            raise UsageError(t("There is no token “{name}”.", name=name), hint=t("List them all: syncline token list"))
        tokens[:] = left


@contextlib.contextmanager
def _changing(path: Path, *, missing: bool = True) -> Iterator[list[Token]]:
    """Give the tokens to be changed, and write all of them back; two programs take turns."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        turn = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise _failed(path, "saved", error) from None
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        tokens = list(load(path, missing_ok=missing))
        yield tokens
        _write(path, tokens)
        os.fsync(turn)
    finally:
        os.close(turn)


def _write(path: Path, tokens: Sequence[Token]) -> None:
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tokens-")  # made with 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"tokens": [_entry(token) for token in tokens]}, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path.resolve())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise _failed(path, "saved", error) from None


def _entry(token: Token) -> dict[str, Any]:
    entry = asdict(token)
    entry["expires"] = token.expires.isoformat() if token.expires else None
    return entry


def _token(entry: dict[str, Any]) -> Token:
    name, sha256, rooms = entry["name"], entry["sha256"], entry["rooms"]
    expires, write = entry["expires"], entry["write"]
    if not (isinstance(name, str) and isinstance(sha256, str) and len(bytes.fromhex(sha256)) == 32):
        raise ValueError
    if not isinstance(write, bool) or not (rooms is None or all(isinstance(room, str) for room in rooms)):
        raise ValueError
    moment = None
    if expires is not None:
        moment = datetime.fromisoformat(expires)
        if moment.tzinfo is None:
            raise ValueError
    return Token(name, sha256, None if rooms is None else tuple(rooms), write, moment)


def _failed(path: Path, verb: str, error: OSError) -> SynclineError:
    return SynclineError(
        t(
            "The tokens in {path} could not be {verb}: {reason}.",
            path=path,
            verb=verb,
            reason=error.strerror or error,
        ),
        hint=t("Create one with “syncline token make”, or check that the file and its folder are yours."),
    )
