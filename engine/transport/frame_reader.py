"""Reads a socket's frames one at a time.

The next one is read when the one before was dealt with (merged and on disk), which is the back-pressure towards the
peer. A small frame that arrives when nothing waits is taken on the spot, as waking a task for it costs more than most
of them.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.transport.receive_queue import ReceiveQueue

TURN = 16
"""Frames after which others on the loop get their turn: if each is dealt with on the spot and the next one is there
already, nothing is ever awaited."""


class FrameReader:
    """The reader of one connection.

    Args:
        socket: the connection.
        on_frame: called when a frame has arrived.
        on_text: called for a text frame, which is dropped.
        on_idle: called when it begins to wait for the next frame.

    Attributes:
        frame: the one that has arrived, until it is taken.
        idle: whether everything that has arrived was dealt with.
        discards: whether whatever still arrives is dropped.
    """

    def __init__(
        self,
        socket: Connection,
        *,
        on_frame: Callable[[], None],
        on_text: Callable[[], None],
        on_idle: Callable[[], None],
    ) -> None:
        self.frame: bytes | None = None
        self.idle = False
        self.discards = False
        self._socket = socket
        self._on_frame = on_frame
        self._on_text = on_text
        self._on_idle = on_idle
        self._dealt_with = asyncio.Event()
        self._dealt_with.set()
        self._waits = False
        """Whether the task waits for the next frame, or has yet to wake up for it."""
        queue = socket.recv_messages
        self._queue = queue if isinstance(queue, ReceiveQueue) else None

    async def run(self) -> None:
        """Read until the connection is over."""
        if self._queue is not None:
            self._queue.on_small = self._take_small
        for number in itertools.count(1):
            if number % TURN == 0:
                await asyncio.sleep(0)
            self.idle = self._waits = True
            self._on_idle()
            try:
                frame = await self._socket.recv()
            except ConnectionClosed:
                self.idle = self._waits = False
                await self._dealt_with.wait()  # the last one taken on the spot may say why
                return
            self.idle = self._waits = False
            await self._dealt_with.wait()  # whatever was taken on the spot came earlier
            if self.discards:
                continue
            if isinstance(frame, str):
                self._on_text()
                continue
            self._bring(frame)
            del frame
            await self._dealt_with.wait()

    def _take_small(self, frame: bytes) -> bool:
        """Take a frame that has just arrived; return False if others come first."""
        if not self.idle:
            return False
        if self.discards:
            if self._queue is not None:
                self._queue.handed_over_done()
            return True
        self.idle = False
        self._bring(frame)
        return True

    def _bring(self, frame: bytes) -> None:
        self.frame = frame
        self._dealt_with.clear()
        self._on_frame()

    def take(self) -> bytes:
        """Return the frame that has arrived and forget it, so that a large one can leave memory once decoded."""
        assert self.frame is not None
        frame, self.frame = self.frame, None
        return frame

    def go_on(self) -> None:
        """Note that the last frame was dealt with."""
        self._dealt_with.set()
        if self._queue is not None:
            self._queue.handed_over_done()
        if self._waits:  # it was taken on the spot, and nothing has arrived since
            self.idle = True

    def discard(self) -> None:
        """Drop whatever arrives from now on."""
        self.discards = True
        self._dealt_with.set()
