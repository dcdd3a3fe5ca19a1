"""Where the peers' tokens are kept: the system's keyring, or a file of the person's own where there is none.

A token is in no setting, log or ``repr``. The file also says whose tokens the keyring holds, so that a person who uses
none is never asked to unlock it. The keyring is asked on a thread of its own, because it may wait for D-Bus,
or for a person to unlock it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from engine.errors import SynclineError
from engine.settings import HOME, data_dir
from engine.words import marked

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

P = ParamSpec("P")
T = TypeVar("T")

SERVICE = "syncline"
READ, SAVED, REMOVED = marked("engine", "read"), marked("engine", "saved"), marked("engine", "removed")
"""The name under which the keyring lists our tokens; the "user" is the peer's id."""

IN_KEYRING = ""
"""Stands in the file for a token that the keyring holds."""

TIMEOUT = 30.0
"""Seconds for the keyring to answer: long enough for a person to type its password."""


class Tokens:
    """The tokens of the configured peers: at hand while the engine runs, kept in a store between runs.

    Args:
        store: None forgets them with the engine.
    """

    def __init__(self, store: TokenStore | None) -> None:
        self.store = store
        self._known: dict[str, str] = {}

    def of(self, peer: str) -> str | None:
        """Return the token of a peer, by its id; None when it has none."""
        return self._known.get(peer)

    async def where(self) -> str:
        """Return one sentence for a person: where tokens are kept."""
        return await self.store.where() if self.store is not None else "Tokens are forgotten when Syncline ends."

    async def load(self, peers: Iterable[str]) -> None:
        """Take the tokens of these peers from the store.

        Raises:
            SynclineError: the store cannot be read; the rest is not tried, for it would wait for the same answer.
        """
        for peer in peers:
            token = await self.store.get(peer) if self.store is not None else None
            if token is not None:
                self._known.setdefault(peer, token)

    async def keep(self, peer: str, token: str | None) -> None:
        """Keep the token of a peer; None changes nothing, an empty one removes what is kept.

        Raises:
            SynclineError: the store would not; then nothing has changed.
        """
        if token is None or token == (self.of(peer) or ""):
            return
        if not token:
            await self.drop(peer)
            return
        if self.store is not None:
            await self.store.set(peer, token)
        self._known[peer] = token

    async def drop(self, peer: str) -> None:
        """Forget the token of a peer.

        Raises:
            SynclineError: the store would not let it go.
        """
        if self.store is not None:
            await self.store.delete(peer)
        self._known.pop(peer, None)


