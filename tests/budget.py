"""Random suites take time, not counts: each goes on until its seconds are used up, and tells how far it got.

    for case in budget.cases("merge order", seconds=4):
        ...  # all choices from case.random

``--long 60`` (or ``SYNCLINE_BUDGET=60``) gives every suite 60 seconds. ``SYNCLINE_SEED=17`` repeats just the case of
that seed. In CI the seeds are 0, 1, 2 ...; elsewhere they start anywhere, so that every run looks at new cases.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

PATIENCE = 300.0
"""Seconds that a suite goes on for when it has not come upon what it looks for."""


@dataclass(frozen=True)
class Case:
    """One case: ``random`` is all that it may choose by."""

    seed: int
    random: random.Random
    _reached: Reached = field(repr=False)

    def found(self, times: int = 1) -> None:
        """Say that what the suite looks for happened so often."""
        self._reached.found += times


@dataclass
class Reached:
    """How far a suite got. ``seed`` is that of its latest case."""

    cases: int = 0
    found: int = 0
    looks_for: str = ""
    seconds: float = 0.0
    seed: int | None = None
    finished: bool = False


REACHED: dict[str, Reached] = {}
"""Every random suite of this run, by its name; printed at the end of the run."""


def cases(suite: str, *, seconds: float = 4.0, at_least: int = 1, looks_for: str = "") -> Iterator[Case]:
    """Cases until ``seconds`` (or ``SYNCLINE_BUDGET``) are used up, but never fewer than ``at_least``.

    Args:
        looks_for: what must happen in one of them, or they show nothing: they go on until then (``Case.found``).
    """
    reached = REACHED[suite] = Reached(looks_for=looks_for)
    started = time.monotonic()
    only = os.environ.get("SYNCLINE_SEED")
    first = int(only) if only else 0 if os.environ.get("CI") else random.SystemRandom().randrange(10**9)
    limit = float(os.environ.get("SYNCLINE_BUDGET", seconds))
    while reached.cases < at_least or reached.seconds < limit or (looks_for and not reached.found):
        assert reached.cases < at_least or reached.seconds < limit + PATIENCE, f"{suite}: never {looks_for}"
        reached.seed = first + reached.cases
        yield Case(reached.seed, random.Random(f"{suite} {reached.seed}"), reached)
        reached.cases += 1
        reached.seconds = time.monotonic() - started
        if only:
            break
    reached.finished = True


def count(suite: str, cases: int = 1) -> None:
    """Add to the cases of a suite that draws its own (with Hypothesis)."""
    reached = REACHED.setdefault(suite, Reached(finished=True))
    reached.cases += cases


def summary() -> list[str]:
    """One line for each random suite of this run."""
    lines = []
    for suite, reached in REACHED.items():
        line = f"{suite}: {reached.cases} cases"
        if reached.looks_for:
            line += f", {reached.found} times {reached.looks_for}"
        if reached.seconds:
            line += f" in {reached.seconds:.1f} s"
        if not reached.finished:
            line += f"; stopped at seed {reached.seed}: repeat with SYNCLINE_SEED={reached.seed}"
        lines.append(line)
    return lines
