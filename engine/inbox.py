"""What has come over a connection and is not taken yet: bounded in bytes, whatever the peer sends.

websockets counts frames alone, and so many of the largest are more than any machine should hold for one peer. Here one
large message may wait while another one is worked on, and no more.
"""

from __future__ import annotations

from collections.abc import Callable

from websockets.asyncio.messages import Assembler

FRAMES = 16
"""Frames that wait before no more is read: deeper than the own dialect's window."""

BYTES = 4 * 1024 * 1024
"""Bytes that wait before no more is read, be it in a single frame."""


class Inbox(Assembler):
    """The queue of frames of one connection.

    Args:
        pause, resume: stop reading from the network, and go on.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        super().__init__(FRAMES, pause=pause, resume=resume)

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
