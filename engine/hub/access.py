"""Who may enter which room of a hub, and whether they may write. Secrets are compared in constant time."""

from __future__ import annotations

import asyncio
import hmac
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import SynclineError
from engine.hub.tokens import Token, digest, load
from engine.storage.file_watch import FileWatch
from engine.text import t

log = logging.getLogger(__name__)


class Denied(SynclineError):
    """A peer may not enter. The sentence is for the peer; ``status`` is the HTTP status that goes with it."""

    def __init__(self, message: str, *, status: int = 401) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Grant:
    """What a peer was admitted with.

    Attributes:
        write: whether changes are accepted from it.
        token: the token it showed; None if none of the file's was required.
        lasting: the secret to show from now on, told once to a peer that was just paired
            (``engine.pairing.paired_devices``).
    """

    write: bool = True
    token: Token | None = None
    lasting: str | None = field(default=None, repr=False, compare=False)


class Access(ABC):
    """Decides who may enter.

    An async context manager: inside it, ``on_change`` is called when somebody no longer may.
    """

    asks = True
    """Whether peers must show anything at all."""

    revokes = True
    """Whether there can ever be ``trouble`` with somebody who was admitted."""

    @abstractmethod
    def admit(self, room: str, secret: str | None, *, name: str = "") -> Grant:
        """Admit a peer to ``room``; ``name`` is what it calls itself, if it comes to be paired.

        Raises:
            Denied: it may not enter, with the reason.
        """

    def trouble(self, grant: Grant, room: str) -> str:
        """Return why a peer that was admitted with this grant may not stay; '' if it may."""
        return ""

    async def __aenter__(self) -> Access:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    on_change: Callable[[], None] = staticmethod(lambda: None)


class Anybody(Access):
    """Asks for nothing."""

    asks = False
    revokes = False

    def admit(self, room: str, secret: str | None, *, name: str = "") -> Grant:
        return Grant()


class SharedToken(Access):
    """One secret for every room and every peer."""

    revokes = False

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def admit(self, room: str, secret: str | None, *, name: str = "") -> Grant:
        if not hmac.compare_digest((secret or "").encode(), self._secret.encode()):
            raise Denied(t("This hub does not know the token."))
        return Grant()


class TokenFile(Access):
    """The tokens of a file (``engine.hub.tokens``), followed while it changes.

    While the file cannot be read nobody new is admitted; those inside stay. Only tokens removed from it are revoked.

    Args:
        missing_ok: there may be no file yet, which counts as one without tokens.
    """

    def __init__(self, path: Path, *, missing_ok: bool = False) -> None:
        self.path = path
        self._missing_ok = missing_ok
        self._tokens: tuple[Token, ...] = ()
        self._broken = False
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> TokenFile:
        self._tokens = await asyncio.to_thread(self._load)
        await self._stack.enter_async_context(FileWatch(self.path, self.reload))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def admit(self, room: str, secret: str | None, *, name: str = "") -> Grant:
        if self._broken:
            raise Denied(t("The hub cannot read its tokens at the moment."), status=503)
        found = self.find(secret or "")
        if found is None:
            raise Denied(t("This hub does not know the token."))
        if found.expired():
            raise Denied(t("The token has expired."))
        if not found.opens(room):
            raise Denied(t("The token is not valid for this room."), status=403)
        return Grant(found.write, found)

    def trouble(self, grant: Grant, room: str) -> str:
        if grant.token is None or grant.token not in self._tokens:
            return t("The token was revoked.")
        return t("The token has expired.") if grant.token.expired() else ""

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All tokens in the file."""
        return self._tokens

    def find(self, secret: str) -> Token | None:
        """Return the token with this secret; None if there is none."""
        shown, found = digest(secret), None
        for token in self._tokens:
            if hmac.compare_digest(token.sha256, shown):
                found = token
        return found

    def reload(self) -> None:
        """Read the file again, and call ``on_change`` if its tokens have changed."""
        try:
            tokens = self._load()
        except SynclineError as error:
            if not self._broken:
                log.error("%s Nobody new is let in until it can be read.", error)
            self._broken = True
            return
        self._broken = False
        if tokens != self._tokens:
            self._tokens = tokens
            self.on_change()

    def _load(self) -> tuple[Token, ...]:
        return load(self.path, missing_ok=self._missing_ok)
