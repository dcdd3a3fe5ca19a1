"""The change flow: the latest 100,000 changes that came in, went out or were made here.

Built for 10,000 changes a second. Lines are kept as the events brought them, put into words only when they are
painted, and added in batches. The filter is part of the model: a proxy would check every row that moves again. A new
filter goes through what is held in slices, newest first, and never blocks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPalette

from engine.events import ChangesMoved
from engine.ids import SiteId
from gui import theme
from gui.language import tr
from gui.models.flow_filter import FlowFilter
from gui.models.flow_text import Column, LineWords
from gui.models.ring_buffer import Line, Ring

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

CAPACITY = 100_000
"""How many lines are held."""

SLICE = 2_000
"""How many lines a filter goes through at once; that takes a few milliseconds."""


COPY_ROLE = Role.UserRole
"""The full text of a cell, for the clipboard."""
LINE_ROLE = Role.UserRole + 1
"""The line itself, as (ChangesMoved, FlowChange)."""


class FlowModel(QAbstractTableModel):
    """A model of the lines that pass the filter, oldest first.

    Args:
        capacity: how many lines are held, shown or not.
        words: knows the names of peers and authors; may be shared.
    """

    counts_changed = Signal(int, int)
    """Emitted with how many lines are shown, and how many are held."""
    table_seen = Signal(str)
    """Emitted with the name of a table that occurs for the first time."""

    def __init__(self, capacity: int = CAPACITY, parent: QObject | None = None, words: LineWords | None = None) -> None:
        super().__init__(parent)
        self._ring = Ring(capacity)
        self._filter = FlowFilter()
        self._all = True  # no filter: every line is a row
        # With a filter: the numbers of the lines that pass, and the gap-free part of the ring that was looked through.
        self._passed = array("q")
        self._seen_from = self._seen_to = 0
        self._search = QTimer(self, interval=0)
        self._search.timeout.connect(self._search_next_slice)
        self._words = LineWords() if words is None else words
        self._tables: set[str] = set()

    # What is told

    @Slot(list)
    def append(self, events: list[ChangesMoved]) -> None:
        """Add the lines of these events, oldest first; the oldest lines held make room."""
        ring = self._ring
        new = sum(len(event.changes) for event in events)
        if not new:
            return
        if new > ring.capacity:  # only the last of them can stay
            part = Ring(ring.capacity)
            part.append(events)
            events, new = part.take(), ring.capacity
        self._drop(ring.end + new - ring.capacity)
        if self._all:
            row = len(ring)
            self.beginInsertRows(QModelIndex(), row, row + new - 1)
            ring.append(events)
            self.endInsertRows()
        else:
            ring.append(events)
            self._search_newer(SLICE)
        for table in {change.table for event in events for change in event.changes} - self._tables:
            self._tables.add(table)
            self.table_seen.emit(table)
        self._emit_counts()

    @Slot()
    def clear(self) -> None:
        """Discard all lines."""
        self.take()

    def take(self) -> list[ChangesMoved]:
        """Return all that is held, oldest first, and discard it."""
        self.beginResetModel()
        events = self._ring.take()
        self._begin_search()
        self.endResetModel()
        self._emit_counts()
        return events

    def set_filter(self, wanted: FlowFilter) -> None:
        """Show only the lines that pass; the newest appear at once, the older ones soon after."""
        wanted = wanted.normal()
        if wanted == self._filter:
            return
        self.beginResetModel()
        self._filter = wanted
        self._all = wanted == FlowFilter()
        self._begin_search()
        self.endResetModel()
        self._search_next_slice()

    @Slot(dict)
    def set_peer_names(self, names: Mapping[str, str]) -> None:
        """Set the names of peers, by id."""
        self._words.peers.update(names)  # one that was removed keeps its name in old lines
        self._changed(Column.PEER)

    @Slot(dict)
    def set_site_names(self, names: Mapping[SiteId, str]) -> None:
        """Set the names of authors, by site id."""
        self._words.sites.update(names)
        self._changed(Column.AUTHOR)

    # What is asked

    @property
    def held(self) -> int:
        """How many lines are held, shown or not."""
        return len(self._ring)

    @property
    def searching(self) -> bool:
        """Whether a filter has not gone through everything yet."""
        return self._search.isActive()

    def line(self, row: int) -> Line:
        """Return the line in a row."""
        return self._ring.line(self._ring.first + row if self._all else self._passed[row])

    def cell(self, index: Index) -> tuple[str, str, bool]:
        """Return a cell's text, the name of its icon ('' for none) and whether it is faint; fast, for delegates."""
        (event, change), column = self.line(index.row()), index.column()
        faint = column == Column.VALUE and self._words.faint(change)
        return self._words.text(event, change, column), self._words.drawing(event, change, column), faint

    def tables(self) -> list[str]:
        """Return the names of all tables that occurred, sorted."""
        return sorted(self._tables)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        if parent.isValid():
            return 0
        return len(self._ring) if self._all else len(self._passed)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if role not in _ROLES or not index.isValid():
            return None
        column = index.column()
        event, change = self.line(index.row())
        match role:
            case Role.DisplayRole:
                return self._words.text(event, change, column)
            case Role.DecorationRole:
                drawing = self._words.drawing(event, change, column)
                return theme.icon(drawing) if drawing else None
            case Role.ToolTipRole:
                return self._words.tip(event, change, column)
            case Role.AccessibleTextRole:
                text = self._words.text(event, change, column)
                return f"{text}, {self._words.was(change)}" if column == Column.VALUE and change.had_old else text
            case Role.ForegroundRole:
                faint = column == Column.VALUE and self._words.faint(change)
                return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText) if faint else None
            case Role.TextAlignmentRole:
                return _RIGHT if column == Column.VERSION else _LEFT
            case _:
                return (event, change) if role == LINE_ROLE else self._words.whole(event, change, column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Role.TextAlignmentRole:
            return _RIGHT if section == Column.VERSION else _LEFT
        if role != Role.DisplayRole:
            return None
        return {
            Column.TIME: tr("Time"),
            Column.DIRECTION: tr("Direction"),
            Column.PEER: tr("Peer"),
            Column.TABLE: tr("Table"),
            Column.KEY: tr("Key"),
            Column.COLUMN: tr("Column"),
            Column.VALUE: tr("Value"),
            Column.VERSION: tr("Version"),
            Column.AUTHOR: tr("Author"),
        }[Column(section)]

    # Rows come and go

    def _drop(self, first: int) -> None:
        """Discard the lines before a number, and their rows."""
        ring = self._ring
        if first <= ring.first:
            return
        rows = min(first, ring.end) - ring.first if self._all else bisect_left(self._passed, first)
        if rows:
            self.beginRemoveRows(QModelIndex(), 0, rows - 1)
        del self._passed[: 0 if self._all else rows]
        ring.drop(first)
        self._seen_to = max(self._seen_to, ring.first)
        if rows:
            self.endRemoveRows()

    def _begin_search(self) -> None:
        """Discard what passed, and search backwards from the newest line."""
        del self._passed[:]
        self._seen_from = self._seen_to = self._ring.end
        self._search.stop()

    def _search_next_slice(self) -> None:
        """Search one more slice: first what arrived since, then what is older."""
        if self._all:
            self._search.stop()
        elif self._seen_to < self._ring.end:
            self._search_newer(SLICE)
        elif self._seen_from > self._ring.first:
            start = max(self._ring.first, self._seen_from - SLICE)
            found = self._passing(start, self._seen_from)
            if found:
                self.beginInsertRows(QModelIndex(), 0, len(found) - 1)
            self._passed[:0] = found
            self._seen_from = start
            if found:
                self.endInsertRows()
        self._go_on()
        self._emit_counts()

    def _search_newer(self, most: int) -> None:
        start, end = self._seen_to, min(self._seen_to + most, self._ring.end)
        found = self._passing(start, end)
        if found:
            row = len(self._passed)
            self.beginInsertRows(QModelIndex(), row, row + len(found) - 1)
        self._passed.extend(found)
        self._seen_to = end
        if found:
            self.endInsertRows()
        self._go_on()

    def _go_on(self) -> None:
        left = not self._all and (self._seen_to < self._ring.end or self._seen_from > self._ring.first)
        if left != self._search.isActive():
            self._search.start() if left else self._search.stop()

    def _passing(self, start: int, end: int) -> array[int]:
        wanted, words = self._filter, self._words
        return array(
            "q",
            [
                number
                for number, event, change in self._ring.lines(start, end)
                if wanted.takes_event(event) and wanted.takes_change(event, change, words)
            ],
        )

    def _changed(self, column: Column) -> None:
        if rows := self.rowCount():
            self.dataChanged.emit(self.index(0, column), self.index(rows - 1, column), [Role.DisplayRole])

    def _emit_counts(self) -> None:
        self.counts_changed.emit(self.rowCount(), len(self._ring))


_ROLES = {
    Role.DisplayRole,
    Role.DecorationRole,
    Role.ToolTipRole,
    Role.AccessibleTextRole,
    Role.ForegroundRole,
    Role.TextAlignmentRole,
    COPY_ROLE,
    LINE_ROLE,
}
