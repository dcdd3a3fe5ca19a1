"""The groups of the change flow: a burst of changes with its rows, and the changes of each row.

There is no Qt in here. Changes are not sorted into rows before somebody looks: a group that is out of sight costs no
more than its events do.
"""

from __future__ import annotations

from collections import Counter, deque
from itertools import count, islice
from typing import NamedTuple

from engine.change import SQLiteValue
from engine.events import ChangesMoved, FlowChange

STEP = 500
"""How many rows of a group are listed at once; a last line offers as many again."""

Key = tuple[str, tuple[SQLiteValue, ...]]
"""Identifies a row of a database: its table and its primary key."""

_serial = count(1)


class More(NamedTuple):
    """The last line of a group, which stands for the rows that are not listed."""

    group: Group


class Cell(NamedTuple):
    """One change, and the first event of its group."""

    event: ChangesMoved
    change: FlowChange


class Row:
    """The changes of one row in one group, oldest first; ``lines`` is empty only for a moment."""

    __slots__ = ("group", "lines", "serial")

    def __init__(self, group: Group) -> None:
        self.serial = next(_serial)
        self.group = group
        self.lines: list[FlowChange] = []


class Group:
    """A burst of changes that arrived together.

    Args:
        event: the first event of the burst.

    Attributes:
        serial: a number that is higher for a group that began later; ``Row.serial`` is drawn from the same counter.
        changes: how many changes it holds.
        listed: the first of its rows, once it is open (``open``); None before.
        more: whether there is a last line for the rows that are not listed.
    """

    __slots__ = (
        "_counted", "_counts", "_index", "_limit", "_marks", "_parts", "_tables",
        "changes", "event", "listed", "more", "serial",
    )  # fmt: skip

    def __init__(self, event: ChangesMoved) -> None:
        self.serial = next(_serial)
        self.event = event
        self.changes = 0
        self.listed: list[Row] | None = None
        self.more = False
        self._limit = STEP
        self._parts: deque[tuple[FlowChange, ...]] = deque()
        self._counted = 0  # of the parts
        self._counts: dict[Key, int] = {}  # the changes of each row: a tenth of the memory of ``Row``
        self._index: dict[Key, Row] = {}  # instead of it, once it is open
        self._tables: Counter[str] = Counter()
        self._marks = 0

    # What is asked

    @property
    def rows(self) -> int:
        """How many rows it touched."""
        self._count()
        return len(self._counts) if self.listed is None else len(self._index)

    @property
    def tables(self) -> list[tuple[str, int]]:
        """Each table with how many of its rows were touched, most first."""
        self._count()
        return self._tables.most_common()

    @property
    def overwrote(self) -> int:
        """How many values it overwrote."""
        self._count()
        return self._marks

    def row_of(self, change: FlowChange) -> Row:
        """Return the row of a change in this group, which must be open."""
        return self._index[change.table, change.key]

    def unlisted(self, more: int = 0) -> list[Row]:
        """Return the next rows that are not listed yet, up to the limit, which is raised by ``more``."""
        self._limit += more
        begun = len(self.listed or ())
        return list(islice(self._index.values(), begun, max(begun, self._limit)))

    def place(self, row: Row) -> int:
        """Return where a row is listed; -1 if it is not."""
        return position(self.listed or [], row)

    # Changes come and go

    def open(self) -> None:
        """List its first rows, unless it is open already."""
        if self.listed is None:
            self._count()
            self._counts = {}
            for changes in self._parts:
                for change in changes:
                    key = change.table, change.key
                    if key not in self._index:
                        self._index[key] = Row(self)
                    self._index[key].lines.append(change)
            self.listed = self.unlisted()
            self.more = len(self._index) > len(self.listed)

    def add(self, changes: tuple[FlowChange, ...]) -> list[tuple[FlowChange, Row]]:
        """Add changes at the end.

        Returns:
            if the group is open, the changes of rows that it had before: the caller adds them to ``Row.lines`` and
            tells the views.
        """
        self._parts.append(changes)
        self.changes += len(changes)
        if self.listed is None:
            return []
        self._counted += 1
        index, known, begun = self._index, [], next(_serial)
        for change in changes:
            key = change.table, change.key
            row = index.get(key)
            self._marks += change.had_old
            if row is not None and row.serial < begun:
                known.append((change, row))
                continue
            if row is None:
                row = index[key] = Row(self)
                self._tables[change.table] += 1
            row.lines.append(change)
        return known

    def drop_part(self) -> tuple[FlowChange, ...]:
        """Discard the oldest changes, as they were added together, and return them.

        If the group is open, the caller also drops each from its row (``drop_line``) and tells the views.
        """
        changes = self._parts.popleft()
        self.changes -= len(changes)
        if self._counted:
            self._counted -= 1
            if self.listed is None:
                for change in changes:
                    key = change.table, change.key
                    self._counts[key] -= 1
                    self._marks -= change.had_old
                    if not self._counts[key]:
                        del self._counts[key]
                        self._lose(change.table)
        return changes

    def drop_line(self, row: Row) -> None:
        """Discard the oldest change of a row, and the row if that was its last."""
        change = row.lines.pop(0)
        self._marks -= change.had_old
        if not row.lines:
            del self._index[change.table, change.key]
            self._lose(change.table)

    def _lose(self, table: str) -> None:
        """Count one row less for a table."""
        self._tables[table] -= 1
        if not self._tables[table]:
            del self._tables[table]

    def _count(self) -> None:
        """Count the changes that were added since the last call."""
        counts = self._counts
        for changes in islice(self._parts, self._counted, None):
            for change in changes:
                key = change.table, change.key
                before = counts.get(key, 0)
                counts[key] = before + 1
                self._marks += change.had_old
                if not before:
                    self._tables[change.table] += 1
        self._counted = len(self._parts)


Node = Group | Row | Cell | More
"""What a line of the tree stands for."""


def position(ordered: list[Group] | list[Row], one: Group | Row) -> int:
    """Return the index of a group or row in a list ordered by serial; -1 if it is not there."""
    low, high, serial = 0, len(ordered), one.serial
    while low < high:
        middle = (low + high) // 2
        if ordered[middle].serial < serial:
            low = middle + 1
        else:
            high = middle
    return low if low < len(ordered) and ordered[low] is one else -1


def runs(places: list[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of adjacent places, the last run first."""
    found: list[tuple[int, int]] = []
    for place in sorted(places, reverse=True):
        if found and found[-1][0] == place + 1:
            found[-1] = place, found[-1][1]
        else:
            found.append((place, place))
    return found
