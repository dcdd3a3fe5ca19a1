"""What has happened since a hub began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.transport.driver import Driver


@dataclass(slots=True)
class Counters:
    """The counts.

    Attributes:
        refused: connections and greetings that were turned away, by what was wrong.
        dropped: peers that were cut for being slow or revoked.
        sessions: peers that came in.
        followed: tables and columns that rooms were given after a peer's.
        moved: what sessions that are over moved, by (what, way): changes and bytes, in and out.
    """

    refused: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    sessions: int = 0
    followed: Counter[str] = field(default_factory=Counter)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)

    def ended(self, driver: Driver) -> None:
        """Add what a session moved that is over."""
        self.moved += moved([driver])


def moved(drivers: Iterable[Driver]) -> Counter[tuple[str, str]]:
    """Return what these sessions moved so far."""
    total: Counter[tuple[str, str]] = Counter()
    for driver in drivers:
        total["bytes", "in"] += driver.traffic.bytes_in
        total["bytes", "out"] += driver.traffic.bytes_out
        total["changes", "in"] += driver.session.inbound.changes
        total["changes", "out"] += driver.session.outbound.changes
    return total
