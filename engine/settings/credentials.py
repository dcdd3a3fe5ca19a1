"""Where the peers' tokens are kept: in the system's keyring, or in a file of the person's own if there is none.

A token is in no setting, log or ``repr``. The file also says whose tokens the keyring holds, so that a person who uses
no tokens is never asked to unlock it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Protocol

from engine.errors import SynclineError, TokenLost, TokenStoreError
from engine.settings import HOME, data_dir
from engine.settings.system_keyring import READ, SAVED, SystemKeyring
from engine.text import sentences, t

IN_KEYRING = ""
"""The file's entry for a token that the keyring holds."""

TIMEOUT = 30.0
"""Seconds for the keyring to answer, enough for a person to type its password."""


class KeepsTokens(Protocol):
    """Keeps one token for each peer, by the peer's id. Raises what ``TokenStore`` raises."""

    async def where(self) -> str:
        """Return a sentence that says where tokens are kept."""

    async def get(self, peer: str) -> str | None:
        """Return a peer's token; None if it has none."""

    async def set(self, peer: str, token: str) -> None:
        """Keep a peer's token."""

    async def delete(self, peer: str) -> None:
        """Forget a peer's token."""


class Tokens:
    """The tokens of the configured peers: in memory once they were read, and in a store between runs.

    Args:
        store: None to forget them with the engine.
    """

    def __init__(self, store: KeepsTokens | None) -> None:
        self.store = store
        self._known: dict[str, str | None] = {}

    def of(self, peer: str) -> str | None:
        """Return a peer's token from memory; None if it has none, or it was not read yet."""
        return self._known.get(peer)

    async def get(self, peer: str, *, anew: bool = False) -> str | None:
        """Return a peer's token, from the store if need be; None if it has none.

        Args:
            anew: the token in memory may be wrong, so read the store again, as somebody may have corrected it there.

        Raises:
            TokenStoreError: none is in memory and the store cannot be read at the moment; the next call reads it again.
        """
        if self.store is None:
            return self._known.get(peer)
        known = self._known.get(peer)
        if peer not in self._known or anew:
            try:
                kept = await self.store.get(peer)
            except SynclineError:
                if known is None:
                    raise
            else:
                # a token that the store has lost may still be valid, and a person may have changed it meanwhile
                if self._known.get(peer) == known and (kept is not None or known is None):
                    self._known[peer] = kept
        return self._known.get(peer)

    async def where(self) -> str:
        """Return a sentence that says where tokens are kept."""
        return await self.store.where() if self.store is not None else t("Tokens are forgotten when Syncline quits.")

    async def keep(self, peer: str, token: str | None) -> None:
        """Keep a peer's token; None changes nothing, and '' removes what is kept.

        Raises:
            TokenStoreError: the store failed; nothing was changed.
        """
        if token is None or (peer in self._known and token == (self.of(peer) or "")):
            return
        if not token:
            await self.drop(peer)
            return
        if self.store is not None:
            await self.store.set(peer, token)
        self._known[peer] = token

    async def drop(self, peer: str) -> None:
        """Forget a peer's token.

        Raises:
            TokenStoreError: the store failed.
        """
        if self.store is not None:
            await self.store.delete(peer)
        self._known[peer] = None


class TokenStore:
    """Keeps one token for each peer.

    Args:
        folder: of the file; by default ``data_dir()``.
        keyring: whether to use the system's; by default yes, unless ``SYNCLINE_HOME`` keeps everything in one folder.
        timeout: seconds for the keyring to answer.
    """

    def __init__(self, folder: Path | None = None, *, keyring: bool | None = None, timeout: float = TIMEOUT) -> None:
        self._file = _TokenFile((folder or data_dir()) / "tokens.json")
        self._wanted = HOME not in os.environ if keyring is None else keyring
        self._keyring = SystemKeyring(timeout)
        self._changing = asyncio.Lock()

    async def where(self) -> str:
        """Return a sentence that says where tokens are kept, and why there."""
        name = await self._found()
        if name is not None:
            return t("Tokens are stored in the system keyring ({name}).", name=name)
        kept = t("Tokens are stored in {path}, which only you can read.", path=self._file.path)
        return sentences(t("The system has no usable keyring.") if self._wanted else "", kept)

    async def get(self, peer: str) -> str | None:
        """Return a peer's token; None if it has none.

        Raises:
            TokenStoreError: the keyring or the file cannot be read.
            TokenLost: the keyring no longer has it.
        """
        kept = (await asyncio.to_thread(self._file.read)).get(peer)
        if kept != IN_KEYRING:
            return kept
        token = await self._keyring.get(peer)
        if token is None:
            raise TokenLost(t("The system keyring no longer has the token."), hint=t("Enter the token again."))
        return token

    async def set(self, peer: str, token: str) -> None:
        """Keep a peer's token in place of any earlier one.

        Raises:
            TokenStoreError: it could not be kept.
        """
        async with self._changing:
            in_keyring = await self._found() is not None
            if in_keyring:
                await self._keyring.set(peer, token)
            await asyncio.to_thread(self._file.put, peer, IN_KEYRING if in_keyring else token)

    async def delete(self, peer: str) -> None:
        """Forget a peer's token, if there is one.

        Raises:
            TokenStoreError: it could not be removed.
        """
        async with self._changing:
            kept = (await asyncio.to_thread(self._file.read)).get(peer)
            if kept == IN_KEYRING and await self._found() is not None:
                await self._keyring.delete(peer)
            await asyncio.to_thread(self._file.put, peer, None)

    async def _found(self) -> str | None:
        """Return the keyring's name; None if none is wanted or available."""
        return await self._keyring.find() if self._wanted else None


class _TokenFile:
    """A JSON object from peer id to token (or ``IN_KEYRING``), readable only by its owner."""

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
            raise TokenStoreError(
                t("The tokens in {path} cannot be used: the file is damaged.", path=self.path),
                hint=t("Move it away, then enter the tokens of your peers again."),
            )
        return tokens

    def put(self, peer: str, token: str | None) -> None:
        """Rewrite the file with this token, whole or not at all; None removes it."""
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

    def _failed(self, verb: str, error: Exception) -> TokenStoreError:
        return TokenStoreError(
            t(
                "The tokens in {path} could not be {verb}: {reason}.",
                path=self.path,
                verb=verb,
                reason=getattr(error, "strerror", None) or error,
            ),
            hint=t("Check that the folder exists, is yours and has free space."),
        )
