"""Bounds the incoming messages of all peers of a hub together, in bytes and in slowness.

Each peer may have one message of a hundred megabytes under way and another one waiting, but not all peers at once. If
there is too much, the message that has held the most for the longest is given up, as it can come again later.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from engine.hub.limits import Busy, Limits
from engine.session.close_codes import CloseCode
from engine.text import t
from engine.transport.bandwidth import LINE

SPAN = 30.0
"""Seconds over which the speed of a message is measured."""


class Incoming(Protocol):
    """A connection as its messages come.

    Attributes:
        held: bytes of messages that have come, wholly or in part. taken: bytes of all that ever came.
        unfinished: whether one has begun. small: whether the peer has the smaller share.
    """

    @property
    def held(self) -> int: ...
    @property
    def taken(self) -> int: ...
    @property
    def unfinished(self) -> bool: ...
    @property
    def small(self) -> bool: ...
    @property
    def transport(self) -> asyncio.Transport: ...
    def give_up(self, code: int, reason: str) -> None: ...


@dataclass(slots=True)
class _Coming:
    """A message that has come in part: since when, and how many bytes had come when last checked."""

    since: float
    looked_at: float
    taken: int


class InboundBudget:
    """The budget of one hub.

    Args:
        limits: how much may be on its way at a time, and how fast it must arrive.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held: dict[Incoming, int] = {}
        self._small: set[Incoming] = set()
        self._coming: dict[Incoming, _Coming] = {}
        self.total = 0
        self._of_small = 0

    def count(self, socket: Incoming) -> None:
        """Note what a connection holds now. If all of them together hold too much, give some up."""
        before, was_small = self._held.get(socket, 0), socket in self._small
        held, small = socket.held, socket.small
        if held == before and small == was_small and not socket.unfinished and socket not in self._coming:
            return  # as after nearly every message: it was small, and is done with
        self._held[socket] = held
        self.total += held - before
        if small or was_small:
            self._of_small += held * small - before * was_small
            if small:
                self._small.add(socket)
            else:
                self._small.discard(socket)
        if not socket.unfinished:
            if socket in self._coming:
                del self._coming[socket]
        elif socket not in self._coming:
            now = time.monotonic()
            self._coming[socket] = _Coming(now, now, socket.taken)
        if held > before:
            self._bound()

    def forget(self, socket: Incoming) -> None:
        """Forget a connection that is gone."""
        held = self._held.pop(socket, 0)
        self.total -= held
        if socket in self._small:
            self._small.discard(socket)
            self._of_small -= held
        self._coming.pop(socket, None)

    def slow(self) -> list[tuple[Incoming, str]]:
        """Return the connections on which a message comes too slowly, and what to say about it.

        Call about once a second.
        """
        found: list[tuple[Incoming, str]] = []
        now = time.monotonic()
        for socket, coming in self._coming.items():
            if LINE.received is not None or not socket.transport.is_reading():  # it is us who keep it waiting
                coming.looked_at, coming.taken = now, socket.taken
            elif now - coming.looked_at >= SPAN:
                if socket.taken - coming.taken < self._limits.pace * SPAN:
                    found.append(
                        (
                            socket,
                            t("A message came more slowly than {limit:,} bytes per second.", limit=self._limits.pace),
                        )
                    )
                coming.looked_at, coming.taken = now, socket.taken
        return found

    def _bound(self) -> None:
        while self.total > self._limits.incoming and self._give_up(small=False):
            pass
        while self._of_small > self._limits.incoming_small and self._give_up(small=True):
            pass

    def _give_up(self, *, small: bool) -> bool:
        """Give up the worst one; return False if there is none left."""
        now = time.monotonic()
        worst = max(
            (socket for socket in self._coming if socket in self._small or not small),
            key=lambda socket: self._held[socket] * (now - self._coming[socket].since + 1),
            default=None,
        )
        if worst is None:
            return False
        self.forget(worst)
        worst.give_up(
            CloseCode.TRY_AGAIN_LATER,
            str(Busy(t("This hub is at its limit for incoming messages; try again later."))),
        )
        return True
