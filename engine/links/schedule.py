"""When a link tries next: at a set time, or when somebody asks; later after each failure."""

from __future__ import annotations

import random
import time

from engine.links.backoff import Backoff, RetryPolicy

GREETINGS = 4
"""Fruitless greetings in a row after which greeting again counts as a failure and waits longer each time."""


class Schedule:
    """When the next attempt of one link is due.

    Attributes:
        next_at: when, in seconds since the epoch, as sleep of the machine must not shift it. 0.0 is at once.
        asked: whether somebody has asked for one now, whatever the mode.
    """

    def __init__(self) -> None:
        self.next_at = 0.0
        self.asked = False
        self._longest_wait = 0.0
        """Seconds of the current wait; if more are left, the wall clock was set back."""
        self._backoff = Backoff(random.Random())
        self._greetings = 0
        """Fruitless greetings in a row."""
        self._file_changed = False
        """Whether our file has changed since the attempt at work began."""

    @property
    def left(self) -> float:
        """The seconds until the next attempt; 0.0 if it is due."""
        left = self.next_at - time.time()
        return left if 0 < left <= self._longest_wait else 0.0

    def ask(self) -> None:
        """Make an attempt due now, whatever the mode."""
        self.asked = True
        self._backoff.reset()

    def begin(self) -> bool:
        """Note that an attempt begins; return whether somebody asked for it."""
        asked, self.asked = self.asked, False
        self._file_changed = False
        return asked

    def wait(self, seconds: float) -> None:
        """Make the next attempt due after this time."""
        self._longest_wait = seconds
        self.next_at = time.time() + seconds

    def end_wait(self) -> None:
        """Make the next attempt due now."""
        self.next_at = 0.0

    def restart(self) -> None:
        """Make the next attempt due now, as if none had failed."""
        self.end_wait()
        self._backoff.reset()

    def did_good(self) -> None:
        """Count the next failure as the first one, as the attempt at work was of use."""
        self._backoff.reset()

    def caught_up(self) -> None:
        """Note that greeting has led somewhere."""
        self._greetings = 0

    def greet_again(self, *, fruitless: bool) -> bool:
        """Make the next attempt due now, for a new greeting; return False if too many of these have led nowhere."""
        self._greetings = self._greetings + 1 if fruitless else 0
        if self._greetings > GREETINGS:
            return False
        self.wait(0)
        return True

    def fail(self, policy: RetryPolicy, *, at_least: float) -> None:
        """Schedule the next attempt by the policy for what went wrong, after ``at_least`` seconds or more.

        If our file has changed meanwhile and that may have fixed it, it is due now.
        """
        seconds = max(self._backoff.next(policy), at_least)
        self.wait(0 if self._file_changed and policy.wakes else seconds)

    def file_changed(self) -> None:
        """Note that our file has changed since the attempt at work began, if there is one."""
        self._file_changed = True
