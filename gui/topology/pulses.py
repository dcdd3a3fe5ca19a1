"""Changes on their way: dots that move along a link for a moment; at rest there are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.events import ChangesMoved, FlowDirection
from gui.topology.graph import Link

TRAVEL = 0.9
"""Seconds that a pulse takes from end to end."""

APART = 0.22
"""The least seconds between pulses in the same direction over a link, however many changes there are."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """One dot.

    Attributes:
        near, far: the keys of the ends of its link.
        outward: whether it goes from this machine to the other end.
        begun: when it started, in seconds.
    """

    near: str
    far: str
    outward: bool
    begun: float


class Pulses:
    """All dots that are on their way."""

    def __init__(self) -> None:
        self._pulses: list[Pulse] = []

    def append(self, events: Iterable[ChangesMoved], links: Iterable[Link], now: float) -> bool:
        """Start a pulse for what these events moved, and return whether any was started.

        Args:
            events: the changes that moved.
            links: the links that are shown.
            now: the present, in seconds.
        """
        begun = False
        links = tuple(links)
        for event in events:
            if event.way is FlowDirection.LOCAL or not event.changes:
                continue
            outward = event.way is FlowDirection.OUT
            for link in links:
                if link.carries(event.database, event.peer) and not self._close_behind(link, outward, now):
                    self._pulses.append(Pulse(link.near, link.far, outward, now))
                    begun = True
        return begun

    def under_way(self, now: float) -> list[tuple[Pulse, float]]:
        """Return the pulses that have not arrived, each with the fraction of its way that it has travelled."""
        self._pulses = [pulse for pulse in self._pulses if now - pulse.begun < TRAVEL]
        return [(pulse, (now - pulse.begun) / TRAVEL) for pulse in self._pulses]

    def clear(self) -> None:
        """Remove all pulses."""
        self._pulses.clear()

    def _close_behind(self, link: Link, outward: bool, now: float) -> bool:
        return any(
            (pulse.near, pulse.far, pulse.outward) == (link.near, link.far, outward) and now - pulse.begun < APART
            for pulse in self._pulses
        )
