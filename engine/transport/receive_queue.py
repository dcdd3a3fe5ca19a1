"""What has arrived over a connection and is not taken yet: bounded in bytes, whatever the peer sends.

websockets counts only frames, and as many of the largest size are more than any machine should hold for one peer. Here
one large message may wait while another one is worked on, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.messages import Assembler
from websockets.frames import Frame, Opcode

FRAMES = 16
"""Waiting frames at which reading pauses: more than the window of our own dialect."""

BYTES = 4 * 1024 * 1024
"""Waiting bytes at which reading pauses, even if they are a single frame."""

SMALL = 16 * 1024
"""Bytes of the largest message that may be handed over on the spot."""

TURN = 16
"""How many messages of one read are handed over on the spot; before more, others on the loop get their turn."""


class ReceiveQueue(Assembler):
    """The queue of frames of one connection.

    Args:
        pause, resume: stop and resume reading from the network.

    Attributes:
        held: bytes of what has arrived, including parts of an unfinished message and what is worked on.
        on_less: called when it has become less.
        on_small: takes a small message on the spot, straight from the network, if nothing waits before it. It returns
            whether it did; if so, ``handed_over_done`` has to be called when the message is done with. None: nobody
            does.
        turn: how many more messages of this read may be handed over.
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
        """Add a frame, as in websockets; but hand a small message straight to whoever waits for one."""
        size = len(frame.data)
        if size <= SMALL and frame.fin and frame.opcode is Opcode.BINARY and self.hand_over(bytes(frame.data)):
            return
        self.held += size
        super().put(frame)

    def hand_over(self, message: bytes) -> bool:
        """Give a small message to whoever waits for the next one, without a task in between.

        Whoever was woken already comes first, along with what they were woken for.

        Returns:
            False if the message has to be put in the queue.
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
        """Note that the message handed over, if any, is done with."""
        if self._handed_over:
            self.held -= self._handed_over
            self._handed_over = 0
            if not self._handing_over:  # if still inside ``hand_over``, its caller takes note itself
                self.on_less()

    async def get(self, decode: bool | None = None) -> Any:
        """Return the next message, as in websockets; asking for it means that the one before is done with."""
        if self._at_work:
            self.held -= self._at_work
            self._at_work = 0
            self.on_less()
        data = await super().get(decode)
        self._at_work = len(data.encode() if isinstance(data, str) else data)
        return data

    def maybe_pause(self) -> None:
        """Pause reading if too many frames, or bytes, wait."""
        if not self.paused and (len(self.frames) > FRAMES or self._bytes() > BYTES):
            self.paused = True
            self.pause()

    def maybe_resume(self) -> None:
        """Resume reading once few enough frames, and bytes, wait."""
        if self.paused and len(self.frames) <= FRAMES // 4 and self._bytes() <= BYTES // 4:
            self.paused = False
            self.resume()

    def _bytes(self) -> int:
        return sum(len(frame.data) for frame in self.frames.queue)
