"""Reads the changes of ordinary tables: rows first, then the cells that differ from their row's stamp.

The place in a range is (phase, db_version, number of the row). Cells of the range are sent with their row if its stamp
is in the range too, so that in a first sync most rows are visited once. A part ends at a row. What is written meanwhile
leaves the range upward: a row's stamp and its entries only ever get higher versions, and a cell that goes from its
row's stamp to an entry under its old version comes in the second phase, whose place is behind all of the first.

In a range without all columns (``Share``) the other cells are left out; a row without any left is sent as its sentinel.

A caller that cannot capture still reads what was captured: a cell that differs from its shadow is left out, as it will
have left every range upward by the time it is captured.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import apsw

from engine.change import MAX_VERSION, SENTINEL, Change, SQLiteValue
from engine.ids import SiteId
from engine.ordinary.hidden import Whole
from engine.ordinary.leading import differs_from
from engine.ordinary.records import FIELDS, entries_of, row_of
from engine.ordinary.register import Entry, base, base_is, held_rows, key_columns
from engine.ordinary.stamps import Cell, Row
from engine.tables.ranges import Share
from engine.tables.reading import LAST, Fill, Shown, Unsendable, new_change, weight

TOGETHER = 1_000
"""Rows that are read by one query."""

CELLS_TOGETHER = 5_000
"""Cells that are read by one query; more than a row can have."""

_PLACE = struct.Struct(">Bqq")
_ROWS, _CELLS = 0, 1
_BITS = MAX_VERSION.bit_length() - 1


class _OutOfRange(Exception):
    """A version that peers do not accept."""


class _Gone(Exception):
    """A row that no longer exists, without a record of that."""


class At(NamedTuple):
    """A place, which has everything up to this row of a phase behind it."""

    phase: int
    db_version: int
    r: int

    @classmethod
    def of(cls, place: bytes) -> At | None:
        """Return the place from what ``as_bytes`` made; None from anything else."""
        try:
            found = cls(*_PLACE.unpack(place))
        except struct.error:
            return None
        return found if found.phase in (_ROWS, _CELLS) else None

    def as_bytes(self) -> bytes:
        """Return the place as bytes for others to keep."""
        return _PLACE.pack(*self)

    def next_phase(self, since: int) -> At | None:
        """Return where the next phase of a range begins; None after the last."""
        return At(_CELLS, since, LAST) if self.phase == _ROWS else None


class UnsendableRows(Unsendable):
    """Rows of an ordinary table cannot be sent.

    Attributes:
        at, since, until: one such row is behind this place, in this range.
        bounded: whether only some of the rows there were to be read.
    """

    def __init__(self, table: str, at: At, since: int, until: int, *, bounded: bool, cause: Exception) -> None:
        super().__init__(table, cause)
        self.at = at
        self.since = since
        self.until = until
        self.bounded = bounded


def rows_of_range(db: apsw.Connection, entry: Entry, phase: int) -> str:
    """Return a SELECT of (db_version, r) of the rows in a phase of a range, after (:version, :r) and up to :until, at
    most :most of them, where the range begins above :since; without withheld rows."""
    if phase == _ROWS:
        source, also = f"main.{entry.rows} AS c", ""
    else:
        source = f"main.{entry.cells} AS c CROSS JOIN main.{entry.rows} AS r ON r.r = c.r"
        also = " AND NOT (r.db_version > :since AND r.db_version <= :until)"
    return (
        f"SELECT DISTINCT c.db_version, c.r FROM {source} WHERE (c.db_version, c.r) > (:version, :r)"
        f" AND c.db_version <= :until{also}{_not_held(db, entry, 'c.r')} ORDER BY c.db_version, c.r LIMIT :most"
    )


def _not_held(db: apsw.Connection, entry: Entry, r: str) -> str:
    condition = held_rows(db).is_none(entry.name, r)
    return f" AND {condition}" if condition else ""


class Reading:
    """Reads ordinary tables in one transaction.

    Args:
        behind: the tables that were written to since they were captured; nobody writes to the others.
    """

    def __init__(
        self,
        db: apsw.Connection,
        entries: dict[str, Entry],
        until: int,
        fill: Fill,
        behind: Collection[str] = (),
    ) -> None:
        self._behind = behind
        self._db = db
        self._entries = entries
        self._until = until
        self._fill = fill
        self._sites: dict[int, SiteId] = dict(db.execute("SELECT ordinal, site_id FROM main.crsql_site_id"))

    def read(self, share: Share, place: bytes | None, since: int, shown: Shown | None) -> bytes | None:
        """Do the same as ``engine.tables.kind.Reading.read``."""
        table = share.table
        at = (At.of(place) if place is not None else None) or At(_ROWS, since, LAST)
        behind = table in self._behind
        entry = self._entries[table]
        reader = _Reader(self._db, entry, share, self._sites, since, self._until, self._fill, shown, behind)
        try:
            stopped = reader.read(at)
        except (UnicodeDecodeError, _OutOfRange, _Gone) as error:
            raise UnsendableRows(
                table, reader.at, since, self._until, bounded=self._fill.bounded, cause=error
            ) from error
        return None if stopped is None else stopped.as_bytes()


class _Reader:
    def __init__(
        self,
        db: apsw.Connection,
        entry: Entry,
        share: Share,
        sites: dict[int, SiteId],
        since: int,
        until: int,
        fill: Fill,
        shown: Shown | None,
        behind: bool,
    ) -> None:
        self._db = db
        self._behind = behind
        self._entry = entry
        self._sites = sites
        self._since = since
        self._until = until
        self._fill = fill
        self._shown = shown
        told = {
            column: slot for column, slot in entry.slots.items() if share.columns is None or column in share.columns
        }
        self._tells_rows = share.rows
        self._slots = tuple(told.values())
        whole = Whole(db, entry)
        self._values = "".join(f", {value}" for value in whole.travels(tuple(told)))
        if behind:
            self._values += "".join(
                f", {whole.differs(differs_from(entry, column, f'r.v{n}'))}" for column, n in told.items()
            )
        self._joined = f"LEFT JOIN {base(entry)} AS t ON {base_is(entry, key_columns(entry))}{whole.joined}"
        self._is_there = whole.there
        self._not_held = _not_held(db, entry, "r.r")
        self.at = At(_ROWS, since, LAST)
        """Everything in the range up to it was read."""

    def read(self, at: At) -> At | None:
        """Return the place where ``fill`` was full; None at the end."""
        if at.phase == _ROWS:
            stopped = self._phase(at, self._rows)
            if stopped is not None:
                return stopped
            at = At(_CELLS, self._since, LAST)
        return self._phase(at, self._cells)

    def _phase(self, at: At, rows: Any) -> At | None:
        fill = self._fill
        self.at = at
        for place, changes in rows(at):
            if fill.bounded and not self._fits(changes):
                fill.full = True
                return at
            fill.found += changes
            self.at = at = place
        return None

    def _fits(self, changes: list[Change]) -> bool:
        fill = self._fill
        fill.cells -= 1
        size = sum(map(weight, changes))
        fits = fill.cells >= 0 and len(fill.found) + len(changes) <= fill.changes and size <= fill.room
        if fits or not (fill.found or not changes):  # a row that is larger than a part goes alone
            fill.room -= size
            return True
        return False

    def _rows(self, at: At) -> Iterator[tuple[At, list[Change]]]:
        """Read the rows whose stamp is in the range, with the cells that are in it too."""
        while True:
            found: list[tuple[Any, ...]] = self._db.execute(
                f"SELECT r.r, r.pk, {self._is_there}, {FIELDS}{self._values}"
                f" FROM main.{self._entry.rows} AS r {self._joined}"
                f" WHERE (r.db_version, r.r) > (?, ?) AND r.db_version <= ?{self._not_held}"
                " ORDER BY r.db_version, r.r LIMIT ?",
                (at.db_version, at.r, self._until, TOGETHER),
            ).fetchall()
            entries = entries_of(self._db, self._entry, [row[0] for row in found])
            for r, pk, is_there, *fields in found:
                row = row_of(*fields[:5])
                at = At(_ROWS, row.stamp.db_version, r)
                if row.alive and not is_there:
                    if not self._behind:
                        raise _Gone
                    yield at, []
                    continue
                row.entries.update(entries.get(r, {}))
                yield at, self._of_row(pk, row, self._captured(fields[5:]))
            if len(found) < TOGETHER:
                return

    def _captured(self, values: Sequence[Any]) -> dict[int, SQLiteValue]:
        """Return what a row holds, by slot, where it equals its shadow."""
        slots = self._slots
        if not self._behind:
            return dict(zip(slots, values, strict=True))
        there, differ = values[: len(slots)], values[len(slots) :]
        return {slot: value for slot, value, other in zip(slots, there, differ, strict=True) if not other}

    def _of_row(self, pk: bytes, row: Row, values: dict[int, SQLiteValue]) -> list[Change]:
        changes: list[Change] = []
        slots = self._slots
        if self._tells_rows and not row.under_stamp(slots) and (row.length > 1 or not any(map(row.cell, slots))):
            self._add(changes, pk, SENTINEL, None, row.length, row.stamp._replace(col_version=row.length))
        for slot in slots:
            cell = row.cell(slot)
            if cell is not None and self._since < cell.db_version <= self._until and slot in values:
                self._add(changes, pk, self._entry.column_of[slot], values[slot], row.length, cell)
        return changes

    def _cells(self, at: At) -> Iterator[tuple[At, list[Change]]]:
        """Read the cells in the range whose row's stamp is not in it."""
        while True:
            found: list[tuple[Any, ...]] = self._db.execute(
                "SELECT c.db_version, c.r, c.slot, c.col_version, c.site, r.pk, r.length,"
                f" {self._is_there}{self._values}"
                f" FROM main.{self._entry.cells} AS c CROSS JOIN main.{self._entry.rows} AS r ON r.r = c.r"
                f" {self._joined} WHERE (c.db_version, c.r) > (?1, ?2) AND c.db_version <= ?3"
                f" AND NOT (r.db_version > ?4 AND r.db_version <= ?3){self._not_held}"
                " ORDER BY c.db_version, c.r, c.slot LIMIT ?5",
                (at.db_version, at.r, self._until, self._since, CELLS_TOGETHER),
            ).fetchall()
            rows = [(place, list(cells)) for place, cells in groupby(found, itemgetter(0, 1))]
            whole = len(found) < CELLS_TOGETHER
            if not whole and len(rows) > 1:
                rows.pop()  # others of its cells may follow
            for (db_version, r), cells in rows:
                at = At(_CELLS, db_version, r)
                changes: list[Change] = []
                for _, _, slot, col_version, site, pk, length, is_there, *values in cells:
                    if not is_there and not self._behind:
                        raise _Gone
                    captured = self._captured(values) if is_there else {}
                    if slot in captured:
                        cell = Cell(col_version, db_version, site)
                        self._add(changes, pk, self._entry.column_of[slot], captured[slot], length, cell)
                yield at, changes
            if whole:
                return

    def _add(self, changes: list[Change], pk: bytes, cid: str, value: SQLiteValue, length: int, cell: Cell) -> None:
        if (cell.col_version | length) >> _BITS:
            raise _OutOfRange
        author = self._sites.get(cell.site) or self._sites.get(0)
        if self._shown is None or self._shown.passes(author, cid, cell.col_version, cell.db_version):
            fields = (self._entry.name, pk, cid, value, cell.col_version, cell.db_version, author, length, 0)
            changes.append(new_change(Change, fields))
