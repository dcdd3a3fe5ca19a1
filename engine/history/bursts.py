"""Which changes came together, in one transaction or one sync."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.events import FlowDirection

QUIET = 2.0
"""Seconds without a change after which the next one begins another burst."""

LONGEST = 60.0
"""Seconds after which a burst ends even without a pause, so that an endless one is shown in parts."""

Stream = tuple[str, str, FlowDirection]


class Bursts:
    """Numbers the bursts of changes, separately for each database, peer and direction.

    Args:
        now: a clock in seconds that nobody can set.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last = 0
        self._open: dict[Stream, tuple[int, float, float]] = {}
        """By stream, ordered by its latest change: the number, when it began, and when the latest change was."""

    def number(self, database: str, peer: str, way: FlowDirection) -> int:
        """Return the number of the burst that a change belongs to if it comes now.

        Numbers rise even from one run of the program to the next, as they are microseconds since the epoch.
        """
        now, stream = self._now(), (database, peer, way)
        number, began, last = self._open.pop(stream, (0, now, now))
        if not number or now - last > QUIET or now - began > LONGEST:
            number, began = max(self._last + 1, int(time.time() * 1e6)), now
            self._last = number
        self._open[stream] = number, began, now
        while now - self._open[over := next(iter(self._open))][2] > QUIET:
            del self._open[over]
        return number
