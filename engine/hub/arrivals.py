"""Connections that come at once, let in a few at a time: the first are served while the last still wait.

Taken all together, each goes through each step of its handshake before the first one is in its room. So only some are
read from; what the others have sent waits with the system. A turn ends when the peer is in its room, and after a moment
in any case: whoever says nothing, or is far away, keeps nobody waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque

AT_ONCE = 50
"""Connections that have a turn."""

TURN = 0.1
"""Seconds that a turn lasts at most. With ``AT_ONCE``, how many connections that say nothing one can pass a second."""


class Arrivals:
    """The turns of one hub's connections, each by its transport."""

    def __init__(self) -> None:
        self._turns: dict[asyncio.Transport, asyncio.TimerHandle] = {}
        self._waiting: deque[asyncio.Transport] = deque()

    def come(self, transport: asyncio.Transport) -> None:
        """Give a new connection a turn, or have it wait for one: then nothing is read from it."""
        if len(self._turns) < AT_ONCE:
            self._begin(transport)
        else:
            transport.pause_reading()
            self._waiting.append(transport)

    def end(self, transport: asyncio.Transport) -> None:
        """End the turn of a connection, if it has one; the next one begins."""
        timer = self._turns.pop(transport, None)
        if timer is None:
            return
        timer.cancel()
        while self._waiting and len(self._turns) < AT_ONCE:
            following = self._waiting.popleft()
            if not following.is_closing():
                following.resume_reading()
                self._begin(following)

    def _begin(self, transport: asyncio.Transport) -> None:
        self._turns[transport] = asyncio.get_running_loop().call_later(TURN, self.end, transport)
