"""How long to wait before dialling again: longer after each failure, and never in step with the others."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How to retry after one kind of failure, and what it means for the person.

    Attributes:
        first, longest: upper bounds of the first wait and of any wait, in seconds; in between they double.
        jitter: the range of the random factor by which a bound is multiplied.
        needs_you: whether probably only a person can fix it, so that one is told.
        wakes: whether a change of our file's tables or identity may have fixed it, and ends the wait.
    """

    first: float = 0.5
    longest: float = 60.0
    jitter: tuple[float, float] = (0.5, 1.0)
    needs_you: bool = False
    wakes: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.first <= self.longest:
            raise ValueError("the first wait must be above 0 and not above the longest")


class Backoff:
    """Waits whose bounds double, each with fresh jitter.

    The random part keeps a thousand clients of a restarted server from coming back at once; the fixed part keeps an
    unlucky one from hammering it. Each policy has its own count, so that alternating failures all back off. It neither
    sleeps nor reads a clock.

    Args:
        rng: the source of randomness; a seeded one makes the waits repeatable.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._failures: Counter[RetryPolicy] = Counter()

    def next(self, policy: RetryPolicy) -> float:
        """Return the seconds to wait after one more failure of this kind."""
        bound = min(policy.first * 2.0 ** min(self._failures[policy], 64), policy.longest)
        self._failures[policy] += 1
        return bound * self._rng.uniform(*policy.jitter)

    def reset(self) -> None:
        """Start from the first wait again. Call it after a real success, not for a mere connection.

        A server that accepts and then fails would otherwise be dialled in a tight loop.
        """
        self._failures.clear()
