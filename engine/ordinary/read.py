"""Reading the changes of ordinary tables: rows first, then the cells that differ from their row's stamp.

The place in a range is (phase, db_version, number of the row). Cells of the range go with their row where its stamp is
in the range too, so that in a first sync most rows are visited once. A part ends at a row. What is written meanwhile
leaves the range upward: a row's stamp and its entries only ever get higher versions, and a cell that goes from its
row's stamp to an entry under its old version comes in the second phase, whose place is behind all of the first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import apsw

from engine.change import SENTINEL, Change, SQLiteValue
from engine.ordinary.records import FIELDS, entries_of, row_of
from engine.ordinary.register import Entry, base, base_is
from engine.ordinary.stamps import Cell, Row
from engine.sqlite.sql import ident
from engine.tables.reading import LAST, Fill, Shown, Unsendable, new_change, weight

TOGETHER = 1_000
"""Rows that are read by one query."""

CELLS_TOGETHER = 5_000
"""Cells that are, more than a row can have."""

_PLACE = struct.Struct(">Bqq")
_ROWS, _CELLS = 0, 1


class At(NamedTuple):
    """A place: everything up to this row of a phase is behind it."""

    phase: int
    db_version: int
    r: int

    @classmethod
    def of(cls, place: bytes) -> At | None:
        """What ``as_bytes`` made; None of anything else."""
        try:
            found = cls(*_PLACE.unpack(place))
        except struct.error:
            return None
        return found if found.phase in (_ROWS, _CELLS) else None

    def as_bytes(self) -> bytes:
        """The place as others keep it."""
        return _PLACE.pack(*self)


class Reading:
    """Reads ordinary tables in one transaction; what was written to them was captured in it, or before it."""

    def __init__(self, db: apsw.Connection, entries: dict[str, Entry], until: int, fill: Fill) -> None:
        self._db = db
        self._entries = entries
        self._until = until
        self._fill = fill
        self._sites: dict[int, bytes] = dict(db.execute("SELECT ordinal, site_id FROM main.crsql_site_id"))

    def read(self, table: str, place: bytes | None, since: int, shown: Shown | None) -> bytes | None:
        """As ``engine.tables.kind.Reading.read``."""
        at = (At.of(place) if place is not None else None) or At(_ROWS, since, LAST)
        reader = _Reader(self._db, self._entries[table], self._sites, since, self._until, self._fill, shown)
        try:
            stopped = reader.read(at)
        except UnicodeDecodeError as error:
            raise Unsendable(table, error) from error
        return None if stopped is None else stopped.as_bytes()


class _Reader:
    def __init__(
        self,
        db: apsw.Connection,
        entry: Entry,
        sites: dict[int, bytes],
        since: int,
        until: int,
        fill: Fill,
        shown: Shown | None,
    ) -> None:
        self._db = db
        self._entry = entry
        self._sites = sites
        self._since = since
        self._until = until
        self._fill = fill
        self._shown = shown
        self._values = "".join(f", t.{ident(column)}" for column in entry.columns)
        keys = tuple(f"crsql_syncline_key(r.pk, {n})" for n in range(len(entry.key)))
        self._joined = f"LEFT JOIN {base(entry)} AS t ON {base_is(entry, keys)}"

    def read(self, at: At) -> At | None:
        """The place where ``fill`` was full; None at the end."""
        if at.phase == _ROWS:
            stopped = self._phase(at, self._rows)
            if stopped is not None:
                return stopped
            at = At(_CELLS, self._since, LAST)
        return self._phase(at, self._cells)

    def _phase(self, at: At, rows: Any) -> At | None:
        fill = self._fill
        for place, changes in rows(at):
            if fill.bounded and not self._fits(changes):
                fill.full = True
                return at
            fill.found += changes
            at = place
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
        """The rows whose stamp is in the range, with the cells that are in it too."""
        while True:
            found: list[tuple[Any, ...]] = self._db.execute(
                f"SELECT r.r, r.pk, {FIELDS}{self._values} FROM main.{self._entry.rows} AS r {self._joined}"
                " WHERE (r.db_version, r.r) > (?, ?) AND r.db_version <= ? ORDER BY r.db_version, r.r LIMIT ?",
                (at.db_version, at.r, self._until, TOGETHER),
            ).fetchall()
            entries = entries_of(self._db, self._entry, [row[0] for row in found])
            for r, pk, *fields in found:
                row = row_of(*fields[:5])
                row.entries.update(entries.get(r, {}))
                values = dict(zip(self._entry.live, fields[5:], strict=True))
                at = At(_ROWS, row.stamp.db_version, r)
                yield at, self._of_row(pk, row, values)
            if len(found) < TOGETHER:
                return

    def _of_row(self, pk: bytes, row: Row, values: dict[int, SQLiteValue]) -> list[Change]:
        changes: list[Change] = []
        live = self._entry.live
        if not row.under_stamp(live) and (row.length > 1 or not any(map(row.cell, live))):
            self._add(changes, pk, SENTINEL, None, row.length, row.stamp._replace(col_version=row.length))
        for slot in live:
            cell = row.cell(slot)
            if cell is not None and self._since < cell.db_version <= self._until:
                self._add(changes, pk, self._entry.column_of[slot], values[slot], row.length, cell)
        return changes

    def _cells(self, at: At) -> Iterator[tuple[At, list[Change]]]:
        """The cells in the range whose row's stamp is not in it."""
        while True:
            found: list[tuple[Any, ...]] = self._db.execute(
                f"SELECT c.db_version, c.r, c.slot, c.col_version, c.site, r.pk, r.length{self._values}"
                f" FROM main.{self._entry.cells} AS c CROSS JOIN main.{self._entry.rows} AS r ON r.r = c.r"
                f" {self._joined} WHERE (c.db_version, c.r) > (?1, ?2) AND c.db_version <= ?3"
                " AND NOT (r.db_version > ?4 AND r.db_version <= ?3) ORDER BY c.db_version, c.r, c.slot LIMIT ?5",
                (at.db_version, at.r, self._until, self._since, CELLS_TOGETHER),
            ).fetchall()
            rows = [(place, list(cells)) for place, cells in groupby(found, itemgetter(0, 1))]
            whole = len(found) < CELLS_TOGETHER
            if not whole and len(rows) > 1:
                rows.pop()  # others of its cells may follow
            for (db_version, r), cells in rows:
                at = At(_CELLS, db_version, r)
                changes: list[Change] = []
                for _, _, slot, col_version, site, pk, length, *values in cells:
                    if slot in self._entry.column_of:
                        value = values[self._entry.live.index(slot)]
                        cell = Cell(col_version, db_version, site)
                        self._add(changes, pk, self._entry.column_of[slot], value, length, cell)
                yield at, changes
            if whole:
                return

    def _add(self, changes: list[Change], pk: bytes, cid: str, value: SQLiteValue, length: int, cell: Cell) -> None:
        author = self._sites.get(cell.site) or self._sites.get(0)
        if self._shown is None or self._shown.passes(author, cid, cell.col_version, cell.db_version):
            fields = (self._entry.name, pk, cid, value, cell.col_version, cell.db_version, author, length, 0)
            changes.append(new_change(Change, fields))
