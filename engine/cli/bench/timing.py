"""Times something and its baseline in turn, so that whatever else the machine does affects both."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

ROUNDS = 3
"""The fewest rounds to make; the figures are medians."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one case took.

    Attributes:
        bench, case: its name.
        rows, changes: how much work it was.
        seconds: the median.
        spread: the slowest round minus the fastest, divided by the median.
        baseline: what it is compared with, in words.
        baseline_seconds, baseline_spread: the same for the baseline.
    """

    bench: str
    case: str
    rows: int
    changes: int
    seconds: float
    spread: float
    baseline: str
    baseline_seconds: float
    baseline_spread: float

    @property
    def ratio(self) -> float:
        """The time divided by the baseline's."""
        return self.seconds / self.baseline_seconds


class Watch:
    """A stopwatch for what is measured: only what runs inside ``running`` counts, not its preparation."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time spent inside."""
        gc.collect()
        started = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - started


Measured = Callable[[Watch], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison to make: ``work`` against ``reference``, which ``baseline`` describes in words."""

    bench: str
    name: str
    rows: int
    changes: int
    work: Measured
    baseline: str
    reference: Measured

    def measure(self, rounds: int = ROUNDS) -> Figure:
        """Run both ``rounds`` times, in turn."""
        times: list[float] = []
        references: list[float] = []
        for _ in range(max(rounds, ROUNDS)):
            references.append(_seconds(self.reference))
            times.append(_seconds(self.work))
        return Figure(
            self.bench, self.name, self.rows, self.changes, *_summary(times), self.baseline, *_summary(references)
        )


def _seconds(measured: Measured) -> float:
    watch = Watch()
    measured(watch)
    return watch.seconds


def _summary(times: list[float]) -> tuple[float, float]:
    median = statistics.median(times)
    return median, (max(times) - min(times)) / median
