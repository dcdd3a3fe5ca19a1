"""What has come over a connection and is not taken yet: bounded in bytes, whatever the peer sends.

websockets counts frames alone, and so many of the largest are more than any machine should hold for one peer. Here one
large message may wait while another one is worked on, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.messages import Assembler
from websockets.frames import Frame, Opcode

FRAMES = 16
"""Frames that wait before no more is read: deeper than the own dialect's window."""

BYTES = 4 * 1024 * 1024
"""Bytes that wait before no more is read, be it in a single frame."""

SMALL = 16 * 1024
"""Bytes of a message that may be handed over on the spot, beside a larger one that waits."""

TURN = 16
"""Messages that are handed over of what comes at once; with more, others on the loop have their turn in between."""


class ReceiveQueue(Assembler):
    """The queue of frames of one connection.

    Args:
        pause, resume: stop reading from the network, and go on.

    Attributes:
        held: bytes of what has come, parts of an unfinished message and what is worked on among them.
        on_less: called when there are fewer.
        on_small: takes a small message on the spot, from the network, where nothing waits before it; returns whether
            it did, and then ``handed_over_done`` is called when it is done with. None where nobody does.
        turn: how many may be handed over of what comes now.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        super().__init__(FRAMES, pause=pause, resume=resume)
        self.held = 0
        self.on_less: Callable[[], None] = lambda: None
        self.on_small: Callable[[bytes], bool] | None = None
        self.turn = TURN
        self._at_work = 0
        self._handed_over = 0
        self._handing_over = False

    def put(self, frame: Frame) -> None:
        """As in websockets, but a small message goes straight to whoever waits for one."""
        size = len(frame.data)
        if size <= SMALL and frame.fin and frame.opcode is Opcode.BINARY and self.hand_over(bytes(frame.data)):
            return
        self.held += size
        super().put(frame)

    def hand_over(self, message: bytes) -> bool:
        """Give a small message to whoever waits for the next one, with no task in between; False: it has to be put.

        Whoever is woken already comes first, and so does what they are woken for.
        """
        waits = self.frames.get_waiter
        if self.on_small is None or waits is None or waits.done() or self.turn <= 0 or self._handed_over:
            return False
        self._handed_over = len(message)
        self.held += self._handed_over
        self.turn -= 1
        self._handing_over = True
        try:
            taken = self.on_small(message)
        finally:
            self._handing_over = False
        if not taken:
            self.handed_over_done()
        return taken

    def handed_over_done(self) -> None:
        """What was handed over is done with, if anything was."""
        if self._handed_over:
            self.held -= self._handed_over
            self._handed_over = 0
            if not self._handing_over:  # else whoever has brought it counts
                self.on_less()

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
