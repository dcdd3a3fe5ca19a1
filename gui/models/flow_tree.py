"""The change flow in groups: each burst of changes is one line, which opens to its rows, and these to their changes.

Built for 10,000 changes a second, like the plain list (``gui.models.flow``). A group that nobody opened is only
counted, and that only when it is painted. Qt lays out every open line whenever one comes or goes, so there are never
more than ``GROUPS`` groups, and of each some hundred rows until a person asks for more. The plain list has them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPalette

from engine.events import ChangesMoved, FlowChange
from engine.ids import SiteId
from gui import theme
from gui.models.flow import CAPACITY, COPY_ROLE, LINE_ROLE, SLICE, Index
from gui.models.flow_filter import FlowFilter
from gui.models.flow_group_text import Column, GroupWords
from gui.models.flow_groups import STEP, Cell, Group, More, Node, Row, position, runs
from gui.models.flow_text import LineWords
from gui.models.held_events import HeldEvents

Role = Qt.ItemDataRole

GROUPS = 1_000
"""The most groups that are shown."""


class FlowTreeModel(QAbstractItemModel):
    """A tree model of the groups that hold a change that passes the filter, oldest first.

    Args:
        capacity: how many changes are held, shown or not; the oldest event is kept whole beyond that.
        words: knows the names of peers and authors; may be shared.
    """

    counts_changed = Signal(int, int)
    """Emitted with how many changes are shown, and how many are held."""
    table_seen = Signal(str)
    """Emitted with the name of a table that occurs for the first time."""

    def __init__(self, capacity: int = CAPACITY, parent: QObject | None = None, words: LineWords | None = None) -> None:
        super().__init__(parent)
        self._events = HeldEvents(capacity)
        self._shown = 0
        self._filter = FlowFilter()
        self._groups: list[Group] = []
        self._by_burst: dict[tuple[int, str, str, object], Group] = {}
        self._nodes: dict[int, Group | Row] = {}  # what has lines below it, by the serial that their index carries
        self._search = QTimer(self, interval=0)
        self._search.timeout.connect(self._search_next_slice)
        self._words = GroupWords(LineWords() if words is None else words)
        self._tables: set[str] = set()

    # What is told

    @Slot(list)
    def append(self, events: list[ChangesMoved]) -> None:
        """Add changes, oldest first; the oldest ones held make room."""
        events = [event for event in events if event.changes]
        if not events:
            return
        self._events.append(events)
        self._give_way()
        self._search_next_slice()
        for table in {change.table for event in events for change in event.changes} - self._tables:
            self._tables.add(table)
            self.table_seen.emit(table)

    def take(self) -> list[ChangesMoved]:
        """Return all that is held, oldest first, and discard it."""
        events = self._events.take()
        self._begin_again()
        self._emit_counts()
        return events

    def set_filter(self, wanted: FlowFilter) -> None:
        """Show only the changes that pass, and the groups that have any."""
        wanted = wanted.normal()
        if wanted != self._filter:
            self._filter = wanted
            self._begin_again()
            self._search_next_slice()

    @Slot(dict)
    def set_peer_names(self, names: Mapping[str, str]) -> None:
        """Set the names of peers, by id."""
        self._words.lines.peers.update(names)
        self._changed(Column.PEER)

    @Slot(dict)
    def set_site_names(self, names: Mapping[SiteId, str]) -> None:
        """Set the names of authors, by site id."""
        self._words.lines.sites.update(names)

    def list_more(self, index: Index) -> None:
        """List more rows of the group whose last line is at this index."""
        node = self.node(index)
        if isinstance(node, More):
            self._list(node.group, node.group.unlisted(STEP))

    # What is asked

    @property
    def held(self) -> int:
        """How many changes are held, shown or not."""
        return self._events.changes

    @property
    def searching(self) -> bool:
        """Whether the filter has not gone through everything yet."""
        return self._search.isActive()

    def node(self, index: Index) -> Node:
        """Return what the line at this index stands for."""
        over = self._nodes.get(index.internalId())
        if over is None:
            return self._groups[index.row()]
        if isinstance(over, Row):
            return Cell(over.group.event, over.lines[index.row()])
        listed = over.listed or []
        return listed[index.row()] if index.row() < len(listed) else More(over)

    def cell(self, index: Index) -> tuple[str, str, bool]:
        """Return a cell's text, the name of its icon ('' for none) and whether it is faint; fast, for delegates."""
        node, column, words = self.node(index), index.column(), self._words
        return words.text(node, column), words.drawing(node, column), words.faint(node, column)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        if row < 0 or not 0 <= column < len(Column):
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(row, column, 0) if row < len(self._groups) else QModelIndex()
        over = self._over(parent)
        if over is None or row >= self._below(over):
            return QModelIndex()
        return self.createIndex(row, column, over.serial)

    def parent(self, index: Index | None = None) -> Any:
        if index is None:
            return super().parent()
        over = self._nodes.get(index.internalId()) if index.isValid() else None
        if over is None:
            return QModelIndex()
        return self._index_of(over)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        if not parent.isValid():
            return len(self._groups)
        over = self._over(parent)
        return 0 if over is None else self._below(over)

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008, N802
        if not parent.isValid():
            return bool(self._groups)
        over = self._nodes.get(parent.internalId())
        if parent.column() != 0 or isinstance(over, Row):
            return False
        return over is None or parent.row() < len(over.listed or ())

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return len(Column)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if role not in _ROLES or not index.isValid():
            return None
        node, column, words = self.node(index), index.column(), self._words
        match role:
            case Role.DisplayRole:
                return words.text(node, column)
            case Role.DecorationRole:
                drawing = words.drawing(node, column)
                return theme.icon(drawing) if drawing else None
            case Role.ToolTipRole:
                return words.tip(node, column)
            case Role.AccessibleTextRole:
                return words.spoken(node, column)
            case Role.AccessibleDescriptionRole:
                return words.line(node)
            case Role.ForegroundRole:
                faint = words.faint(node, column)
                return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText) if faint else None
            case _ if role == LINE_ROLE:
                return tuple(node) if isinstance(node, Cell) else None
            case _:
                return words.whole(node, column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or role != Role.DisplayRole or not 0 <= section < len(Column):
            return None
        return self._words.heading(section)

    # Where things are

    def _over(self, parent: Index) -> Group | Row | None:
        """Return what the lines below this one belong to; their index carries its serial."""
        if parent.column() != 0:
            return None
        node = self.node(parent)
        if not isinstance(node, Group | Row):
            return None
        self._nodes[node.serial] = node
        if isinstance(node, Group):
            node.open()  # nobody was told how many rows there are: no signal is due
        return node

    def _below(self, over: Group | Row) -> int:
        return len(over.listed or ()) + over.more if isinstance(over, Group) else len(over.lines)

    def _index_of(self, node: Group | Row, column: int = 0) -> QModelIndex:
        if isinstance(node, Group):
            return self.createIndex(position(self._groups, node), column, 0)
        return self.createIndex(node.group.place(node), column, node.group.serial)

    # Changes are looked at

    def _begin_again(self) -> None:
        self._search.stop()
        self.beginResetModel()
        self._groups.clear()
        self._by_burst.clear()
        self._nodes.clear()
        self._events.look_again()
        self._shown = 0
        self.endResetModel()

    def _search_next_slice(self) -> None:
        """Go through what has not been looked at yet, or as much of it as takes a few milliseconds."""
        left = SLICE if self._filter.looks_at_changes else 10 * SLICE
        new: dict[int, Group] = {}
        grown: dict[int, Group] = {}
        while left > 0 and not self._events.all_seen:
            held = self._events.look()
            left -= len(held.event.changes) if self._filter.looks_at_changes else 1
            changes = self._filter.passing(held.event, self._words.lines)
            if changes:
                self._shown += len(changes)
                held.group = self._add(held.event, changes, new, grown)
        if new:
            groups, first = list(new.values()), len(self._groups)
            self._forget(groups[:-GROUPS])
            self.beginInsertRows(QModelIndex(), first, first + min(len(groups), GROUPS) - 1)
            self._groups += groups[-GROUPS:]
            self.endInsertRows()
        self._remove(self._groups[: max(0, len(self._groups) - GROUPS)])
        for group in grown.values():
            if (row := position(self._groups, group)) >= 0:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))
        if (more := not self._events.all_seen) is not self._search.isActive():
            self._search.start() if more else self._search.stop()
        self._emit_counts()

    def _add(
        self,
        event: ChangesMoved,
        changes: tuple[FlowChange, ...],
        new: dict[int, Group],
        grown: dict[int, Group],
    ) -> Group:
        burst = event.burst, event.database, event.peer, event.way
        group = self._by_burst.get(burst) if event.burst else None
        if group is None:
            group = Group(event)
            new[group.serial] = group
            if event.burst:
                self._by_burst[burst] = group
        elif group.serial not in new:
            grown[group.serial] = group
        if group.listed is None:
            group.add(changes)
            return group
        before = group.rows
        for change, row in group.add(changes):
            if row.serial in self._nodes:
                at = len(row.lines)
                self.beginInsertRows(self._index_of(row), at, at)
                row.lines.append(change)
                self.endInsertRows()
            else:
                row.lines.append(change)
            if (place := group.place(row)) >= 0:
                self.dataChanged.emit(*self._line(place, group))
        if group.rows > before:
            self._list(group, group.unlisted())
        return group

    def _list(self, group: Group, rows: list[Row]) -> None:
        """List these rows of a group, which come next, and update the line that counts the rest."""
        assert group.listed is not None
        over, at = self._index_of(group), len(group.listed)
        if rows:
            self.beginInsertRows(over, at, at + len(rows) - 1)
            group.listed += rows
            self.endInsertRows()
        self._tell_more(group, over)

    def _tell_more(self, group: Group, over: QModelIndex) -> None:
        at = len(group.listed or ())
        if (more := group.rows > at) is group.more:
            if more:
                self.dataChanged.emit(*self._line(at, group))
        elif more:
            self.beginInsertRows(over, at, at)
            group.more = True
            self.endInsertRows()
        else:
            self.beginRemoveRows(over, at, at)
            group.more = False
            self.endRemoveRows()

    def _line(self, row: int, group: Group) -> tuple[QModelIndex, QModelIndex]:
        """Return the first and last cell of a line below a group."""
        return self.createIndex(row, 0, group.serial), self.createIndex(row, len(Column) - 1, group.serial)

    # Changes go

    def _give_way(self) -> None:
        """Discard the oldest events beyond the capacity, and the groups that held nothing else."""
        empty: dict[int, Group] = {}
        while (held := self._events.drop()) is not None:
            group = held.group
            if group is None or group.serial in empty or position(self._groups, group) < 0:
                continue
            before = group.changes
            self._drop_first(group)
            self._shown -= before - group.changes
            if not group.changes:
                empty[group.serial] = group
        self._remove(empty.values())

    def _drop_first(self, group: Group) -> None:
        """Discard the oldest event of a group."""
        changes = group.drop_part()
        if group.listed is None:
            return
        leaving = Counter(group.row_of(change) for change in changes)
        empty = [row for row, count in leaving.items() if count == len(row.lines)]
        over = self._index_of(group)
        for first, last in runs([place for row in empty if (place := group.place(row)) >= 0]):
            self.beginRemoveRows(over, first, last)
            for row in group.listed[first : last + 1]:
                self._nodes.pop(row.serial, None)
            del group.listed[first : last + 1]
            self.endRemoveRows()
        for row, count in leaving.items():
            told = row.serial in self._nodes
            if told:
                self.beginRemoveRows(self._index_of(row), 0, count - 1)
            for _ in range(count):
                group.drop_line(row)
            if told:
                self.endRemoveRows()
        self._tell_more(group, over)

    def _remove(self, groups: Iterable[Group]) -> None:
        """Remove the lines of groups, those that are adjacent in one go."""
        for first, last in runs([position(self._groups, group) for group in groups]):
            self.beginRemoveRows(QModelIndex(), first, last)
            gone = self._groups[first : last + 1]
            del self._groups[first : last + 1]
            self._forget(gone)
            self.endRemoveRows()

    def _forget(self, groups: Iterable[Group]) -> None:
        for group in groups:
            self._shown -= group.changes
            event = group.event
            self._by_burst.pop((event.burst, event.database, event.peer, event.way), None)
            self._nodes.pop(group.serial, None)
            for row in group.listed or ():
                self._nodes.pop(row.serial, None)

    def _changed(self, column: Column) -> None:
        if self._groups:
            self.dataChanged.emit(self.index(0, column), self.index(len(self._groups) - 1, column))

    def _emit_counts(self) -> None:
        self.counts_changed.emit(self._shown, self.held)


_ROLES = {
    Role.DisplayRole,
    Role.DecorationRole,
    Role.ToolTipRole,
    Role.AccessibleTextRole,
    Role.AccessibleDescriptionRole,
    Role.ForegroundRole,
    COPY_ROLE,
    LINE_ROLE,
}
