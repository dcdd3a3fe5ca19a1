"""A buffer for the latest lines of the change flow, which takes little more memory than the events themselves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, islice

from engine.events import ChangesMoved, FlowChange

Line = tuple[ChangesMoved, FlowChange]
"""One line of the flow: the event that it came in, and the change."""


class Ring:
    """Holds the newest lines; each has a permanent number, counted up from 0 and never used again.

    Whole events are kept, not lines: a line is found by bisection, so that adding a thousand costs no more than adding
    one.

    Args:
        capacity: how many lines are held.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.first = 0
        """The number of the oldest line."""
        self.end = 0
        """One more than the number of the newest line."""
        self._events: list[ChangesMoved] = []
        self._starts: list[int] = []  # the number of each event's first line

    def __len__(self) -> int:
        return self.end - self.first

    def append(self, events: list[ChangesMoved]) -> None:
        """Add lines at the end; afterwards ``drop`` what exceeds the capacity."""
        counts = [len(event.changes) for event in events]
        self._events += events
        self._starts += islice(accumulate(counts, initial=self.end), len(counts))
        self.end += sum(counts)

    def drop(self, first: int) -> None:
        """Discard all lines before the number ``first``."""
        self.first = min(max(first, self.first), self.end)
        gone = len(self._events) if self.first == self.end else bisect_right(self._starts, self.first) - 1
        del self._events[:gone]
        del self._starts[:gone]

    def line(self, number: int) -> Line:
        """Return the line with this number, which is at least ``first`` and less than ``end``."""
        place = bisect_right(self._starts, number) - 1
        event = self._events[place]
        return event, event.changes[number - self._starts[place]]

    def lines(self, first: int, end: int) -> Iterator[tuple[int, ChangesMoved, FlowChange]]:
        """Yield the lines from ``first`` to before ``end``, with their numbers."""
        number = first
        place = bisect_right(self._starts, first) - 1
        while number < end:
            event, start = self._events[place], self._starts[place]
            for change in event.changes[number - start : end - start]:
                yield number, event, change
                number += 1
            place += 1

    def take(self) -> list[ChangesMoved]:
        """Return everything that is held, limited to the capacity, and discard it."""
        self.drop(self.end - self.capacity)
        events = self._events
        if events and (late := self.first - self._starts[0]):
            events[0] = _without(events[0], late)
        self._events, self._starts = [], []
        self.first = self.end
        return events


def _without(event: ChangesMoved, late: int) -> ChangesMoved:
    """Return an event without its first ``late`` changes."""
    return replace(event, changes=event.changes[late:])
