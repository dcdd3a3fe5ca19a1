"""The events that the grouped change flow holds, oldest first, and which of them the filter has looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from engine.events import ChangesMoved
from gui.models.flow_groups import Group


class Held:
    """An event that is held, and the group that shows it, if any."""

    __slots__ = ("event", "group")

    def __init__(self, event: ChangesMoved) -> None:
        self.event = event
        self.group: Group | None = None


class HeldEvents:
    """A queue that holds the latest changes in whole events, and no event more than needed.

    Args:
        capacity: how many changes are held at least; the oldest event is kept whole beyond that.

    Attributes:
        changes: how many changes are held.
    """

    def __init__(self, capacity: int) -> None:
        self.changes = 0
        self._capacity = capacity
        self._events: deque[Held] = deque()
        self._looked = 0

    def append(self, events: Iterable[ChangesMoved]) -> None:
        """Add events at the end; afterwards ``drop`` what exceeds the capacity."""
        for event in events:
            if len(event.changes) > self._capacity:
                event = replace(event, changes=event.changes[-self._capacity :])
            self._events.append(Held(event))
            self.changes += len(event.changes)

    def drop(self) -> Held | None:
        """Remove and return the oldest event if the others suffice; else return None."""
        if not self._events or self.changes - len(self._events[0].event.changes) < self._capacity:
            return None
        held = self._events.popleft()
        self.changes -= len(held.event.changes)
        self._looked = max(0, self._looked - 1)
        return held

    def take(self) -> list[ChangesMoved]:
        """Return all events, and discard them."""
        events = [held.event for held in self._events]
        self._events.clear()
        self.changes = self._looked = 0
        return events

    @property
    def all_seen(self) -> bool:
        """Whether every event has been looked at."""
        return self._looked >= len(self._events)

    def look(self) -> Held:
        """Return the next event that has not been looked at."""
        held = self._events[self._looked]
        self._looked += 1
        return held

    def look_again(self) -> None:
        """Start again from the oldest event, with no group showing any."""
        for held in self._events:
            held.group = None
        self._looked = 0
