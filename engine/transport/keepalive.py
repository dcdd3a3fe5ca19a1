"""Notice a peer that has gone silent: frozen, unplugged, asleep. TCP alone may take hours, or never tell.

Every byte is a sign of life, not only the answer to a ping: on a slow line a ping stands in line behind megabytes
that are under way, and that line is slow, not dead. And the ping may not be waited for: towards a peer that takes
nothing any more it does not even leave. (The heartbeat that websockets brings does neither.) Both ends ping, so that
one whose data is still being taken hears something as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
from collections.abc import Coroutine
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection

from engine.sqlite.steps import unless
from engine.transport.receive_queue import ReceiveQueue

T = TypeVar("T")

INTERVAL = 15.0
"""Seconds between two pings."""

LOOK_EVERY = 0.5
"""Seconds between two looks whether somebody who waits for an answer has hung up."""

MISSES = 2
"""Intervals in a row without a byte, after which the peer is held for dead."""


class _Hears(Connection):
    """A connection that knows how many bytes have come, and holds a bounded number of them."""

    taken = 0
    recv_messages: ReceiveQueue

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.recv_messages = ReceiveQueue(self.transport.pause_reading, self.transport.resume_reading)

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        super().data_received(data)


class ClientSocket(_Hears, ClientConnection):
    """What ``engine.transport.connect`` opens."""


class ServerSocket(_Hears, ServerConnection):
    """What the hub accepts."""


def taken(socket: Connection) -> int | None:
    """Return how many bytes have come; None for a connection that does not know."""
    return socket.taken if isinstance(socket, _Hears) else None


async def while_connected(socket: Connection, work: Coroutine[Any, Any, T]) -> T:
    """Do ``work`` as long as the other side has not hung up; that is noticed, too, while too much waits to read more.

    Raises:
        Left: it has.
    """
    leaving = asyncio.ensure_future(_departure(socket))
    try:
        return await unless(leaving, work)
    finally:
        leaving.cancel()


async def _departure(socket: Connection) -> None:
    lost = socket.connection_lost_waiter
    while not lost.done() and not _hung_up(socket):
        await asyncio.wait((lost,), timeout=LOOK_EVERY)


def _hung_up(socket: Connection) -> bool:
    inner = socket.transport.get_extra_info("socket")
    if inner is None or inner.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(inner.fileno(), getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll(0))


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
