"""Simulated time, and a log that a person can read."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass


class Failed(AssertionError):
    """Something that must never happen did."""


@dataclass(eq=False, slots=True)
class Event:
    """Something that will happen. ``idle`` ones (time-outs) do not keep the world from being settled."""

    act: Callable[[], None]
    idle: bool = False
    cancelled: bool = False


class Timeline:
    """Events in order of their time; those of one moment in the order in which they were planned."""

    def __init__(self) -> None:
        self.now = 0.0
        self.busy = 0
        self.events = 0
        self.log: list[tuple[float, str, str | Callable[[], str]]] = []
        self._heap: list[tuple[float, int, Event]] = []
        self._number = 0

    def after(self, delay: float, act: Callable[[], None], *, idle: bool = False) -> Event:
        """Plan ``act`` for ``delay`` seconds from now."""
        self._number += 1
        event = Event(act, idle)
        heapq.heappush(self._heap, (self.now + delay, self._number, event))
        self.busy += not idle
        return event

    def cancel(self, event: Event) -> None:
        """Forget an event that has not happened yet."""
        if not event.cancelled:
            event.cancelled = True
            self.busy -= not event.idle

    def step(self, until: float) -> bool:
        """Let the next event happen; False when there is none before ``until``."""
        heap = self._heap
        while heap and heap[0][2].cancelled:
            heapq.heappop(heap)
        if not heap or heap[0][0] > until:
            self.now = until
            return False
        at, _, event = heapq.heappop(heap)
        event.cancelled = True  # too late to cancel it
        self.busy -= not event.idle
        self.now = max(self.now, at)
        self.events += 1
        event.act()
        return True

    def note(self, who: str, what: str | Callable[[], str]) -> None:
        """Write a line of the log; what takes long to say is said when somebody reads it."""
        self.log.append((self.now, who, what))

    def story(self, lines: int = 400) -> str:
        """The end of the log, as text."""
        left_out = len(self.log) - lines
        head = [f"... {left_out} lines before"] if left_out > 0 else []
        told = ((at, who, what if isinstance(what, str) else what()) for at, who, what in self.log[-lines:])
        return "\n".join(head + [f"{at:9.3f}  {who:<12} {what}" for at, who, what in told])
