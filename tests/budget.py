"""How much a run does: random suites take time, not counts, and each tells how far it got.

    for case in budget.cases("merge order", seconds=4):
        ...  # all choices from case.random

========================  ==============================================================================
``pytest`` alone          quick: a quarter of the seconds, small sizes; what only ``--full`` runs is left out
``pytest --full``         all of it, as CI does
``pytest --soak HOURS``   the suites marked ``soak`` alone; the hours are divided among them
========================  ==============================================================================

``--long 60`` (or ``SYNCLINE_BUDGET=60``) gives every suite 60 seconds. ``SYNCLINE_SEED=17`` repeats just the case of
that seed. Seeds are 0, 1, 2 ..., so that a red run is about the change; with ``--soak`` and ``--long`` they start
anywhere, so that every run looks at new cases.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import pytest
from _pytest.mark import ParameterSet

T = TypeVar("T")

QUICK = 0.25
"""What a quick run takes of a suite's seconds."""

PATIENCE = 300.0
"""Seconds that a suite goes on for when it has not come upon what it looks for."""


def is_full() -> bool:
    """Whether this run has the time that CI has, or more."""
    return _run() != "quick"


def pick(quick: T, full: T, soak: T | None = None) -> T:
    """A size, or a count, for the kind of run; ``soak`` is as ``full`` unless it is given."""
    if _run() == "soak" and soak is not None:
        return soak
    return full if is_full() else quick


def variants(values: Iterable[T], *quick: T) -> list[ParameterSet]:
    """Values for ``parametrize`` of which a quick run takes only these: the others are alike, and of ``--full``."""
    chosen = [pytest.param(value, marks=() if value in quick else pytest.mark.full) for value in values]
    assert sum(not one.marks for one in chosen) == len(quick)
    return chosen


def _run() -> str:
    return os.environ.get("SYNCLINE_RUN", "quick")


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


def seed() -> int:
    """The seed of the first case, or of a suite that is only one."""
    if "SYNCLINE_SEED" in os.environ:
        return int(os.environ["SYNCLINE_SEED"])
    return random.SystemRandom().randrange(10**9) if "SYNCLINE_BUDGET" in os.environ else 0


def cases(suite: str, *, seconds: float = 4.0, at_least: int = 1, looks_for: str = "") -> Iterator[Case]:
    """Cases until the time of the suite is used up, but never fewer than ``at_least``.

    Args:
        seconds: its time in a full run.
        looks_for: what must happen in one of them, or they show nothing: they go on until then (``Case.found``).
    """
    reached = REACHED[suite] = Reached(looks_for=looks_for)
    started = time.monotonic()
    first = seed()
    limit = float(os.environ.get("SYNCLINE_BUDGET", seconds * pick(QUICK, 1.0)))
    while reached.cases < at_least or reached.seconds < limit or (looks_for and not reached.found):
        assert reached.cases < at_least or reached.seconds < limit + PATIENCE, f"{suite}: never {looks_for}"
        reached.seed = first + reached.cases
        yield Case(reached.seed, random.Random(f"{suite} {reached.seed}"), reached)
        reached.cases += 1
        reached.seconds = time.monotonic() - started
        if "SYNCLINE_SEED" in os.environ:
            break
    reached.finished = True


def count(suite: str, cases: int = 1) -> None:
    """Add to the cases of a suite that draws its own (with Hypothesis)."""
    reached = REACHED.setdefault(suite, Reached(finished=True))
    reached.cases += cases


def reached() -> dict[str, dict[str, Any]]:
    """What this process has reached, to be added elsewhere."""
    return {suite: asdict(reached) for suite, reached in REACHED.items()}


def add(reached: Mapping[str, Mapping[str, Any]]) -> None:
    """Add what another process has reached."""
    for suite, values in reached.items():
        more = Reached(**values)
        if suite in REACHED:
            more.cases += REACHED[suite].cases
            more.found += REACHED[suite].found
            more.seconds += REACHED[suite].seconds
        REACHED[suite] = more


def summary() -> list[str]:
    """One line for each random suite of this run."""
    lines = []
    for suite, reached in sorted(REACHED.items()):
        line = f"{suite}: {reached.cases} cases"
        if reached.looks_for:
            line += f", {reached.found} times {reached.looks_for}"
        if reached.seconds:
            line += f" in {reached.seconds:.1f} s"
        if not reached.finished:
            line += f"; stopped at seed {reached.seed}: repeat with SYNCLINE_SEED={reached.seed}"
        lines.append(line)
    return lines
