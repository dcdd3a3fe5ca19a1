"""The waits between attempts: they grow, stay bounded, and spread a crowd."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backoff import CAP, FIRST, Backoff


@given(st.integers(), st.integers(0, 30))
def test_each_wait_is_within_its_bound(seed: int, failures: int) -> None:
    backoff = Backoff(random.Random(seed))
    waits = [backoff.next() for _ in range(failures + 1)]
    bounds = [min(FIRST * 2**n, CAP) for n in range(failures + 1)]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))


def test_it_never_overflows() -> None:
    backoff = Backoff(random.Random(1))
    assert all(backoff.next() <= CAP for _ in range(5000))


def test_reset_starts_again() -> None:
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= FIRST


def test_the_same_seed_gives_the_same_waits() -> None:
    first, second = (Backoff(random.Random(7)) for _ in range(2))
    assert [first.next() for _ in range(20)] == [second.next() for _ in range(20)]


def test_a_crowd_spreads_out() -> None:
    """A server restarts under 1000 clients: after some failures no tenth of a second gets many of them."""
    rng = random.Random(3)
    arrivals = []
    for _ in range(1000):
        backoff = Backoff(rng)
        arrivals.append(sum(backoff.next() for _ in range(6)))
    slots = [int(arrival * 10) for arrival in arrivals]
    assert max(slots.count(slot) for slot in set(slots)) < 30


@pytest.mark.parametrize(("first", "cap"), [(0, 1), (-1, 1), (2, 1)])
def test_bounds_that_make_no_sense(first: float, cap: float) -> None:
    with pytest.raises(ValueError, match="above"):
        Backoff(random.Random(), first=first, cap=cap)
