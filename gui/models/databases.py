"""The list of databases: all together on top, then those that need a person, then the others by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot

from engine.events import ChangesMoved, DatabaseChanged, Guest, SharingChanged
from engine.peer_state import PeerStatus, State
from engine.settings import Settings
from engine.tables import Coverage
from gui import theme
from gui.language import on_language_change, said, tr
from gui.models.database_status import ALL, DatabaseStatus, describe, left_out
from gui.models.traffic import Traffic

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

DATABASE_ROLE = Role.UserRole
"""The id of the database; ``ALL`` in the first row."""
STATUS_ROLE = Role.UserRole + 1
"""The ``DatabaseStatus``."""
TRAFFIC_ROLE = Role.UserRole + 2
"""How many changes each part of the last hour had, oldest first."""


class DatabasesModel(QAbstractListModel):
    """A model with one row for all databases and one for each, kept up to date by the engine's events."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        self._cautions: dict[str, str] = {}
        self._peers: dict[str, dict[str, PeerStatus]] = {}
        self._database_of: dict[str, str] = {}
        self._coverage: dict[str, Coverage] = {}
        self._traffic = Traffic()
        self._rooms: dict[str, str] = {}
        self._awaited: set[str] = set()
        self._guests: Sequence[Guest] = ()
        self._rows = [ALL]
        self._shown = {ALL: DatabaseStatus(ALL, "")}
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        for database in self._rows:
            self._refresh(database)

    # What is told

    @Slot(object)
    def set_settings(self, settings: Settings) -> None:
        """Take note of which databases there are, which of them are shared, and which have peers."""
        self._rooms = {known.id: known.room for known in settings.databases if known.room and settings.share}
        self._awaited = {peer.database for peer in settings.peers}
        for known in settings.databases:
            self._take(known.id, known.name)
        self._refresh_all()

    @Slot(list)
    def update_databases(self, changed: list[DatabaseChanged]) -> None:
        """Show the current state of these databases."""
        for one in changed:
            self._problems[one.database] = one.problem
            self._take(one.database, one.name)
            self._refresh(one.database)
        self._refresh(ALL)

    @Slot(str)
    def remove_database(self, database: str) -> None:
        """Remove a database; does nothing if there is none with this id."""
        for known in (self._names, self._problems, self._cautions, self._coverage, self._peers):
            known.pop(database, None)
        self._traffic.forget(database)
        if database in self._shown and database != ALL:
            row = self._rows.index(database)
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._rows[row], self._shown[database]
            self.endRemoveRows()
            self._refresh(ALL)

    @Slot(list)
    def update_peers(self, statuses: list[PeerStatus]) -> None:
        """Take note of the latest status of these peers."""
        touched = set()
        for status in statuses:
            self._forget_peer(status.peer)
            self._database_of[status.peer] = status.database
            self._peers.setdefault(status.database, {})[status.peer] = status
            touched.add(str(status.database))
        for database in touched:
            self._refresh(database)
        self._refresh(ALL)

    @Slot(str)
    def remove_peer(self, peer: str) -> None:
        """Remove a peer."""
        database = self._forget_peer(peer)
        self._refresh(database)
        self._refresh(ALL)

    @Slot(object)
    def set_sharing(self, sharing: SharingChanged) -> None:
        """Take note of who has access to this machine."""
        self._guests = sharing.guests
        self._refresh_all()

    @Slot(str, object)
    def set_coverage(self, database: str, coverage: Coverage) -> None:
        """Take note of how many tables of a database are synced."""
        self._coverage[database] = coverage
        self._refresh(database)

    @Slot(str, object)
    def set_caution(self, database: str, caution: str) -> None:
        """Take note of a warning about a database's file, which is shown in every state."""
        self._cautions[database] = caution
        self._refresh(database)

    @Slot(list)
    def append(self, events: list[ChangesMoved]) -> None:
        """Count changes as they move."""
        moved = self._traffic.append(events)
        if moved:
            self.refresh_traffic([ALL, *moved])

    @Slot()
    def refresh_traffic(self, databases: Sequence[str] | None = None) -> None:
        """Repaint the traffic of these databases, or of all, as of now."""
        for row, database in enumerate(self._rows):
            if databases is None or database in databases:
                self.dataChanged.emit(self.index(row), self.index(row), [TRAFFIC_ROLE])

    # What is asked

    @property
    def databases(self) -> list[str]:
        """The ids of all databases, in the order shown."""
        return self._rows[1:]

    @property
    def still(self) -> bool:
        """Whether nothing moved within the last hour, so that the traffic stays as it is."""
        return self._traffic.empty

    def status(self, database: str) -> DatabaseStatus:
        """Return the status of a database, or of all if there is none with this id."""
        return self._shown.get(database) or self._shown[ALL]

    def coverage(self, database: str) -> Coverage | None:
        """Return how many of a database's tables are synced; None until that is known."""
        return self._coverage.get(database)

    def row_of(self, database: str) -> int:
        """Return the row of a database; 0, the row of all, if there is none with this id."""
        return self._rows.index(database) if database in self._shown else 0

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        database = self._rows[index.row()]
        status = self._shown[database]
        match role:
            case Role.DisplayRole:
                return status.name
            case Role.DecorationRole:
                return theme.state_icon(status.state) if status.state is not None else theme.icon("database")
            case Role.ToolTipRole:
                stays = left_out(self._coverage.get(database))
                return "\n".join(filter(None, (status.name, status.whole, stays or status.tables)))
            case Role.AccessibleTextRole:
                return ", ".join(filter(None, (status.name, status.brief, status.tables)))
            case _ if role == DATABASE_ROLE:
                return database
            case _ if role == STATUS_ROLE:
                return status
            case _ if role == TRAFFIC_ROLE:
                return self._traffic.line(database or None)
        return None

    # Rows come and go

    def _take(self, database: str, name: str) -> None:
        """Add a row for a database unless there is one, and take note of its name."""
        self._names[database] = name
        if database not in self._shown:
            status = DatabaseStatus(database, name)
            row = self._place(status)
            self.beginInsertRows(QModelIndex(), row, row)
            self._rows.insert(row, database)
            self._shown[database] = status
            self.endInsertRows()
            self._refresh(database)

    def _forget_peer(self, peer: str) -> str:
        database = self._database_of.pop(peer, ALL)
        self._peers.get(database, {}).pop(peer, None)
        return database

    def _refresh_all(self) -> None:
        for database in (*self._rows[1:], ALL):
            self._refresh(database)

    def _refresh(self, database: str) -> None:
        """Update the status of a database, and move its row to where it belongs."""
        before = self._shown.get(database)
        if before is None:
            return  # its peers are told of before it is, or after
        status = self._described(database)
        if status == before:
            return
        self._shown[database] = status
        row = self._rows.index(database)
        if database != ALL and _order(status) != _order(before):
            others = [one for one in self._rows if one != database]
            wanted = self._place(status, others)
            if wanted != row:
                self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), wanted + (wanted > row))
                self._rows = [*others[:wanted], database, *others[wanted:]]
                self.endMoveRows()
                row = wanted
        self.dataChanged.emit(self.index(row), self.index(row))

    def _place(self, status: DatabaseStatus, rows: Sequence[str] | None = None) -> int:
        return 1 + sum(_order(self._shown[one]) < _order(status) for one in (rows or self._rows) if one != ALL)

    def _described(self, database: str) -> DatabaseStatus:
        if database == ALL:
            return self._described_all()
        room = self._rooms.get(database, "")
        status = describe(
            database,
            self._names[database],
            self._peers.get(database, {}).values(),
            coverage=self._coverage.get(database),
            guests=[guest for guest in self._guests if room and guest.room == room],
            problem=self._problems.get(database, ""),
            shared=bool(room),
            opening=database not in self._problems or database in self._awaited,
        )
        caution = said(self._cautions.get(database, ""))
        if not caution:
            return status
        return replace(status, whole=f"{status.whole.rstrip('.')}. {caution}")

    def _described_all(self) -> DatabaseStatus:
        peers = [peer for known in self._peers.values() for peer in known.values()]
        name = tr("All databases")
        for one, problem in self._problems.items():
            if problem and one in self._names:
                words = tr("“{database}” cannot be used.", database=self._names[one])
                return DatabaseStatus(ALL, name, State.NEEDS_YOU, words, words)
        opening = any(database not in self._problems for database in self._names) or bool(self._awaited)
        return describe(ALL, name, peers, guests=self._guests, shared=bool(self._rooms), opening=opening)


def _order(status: DatabaseStatus) -> tuple[bool, str, str]:
    return status.state is not State.NEEDS_YOU, status.name.casefold(), status.database
