"""The change flow in groups, in words: a line for what came in one go, for a row in it, and for a cell."""

from __future__ import annotations

import enum

from engine.change import SENTINEL
from engine.events import ChangesMoved, FlowChange, FlowDirection
from gui.language import tr
from gui.models import times, values
from gui.models.flow_groups import Cell, Group, More, Node, Row
from gui.models.flow_text import Column as CellColumn
from gui.models.flow_text import LineWords

TABLES = 6
"""Tables that are named in the line of a group, and in that of a row so many columns; its tooltip has all."""

PART = 40
"""Characters of a value in the line of its row."""


class Column(enum.IntEnum):
    """What each column shows."""

    TIME = 0
    PEER = 1
    WHAT = 2
    CONTENT = 3
    AUTHOR = 4


class GroupWords:
    """Puts groups, rows and cells into words, for one of ``Column`` at a time.

    Args:
        lines: words of the plain list, with the names of peers and authors.
    """

    def __init__(self, lines: LineWords) -> None:
        self.lines = lines

    def heading(self, column: int) -> str:
        """What stands above a column."""
        return {
            Column.TIME: tr("Time"),
            Column.PEER: tr("Peer"),
            Column.WHAT: tr("Rows"),
            Column.CONTENT: tr("Content"),
            Column.AUTHOR: tr("Author"),
        }[Column(column)]

    # Any line

    def text(self, node: Node, column: int) -> str:
        """What stands in a cell."""
        match node:
            case Group():
                return self.group(node, column)
            case Row():
                return self.row(node, column)
            case Cell(event, change):
                return self.cell(event, change, column)
            case More(group):
                return self.more(group, column)

    def tip(self, node: Node, column: int) -> str:
        """A cell's tooltip."""
        match node:
            case Group():
                return self.group_tip(node, column)
            case Row():
                return self.row_tip(node, column)
            case Cell(event, change):
                return self.cell_tip(event, change, column)
            case More():
                return ""

    def whole(self, node: Node, column: int) -> str:
        """A cell as the clipboard takes it."""
        places = {Column.CONTENT: CellColumn.VALUE, Column.AUTHOR: CellColumn.AUTHOR}
        if isinstance(node, Cell) and column in places:
            return self.lines.whole(*node, places[Column(column)])
        return self.text(node, column)

    def spoken(self, node: Node, column: int) -> str:
        """A cell as a screen reader says it."""
        match node:
            case Group() if column == Column.PEER:
                return self.group_tip(node, column)
            case Group() if column == Column.CONTENT and node.overwrote:
                return f"{self.group(node, column)}, {self.overwrote(node)}"
            case Cell(_, change) if column == Column.CONTENT and change.had_old:
                return f"{self.lines.value(change)}, {self.lines.was(change)}"
        return self.text(node, column)

    def line(self, node: Node) -> str:
        """All of a line as a screen reader says it."""
        return values.cells_in_words((self.heading(column), self.spoken(node, column)) for column in Column)

    def drawing(self, node: Node, column: int) -> str:
        """The name of the icon in a cell, or ""."""
        if column == Column.PEER and isinstance(node, Group):
            return node.event.way.value
        if column != Column.CONTENT:
            return ""
        match node:
            case Group():
                marked = node.overwrote > 0
            case Row():
                marked = any(change.had_old for change in node.lines)
            case Cell(_, change):
                marked = change.had_old
            case More():
                marked = False
        return "overwrote" if marked else ""

    def faint(self, node: Node, column: int) -> bool:
        """Whether a cell says little."""
        if isinstance(node, Cell) and column == Column.CONTENT:
            return self.lines.faint(node.change)
        return isinstance(node, More) or column in (Column.TIME, Column.AUTHOR)

    # What came in one go

    def group(self, group: Group, column: int, tables: int = TABLES) -> str:
        """What stands in a cell of a group's line."""
        match column:
            case Column.TIME:
                return times.clock(group.event.time)
            case Column.PEER:
                return self.peer(group.event)
            case Column.WHAT:
                return tr("1 row") if group.rows == 1 else tr("{count} rows", count=values.number(group.rows))
            case Column.CONTENT:
                counted = group.tables
                named = [
                    tr("{table} {count}", table=values.shown(table), count=values.number(count))
                    for table, count in counted[:tables]
                ]
                if left := len(counted) - len(named):
                    named.append(
                        tr("1 more table") if left == 1 else tr("{count} more tables", count=values.number(left))
                    )
                return ", ".join(named)
            case _:
                return ""

    def group_tip(self, group: Group, column: int) -> str:
        """A tooltip of a group's line."""
        match column:
            case Column.TIME:
                return times.exact(group.event.time)
            case Column.CONTENT:
                every = self.group(group, column, tables=1_000)
                return f"{every}\n{self.overwrote(group)}" if group.overwrote else every
            case Column.PEER:
                return {
                    FlowDirection.IN: tr("Came in from {peer}", peer=self.peer(group.event)),
                    FlowDirection.OUT: tr("Went out to {peer}", peer=self.peer(group.event)),
                    FlowDirection.LOCAL: tr("Written on this machine"),
                }[group.event.way]
            case _:
                count = values.number(group.changes)
                return tr("1 change") if group.changes == 1 else tr("{count} changes", count=count)

    def overwrote(self, group: Group) -> str:
        """How many values a group overwrote."""
        count = group.overwrote
        return tr("overwrote 1 value") if count == 1 else tr("overwrote {count} values", count=values.number(count))

    def peer(self, event: ChangesMoved) -> str:
        """Whom it came from or went to."""
        return self.lines.peers.get(event.peer, event.peer) or tr("this machine")

    def more(self, group: Group, column: int) -> str:
        """The last line of a group that has more rows than are listed."""
        left = group.rows - len(group.listed or ())
        return tr("{count} more rows…", count=values.number(left)) if column == Column.WHAT else ""

    # A row in it

    def row(self, row: Row, column: int, columns: int = TABLES) -> str:
        """What stands in a cell of a row's line."""
        change = row.lines[-1]
        match column:
            case Column.WHAT:
                return tr("{table} {key}", table=values.shown(change.table), key=values.key_shown(change.key))
            case Column.CONTENT:
                return self._content(row, columns)
            case Column.AUTHOR:
                return self.lines.author(change)
            case _:
                return ""

    def row_tip(self, row: Row, column: int) -> str:
        """A tooltip of a row's line."""
        change = row.lines[-1]
        if column == Column.WHAT and change.global_key:
            return f"{self.row(row, column)}\n{values.everywhere(change.global_key)}"
        return self.row(row, column, columns=1_000)

    def _content(self, row: Row, columns: int) -> str:
        """What became of a row: that it is new or gone, or the latest value of each column."""
        latest: dict[str, FlowChange] = {}
        for change in row.lines:
            latest.pop(change.column, None)
            latest[change.column] = change
        whole = latest.pop(SENTINEL, None)
        if whole is not None and not whole.cl % 2:
            return tr("deleted")
        said = [self._part(change) for change in latest.values()]
        here = row.group.event.way is FlowDirection.IN and not any(change.had_old for change in row.lines)
        if whole is not None or here:
            said.insert(0, tr("new"))
        if left := len(said) - columns:
            said[columns:] = (
                [tr("1 more") if left == 1 else tr("{count} more", count=values.number(left))] if left > 0 else []
            )
        return " · ".join(said)

    def _part(self, change: FlowChange) -> str:
        column, value = values.shown(change.column), values.shown(change.value, PART) or tr("(empty)")
        if not change.had_old:
            return tr("{column}: {value}", column=column, value=value)
        old = values.shown(change.old, PART) or tr("(empty)")
        return tr("{column}: {old} → {value}", column=column, old=old, value=value)

    # A cell in that

    def cell(self, event: ChangesMoved, change: FlowChange, column: int) -> str:
        """What stands in a cell of a change's line."""
        match column:
            case Column.WHAT:
                return tr("the row") if change.column == SENTINEL else values.shown(change.column)
            case Column.CONTENT if change.had_old and change.column != SENTINEL:
                old = values.shown(change.old, PART) or tr("(empty)")
                return tr("{old} → {value}", old=old, value=self.lines.value(change))
            case Column.CONTENT:
                return self.lines.value(change)
            case Column.AUTHOR:
                return self.lines.author(change)
            case _:
                return ""

    def cell_tip(self, event: ChangesMoved, change: FlowChange, column: int) -> str:
        """A tooltip of a change's line."""
        places = {Column.WHAT: CellColumn.COLUMN, Column.CONTENT: CellColumn.VALUE, Column.AUTHOR: CellColumn.AUTHOR}
        return self.lines.tip(event, change, places[Column(column)]) if column in places else ""
