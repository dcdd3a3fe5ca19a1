"""When a link tries next: at a time, or because somebody asked; later after each failure."""

from __future__ import annotations

import random
import time

from engine.links.backoff import Backoff, RetryPolicy

GREETINGS = 4
"""Fruitless greetings in a row after which greeting again counts as a failure and waits longer each time."""


class Schedule:
    """When the next attempt of one link is due.

    Attributes:
        next_at: when, in seconds since the epoch: a machine that sleeps must not shift it. 0.0 is at once.
        asked: whether somebody wants one at once, whatever the mode.
    """

    def __init__(self) -> None:
        self.next_at = 0.0
        self.asked = False
        self._longest_wait = 0.0
        """Seconds of the present wait; if more are left, the wall clock was set back."""
        self._backoff = Backoff(random.Random())
        self._greetings = 0
        """Fruitless greetings in a row."""
        self._file_changed = False
        """Whether our file has changed since the attempt at work began."""

    @property
    def left(self) -> float:
        """The seconds until the next attempt; 0.0 when it is due."""
        left = self.next_at - time.time()
        return left if 0 < left <= self._longest_wait else 0.0

    def ask(self) -> None:
        """Have an attempt at once, whatever the mode."""
        self.asked = True
        self._backoff.reset()

    def begin(self) -> bool:
        """Note that an attempt begins; returns whether somebody asked for it."""
        asked, self.asked = self.asked, False
        self._file_changed = False
        return asked

    def wait(self, seconds: float) -> None:
        """Let the next attempt be due after this time."""
        self._longest_wait = seconds
        self.next_at = time.time() + seconds

    def end_wait(self) -> None:
        """Let the next attempt be due now."""
        self.next_at = 0.0

    def restart(self) -> None:
        """Let the next attempt be due now, as if none had failed."""
        self.end_wait()
        self._backoff.reset()

    def did_good(self) -> None:
        """Let the next failure be the first one: the attempt at work has done some good."""
        self._backoff.reset()

    def caught_up(self) -> None:
        """Note that greeting has led somewhere."""
        self._greetings = 0

    def greet_again(self, *, fruitless: bool) -> bool:
        """Let the next attempt be due now, for a new greeting; False when too many of these have led nowhere."""
        self._greetings = self._greetings + 1 if fruitless else 0
        if self._greetings > GREETINGS:
            return False
        self.wait(0)
        return True

    def fail(self, policy: RetryPolicy, *, at_least: float) -> None:
        """Let the next attempt be due by the policy of what went wrong, after ``at_least`` seconds.

        Our file may have changed meanwhile: where that may mend it, it is due now.
        """
        seconds = max(self._backoff.next(policy), at_least)
        self.wait(0 if self._file_changed and policy.wakes else seconds)

    def file_changed(self) -> None:
        """Note that our file has changed since the attempt at work began, if there is one."""
        self._file_changed = True
