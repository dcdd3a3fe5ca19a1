"""How many changes moved in each database over the last hour, for the thin line beside its name."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from engine.events import ChangesMoved

STEP = 150
"""Seconds that one stroke of the line covers."""

STEPS = 24
"""How many strokes the line has; together they cover an hour."""


class Traffic:
    """Counts changes, whatever their direction.

    Args:
        now: a clock that returns seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: dict[str, deque[tuple[int, int]]] = {}

    def append(self, events: Iterable[ChangesMoved]) -> set[str]:
        """Count these changes as of now, and return the ids of the databases in which something moved."""
        step, found = self._step(), set()
        for event in events:
            if event.changes:
                found.add(str(event.database))
                counts = self._counts.setdefault(event.database, deque())
                before = counts.pop()[1] if counts and counts[-1][0] == step else 0
                counts.append((step, before + len(event.changes)))
        return found

    def line(self, database: str | None = None) -> list[int]:
        """Return how many changes each part of the last hour had, oldest first; of all databases by default."""
        end = self._step()
        found = [0] * STEPS
        for one in self._counts if database is None else (database,):
            counts = self._counts.get(one, deque())
            while counts and counts[0][0] <= end - STEPS:
                counts.popleft()
            for step, count in counts:
                found[step - (end - STEPS) - 1] += count
        return found

    def forget(self, database: str) -> None:
        """Discard the counts of a database."""
        self._counts.pop(database, None)

    @property
    def empty(self) -> bool:
        """Whether nothing moved within the last hour."""
        return not any(self.line())

    def _step(self) -> int:
        return int(self._now()) // STEP