class TokenStore:
    """Keeps one token for each peer.

    Args:
        folder: of the file; by default ``data_dir()``.
        keyring: whether to use the system's; by default yes, unless ``SYNCLINE_HOME`` keeps everything in one folder.
        timeout: seconds for the keyring to answer.
    """

    def __init__(
        self, folder: Path | None = None, *, keyring: bool | None = None, timeout: float = TIMEOUT
    ) -> None:
        self._file = _TokenFile((folder or data_dir()) / "tokens.json")
        self._wanted = HOME not in os.environ if keyring is None else keyring
        self._timeout = timeout
        self._keyring: KeyringBackend | None = None
        self._looked = False
        self._lock = asyncio.Lock()

    async def where(self) -> str:
        """Return one sentence for a person: where tokens are kept, and why there."""
        async with self._lock:
            keyring = await self._find()
        if keyring is not None:
            return f"Tokens are kept in the system's keyring ({keyring.name})."
        why = "The system has no usable keyring, so tokens" if self._wanted else "Tokens"
        return f"{why} are kept in {self._file.path}, which only you can read."

    async def get(self, peer: str) -> str | None:
        """Return the token of a peer, by its id; None when it has none.

        Raises:
            SynclineError: the keyring or the file cannot be read.
        """
        async with self._lock:
            kept = (await _on_thread(self._file.read)).get(peer)
            if kept != IN_KEYRING:
                return kept
            keyring = await self._find()
            if keyring is None:
                raise SynclineError(
                    "The token is in the system's keyring, which cannot be reached now.",
                    hint="Start Syncline from your desktop, or enter the token again.",
                )
            return await self._ask(READ, keyring.get_password, SERVICE, peer)

    async def set(self, peer: str, token: str) -> None:
        """Keep the token of a peer in place of an earlier one.

        Raises:
            SynclineError: it could not be kept.
        """
        async with self._lock:
            keyring = await self._find()
            if keyring is None:
                await _on_thread(self._file.put, peer, token)
            else:
                await self._ask(SAVED, keyring.set_password, SERVICE, peer, token)
                await _on_thread(self._file.put, peer, IN_KEYRING)

    async def delete(self, peer: str) -> None:
        """Forget the token of a peer, if there is one.

        Raises:
            SynclineError: it could not be removed.
        """
        async with self._lock:
            keyring = await self._find() if (await _on_thread(self._file.read)).get(peer) == IN_KEYRING else None
            if keyring is not None and await self._ask(READ, keyring.get_password, SERVICE, peer) is not None:
                await self._ask(REMOVED, keyring.delete_password, SERVICE, peer)
            await _on_thread(self._file.put, peer, None)

    async def _find(self) -> KeyringBackend | None:
        if self._wanted and not self._looked:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeout):
                    self._keyring = await _on_thread(_usable_keyring)
        self._looked = True
        return self._keyring

    async def _ask(self, verb: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the keyring, and say in words what went wrong; a backend's own words are left out: they may hold it."""
        try:
            async with asyncio.timeout(self._timeout):
                return await _on_thread(work, *args, **kwargs)
        except TimeoutError:
            why = f"it did not answer within {self._timeout:.0f} s"
        except Exception as error:
            why = _WORDS.get(type(error).__name__, f"it failed ({type(error).__name__})")
        raise SynclineError(
            f"The token could not be {verb} in the system's keyring: {why}.",
            hint="Unlock the keyring, then try again. With PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring set,"
            " Syncline keeps tokens in a file instead.",
        )


_WORDS = {"KeyringLocked": "it is locked", "InitError": "it could not be opened"}


def _usable_keyring() -> KeyringBackend | None:
    """The system's keyring; None where it is missing, switched off, or would keep tokens in the open."""
    try:
        import keyring
        from keyring.core import recommended

        backend = keyring.get_keyring()
        return backend if recommended(backend) else None
    except Exception:  # any backend may be installed, and each fails in its own way while it is looked for
        return None


class _TokenFile:
    """A JSON object from peer id to token (or ``IN_KEYRING``), readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, str]:
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise self._failed(READ, error) from None
        try:
            tokens = json.loads(text)
        except ValueError:
            tokens = None
        if not isinstance(tokens, dict) or not all(isinstance(token, str) for token in tokens.values()):
            raise SynclineError(
                f"The tokens in {self.path} cannot be used: the file is damaged.",
                hint="Move it away, then enter the tokens of your peers again.",
            )
        return tokens

    def put(self, peer: str, token: str | None) -> None:
        """Write the file anew with this token, whole or not at all; None removes it."""
        tokens = self.read()
        if tokens.get(peer) == token:
            return
        if token is None:
            del tokens[peer]
        else:
            tokens[peer] = token
        temporary = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".tokens-")  # made with 0600
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(tokens, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise self._failed(SAVED, error) from None

    def _failed(self, verb: str, error: Exception) -> SynclineError:
        return SynclineError(
            f"The tokens in {self.path} could not be {verb}: {getattr(error, 'strerror', None) or error}.",
            hint="Check that the folder is there, is yours, and has space left.",
        )


async def _on_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` on a thread that nobody waits for at the end: a keyring that hangs must not hinder quitting."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failed = None, None
        try:
            result = work(*args, **kwargs)
        except Exception as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="tokens", daemon=True).start()
    return await done
