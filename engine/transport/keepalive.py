"""Notices a peer that has gone silent: frozen, unplugged, asleep. TCP alone may take hours, or never tell.

Every byte is a sign of life, not only the answer to a ping. On a slow line a ping queues behind megabytes in transit,
and that line is slow, not dead. Nor may the ping be awaited: towards a peer that has stopped taking data it does not
even leave. (The keepalive of websockets does neither.) Both ends ping, so that an end whose data is still being taken
hears something as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from engine.sqlite.steps import unless
from engine.transport import small_frames
from engine.transport.bandwidth import LINE, Lane
from engine.transport.close_codes import GONE
from engine.transport.receive_queue import TURN, ReceiveQueue

T = TypeVar("T")

INTERVAL = 15.0
"""Seconds between two pings."""

LOOK_EVERY = 0.5
"""Seconds between two checks whether a peer that waits for an answer has hung up."""

CLOSING = 2.0
"""Seconds that a connection still gets after it was found to have been ended by the other side."""

MISSES = 2
"""Intervals in a row without a byte after which the peer counts as dead."""


class _Hears(Connection):
    """A connection that counts the bytes that have arrived, holds a bounded number of them, and keeps to the limit of
    the line."""

    taken = 0
    recv_messages: ReceiveQueue
    lane: Lane | None = None
    """What waits for its turn on the line; none before there is a limit."""
    _network_full = _lane_full = False
    """Why senders are kept waiting."""
    _queue_full = _rests = False
    """Why nothing is read for now."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.recv_messages = ReceiveQueue(self._queue_fills, self._queue_empties)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.lane is not None:
            self.lane.end()
        super().connection_lost(exc)

    def send_data(self) -> None:
        if self.lane is None and LINE.sent is None:
            super().send_data()
            return
        lane = self._own_lane()
        for data in self.protocol.data_to_send():
            if data:
                lane.send(data)
            else:  # nothing follows
                lane.flush()
                self.protocol.writes.append(data)
                super().send_data()

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        if LINE.received is not None:
            self._own_lane().came(len(data))
        self.recv_messages.turn = TURN
        message = small_frames.received(self.protocol, data)
        if message is None:
            super().data_received(data)
        elif not self.recv_messages.hand_over(message):
            self.recv_messages.put(Frame(Opcode.BINARY, message))

    def pause_writing(self) -> None:
        self._network_full = True
        self._keep_waiting()

    def resume_writing(self) -> None:
        self._network_full = False
        self._keep_waiting()

    def _own_lane(self) -> Lane:
        if self.lane is None:
            self.lane = Lane(
                LINE, write=self.transport.write, full=self._lane_fills, rest=self._rest, later=self.loop.call_later
            )
        return self.lane

    def _lane_fills(self, full: bool) -> None:
        self._lane_full = full
        self._keep_waiting()

    def _keep_waiting(self) -> None:
        full = self._network_full or self._lane_full
        if full and not self.paused:
            super().pause_writing()
        elif self.paused and not full:
            super().resume_writing()

    def _queue_fills(self) -> None:
        self._queue_full = True
        self._read_or_not()

    def _queue_empties(self) -> None:
        self._queue_full = False
        self._read_or_not()

    def _rest(self, rests: bool) -> None:
        self._rests = rests
        self._read_or_not()

    def _read_or_not(self) -> None:
        if self._queue_full or self._rests:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()


class ClientSocket(_Hears, ClientConnection):
    """The connection that ``engine.transport.connect`` opens."""


class ServerSocket(_Hears, ServerConnection):
    """The connection that a hub accepts."""


def unsent(socket: Connection) -> int:
    """Return how many bytes wait to leave, in this process."""
    lane = socket.lane if isinstance(socket, _Hears) else None
    return socket.transport.get_write_buffer_size() + (lane.waiting if lane is not None else 0)


def hurry(socket: Connection) -> None:
    """Let what waits for its turn on the line go before it: the connection is about to end."""
    if isinstance(socket, _Hears) and socket.lane is not None:
        socket.lane.hurry()


def taken(socket: Connection) -> int | None:
    """Return how many bytes have arrived; None for a connection that does not count them."""
    return socket.taken if isinstance(socket, _Hears) else None


async def while_connected(socket: Connection, work: Coroutine[Any, Any, T]) -> T:
    """Do ``work`` as long as the other side has not hung up, which is noticed even while reading is paused.

    Raises:
        Left: it has hung up.
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


class Heartbeat:
    """Pings, and notices a peer that is silent for too long.

    Intervals are counted, not seconds, so that a program that was itself stopped listens before it judges. It is a
    timer, not a task, as a hub has one for each of ten thousand idle guests.

    Args:
        socket: an open connection.
        on_silent: called once, with the approximate seconds of silence.
    """

    def __init__(self, socket: Connection, on_silent: Callable[[float], None]) -> None:
        self._socket = socket
        self._on_silent = on_silent
        self._missed = 0
        self._before: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Send the first ping."""
        self._ping()

    def stop(self) -> None:
        """Stop pinging."""
        if self._timer is not None:
            self._timer.cancel()

    def _ping(self) -> None:
        socket = self._socket
        self._before = taken(socket)
        if socket.protocol.state is State.OPEN and not socket.transport.is_closing():
            socket.protocol.send_ping(b"")  # any byte counts as an answer, so pings need not be told apart
            socket.send_data()
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._look)

    def _look(self) -> None:
        socket = self._socket
        if socket.protocol.state is not State.OPEN:
            # the other side has ended it, and our answer may queue behind data that it does not take any more
            self._timer = asyncio.get_running_loop().call_later(CLOSING, self._abort)
            return
        # A peer that we are not reading from, being busy with what it sent, is not silent.
        heard = self._before is None or taken(socket) != self._before or not socket.transport.is_reading()
        self._missed = 0 if heard else self._missed + 1
        if self._missed < MISSES:
            self._ping()
        else:
            self._on_silent(MISSES * INTERVAL)

    def _abort(self) -> None:
        with contextlib.suppress(*GONE):
            self._socket.transport.abort()
