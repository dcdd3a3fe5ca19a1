"""How long to wait before dialling again: longer after each failure, and never in step with the others."""

from __future__ import annotations

import random

FIRST = 0.5
"""The upper bound of the first wait, in seconds."""

CAP = 60.0
"""The upper bound of any wait, in seconds."""


class Backoff:
    """Waits that double up to a cap, each one drawn between half its bound and the bound.

    The half that is drawn keeps a thousand clients of a restarted server from coming back at once; the half
    that is not keeps an unlucky one from hammering. Pure: it neither sleeps nor reads a clock.

    Args:
        rng: where the chance comes from; a seeded one makes the waits repeatable.
        first: the first bound, in seconds, above 0.
        cap: the largest bound, in seconds, not below ``first``.
    """

    def __init__(self, rng: random.Random, *, first: float = FIRST, cap: float = CAP) -> None:
        if not 0 < first <= cap:
            raise ValueError("the first wait must be above 0 and not above the cap")
        self._rng = rng
        self._first = self._bound = first
        self._cap = cap

    def next(self) -> float:
        """The seconds to wait after one more failure."""
        bound = self._bound
        self._bound = min(bound * 2, self._cap)
        return self._rng.uniform(bound / 2, bound)

    def reset(self) -> None:
        """Start from the first wait again. Call it after real success, not for a mere connection.

        A server that accepts and then fails would otherwise be dialled in a tight loop.
        """
        self._bound = self._first
