"""A line of the change flow in words: what a person reads, copies and searches."""

from __future__ import annotations

import enum
from typing import Any

from engine.change import SENTINEL
from engine.events import ChangesMoved, FlowChange
from engine.ids import SiteId
from engine.truncate import Clipped
from gui.language import tr
from gui.models import times, values
from gui.models.labels import way_word


class Column(enum.IntEnum):
    """The columns of the list."""

    TIME = 0
    DIRECTION = 1
    PEER = 2
    TABLE = 3
    KEY = 4
    COLUMN = 5
    VALUE = 6
    VERSION = 7
    AUTHOR = 8


class LineWords:
    """Puts lines into words.

    Attributes:
        peers: the names of peers, by id.
        sites: the names of authors, by site id.
    """

    def __init__(self) -> None:
        self.peers: dict[str, str] = {}
        self.sites: dict[SiteId, str] = {}

    def text(self, event: ChangesMoved, change: FlowChange, column: int) -> str:
        """Return the text of a cell."""
        match column:
            case Column.TIME:
                return times.clock(event.time)
            case Column.DIRECTION:
                return way_word(event.way)
            case Column.PEER:
                return self.peers.get(event.peer, event.peer) or "–"
            case Column.TABLE:
                return values.shown(change.table)
            case Column.KEY:
                return values.key_shown(change.key)
            case Column.COLUMN:
                return "–" if change.column == SENTINEL else values.shown(change.column)
            case Column.VALUE:
                return self.value(change)
            case Column.VERSION:
                return values.number(change.version)
            case _:
                return self.author(change)

    def value(self, change: FlowChange) -> str:
        """Return the value as text, or a word of ours where there is none."""
        if change.column != SENTINEL:
            return values.shown(change.value) or tr("(empty)")
        return tr("(created)") if change.cl % 2 else tr("(deleted)")

    def faint(self, change: FlowChange) -> bool:
        """Return whether ``value`` is a word of ours, which is drawn faintly."""
        return change.value is None or change.value == "" or change.column == SENTINEL

    def drawing(self, event: ChangesMoved, change: FlowChange, column: int) -> str:
        """Return the name of the icon in a cell; '' for none."""
        if column == Column.DIRECTION:
            return event.way.value
        return "overwrote" if column == Column.VALUE and change.had_old else ""

    def author(self, change: FlowChange) -> str:
        """Return the author: a name, or the first digits of a site id."""
        return self.sites.get(SiteId(change.author or b"")) or values.site_shown(change.author)

    def was(self, change: FlowChange) -> str:
        """Return the previous value, in words."""
        return tr("was {value}", value=values.shown(change.old, values.LONG))

    def tip(self, event: ChangesMoved, change: FlowChange, column: int) -> str:
        """Return the tooltip of a cell."""
        match column:
            case Column.TIME:
                return times.exact(event.time)
            case Column.KEY if change.global_key:
                return f"{self.text(event, change, column)}\n{values.everywhere(change.global_key)}"
            case Column.VALUE if change.column == SENTINEL:
                return tr("The row as a whole.")
            case Column.VALUE:
                tip = f"{values.shown(change.value, values.LONG)}\n({values.described(change.value)})"
                return f"{tip}\n\n{self.was(change)}" if change.had_old else tip
            case Column.AUTHOR:
                return "" if change.author is None else change.author.hex()
            case _:
                return self.text(event, change, column)

    def whole(self, event: ChangesMoved, change: FlowChange, column: int) -> str:
        """Return the full text of a cell, for the clipboard."""
        value: Any = None
        match column:
            case Column.VALUE if change.column != SENTINEL:
                value = change.value
            case Column.KEY if len(change.key) == 1:
                value = change.key[0]
            case Column.AUTHOR:
                return "" if change.author is None else change.author.hex()
            case Column.VERSION:
                return str(change.version)
        if isinstance(value, Clipped):
            return self.text(event, change, column)  # which tells that there is more
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        return value if isinstance(value, str) else self.text(event, change, column)

    def searched(self, event: ChangesMoved, change: FlowChange) -> str:
        """Return the text that a filter searches: the words that are shown, with more of a long value."""
        if change.column == SENTINEL:
            column, value = "", self.value(change)
        else:
            column, value = change.column, values.shown(change.value, values.LONG)
        peer = self.peers.get(event.peer, event.peer)
        key = values.key_shown(change.key)
        return f"{change.table}\n{key}\n{column}\n{value}\n{peer}\n{self.author(change)}".lower()
