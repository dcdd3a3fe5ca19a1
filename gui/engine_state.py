"""What the engine has reported about peers, databases and sharing, and what parts of the window conclude from it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from engine.events import DatabaseChanged, SharingChanged
from engine.ids import SiteId
from engine.peer_state import PeerStatus, State
from engine.tables import Coverage
from gui.bridge import Bridge
from gui.language import said
from gui.summary import Summary, shared_with, summary


class EngineState(QObject):
    """Collects what the bridge reports.

    Attributes:
        peers, databases: the latest report on each, by id.
        guests: the latest report on each, by name.
        sharing: the latest report.
        coverage: that of each database, by id.
    """

    peers_changed = Signal(list)
    """All peers, and guests."""
    databases_changed = Signal(dict)
    """All databases, by id."""
    sharing_changed = Signal(str)
    """Whom files are shared with, in words; '' if none is."""
    changed = Signal()
    """Any of it."""
    peer_names_changed = Signal(dict)
    """The peers' names, by id, and the guests'."""
    database_names_changed = Signal(dict)
    """The databases' names, by id."""
    site_names_changed = Signal(object)
    """The names of the authors of changes, by site id: our own databases' names, and for others the name of the
    peer."""
    paused_changed = Signal(bool)
    """Whether any peer is paused."""
    problem = Signal(str)
    """A problem that nothing else in the window shows."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.peers: dict[str, PeerStatus] = {}
        self.guests: dict[str, PeerStatus] = {}
        self.databases: dict[str, DatabaseChanged] = {}
        self.sharing = SharingChanged(0)
        self.coverage: dict[str, Coverage] = {}
        self._problems: dict[str, str] = {}
        self._peer_names: dict[str, str] = {}
        self._site_names: dict[SiteId, str] = {}
        self._paused = False
        bridge.peers_changed.connect(self._update_peers)
        bridge.peer_removed.connect(self._remove_peer)
        bridge.guests_changed.connect(self._update_guests)
        bridge.guest_removed.connect(self._remove_guest)
        bridge.databases_changed.connect(self._update_databases)
        bridge.database_removed.connect(self._remove_database)
        bridge.sharing_changed.connect(self._set_sharing)

    def summary(self) -> Summary:
        """Return the overall state, in one line."""
        return summary(
            self._everybody(),
            databases=len(self.databases),
            guests=self.sharing.guests,
            shared=self.sharing.port > 0,
            coverage=self.coverage,
        )

    @Slot(str, object)
    def set_coverage(self, database: str, coverage: Coverage) -> None:
        """Note how many tables of a database are synced."""
        if self.coverage.get(database) != coverage:
            self.coverage[database] = coverage
            self.changed.emit()

    def _update_peers(self, statuses: list[PeerStatus]) -> None:
        self.peers |= {status.peer: status for status in statuses}
        self._tell_peers()

    def _remove_peer(self, peer: str) -> None:
        self.peers.pop(peer, None)
        self._tell_peers()

    def _update_guests(self, statuses: list[PeerStatus]) -> None:
        self.guests |= {status.peer: status for status in statuses}
        self._tell_peers()

    def _remove_guest(self, guest: str) -> None:
        self.guests.pop(guest, None)
        self._tell_peers()

    def _everybody(self) -> list[PeerStatus]:
        return [*self.peers.values(), *self.guests.values()]

    def _tell_peers(self) -> None:
        """Emit only what has changed: peers that do not answer report every few seconds, for days."""
        names: dict[str, str] = {status.peer: status.name for status in self._everybody()}
        if names != self._peer_names:
            self._peer_names = names
            self.peer_names_changed.emit(names)
        self.peers_changed.emit(self._everybody())
        self._tell_sites()
        paused = any(status.state is State.PAUSED for status in self.peers.values())
        if paused != self._paused:
            self._paused = paused
            self.paused_changed.emit(paused)
        self.changed.emit()

    def _tell_sites(self) -> None:
        names = {status.site_id: status.name for status in self._everybody() if status.site_id is not None}
        names |= {database.site_id: database.name for database in self.databases.values() if database.site_id}
        if names != self._site_names:
            self._site_names = names
            self.site_names_changed.emit(names)

    def _update_databases(self, changed: list[DatabaseChanged]) -> None:
        self.databases |= {database.database: database for database in changed}
        for database in changed:
            if database.problem and self._problems.get(database.database) != database.problem:
                self.problem.emit(said(database.problem))
            self._problems[database.database] = database.problem
        self._tell_databases()

    def _remove_database(self, database: str) -> None:
        self.databases.pop(database, None)
        self._tell_databases()

    def _tell_databases(self) -> None:
        self.database_names_changed.emit({database.database: database.name for database in self.databases.values()})
        self.databases_changed.emit(dict(self.databases))
        self._tell_sites()
        self.changed.emit()

    def _set_sharing(self, sharing: SharingChanged) -> None:
        self.sharing = sharing
        self.sharing_changed.emit(shared_with(sharing.guests) if sharing.port else "")
        if sharing.problem:
            self.problem.emit(said(sharing.problem))
        self.changed.emit()
