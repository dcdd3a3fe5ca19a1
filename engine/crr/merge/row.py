"""How one row takes incoming changes: the rules of cr-sqlite.md 7.2 to 7.4, without any SQL."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from engine.change import SENTINEL, Change, SQLiteValue
from engine.ids import SiteId
from engine.sqlite.values import greater, same
from engine.tables import refusals

ClockRow = tuple[int, int, int]
"""A clock row to write: its col_version; the place in the batch of the change that gives its seq and author; and the
place of the change at which it is stamped with a db_version. (A bare tuple, as there is one for each change.)"""

OURS = SiteId(b"")
"""Stands for the author of a change that names none: this file."""


@dataclass(slots=True, eq=False)
class Row:
    """One row as it stands, and what the changes taken so far will do to it.

    Attributes:
        key: the primary key.
        number: its __crsql_key; None if the file has none for it yet.
        length: the causal length: odd alive, even deleted, 0 never seen.
        cells: col_version of every column with a clock row.
        stored: the base row's values of the columns that the changes name; None if there is no base row.
        deleted: the base row is to be deleted, before anything else.
        ensure: a base row is to be made, if there is none.
        values: the values to write.
        zeroed: the place of the change at which the cells on disk are set to col_version 0; None if they are not.
        authors: who wrote the columns with a clock row; None unless equal values are merged too.
        clocks: the clock rows to write, by column or sentinel.
        impacted: merge effects (cr-sqlite.md 7.6).
    """

    key: tuple[SQLiteValue, ...]
    number: int | None = None
    length: int = 0
    cells: dict[str, int] = field(default_factory=dict)
    stored: dict[str, SQLiteValue] | None = None
    deleted: bool = False
    ensure: bool = False
    values: dict[str, SQLiteValue] = field(default_factory=dict)
    zeroed: int | None = None
    authors: dict[str, SiteId] | None = None
    clocks: dict[str, ClockRow] = field(default_factory=dict)
    impacted: int = 0

    def needs_stored(self, change: Change) -> bool:
        """Return whether ``change`` may have to be compared with the base row's value, or may overwrite it."""
        return (
            self.length % 2 == 1
            and change.cl % 2 == 1
            and change.cl >= self.length
            and (change.cl > self.length or change.col_version >= self.cells.get(change.cid, -1))
        )

    def old(self, cid: str) -> tuple[SQLiteValue, bool]:
        """Return the live row's value of ``cid``, and whether it is known: (None, False) if there is no row."""
        if cid in self.values:
            return self.values[cid], True
        if self.length % 2 and self.stored is not None and cid in self.stored:
            return self.stored[cid], True
        return None, False

    def take(self, place: int, change: Change, value: SQLiteValue, columns: Container[str]) -> bool:
        """Decide one change.

        Args:
            place: the change's place in its batch.
            change: the change.
            value: its value as the column will store it.
            columns: the tracked columns.

        Returns:
            Whether it won.

        Raises:
            SchemaMismatch: its column is not tracked; only where the column matters (cr-sqlite.md 7.1).
        """
        length, cid = change.cl, change.cid
        if length < self.length or (length == self.length and (length % 2 == 0 or cid == SENTINEL)):
            return False
        if length % 2 == 0:
            self._delete(place, length)
            return True
        if cid == SENTINEL:
            self._revive(place, length)
            return True
        if cid not in columns:
            raise refusals.no_column(change)
        if length > self.length:
            if self.length or length > 1:
                self._revive(place, length)
        elif not self._wins(change, value):
            return False
        self.length = length
        self.cells[cid] = change.col_version
        self.clocks[cid] = change.col_version, place, place
        self.values[cid] = value
        if self.authors is not None:
            self.authors[cid] = change.site_id or OURS
        self.impacted += 1
        return True

    def _wins(self, change: Change, value: SQLiteValue) -> bool:
        mine = self.cells.get(change.cid)
        if mine is None or mine != change.col_version:
            return mine is None or change.col_version > mine
        current, known = self.old(change.cid)
        # The clock knows the cell but the row is gone, by a write that nobody tracked: stock fails here for good.
        # Taking the value brings the row back.
        if not known or greater(value, current):
            return True
        return self.authors is not None and same(value, current) and self._outranks(change)

    def _outranks(self, change: Change) -> bool:
        """Return whether the change's site id is the higher one.

        With merge-equal-values the higher one is recorded, so that all replicas name the same author.
        """
        assert self.authors is not None
        return bool(change.site_id) and (change.site_id or b"") > self.authors[change.cid]

    def _delete(self, place: int, length: int) -> None:
        self.length = length
        self.deleted = True
        self.ensure = False
        self.zeroed = self.stored = None
        self.cells.clear()
        self.values.clear()
        # A sentinel's col_version is the causal length: cl is stored, whatever col_version came with it.
        self.clocks = {SENTINEL: (length, place, place)}
        self.impacted += 1

    def _revive(self, place: int, length: int) -> None:
        self.length = length
        self.ensure = True
        self.zeroed = place
        for cid in self.cells:
            self.cells[cid] = 0
        for cid, (_, source, _) in self.clocks.items():
            self.clocks[cid] = 0, source, place
        self.clocks[SENTINEL] = length, place, place
        self.impacted += 1
