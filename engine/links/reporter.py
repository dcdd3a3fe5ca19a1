"""What links report to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.change import Change
from engine.events import SyncFinished
from engine.ids import PeerId
from engine.peer_state import PeerStatus
from engine.tables import Applied


class Reporter(Protocol):
    """Is told what links do; each is named by its peer's id."""

    def peer_changed(self, status: PeerStatus) -> None:
        """Note that a peer's status has changed."""

    def merged(self, peer: PeerId, applied: Sequence[Applied]) -> None:
        """Note that changes from a peer were merged."""

    def sent(self, peer: PeerId, changes: Sequence[Change]) -> None:
        """Note that changes were sent to a peer."""

    def sync_finished(self, finished: SyncFinished) -> None:
        """Note that a session with a peer is over."""

    def needs_you(self, peer: PeerId, sentence: str, hint: str) -> None:
        """Note that a person may have to fix something before everything can be synced."""

    def tables_parked(self, peer: PeerId, sentence: str, hint: str) -> None:
        """Note that some tables are not synced, though everything else is."""
