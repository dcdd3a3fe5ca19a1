"""What has come over a connection and is not taken yet: bounded in bytes, whatever the peer sends.

websockets counts frames alone, and so many of the largest are more than any machine should hold for one peer. Here one
large message may wait while another one is worked on, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.messages import Assembler
from websockets.frames import Frame

FRAMES = 16
"""Frames that wait before no more is read: deeper than the own dialect's window."""

BYTES = 4 * 1024 * 1024
"""Bytes that wait before no more is read, be it in a single frame."""


class ReceiveQueue(Assembler):
    """The queue of frames of one connection.

    Args:
        pause, resume: stop reading from the network, and go on.

    Attributes:
        held: bytes of what has come, parts of an unfinished message and what is worked on among them.
        on_less: called when there are fewer.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        super().__init__(FRAMES, pause=pause, resume=resume)
        self.held = 0
        self.on_less: Callable[[], None] = lambda: None
        self._at_work = 0

    def put(self, frame: Frame) -> None:
        """As in websockets."""
        self.held += len(frame.data)
        super().put(frame)

    async def get(self, decode: bool | None = None) -> Any:
        """As in websockets; whoever asks for a message has done with the one before."""
        if self._at_work:
            self.held -= self._at_work
            self._at_work = 0
            self.on_less()
        data = await super().get(decode)
        self._at_work = len(data.encode() if isinstance(data, str) else data)
        return data

    def maybe_pause(self) -> None:
        """As in websockets; bytes count, too."""
        if not self.paused and (len(self.frames) > FRAMES or self._bytes() > BYTES):
            self.paused = True
            self.pause()

    def maybe_resume(self) -> None:
        """As in websockets; bytes count, too."""
        if self.paused and len(self.frames) <= FRAMES // 4 and self._bytes() <= BYTES // 4:
            self.paused = False
            self.resume()

    def _bytes(self) -> int:
        return sum(len(frame.data) for frame in self.frames.queue)
