"""Notice a peer that has gone silent: frozen, unplugged, asleep. TCP alone may take hours, or never tell.

Every byte is a sign of life, not only the answer to a ping: on a slow line a ping stands in line behind megabytes
that are under way, and that line is slow, not dead. And the ping may not be waited for: towards a peer that takes
nothing any more it does not even leave. (The heartbeat that websockets brings does neither.) Both ends ping, so that
one whose data is still being taken hears something as well.
"""

from __future__ import annotations

import asyncio
import contextlib

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection

from engine.inbox import Inbox

INTERVAL = 15.0
"""Seconds between two pings."""

MISSES = 2
"""Intervals in a row without a byte, after which the peer is held for dead."""


class _Hears(Connection):
    """A connection that knows how many bytes have come, and holds a bounded number of them."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.recv_messages = Inbox(self.transport.pause_reading, self.transport.resume_reading)

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        super().data_received(data)


class ClientSocket(_Hears, ClientConnection):
    """What ``engine.dial`` opens."""


class ServerSocket(_Hears, ServerConnection):
    """What the hub accepts."""


def taken(socket: Connection) -> int | None:
    """Return how many bytes have come; None for a connection that does not know."""
    return socket.taken if isinstance(socket, _Hears) else None


async def silence(socket: Connection) -> float:
    """Ping until the peer has been silent for too long.

    Intervals are counted, not seconds: a program that was itself stopped meanwhile listens before it judges.

    Returns:
        for how many seconds, about.

    Raises:
        ConnectionClosed: it came to an end before.
    """
    missed = 0
    while missed < MISSES:
        before = taken(socket)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(INTERVAL):
                await socket.ping()
                await asyncio.sleep(INTERVAL)
        # A peer that we do not listen to at the moment, being busy with what it sent, is not silent.
        heard = before is None or taken(socket) != before or not socket.transport.is_reading()
        missed = 0 if heard else missed + 1
    return MISSES * INTERVAL
