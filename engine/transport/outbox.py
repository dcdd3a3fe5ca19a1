"""The frames of one connection that wait for the peer to take them."""

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

SMALL = 16 * 1024
"""Bytes of a frame that goes to the socket on the spot, where nothing waits there: less than the library's own limit of
what it takes before it has anybody wait."""


class Outbox:
    """What is to be sent, in order.

    Args:
        socket: where to. traffic: counts what it has taken.
        send_rest: awaits ``send_all``: a task of it is made where something has to wait.

    Attributes:
        emptied: whether frames have gone on the spot, and nothing is left; for whoever sets it back.
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
        """Bytes given to the socket, whether it has taken them or not."""

    @property
    def waiting(self) -> int:
        """How many bytes wait for the peer to take them."""
        return sum(map(len, self._frames)) + self._buffered if self._frames else self._buffered

    @property
    def departed(self) -> int:
        """How many bytes have left for the peer, about: it rises while the peer takes any."""
        return self._handed - self._buffered

    def put(self, frame: bytes) -> None:
        """Send a frame after those that wait; on the spot, if none do."""
        if self._frames or self._sending or not self._goes_at_once(frame):
            self._frames.append(frame)
            if self._writer is None and not self._ended:  # after an error it stays: nothing leaves any more
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
        """Send what waits and what comes meanwhile, until nothing is left. Ends by an error of the socket's, too."""
        while self._frames:
            await self._send_next()
        self._writer = None

    async def end(self) -> None:
        """Send nothing more, but for what is flushed."""
        self._ended = True
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

    async def flush(self, seconds: float) -> None:
        """Send what is left, as far as it leaves within this time; after ``end``."""
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
        return self._socket.transport.get_write_buffer_size()
