"""Changes on their way: dots that move along a link for a moment. At rest there are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.events import ChangesMoved, FlowDirection
from gui.topology.graph import Link

TRAVEL = 0.9
"""Seconds that a pulse takes."""

APART = 0.22
"""Seconds between two pulses that go the same way over one link, however many changes there are."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """One dot. ``outward``: from this machine to the other end of ``(near, far)``; ``begun``: when, in seconds."""

    near: str
    far: str
    outward: bool
    begun: float


class Pulses:
    """All that are under way."""

    def __init__(self) -> None:
        self._pulses: list[Pulse] = []

    def append(self, events: Iterable[ChangesMoved], links: Iterable[Link], now: float) -> bool:
        """Begin a pulse for what these events moved; returns whether any began.

        Args:
            links: that are seen. now: a clock in seconds.
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
        """Those that have not arrived, each with the part of its way that it has gone."""
        self._pulses = [pulse for pulse in self._pulses if now - pulse.begun < TRAVEL]
        return [(pulse, (now - pulse.begun) / TRAVEL) for pulse in self._pulses]

    def clear(self) -> None:
        """Let all have arrived."""
        self._pulses.clear()

    def _close_behind(self, link: Link, outward: bool, now: float) -> bool:
        return any(
            (pulse.near, pulse.far, pulse.outward) == (link.near, link.far, outward) and now - pulse.begun < APART
            for pulse in self._pulses
        )
