"""The peers table: one row for each configured peer and each guest, as last reported by the engine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Slot,
)

from engine.peer_state import PeerStatus, State
from engine.tables import Coverage
from engine.wire.room_address import without_room
from gui import theme
from gui.language import said, tr
from gui.models import times, values
from gui.models.database_status import covered
from gui.models.labels import state_word
from gui.models.peer_columns import DUE, FACTS, NUMBERS, Column, changes, explained, heading, versions
from gui.models.sorting import SORT_ROLE, SortProxy

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

DAY = 86400.0


PEER_ROLE = Role.UserRole
"""The id of the peer."""
PROGRESS_ROLE = Role.UserRole + 1
"""The progress of the current sync as (done, total), in changes or else in versions; None if there is none."""
STATE_ROLE = Role.UserRole + 2
"""The ``State``."""
SENTENCE_ROLE = Role.UserRole + 3
"""The reason for the state, shown beside its word; '' where the word says it all."""

_COLUMNS = len(Column)
_ROLES = {
    Role.DisplayRole, Role.DecorationRole, Role.ToolTipRole, Role.AccessibleTextRole, Role.ForegroundRole,
    Role.TextAlignmentRole, PEER_ROLE, PROGRESS_ROLE, STATE_ROLE, SENTENCE_ROLE,
    SORT_ROLE,
}  # fmt: skip
"""The roles that are answered: views ask for others too, for each cell that they paint."""


class PeersModel(QAbstractTableModel):
    """A model with one row for each peer, in the order in which they were first reported."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PeerStatus] = []
        self._row_of: dict[str, int] = {}
        self._databases: dict[str, str] = {}
        self._coverage: dict[str, Coverage] = {}
        self._stale_days = 7
        self._stale_days_of: dict[str, int] = {}
        self._times: dict[tuple[str, Column], str] = {}

    # What is told

    @Slot(list)
    def update(self, statuses: list[PeerStatus]) -> None:
        """Show the latest status of each of these peers; new ones are added at the end."""
        new: dict[str, PeerStatus] = {}
        for status in statuses:
            row = self._row_of.get(status.peer)
            if row is None:
                new[status.peer] = status
            elif status != self._rows[row]:
                before, self._rows[row] = self._rows[row], status
                for column, facts in FACTS.items():  # to paint a cell costs more than to compare it
                    if facts(before) != facts(status) and self._shown(before, column) != self._shown(status, column):
                        self.dataChanged.emit(self.index(row, column), self.index(row, column))
        if new:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._rows += new.values()
            self._row_of.update({peer: first + place for place, peer in enumerate(new)})
            self.endInsertRows()

    @Slot(str)
    def remove(self, peer: str) -> None:
        """Remove a peer; does nothing if there is none with this id."""
        row = self._row_of.get(peer)
        if row is None:
            return
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row]
        self._row_of = {status.peer: place for place, status in enumerate(self._rows)}
        self.endRemoveRows()

    @Slot(dict)
    def set_database_names(self, names: Mapping[str, str]) -> None:
        """Set the names of databases, by id."""
        self._databases = dict(names)
        self._changed(Column.DATABASE, Column.DATABASE)

    @Slot(str, object)
    def set_coverage(self, database: str, coverage: Coverage) -> None:
        """Set how many tables of a database are synced: “In sync” names those that are not."""
        if self._coverage.get(database) != coverage:
            self._coverage[database] = coverage
            self._changed(Column.STATE, Column.STATE)

    @Slot(int, dict)
    def set_stale_days(self, days: int, days_of: Mapping[str, int]) -> None:
        """Set after how many days without success a peer is stale: in general, and by peer id where that differs."""
        self._stale_days = days
        self._stale_days_of = dict(days_of)
        self._changed(Column.NAME, Column.LAST_SUCCESS)

    @Slot()
    def refresh_times(self, rows: Iterable[int] | None = None) -> None:
        """Tell the views which relative times have changed.

        Args:
            rows: check only these rows; None for all.
        """
        now = time.time()
        for row in range(len(self._rows)) if rows is None else rows:
            status = self._rows[row]
            shown = {Column.LAST_SUCCESS: status.last_success, Column.LAST_ATTEMPT: status.last_attempt}
            for column, when in shown.items():
                text = times.relative(when, now)
                if self._times.get((status.peer, column)) != text:
                    self._times[status.peer, column] = text
                    self.dataChanged.emit(self.index(row, column), self.index(row, column), [Role.DisplayRole])

    # What is asked

    def status(self, row: int) -> PeerStatus:
        """Return the peer in a row of this model."""
        return self._rows[row]

    def statuses(self) -> list[PeerStatus]:
        """Return all peers, in the order of the rows."""
        return list(self._rows)

    def is_stale(self, peer: PeerStatus) -> bool:
        """Return whether a peer was in sync once, but not for so many days that a person should know."""
        days = self._stale_days_of.get(peer.peer, self._stale_days)
        held = peer.state in (State.IN_SYNC, State.SYNCING, State.SENT)
        return not held and peer.last_success is not None and time.time() - peer.last_success > days * DAY

    def database_name(self, peer: PeerStatus) -> str:
        """Return the name of a peer's database."""
        return self._databases.get(peer.database, peer.database)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else _COLUMNS

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if role not in _ROLES or not index.isValid():
            return None
        peer = self._rows[index.row()]
        column = Column(index.column())
        match role:
            case Role.DisplayRole:
                return self._text(peer, column)
            case Role.DecorationRole:
                return theme.state_icon(peer.state) if column is Column.STATE else None
            case Role.ToolTipRole:
                return self._tip(peer, column)
            case Role.AccessibleTextRole:
                return self._accessible_text(peer, column)
            case Role.ForegroundRole:
                marked = column in (Column.NAME, Column.LAST_SUCCESS) and self.is_stale(peer)
                return theme.tone_color(theme.WAIT) if marked else None
            case Role.TextAlignmentRole:
                return _RIGHT if column in NUMBERS else _LEFT
            case _:
                return self._raw(peer, column, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Role.DisplayRole:
            return heading(Column(section))
        if role == Role.ToolTipRole:
            return explained(Column(section))
        if role == Role.TextAlignmentRole:
            return _RIGHT if section in NUMBERS else _LEFT
        return None

    # Words

    def _text(self, peer: PeerStatus, column: Column) -> str:
        match column:
            case Column.NAME:
                return tr("{machine} (guest)", machine=peer.name) if peer.guest else peer.name
            case Column.DATABASE:
                return self.database_name(peer)
            case Column.STATE:
                return self._state(peer)
            case Column.LAST_SUCCESS:
                text = times.relative(peer.last_success)
                return tr("{state}, stale", state=text) if self.is_stale(peer) else text
            case Column.LAST_ATTEMPT:
                return times.relative(peer.last_attempt)
            case Column.ADDRESS if peer.guest:
                return tr("connects by itself")
            case Column.ADDRESS:
                return peer.url if without_room(peer.url) != peer.url else f"{peer.url} · {peer.room}"
            case _ if peer.site_id is None:
                return "–"
            case _ if column in DUE:
                return self._due(peer, column)
            case _:
                return values.number(versions(peer, column))

    def _due(self, peer: PeerStatus, column: Column) -> str:
        """Return how much is left, in changes, or in versions if nobody has told how many changes these have."""
        count, left = changes(peer, column), versions(peer, column)
        if count is not None or not left:
            return values.number(count or 0)
        return tr("1 version") if left == 1 else tr("{count} versions", count=values.number(left))

    def _state(self, peer: PeerStatus) -> str:
        if peer.state is State.SYNCING and peer.changes and peer.changes_left:
            total = values.number(peer.changes + peer.changes_left)
            return tr("{done} of {total}", done=values.number(peer.changes), total=total)
        if peer.state is State.SYNCING and peer.changes:
            count = values.number(peer.changes)
            return tr("1 change") if peer.changes == 1 else tr("{count} changes", count=count)
        if peer.state is State.SYNCING and peer.total:
            return tr("{done} of {total}", done=values.number(peer.done), total=values.number(peer.total))
        return state_word(peer.state)

    def _pace(self, peer: PeerStatus) -> str:
        """Return what the current sync has moved in bytes, and how long it will still take."""
        if not peer.changes:
            return ""
        moved = values.size(peer.size)
        if peer.seconds_left is None:
            return moved
        return tr("{time} left, {size}", size=moved, time=times.about(peer.seconds_left))

    def _sentence(self, peer: PeerStatus, told: str | None = None) -> str:
        """Return why a peer is in its state; ``told`` is what the engine says of it, by default without a countdown."""
        return covered(said(peer.explanation if told is None else told), peer.state, self._coverage.get(peer.database))

    def _tip(self, peer: PeerStatus, column: Column) -> str:
        match column:
            case Column.NAME | Column.LAST_SUCCESS if self.is_stale(peer):
                return tr("Not heard from for a long time. Last in sync: {time}.", time=times.exact(peer.last_success))
            case Column.NAME | Column.ADDRESS if peer.guest:
                return tr(
                    "Was paired with this machine, and connects to it by itself. “Share” can take its access away."
                )
            case Column.STATE:
                sentence, pace = self._sentence(peer, peer.sentence()), self._pace(peer)
                return f"{sentence}\n{self._state(peer)}, {pace}" if pace and peer.state is State.SYNCING else sentence
            case Column.LAST_SUCCESS:
                return times.exact(peer.last_success)
            case Column.LAST_ATTEMPT:
                tip = times.exact(peer.last_attempt)
                if peer.next_attempt is not None:
                    tip += "\n" + tr("Next: {time}", time=times.exact(peer.next_attempt))
                return tip
            case Column.RECEIVED | Column.CONFIRMED if peer.site_id is None and peer.guest:
                return tr("Nothing is known of this guest yet: it has not come since Syncline was started.")
            case Column.RECEIVED | Column.CONFIRMED if peer.site_id is None:
                return tr("Nothing is known of this peer yet: it has never answered.")
            case Column.RECEIVED:
                count = values.number(peer.received)
                return tr("Everything that the peer wrote up to version {version} is on this disk.", version=count)
            case Column.CONFIRMED:
                count = values.number(peer.confirmed)
                return tr("The peer has confirmed everything in this database up to version {version}.", version=count)
            case _:
                return self._text(peer, column)

    def _accessible_text(self, peer: PeerStatus, column: Column) -> str:
        text = self._text(peer, column)
        return f"{state_word(peer.state)}. {self._tip(peer, column)}" if column is Column.STATE else text

    def _shown(self, peer: PeerStatus, column: Column) -> tuple[object, ...]:
        """Return all that can be seen or heard of a cell, and what it is sorted by."""
        raw = self._raw(peer, column, SORT_ROLE)
        if column is Column.STATE:
            moved = peer.changes, peer.changes_left, peer.size, peer.seconds_left
            return (peer.state, peer.explanation, peer.done, peer.total, *moved)
        return raw, self._text(peer, column), column is Column.NAME and self.is_stale(peer)

    def _raw(self, peer: PeerStatus, column: Column, role: int) -> Any:
        if role == PEER_ROLE:
            return peer.peer
        if role == STATE_ROLE:
            return peer.state
        if role == SENTENCE_ROLE:
            return self._pace(peer) if peer.state is State.SYNCING and peer.total else self._sentence(peer)
        if role == PROGRESS_ROLE:
            if peer.state is not State.SYNCING or not peer.total:
                return None
            if peer.changes_left is None:
                return peer.done, peer.total
            return peer.changes, peer.changes + peer.changes_left
        if role != SORT_ROLE:
            return None
        match column:
            case Column.STATE:
                return theme.urgency(peer.state), peer.name.casefold(), peer.peer
            case Column.LAST_SUCCESS:
                return peer.last_success or 0.0
            case Column.LAST_ATTEMPT:
                return peer.last_attempt or 0.0
            case Column.NAME | Column.DATABASE | Column.ADDRESS:
                return self._text(peer, column).casefold()
            case _ if column in DUE:
                count = changes(peer, column)
                return versions(peer, column) if count is None else count
            case _:
                return versions(peer, column)

    def _changed(self, first: Column, last: Column) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, first), self.index(len(self._rows) - 1, last))


class PeersProxy(SortProxy):
    """Sorts by raw values, and keeps the rows that contain a text in any column."""

    def __init__(self, model: PeersModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSourceModel(model)
        self.setFilterKeyColumn(-1)
        self.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._model = model
        self._database = self._text = ""

    @Slot(str)
    def set_filter(self, text: str) -> None:
        """Show only the rows that contain this text; '' shows all."""
        self._text = text.strip()
        self.setFilterFixedString(self._text)

    @Slot(str)
    def set_database(self, database: str) -> None:
        """Show only the peers of this database; '' shows all."""
        if database != self._database:
            self._database = database
            self.setFilterFixedString(self._text)  # has every row looked at again

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802
        if self._database and self._model.status(row).database != self._database:
            return False
        return super().filterAcceptsRow(row, parent)
