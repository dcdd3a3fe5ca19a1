"""A token bucket, without a timer of its own: who wants to send or has received asks it how long to wait."""

from __future__ import annotations

from collections.abc import Callable

BURST = 0.5
"""Seconds for which bytes may be saved up while nothing moves."""


class TokenBucket:
    """Lets so many bytes pass a second, whoever takes them. Takers are served in the order in which they ask.

    Args:
        rate: bytes a second, above 0.
        now: the clock, in seconds; only differences matter.
    """

    def __init__(self, rate: float, now: Callable[[], float]) -> None:
        self.rate = rate
        self._now = now
        self._level = rate * BURST
        self._at = now()

    def take(self, size: int) -> float:
        """Take so many bytes, also more than there are.

        Returns:
            the seconds after which they may pass; 0.0 at once. Whoever asks next waits for these, too.
        """
        now = self._now()
        self._level = min(self.rate * BURST, self._level + (now - self._at) * self.rate)
        self._at = now
        self._level -= size
        return max(0.0, -self._level / self.rate)
