"""The rows of guests: of machines that were paired with this one, and dial it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.api.core import Core
from engine.api.links import Links
from engine.change import Change
from engine.events import AttentionNeeded, FlowDirection, Guest, GuestChanged, GuestRemoved
from engine.history.event_stream import flow_in, flow_of
from engine.ids import DatabaseId, PeerId
from engine.links.guest_row import GuestRow
from engine.links.peer_status import Board
from engine.links.retry_policy import LEFT
from engine.peer_state import PeerStatus
from engine.tables import Applied
from engine.text import t
from engine.transport.driver import Driver

COPIED_HERE = t("If this machine's file is the copy, give it a new id: More, Databases, “New id…”.")


@dataclass(frozen=True, slots=True)
class _Kept:
    """The row of a guest, and the file that it syncs."""

    row: GuestRow
    path: Path


class GuestRows:
    """Keeps these rows, and records what guests send and receive (``engine.links.inbound.News``), by guest's name.

    A guest that is also a peer, as both machines dial each other, has only the peer's row.

    Args:
        core, links: the engine's.
    """

    def __init__(self, core: Core, links: Links) -> None:
        self._core = core
        self._links = links
        self._kept: dict[str, _Kept] = {}
        self._shown: set[str] = set()
        self._turned_away: dict[tuple[Path, str], str] = {}
        """Guests whose last connection ended because of a copied file, and the reason; they keep coming back."""
        core.inbound.news = self
        links.listeners.append(self._recheck)

    def statuses(self) -> list[PeerStatus]:
        """Return the row of every guest, by name; ``PeerStatus.peer`` is the name."""
        return [kept.row.status for name, kept in self._kept.items() if name in self._shown]

    def keep(self, guests: Sequence[Guest], rooms: Mapping[str, Path]) -> None:
        """Keep a row for each of these guests, and for no other.

        Args:
            guests: those that may connect.
            rooms: the file of each room that is shared.
        """
        databases = {known.room: known.id for known in self._core.settings.databases if known.room in rooms}
        wanted = {guest.name: guest.room for guest in guests if guest.room in databases}
        for name in [name for name in self._kept if name not in wanted]:
            self._kept.pop(name).row.close()
            self._hide(name)
        for name, room in wanted.items():
            kept = self._kept.get(name)
            if kept is not None and kept.row.database != databases[room]:
                kept.row.close()
                kept = None
            if kept is None:
                journal = self._core.journal
                last = journal.last_contact(_contact(name)) if journal is not None else None
                row = GuestRow(name, databases[room], room, self._changed, last_success=last)
                self._kept[name] = _Kept(row, rooms[room])
                self._changed(row.status)

    def local_moved(self, database: DatabaseId, version: int) -> None:
        """Note that a database is at ``version``."""
        for kept in self._kept.values():
            if kept.row.database == database:
                kept.row.local_moved(version)

    def row(self, guest: PeerId) -> GuestRow | None:
        """Return the row of a guest by its name; None if there is none, or it is not shown."""
        return self._kept[guest].row if guest in self._shown and guest in self._kept else None

    def boards(self, database: DatabaseId) -> list[Board]:
        """Return what is shown of the guests of a database."""
        return [kept.row.board for kept in self._kept.values() if kept.row.database == database]

    def close(self) -> None:
        """Stop reporting."""
        for kept in self._kept.values():
            kept.row.close()
        self._kept.clear()

    # What is shown

    def _changed(self, status: PeerStatus) -> None:
        if self._is_peer(status):
            self._hide(status.name)
            return
        self._shown.add(status.name)
        if self._core.journal is not None and status.last_success is not None:
            self._core.journal.record_contact(_contact(status.name), status.last_success)
        self._core.emit(GuestChanged(status))

    def _hide(self, name: str) -> None:
        if name in self._shown:
            self._shown.discard(name)
            self._core.emit(GuestRemoved(PeerId(name)))

    def _is_peer(self, status: PeerStatus) -> bool:
        links = self._links.of_database(status.database) if status.site_id is not None else ()
        return any(link.status.site_id == status.site_id for link in links)

    def _recheck(self) -> None:
        """Check whether another guest is a peer now, as a peer's row has changed or is gone."""
        for name, kept in self._kept.items():
            if self._is_peer(kept.row.status) is (name in self._shown):
                self._changed(kept.row.status)

    # What inbound connections report (``engine.links.inbound.News``)

    def inbound_stepped(self, path: Path, guest: str, driver: Driver) -> None:
        kept = self._kept.get(guest)
        if kept is not None and kept.path == path:
            kept.row.stepped(driver)

    def inbound_left(self, path: Path, guest: str, driver: Driver) -> None:
        kept = self._kept.get(guest)
        if kept is not None and kept.path == path:
            kept.row.left(driver)

    def inbound_merged(self, path: Path, guest: str, applied: Sequence[Applied]) -> None:
        if self._core.watched or self._core.journal is not None:
            for database in self._core.databases_at(path):
                self._core.record_flow(database.id, guest, guest, FlowDirection.IN, flow_in(applied))

    def inbound_sent(self, path: Path, guest: str, changes: Sequence[Change]) -> None:
        databases = self._core.databases_at(path) if self._core.watched else ()
        if databases:  # a hub's rooms are none: its guests are many
            lines = flow_of(changes, self._core.hosts.numbers(path))
            for database in databases:
                self._core.record_flow(database.id, guest, guest, FlowDirection.OUT, lines)

    def inbound_ended(self, path: Path, guest: str, copied: str) -> None:
        before = self._turned_away.pop((path, guest), "")
        if copied:
            self._turned_away[path, guest] = copied
            if copied != before:
                self._core.emit(AttentionNeeded(guest, copied, COPIED_HERE))

    def inbound_parked(self, path: Path, guest: str, reason: str) -> None:
        self._core.emit(AttentionNeeded(guest, reason, LEFT))


def _contact(name: str) -> PeerId:
    """Return the journal's name for a guest, which no peer has for an id."""
    return PeerId(f"guest {name}")
