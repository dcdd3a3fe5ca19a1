"""What a session learns of its peer's life: answers to its pings, and that bytes arrive and leave."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from websockets.asyncio.connection import Connection

from engine.transport.close_codes import GONE
from engine.transport.keepalive import taken

PINGS = 2_000
"""Bytes that may be nothing but pings; more must be part of a message."""


class LifeSigns:
    """The signs of life on one connection.

    Args:
        on_pong: called when a ping was answered.

    Attributes:
        ponged: whether a ping was answered that the session does not know of yet.
    """

    def __init__(self, socket: Connection, on_pong: Callable[[], None]) -> None:
        self.ponged = False
        self._socket = socket
        self._on_pong = on_pong
        self._pings: set[asyncio.Task[None]] = set()
        self._carried = (0, 0)

    def ping(self) -> None:
        """Send a ping."""
        ping = asyncio.create_task(self._ping())
        self._pings.add(ping)
        ping.add_done_callback(self._pings.discard)

    def carries(self, departed: int) -> bool:
        """Return whether more than a few pings have arrived or left since this last returned True.

        Args:
            departed: how many bytes have left by now.
        """
        now = taken(self._socket) or 0, departed
        if max(now[0] - self._carried[0], now[1] - self._carried[1]) < PINGS:
            return False
        self._carried = now
        return True

    async def end(self) -> None:
        """Stop waiting for answers."""
        pings = tuple(self._pings)
        for ping in pings:
            ping.cancel()
        await asyncio.gather(*pings, return_exceptions=True)

    async def _ping(self) -> None:
        with contextlib.suppress(*GONE):
            await (await self._socket.ping())
            self.ponged = True
            self._on_pong()
