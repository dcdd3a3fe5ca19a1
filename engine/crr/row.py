"""How one row takes incoming changes: the rules of spec 7.2 to 7.4, without any SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.change import SENTINEL, Change, SQLiteValue
from engine.crr.values import greater


@dataclass(slots=True)
class ClockRow:
    """A clock row to write: the columns after key and col_name."""

    col_version: int
    db_version: int
    ordinal: int
    seq: int


@dataclass(slots=True)
class Row:
    """One row as it stands, and what the changes taken so far will do to it.

    Attributes:
        length: the causal length: odd alive, even deleted, 0 never seen.
        cells: col_version of every column with a clock row.
        load: reads the values that the base row holds now; None when there is no base row.
        deleted: the base row is to be deleted (before anything else).
        ensure: a base row is to be made, if there is none.
        values: the values to write.
        dropped: the cells that were on disk are to be dropped.
        zeroed: the version at which the cells that were on disk go to col_version 0; None when they do not.
        clocks: the clock rows to write, by column or sentinel.
    """

    length: int
    cells: dict[str, int]
    load: Callable[[], dict[str, SQLiteValue] | None]
    deleted: bool = False
    ensure: bool = False
    values: dict[str, SQLiteValue] = field(default_factory=dict)
    dropped: bool = False
    zeroed: int | None = None
    clocks: dict[str, ClockRow] = field(default_factory=dict)
    impacted: int = 0

    def take(
        self,
        change: Change,
        value: SQLiteValue,
        is_column: Callable[[str], None],
        stamp: Callable[[], tuple[int, int]],
    ) -> int | None:
        """Decide one change.

        Args:
            change: with ``value`` as the column will store it beside it.
            is_column: raises unless the change's cid is a tracked column; called only where stock would look.
            stamp: gives (db_version, site ordinal) for a winner; called only for winners.

        Returns:
            The db_version it was stamped with, or None when it lost.
        """
        length = change.cl
        if length < self.length or (length == self.length and (length % 2 == 0 or change.cid == SENTINEL)):
            return None
        if length % 2 == 0:
            version, ordinal = stamp()
            self._delete(change, version, ordinal)
            return version
        if change.cid == SENTINEL:
            version, ordinal = stamp()
            self._revive(change, version, ordinal)
            return version
        is_column(change.cid)
        if length == self.length and not self._wins(change, value):
            return None
        version, ordinal = stamp()
        if length > self.length and (self.length or length > 1):
            self._revive(change, version, ordinal)
        self.length = length
        self.cells[change.cid] = change.col_version
        self.clocks[change.cid] = ClockRow(change.col_version, version, ordinal, change.seq)
        self.values[change.cid] = value
        self.impacted += 1
        return version

    def current(self) -> dict[str, SQLiteValue] | None:
        """The row's values as known: what is on disk, and over it what is to be written; None when no row
        is."""
        stored = None if self.deleted else self.load()
        if not self.values:
            return stored
        return {**(stored or {}), **self.values}

    def _wins(self, change: Change, value: SQLiteValue) -> bool:
        mine = self.cells.get(change.cid)
        if mine is None or mine != change.col_version:
            return mine is None or change.col_version > mine
        row = self.current()
        # The clock knows the cell but the row is gone (a write nobody tracked): stock fails here for good.
        # Taking the value brings the row back.
        return row is None or greater(value, row.get(change.cid))

    def _delete(self, change: Change, version: int, ordinal: int) -> None:
        self.length = change.cl
        self.deleted = self.dropped = True
        self.ensure = False
        self.zeroed = None
        self.cells.clear()
        self.values.clear()
        # The sentinel's col_version is the causal length, so cl is stored whatever col_version came with it.
        self.clocks = {SENTINEL: ClockRow(change.cl, version, ordinal, change.seq)}
        self.impacted += 1

    def _revive(self, change: Change, version: int, ordinal: int) -> None:
        self.length = change.cl
        self.ensure = True
        self.zeroed = version
        for cid in self.cells:
            self.cells[cid] = 0
        for clock in self.clocks.values():
            clock.col_version, clock.db_version = 0, version
        self.clocks[SENTINEL] = ClockRow(change.cl, version, ordinal, change.seq)
        self.impacted += 1
