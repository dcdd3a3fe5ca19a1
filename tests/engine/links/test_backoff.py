"""The waits between attempts: they grow, stay bounded, and spread a crowd."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors
from engine.errors import CopiedFile, SynclineError, TokenRefused
from engine.links.backoff import Backoff, RetryPolicy
from engine.links.retry_policy import LOOK, POLICIES, Trouble

USUAL = POLICIES[SynclineError]
SLOW = RetryPolicy(first=5.0, longest=120.0)


@given(st.integers(), st.integers(0, 30), st.sampled_from([USUAL, SLOW, LOOK]))
def test_each_wait_is_within_its_bound(seed: int, failures: int, policy: RetryPolicy) -> None:
    backoff = Backoff(random.Random(seed))
    waits = [backoff.next(policy) for _ in range(failures + 1)]
    bounds = [min(policy.first * 2**n, policy.longest) for n in range(failures + 1)]
    least, most = policy.jitter
    assert all(bound * least <= wait <= bound * most for wait, bound in zip(waits, bounds, strict=True))


def test_it_never_overflows() -> None:
    backoff = Backoff(random.Random(1))
    assert all(backoff.next(USUAL) <= USUAL.longest for _ in range(5000))


def test_reset_starts_again() -> None:
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        backoff.next(USUAL)
    backoff.reset()
    assert backoff.next(USUAL) <= USUAL.first


def test_failures_that_take_turns_all_become_rarer() -> None:
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        backoff.next(USUAL)
        backoff.next(SLOW)
    assert backoff.next(USUAL) >= USUAL.longest / 2
    assert backoff.next(SLOW) >= SLOW.longest / 2


def test_the_same_seed_gives_the_same_waits() -> None:
    first, second = (Backoff(random.Random(7)) for _ in range(2))
    assert [first.next(USUAL) for _ in range(20)] == [second.next(USUAL) for _ in range(20)]


def test_a_crowd_spreads_out() -> None:
    """A server restarts under 1000 clients: after some failures no tenth of a second gets many of them."""
    rng = random.Random(3)
    arrivals = []
    for _ in range(1000):
        backoff = Backoff(rng)
        arrivals.append(sum(backoff.next(USUAL) for _ in range(6)))
    slots = [int(arrival * 10) for arrival in arrivals]
    assert max(slots.count(slot) for slot in set(slots)) < 30


@pytest.mark.parametrize(("first", "longest"), [(0, 1), (-1, 1), (2, 1)])
def test_bounds_that_make_no_sense(first: float, longest: float) -> None:
    with pytest.raises(ValueError, match="above"):
        RetryPolicy(first=first, longest=longest)


def every_error() -> list[type[SynclineError]]:
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SynclineError)]
    assert len(found) > 25
    return found


@pytest.mark.parametrize("kind", every_error())
def test_no_error_ends_the_tries(kind: type[SynclineError]) -> None:
    """About a minute is the longest wait, two minutes where a token was refused."""
    error = kind.__new__(kind)
    error.sentence = error.hint = ""
    policy = Trouble.of(error, POLICIES, paired=False).policy
    backoff = Backoff(random.Random(1))
    waits = [backoff.next(policy) for _ in range(40)]
    assert max(waits) <= (120 if issubclass(kind, TokenRefused) else 63)
    assert all(wait > 20 for wait in waits[-5:])
    if issubclass(kind, CopiedFile | errors.SchemasDiffer):
        assert min(waits) >= 60, "looked at once a minute at most"
