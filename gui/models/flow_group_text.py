"""The change flow in groups, in words: a line for each burst of changes, for each row in it, and for each cell."""

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
"""The most tables named in the line of a group, and columns in that of a row; the tooltip has them all."""

PART = 40
"""The most characters of a value in the line of its row."""


class Column(enum.IntEnum):
    """The columns of the tree."""

    TIME = 0
    PEER = 1
    WHAT = 2
    CONTENT = 3
    AUTHOR = 4


class GroupWords:
    """Puts groups, rows and cells into words, one ``Column`` at a time.

    Args:
        lines: the words of the plain list, which know the names of peers and authors.
    """

    def __init__(self, lines: LineWords) -> None:
        self.lines = lines

    def heading(self, column: int) -> str:
        """Return the heading of a column."""
        return {
            Column.TIME: tr("Time"),
            Column.PEER: tr("Peer"),
            Column.WHAT: tr("Rows"),
            Column.CONTENT: tr("Content"),
            Column.AUTHOR: tr("Author"),
        }[Column(column)]

    # Any line

    def text(self, node: Node, column: int) -> str:
        """Return the text of a cell."""
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
        """Return the tooltip of a cell."""
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
        """Return the full text of a cell, for the clipboard."""
        places = {Column.CONTENT: CellColumn.VALUE, Column.AUTHOR: CellColumn.AUTHOR}
        if isinstance(node, Cell) and column in places:
            return self.lines.whole(*node, places[Column(column)])
        return self.text(node, column)

    def spoken(self, node: Node, column: int) -> str:
        """Return a cell as a screen reader says it."""
        match node:
            case Group() if column == Column.PEER:
                return self.group_tip(node, column)
            case Group() if column == Column.CONTENT and node.overwrote:
                return f"{self.group(node, column)}, {self.overwrote(node)}"
            case Cell(_, change) if column == Column.CONTENT and change.had_old:
                return f"{self.lines.value(change)}, {self.lines.was(change)}"
        return self.text(node, column)

    def line(self, node: Node) -> str:
        """Return a whole line as a screen reader says it."""
        return values.cells_in_words((self.heading(column), self.spoken(node, column)) for column in Column)

    def drawing(self, node: Node, column: int) -> str:
        """Return the name of the icon in a cell; '' for none."""
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
        """Return whether a cell is of little interest, and drawn faintly."""
        if isinstance(node, Cell) and column == Column.CONTENT:
            return self.lines.faint(node.change)
        return isinstance(node, More) or column in (Column.TIME, Column.AUTHOR)

    # What came in one go

    def group(self, group: Group, column: int, tables: int = TABLES) -> str:
        """Return the text of a cell in the line of a group."""
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
        """Return the tooltip of a cell in the line of a group."""
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
        """Return how many values a group overwrote, in words."""
        count = group.overwrote
        return tr("overwrote 1 value") if count == 1 else tr("overwrote {count} values", count=values.number(count))

    def peer(self, event: ChangesMoved) -> str:
        """Return the name of the peer at the other end, or "this machine"."""
        return self.lines.peers.get(event.peer, event.peer) or tr("this machine")

    def more(self, group: Group, column: int) -> str:
        """Return the text of a cell in the last line of a group that has more rows than are listed."""
        left = group.rows - len(group.listed or ())
        return tr("{count} more rows…", count=values.number(left)) if column == Column.WHAT else ""

    # A row in it

    def row(self, row: Row, column: int, columns: int = TABLES) -> str:
        """Return the text of a cell in the line of a row."""
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
        """Return the tooltip of a cell in the line of a row."""
        change = row.lines[-1]
        if column == Column.WHAT and change.global_key:
            return f"{self.row(row, column)}\n{values.everywhere(change.global_key)}"
        return self.row(row, column, columns=1_000)

    def _content(self, row: Row, columns: int) -> str:
        """Return what became of a row: that it was created or deleted, or the latest value of each column."""
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
        """Return the text of a cell in the line of a change."""
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
        """Return the tooltip of a cell in the line of a change."""
        places = {Column.WHAT: CellColumn.COLUMN, Column.CONTENT: CellColumn.VALUE, Column.AUTHOR: CellColumn.AUTHOR}
        return self.lines.tip(event, change, places[Column(column)]) if column in places else ""
