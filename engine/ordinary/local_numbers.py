"""Translates incoming names (``global_keys``) into the numbers that this machine has for them.

A row keeps the number that it was born with if that is free here. If it is taken, the incoming row gets the next free
one: an app never sees a number change that it knows. A row that is only referred to so far already gets its number, and
a record of length 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import apsw

from engine.change import SQLiteValue
from engine.errors import InvalidChange
from engine.ordinary import register
from engine.ordinary.births import Numbers
from engine.ordinary.global_keys import birth_in, packed, plain, spelled
from engine.ordinary.merged_row import Key, MergedRow
from engine.ordinary.records import Records
from engine.ordinary.register import Entry
from engine.sqlite.sql import run_each
from engine.sqlite.values import Affinity
from engine.tables.introspect import describe
from engine.tables.pack import unpack
from engine.tables.row_names import born_as
from engine.text import t

_HUGE = 2**63 - 1
"""After a row with this number, SQLite hands out random numbers, or none."""


Birth = tuple[bytes, int]
"""The collection of a row, and its number at birth."""


class Assigned(NamedTuple):
    """The numbers of new rows here, and ``born`` of the records that they are to get."""

    numbers: Sequence[int]
    born: Sequence[int | None]


class LocalNumbers:
    """The local numbers of one table and of what it refers to, in the caller's write transaction."""

    def __init__(self, db: apsw.Connection, entry: Entry) -> None:
        self._db = db
        self._entry = entry
        self._tables = {one.number: Numbers(db, one) for one in register.load(db)}
        self._texts = _texts(db, entry) if entry.roots.keys() & entry.slots.keys() else frozenset()
        self._spelled = {column: f"SELECT {spelled(root, '?1')}" for column, root in entry.roots.items()}

    def keys(self, pks: Sequence[bytes]) -> dict[bytes, Key]:
        """Return the local keys of those of these rows that have one."""
        if not pks:
            return {}
        names = ", ".join(f"r.{name}" for name in self._entry.log_key)
        found: list[Any] = self._db.execute(
            f"SELECT r.pk, {names} FROM carray(?) AS c CROSS JOIN main.{self._entry.rows} AS r ON r.pk = c.value",
            (_blobs(pks),),
        ).fetchall()
        return {pk: tuple(key) for pk, *key in found if None not in key}

    def check_key(self, key: Key) -> None:
        """Check that a key that came is one of this table.

        Raises:
            InvalidChange: it is not.
        """
        for column, value in zip(self._entry.key, key, strict=True):
            if column in self._entry.refers and born_as(value) is None:
                if self._entry.collection:
                    raise InvalidChange(
                        t("A change for the table “{table}” has a key that means nothing here.", table=self._entry.name)
                    )
                plain(self._entry.name, column, value)

    def name_of(self, column: str, value: SQLiteValue) -> SQLiteValue:
        """Return what is sent for a value of this column."""
        return self._db.execute(self._spelled[column], (value,)).get if column in self._spelled else value

    def place(self, rows: Iterable[MergedRow], records: Records) -> None:
        """Translate what was merged into local numbers, before it is written; new rows get records."""
        rows = list(rows)
        living = [merged for merged in rows if merged.row.alive]
        if self._entry.has_global_key:
            self._place_keys([merged for merged in living if not merged.key], records)
        for column in self._entry.roots.keys() & self._entry.slots.keys():
            some = [merged for merged in living if column in merged.taken]
            local = self._local(column, [merged.taken[column] for merged in some])
            for merged, value in zip(some, local, strict=True):
                merged.taken[column] = value
        if self._entry.collection:  # what refers to a row that was never here, and is gone, may have made its record
            gone = [merged for merged in rows if merged.r is None]
            numbers = records.numbers([merged.packed for merged in gone]) if gone else {}
            for merged in gone:
                merged.r = numbers.get(merged.packed)
                if merged.r is not None:
                    records.is_new(merged.r)

    def place_values(self, columns: Sequence[str], values: Sequence[Sequence[SQLiteValue]]) -> list[Any]:
        """Return what came in these columns of some rows, as it is in the table here."""
        return [
            self._local(name, column) if name in self._entry.roots else column
            for name, column in zip(columns, values, strict=True)
        ]

    def reserve(self, names: Sequence[SQLiteValue]) -> list[int]:
        """Return the numbers here of new rows of an auto-numbered table; they get records."""
        found = self._reserve(self._tables[self._entry.number], names)
        return [found[name] for name in names]

    def assign(self, pks: Sequence[bytes]) -> Assigned | None:
        """Choose the numbers of new rows of an auto-numbered table.

        They get no records: the caller writes these before anything else is placed.

        Args:
            pks: their packed keys, in ascending order.

        Returns:
            None if some have a record already, or the table refers to itself: then they are to be reserved.
        """
        entry = self._entry
        if any(root == entry.number for column, root in entry.refers.items() if column in entry.slots):
            return None
        if self._db.execute(f"SELECT 1 FROM main.{entry.rows} WHERE pk BETWEEN ? AND ?", (pks[0], pks[-1])).fetchone():
            known = f"SELECT 1 FROM carray(?) AS c CROSS JOIN main.{entry.rows} AS r ON r.pk = c.value"
            if self._db.execute(known, (_blobs(pks),)).fetchone():
                return None
        births = [birth_in(pk) for pk in pks]
        return Assigned(_numbers(self._tables[entry.number], births), _born(entry, births))

    def _place_keys(self, rows: Sequence[MergedRow], records: Records) -> None:
        if not rows:
            return
        keys = [list(unpack(merged.packed)) for merged in rows]
        if self._entry.collection:
            table = self._tables[self._entry.number]
            found = self._reserve(table, [key[0] for key in keys])
            for merged, key in zip(rows, keys, strict=True):
                merged.key = (found[key[0]],)
        else:
            columns = [
                self._local(column, values) if column in self._entry.roots else list(values)
                for column, values in zip(self._entry.key, zip(*keys, strict=True), strict=True)
            ]
            for merged, *local in zip(rows, *columns, strict=True):
                merged.key = tuple(local)
            names = self._entry.log_key
            self._db.executemany(
                f"INSERT INTO main.{self._entry.rows} (pk, length, covers, col_version, db_version, site,"
                f" {', '.join(names)}) VALUES (?, 0, x'', 0, 0, 0, {', '.join('?' * len(names))})"
                f" ON CONFLICT (pk) DO UPDATE SET {', '.join(f'{one} = excluded.{one}' for one in names)}",
                [(merged.packed, *merged.key) for merged in rows],
            )
        numbers = records.numbers([merged.packed for merged in rows])
        for merged in rows:
            if merged.r is None:
                merged.r = numbers[merged.packed]
                records.is_new(merged.r)

    def _local(self, column: str, values: Sequence[SQLiteValue]) -> list[SQLiteValue]:
        table = self._tables[self._entry.refers[column]]
        names = [value for value in values if born_as(value) is not None]
        found = self._reserve(table, names)
        if column in self._texts:
            return [str(found[one]) if one in found else plain(self._entry.name, column, one) for one in values]
        return [found[value] if value in found else plain(self._entry.name, column, value) for value in values]

    def _reserve(self, table: Numbers, names: Sequence[SQLiteValue]) -> dict[SQLiteValue, int]:
        """Return the local number of each of these rows; those without one get one now."""
        unique = [name for name in dict.fromkeys(names) if isinstance(name, bytes)]
        if not unique:
            return {}
        rows = f"main.{table.entry.rows}"
        known = {
            pk: (r, number)
            for pk, r, number in self._db.execute(
                f"SELECT r.pk, r.r, r.k0 FROM carray(?) AS c CROSS JOIN {rows} AS r ON r.pk = c.value",
                (_blobs([packed(name) for name in unique]),),
            )
        }
        found: dict[SQLiteValue, int] = {}
        lacking: list[tuple[bytes, Birth]] = []
        for name in unique:
            _, number = known.get(packed(name), (None, None))
            if number is not None:
                found[name] = number
            else:
                born = born_as(name)
                assert born is not None
                lacking.append((name, born))
        if not lacking:
            return found
        births = [birth for _, birth in lacking]
        new: list[tuple[SQLiteValue, ...]] = []
        renumbered: list[tuple[SQLiteValue, ...]] = []
        for (name, _), number, mark in zip(lacking, _numbers(table, births), _born(table.entry, births), strict=True):
            found[name] = number
            r, _ = known.get(packed(name), (None, None))
            if r is not None:
                renumbered.append((number, r))
            else:
                new.append((packed(name), number, mark))
        run_each(self._db, f"UPDATE {rows} SET k0 = ? WHERE r = ?", renumbered)
        columns = "pk, k0, length, covers, col_version, db_version, site, born"
        run_each(self._db, f"INSERT INTO {rows} ({columns}) VALUES (?, ?, 0, x'', 0, 0, 0, ?)", new)
        return found


def _numbers(table: Numbers, births: Sequence[Birth]) -> list[int]:
    """Choose the numbers here of rows that were born so: the same if it is free, else the next free one."""
    free = table.are_free([number for _, number in births if number != _HUGE])
    if len(births) > 1:
        table.look()
    found: list[int] = []
    for _, number in births:
        if number in free:
            table.taken(number)
        else:
            number = table.next_free()
        free.discard(number)
        found.append(number)
    return found


def _born(entry: Entry, births: Sequence[Birth]) -> list[int | None]:
    """Return ``born`` of the records of rows that were born so."""
    # a name of ours that is not known here was forgotten: nothing may be born under it
    return [0 if collection == entry.collection else None for collection, _ in births]


def _texts(db: apsw.Connection, entry: Entry) -> frozenset[str]:
    """Return the columns of a table that store numbers as text."""
    table = describe(db, entry.name)
    columns = table.columns if table is not None else ()
    return frozenset(column.name for column in columns if column.affinity is Affinity.TEXT)


def _blobs(values: Sequence[bytes]) -> Any:
    return apsw.carray(tuple(values), flags=apsw.SQLITE_CARRAY_BLOB)
