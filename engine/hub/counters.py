"""What has happened since a hub started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.transport.driver import Driver


@dataclass(slots=True)
class Counters:
    """The counts.

    Attributes:
        refused: connections and greetings that were refused, by reason.
        dropped: peers that were disconnected for being slow or revoked.
        sessions: peers that were admitted.
        followed: tables and columns that rooms were given to follow a peer.
        moved: what ended sessions have moved, by (what, direction): changes and bytes, in and out.
    """

    refused: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    sessions: int = 0
    followed: Counter[str] = field(default_factory=Counter)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)

    def ended(self, driver: Driver) -> None:
        """Add what an ended session has moved."""
        self.moved += moved([driver])


def moved(drivers: Iterable[Driver]) -> Counter[tuple[str, str]]:
    """Return what these sessions have moved so far."""
    total: Counter[tuple[str, str]] = Counter()
    for driver in drivers:
        total["bytes", "in"] += driver.traffic.bytes_in
        total["bytes", "out"] += driver.traffic.bytes_out
        total["changes", "in"] += driver.session.inbound.changes
        total["changes", "out"] += driver.session.outbound.changes
    return total
