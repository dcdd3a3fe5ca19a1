"""The outgoing frames of one connection that wait for the peer to take them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.asyncio.connection import Connection
from websockets.protocol import State

from engine.session.traffic import Traffic
from engine.transport import small_frames
from engine.transport.close_codes import GONE
from engine.transport.keepalive import unsent

SMALL = 16 * 1024
"""Bytes of the largest frame that is written to the socket on the spot if nothing waits there: below the library's own
high-water mark, above which it makes senders wait."""


class Outbox:
    """The frames to send, in order.

    Args:
        socket: where to send them.
        traffic: counts the bytes sent.
        send_rest: awaits ``send_all``; it becomes a task if something has to wait.

    Attributes:
        emptied: whether frames were sent on the spot and none is left; reset by its reader.
    """

    def __init__(
        self, socket: Connection, traffic: Traffic, send_rest: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        self._socket = socket
        self._traffic = traffic
        self._send_rest = send_rest
        self._frames: deque[bytes] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._ended = False
        self._sending = False
        self.emptied = False
        self._handed = 0
        """Bytes given to the socket, whether they have left or not."""

    @property
    def waiting(self) -> int:
        """How many bytes wait for the peer to take them."""
        return sum(map(len, self._frames)) + self._buffered if self._frames else self._buffered

    @property
    def departed(self) -> int:
        """About how many bytes have left for the peer: it rises as long as the peer takes any."""
        return self._handed - self._buffered

    def put(self, frame: bytes) -> None:
        """Send a frame after those that wait; on the spot if none do."""
        if self._frames or self._sending or not self._goes_at_once(frame):
            self._frames.append(frame)
            if self._writer is None and not self._ended:  # after an error it stays set, as nothing can be sent
                self._writer = asyncio.create_task(self._send_rest())

    def _goes_at_once(self, frame: bytes) -> bool:
        socket = self._socket
        if len(frame) > SMALL or socket.protocol.state is not State.OPEN or self._buffered:
            return False
        try:
            whole = small_frames.to_send(socket.protocol, frame)
            if whole is not None:
                socket.protocol.writes.append(whole)
            else:
                socket.protocol.send_binary(frame)
            socket.send_data()
        except GONE:
            return False
        self._handed += len(frame)
        self._traffic.bytes_out += len(frame)
        self.emptied = True
        return True

    async def send_all(self) -> None:
        """Send what waits, and what is added meanwhile, until nothing is left. Raises what the socket raises."""
        while self._frames:
            await self._send_next()
        self._writer = None

    async def end(self) -> None:
        """Send nothing more, except in ``flush``."""
        self._ended = True
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

    async def flush(self, seconds: float) -> None:
        """Send what is left, as far as it leaves within these seconds; call it after ``end``."""
        with contextlib.suppress(*GONE, TimeoutError):
            async with asyncio.timeout(seconds):
                while self._frames:
                    await self._send_next()

    async def _send_next(self) -> None:
        frame = self._frames.popleft()
        self._sending = True
        self._handed += len(frame)
        await self._socket.send(frame)
        self._sending = False
        self._traffic.bytes_out += len(frame)

    @property
    def _buffered(self) -> int:
        return unsent(self._socket)
