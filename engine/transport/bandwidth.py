"""How much of the line this process may use: all its connections together, in each direction.

Nothing is ever dropped or cut short. What is to be sent waits, in its order and with the pings in it, as on a slow
line; after something was received, reading rests, so that the other side's system makes it wait. Off unless asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from weakref import WeakSet

from engine.transport.token_bucket import TokenBucket

PIECES = 20
"""Pieces a second, about, in which what waits is sent, so that the line is never taken for long."""

SMALLEST = 1_000
"""Bytes of the smallest piece."""

HIGH = 64 * 1024
"""Waiting bytes above which a sender is told to wait."""


class Bandwidth:
    """The limit, and what is counted against it.

    Args:
        now: the clock, in seconds.

    Attributes:
        sent, received: None while there is no limit.
        lanes: those that are told when the limit changes.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.sent: TokenBucket | None = None
        self.received: TokenBucket | None = None
        self.lanes: WeakSet[Lane] = WeakSet()
        self._now = now

    def set_limit(self, rate: int) -> None:
        """Let so many bytes a second pass in each direction from now on; 0 is no limit."""
        if rate == (self.sent.rate if self.sent is not None else 0):
            return
        self.sent = TokenBucket(rate, self._now) if rate else None
        self.received = TokenBucket(rate, self._now) if rate else None
        for lane in list(self.lanes):
            lane.limit_changed()


LINE = Bandwidth()
"""The machine's line, which all connections of this process share."""


class Lane:
    """One connection's part in it: what waits to be sent, and whether reading rests.

    Args:
        line: what it shares.
        write: gives bytes to the network.
        full: called with True when more waits than should, and with False once that has left.
        rest: called with True when nothing is to be read for now, and with False to go on.
        later: calls something after so many seconds, and returns what cancels that (``loop.call_later``).
    """

    def __init__(
        self,
        line: Bandwidth,
        *,
        write: Callable[[bytes], None],
        full: Callable[[bool], None],
        rest: Callable[[bool], None],
        later: Callable[[float, Callable[[], None]], asyncio.TimerHandle],
    ) -> None:
        self._line = line
        self._write = write
        self._full = full
        self._rest = rest
        self._later = later
        self._waiting = bytearray()
        self._next = 0
        """Bytes that are paid for, and leave when the timer ends."""
        self._sending: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._is_full = self._hurries = False
        line.lanes.add(self)

    @property
    def waiting(self) -> int:
        """How many bytes wait for their turn."""
        return len(self._waiting)

    def send(self, data: bytes) -> None:
        """Send something after what waits."""
        if self._hurries or (self._line.sent is None and not self._waiting):
            self._write(data)
            return
        self._waiting += data
        if self._sending is None:
            self._send_on()
        else:
            self._tell_full()

    def came(self, size: int) -> None:
        """Note that so many bytes have arrived; reading rests until they are paid for."""
        bucket = self._line.received
        if bucket is None:
            return
        seconds = bucket.take(size)
        if seconds > 0:
            if self._resting is None:
                self._rest(True)
            else:
                self._resting.cancel()
            self._resting = self._later(seconds, self._read_on)

    def flush(self) -> None:
        """Give all that waits to the network: the connection ends."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        self._next = 0
        if self._waiting:
            data, self._waiting = bytes(self._waiting), bytearray()
            self._write(data)
        self._tell_full()

    def hurry(self) -> None:
        """Give all that waits, and whatever still comes, to the network at once."""
        self._hurries = True
        self.flush()

    def end(self) -> None:
        """Forget what waits: the connection is gone."""
        self._line.lanes.discard(self)
        for timer in (self._sending, self._resting):
            if timer is not None:
                timer.cancel()
        self._sending = self._resting = None
        self._waiting.clear()

    def limit_changed(self) -> None:
        """Take note of another limit; what was paid for by the old one is sent now."""
        if self._resting is not None:
            self._resting.cancel()
            self._read_on()
        if self._line.sent is None:
            self.flush()
        elif self._sending is not None:
            self._sending.cancel()
            self._paid()

    def _send_on(self) -> None:
        """Send piece by piece, as far as that need not wait."""
        bucket = self._line.sent
        if bucket is None:
            self.flush()
            return
        while self._waiting:
            size = min(len(self._waiting), max(SMALLEST, int(bucket.rate / PIECES)))
            seconds = bucket.take(size)
            self._next = size
            if seconds > 0:
                self._sending = self._later(seconds, self._paid)
                break
            self._write_next()
        self._tell_full()

    def _paid(self) -> None:
        self._sending = None
        self._write_next()
        self._send_on()

    def _write_next(self) -> None:
        data = bytes(self._waiting[: self._next])
        del self._waiting[: self._next]
        self._next = 0
        self._write(data)

    def _tell_full(self) -> None:
        full = len(self._waiting) > (HIGH // 4 if self._is_full else HIGH)
        if full is not self._is_full:
            self._is_full = full
            self._full(full)

    def _read_on(self) -> None:
        self._resting = None
        self._rest(False)
