"""Who is admitted where a machine shares its databases: everybody who was paired, each with a token of their own.

A pairing link contains a token that works once, within ten minutes. In the handshake, the hub exchanges it for a
lasting one, which goes into the token file (``engine.hub.tokens``) under the name that the other machine gives.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import SynclineError
from engine.hub.access import Denied, Grant, TokenFile
from engine.hub.tokens import MAX_TOKEN_NAME, digest, load, make
from engine.text import printable, t

GOOD_FOR = 600.0
"""Seconds for which a pairing link is valid."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A pairing link that was made: the hash of its token, the room it is for, and until when it is valid."""

    sha256: str
    room: str
    until: float


class Guests(TokenFile):
    """The tokens of paired machines, and the links that were made and not used yet.

    Links are not stored: those made before this program started are no longer valid.

    Args:
        path: the token file, created when the first machine is paired.
        on_paired: called with the name of a machine that was just paired, and the token of its link.
        now: the clock, in seconds; only differences matter.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_paired: Callable[[str, str], None] = lambda name, token: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(path, missing_ok=True)
        self._on_paired = on_paired
        self._now = now
        self._open: dict[str, Invitation] = {}
        self._past: set[str] = set()

    def invite(self, room: str) -> str:
        """Return a token for a pairing link to this room; it works once, within ten minutes."""
        self._forget_late()
        secret = secrets.token_urlsafe(32)
        invitation = Invitation(digest(secret), room, self._now() + GOOD_FOR)
        self._open[invitation.sha256] = invitation
        return secret

    def withdraw(self, secret: str) -> None:
        """Revoke an unused pairing link, by its token."""
        self._end(digest(secret))

    def admit(self, room: str, secret: str | None, *, name: str = "") -> Grant:
        """Admit whoever shows a valid token, exchanging that of a pairing link for a lasting one."""
        self._forget_late()
        shown = digest(secret or "")
        if any(hmac.compare_digest(past, shown) for past in self._past):
            raise Denied(t("This pairing link has been used already, or its ten minutes are over."))
        for invitation in tuple(self._open.values()):
            if hmac.compare_digest(invitation.sha256, shown):
                if invitation.room != room:
                    raise Denied(t("The token is not valid for this room."), status=403)
                return self._trade(invitation, name, secret or "")
        return super().admit(room, secret)

    def _trade(self, invitation: Invitation, name: str, shown: str) -> Grant:
        try:
            name = _free(name, {token.name for token in load(self.path)} if self.path.exists() else set())
            lasting = make(self.path, name, rooms=[invitation.room])
        except SynclineError:
            raise Denied(t("The other side cannot store its tokens at the moment."), status=503) from None
        self._end(invitation.sha256)
        self.reload()
        self._on_paired(name, shown)
        return Grant(write=True, token=self.find(lasting), lasting=lasting)

    def _end(self, sha256: str) -> None:
        if self._open.pop(sha256, None) is not None:
            self._past.add(sha256)

    def _forget_late(self) -> None:
        for invitation in tuple(self._open.values()):
            if invitation.until <= self._now():
                self._end(invitation.sha256)


def _free(name: str, taken: set[str]) -> str:
    """Return a name that nobody in the file has: what the other machine calls itself, with a number if need be."""
    name = printable(name, MAX_TOKEN_NAME - 6).strip()[: MAX_TOKEN_NAME - 6] or "A machine"
    if name not in taken:
        return name
    return next(f"{name} ({number})" for number in range(2, 10**4) if f"{name} ({number})" not in taken)
