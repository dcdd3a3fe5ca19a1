"""One timer for a deadline that moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls back when a deadline has passed. It may call too early, but never too late: the callee checks.

    Args:
        on_passed: called on the loop.
    """

    def __init__(self, on_passed: Callable[[], None]) -> None:
        self._on_passed = on_passed
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0

    def set(self, deadline: float | None, now: float) -> None:
        """Move the deadline.

        Args:
            deadline: when to call back, on the clock that ``now`` is from; None for never, though a timer may still
                fire.
        """
        if deadline is None:
            return
        if self._timer is not None:
            if self._armed_for <= deadline:
                return
            self._timer.cancel()
        self._armed_for = deadline
        self._timer = asyncio.get_running_loop().call_later(max(0.0, deadline - now), self._passed)

    def cancel(self) -> None:
        """Do not call back any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _passed(self) -> None:
        self._timer = None
        self._on_passed()
