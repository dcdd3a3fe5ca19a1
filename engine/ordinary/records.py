"""The records of one table in the file, read into ``stamps.Row`` and written back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary.register import Entry
from engine.ordinary.shadow import wire_key
from engine.ordinary.stamps import Cell, Row
from engine.sqlite.sql import cursor, numbers, run_each
from engine.tables.pack import pack


def covers_of(slots: Iterable[int]) -> bytes:
    """Return a set of slots as it is stored: bit by bit, in as few bytes as possible."""
    bits = sum(1 << slot for slot in slots)
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def slots_of(covers: bytes) -> set[int]:
    """Return the set of slots that was stored in this way."""
    bits = int.from_bytes(covers, "little")
    return {slot for slot in range(bits.bit_length()) if bits >> slot & 1}


FIELDS = "r.length, r.covers, r.col_version, r.db_version, r.site"


def row_of(length: int, covers: bytes, col_version: int, db_version: int, site: int) -> Row:
    """Return a row from its ``FIELDS``, without its entries."""
    return Row(length, slots_of(covers), Cell(col_version, db_version, site))


def stamp_of(entry: Entry, column: str, part: str) -> str:
    """Return an SQL expression for a field of this column's stamp in the record ``r``; for a key column, of the row's
    stamp."""
    if column not in entry.slots:
        return f"r.{part}"
    cell = f"SELECT c.{part} FROM main.{entry.cells} AS c WHERE c.r = r.r AND c.slot = {entry.slots[column]}"
    return f"ifnull(({cell}), r.{part})"


def entries_of(db: apsw.Connection, entry: Entry, rows: Sequence[int]) -> dict[int, dict[int, Cell]]:
    """Return the entries by slot of those of these rows that have any, by number."""
    found: dict[int, dict[int, Cell]] = {}
    if rows:
        sql = f"SELECT r, slot, col_version, db_version, site FROM main.{entry.cells} WHERE r IN carray(?)"
        for r, slot, *cell in cursor(db).execute(sql, (numbers(rows),)):
            found.setdefault(r, {})[slot] = Cell(*cell)
    return found


class Records:
    """The records of one table, in the caller's transaction."""

    def __init__(self, db: apsw.Connection, entry: Entry) -> None:
        self._db = db
        self._entry = entry
        self._before: dict[int, dict[int, Cell]] = {}

    def by_key(self, packed: Sequence[bytes]) -> dict[bytes, tuple[int, Row]]:
        """Return the number and the row of each of these wire keys that has a record."""
        if not packed:
            return {}
        found: list[tuple[Any, ...]] = (
            cursor(self._db)
            .execute(
                f"SELECT r.pk, r.r, {FIELDS} FROM carray(?1) AS c CROSS JOIN main.{self._entry.rows} AS r"
                " ON r.pk = c.value",
                (apsw.carray(tuple(packed), flags=apsw.SQLITE_CARRAY_BLOB),),
            )
            .fetchall()
        )
        rows = {pk: (r, row_of(*fields)) for pk, r, *fields in found}
        self.add_entries(dict(rows.values()))
        return rows

    def numbers(self, packed: Sequence[bytes]) -> dict[bytes, int]:
        """Return the number of each of these wire keys that has a record."""
        sql = f"SELECT r.pk, r.r FROM carray(?1) AS c CROSS JOIN main.{self._entry.rows} AS r ON r.pk = c.value"
        return dict(self._db.execute(sql, (apsw.carray(tuple(packed), flags=apsw.SQLITE_CARRAY_BLOB),)))

    def by_local_key(self, key: Sequence[SQLiteValue]) -> tuple[bytes, int] | None:
        """Return the wire key and the number of the row with this key here, if it has a record."""
        entry = self._entry
        if entry.has_global_key:
            is_key = " AND ".join(f"{name} = ?" for name in entry.log_key)
            sql = f"SELECT pk, r FROM main.{entry.rows} WHERE {is_key}"
            found: tuple[bytes, int] | None = self._db.execute(sql, tuple(key)).fetchone()
            return found
        packed = pack(wire_key(key))
        number = self.numbers([packed]).get(packed)
        return None if number is None else (packed, number)

    def is_new(self, r: int) -> None:
        """Note that a row's record says nothing yet but its number."""
        self._before[r] = {}

    def add_entries(self, rows: Mapping[int, Row]) -> None:
        """Read the entries of these rows, by number."""
        found = entries_of(self._db, self._entry, list(rows))
        for r, row in rows.items():
            self._before[r] = found.get(r, {})
            row.entries.update(self._before[r])

    def put_new(self, rows: Sequence[tuple[bytes, Row]]) -> range:
        """Write rows that have no records yet; return their numbers."""
        if not rows:
            return range(0)
        first: int = cursor(self._db).execute(f"SELECT ifnull(max(r), 0) + 1 FROM main.{self._entry.rows}").get
        numbers = range(first, first + len(rows))
        insert = (
            f"INSERT INTO main.{self._entry.rows} (r, pk, length, covers, col_version, db_version, site)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        stamped = zip(numbers, rows, strict=True)
        run_each(
            self._db,
            insert,
            [(r, packed, row.length, covers_of(row.covers), *row.stamp) for r, (packed, row) in stamped],
        )
        self._before |= {r: {} for r in numbers}
        self._put_entries([(r, row) for r, (_, row) in zip(numbers, rows, strict=True)])
        return numbers

    def put(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Write rows that have records, whose entries were read; a tombstone has no shadow."""
        if not rows:
            return
        update = (
            f"UPDATE main.{self._entry.rows} SET length = ?, covers = ?, col_version = ?, db_version = ?, site = ?"
            " WHERE r = ?"
        )
        run_each(self._db, update, [(row.length, covers_of(row.covers), *row.stamp, r) for r, row in rows])
        dead = [(r,) for r, row in rows if not row.alive]
        if dead and self._entry.slots:
            nothing = ", ".join(f"v{slot} = NULL" for slot in self._entry.live)
            run_each(self._db, f"UPDATE main.{self._entry.rows} SET {nothing} WHERE r = ?", dead)
        self._put_entries(rows)

    def _put_entries(self, rows: Sequence[tuple[int, Row]]) -> None:
        gone: list[tuple[int, int]] = []
        new: list[tuple[int, int, int, int, int]] = []
        for r, row in rows:
            before = self._before[r]
            gone += ((r, slot) for slot in before if slot not in row.entries)
            new += ((r, slot, *cell) for slot, cell in row.entries.items() if before.get(slot) != cell)
            self._before[r] = dict(row.entries)
        run_each(self._db, f"DELETE FROM main.{self._entry.cells} WHERE r = ? AND slot = ?", gone)
        run_each(self._db, f"INSERT OR REPLACE INTO main.{self._entry.cells} VALUES (?, ?, ?, ?, ?)", new)
