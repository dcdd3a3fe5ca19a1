"""What came in one go has one number."""

from __future__ import annotations

from engine.events import FlowDirection
from engine.history.bursts import LONGEST, QUIET, Bursts


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_comes_without_a_pause_has_one_number() -> None:
    clock = Clock()
    bursts = Bursts(clock)
    first = bursts.number("d", "p", FlowDirection.IN)
    clock.now += QUIET
    assert bursts.number("d", "p", FlowDirection.IN) == first
    clock.now += QUIET + 0.1
    assert bursts.number("d", "p", FlowDirection.IN) > first


def test_each_stream_is_counted_by_itself() -> None:
    clock = Clock()
    bursts = Bursts(clock)
    streams = [("d", "p", way) for way in FlowDirection] + [("e", "p", FlowDirection.IN), ("d", "q", FlowDirection.IN)]
    numbers = [bursts.number(*stream) for stream in streams]
    assert numbers == sorted(set(numbers))
    assert [bursts.number(*stream) for stream in streams] == numbers


def test_one_that_never_pauses_is_told_in_parts() -> None:
    clock = Clock()
    bursts = Bursts(clock)
    found = set()
    while clock.now < 2.5 * LONGEST:
        found.add(bursts.number("d", "", FlowDirection.LOCAL))
        clock.now += 1.0
    assert len(found) == 3
