"""Rows of a synced table by key, for comparing: slice by slice, so that a transaction is short. What they hold is read
from the table itself, whatever kind it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import apsw

from engine.change import SQLiteValue
from engine.sqlite import invalid_text
from engine.sqlite.sql import ident, idents, main
from engine.sqlite.values import Storage
from engine.tables.digests import BYTES, SLICE, Rank, Slice, rank, row_digest
from engine.tables.pack import pack
from engine.tables.types import DescribedTable
from engine.tables.validate import check_key


def rows_between(db: apsw.Connection, table: DescribedTable, low: bytes, high: bytes, limit: int = SLICE) -> Slice:
    """Rows above the packed key ``low`` and up to ``high``, by key; an empty one stands for the table's end.

    Keys are in the order of their storage classes and then of their bytes, whatever their collation.

    Raises:
        InvalidChange: a key that is none of this table.
    """
    while True:
        found, more = _slice(db, table, low, high, limit)
        if found or not more:
            return found, more
        limit *= 4  # all of their keys were unreadable


def _slice(db: apsw.Connection, table: DescribedTable, low: bytes, high: bytes, limit: int) -> Slice:
    count = len(table.key)
    keys = ", ".join(_exactly(db, table))
    where: list[str] = []
    bound: list[SQLiteValue] = []
    for sign, packed in ((">", low), ("<=", high)):
        if packed:
            where.append(f"({keys}) {sign} ({', '.join('?' * count)})")
            bound += check_key(table, packed)
    sql = f"SELECT {idents((*table.key, *sorted(table.columns)))} FROM {main(table.table.name)}"
    if where:
        sql += f" WHERE {' AND '.join(where)}"
    found: list[tuple[bytes, int]] = []
    size = 0
    for n, row in enumerate(invalid_text.each(db, f"{sql} ORDER BY {keys} LIMIT ?", (*bound, limit + 1))):
        if n == limit or (found and size > BYTES):
            return found, True
        if invalid_text.readable(row[:count]):
            found.append((pack(row[:count]), row_digest(row)))
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
    return found, False


def key_order(db: apsw.Connection, table: DescribedTable, storage: Storage) -> Callable[[bytes], Rank]:
    """What gives packed keys of this table their place in the order of ``rows_between``; raises InvalidChange for those
    that are none of it."""
    encoding = db.pragma("encoding")
    affinities = {column.name: column.affinity for column in table.table.columns}
    columns = [affinities[name] for name in table.key]

    def place(packed: bytes) -> Rank:
        values = zip(check_key(table, packed), columns, strict=True)
        return tuple(rank(storage.stored(value, affinity), encoding) for value, affinity in values)

    return place


def values_at(
    db: apsw.Connection, table: DescribedTable, packed: bytes, most: int | None = None
) -> tuple[SQLiteValue, ...] | None:
    """The columns, by name, of the row with this packed key; None when there is none, and nothing of one in which
    texts and blobs have more than ``most`` bytes.

    Raises:
        InvalidChange: as ``rows_between``.
    """
    columns = sorted(table.columns)
    bytes_ = " + ".join(f"ifnull(octet_length({ident(name)}), 0)" for name in columns)
    fits = f"{bytes_} <= {most}" if columns and most is not None else "true"
    values = ", ".join(f"CASE WHEN {fits} THEN {ident(name)} END" for name in columns)
    sql = f"SELECT {fits}{', ' if columns else ''}{values} FROM {main(table.table.name)} WHERE {_found(db, table)}"
    for fitting, *row in invalid_text.each(db, sql, check_key(table, packed)):
        return tuple(map(invalid_text.shown, row)) if fitting else ()
    return None


def _found(db: apsw.Connection, table: DescribedTable) -> str:
    """A condition for the row with a key, byte by byte; by the key's own collation the index finds it."""
    exactly = zip(table.key, _exactly(db, table), strict=True)
    return " AND ".join(
        f"{key} IS ?{n}" if key == ident(name) else f"{ident(name)} IS ?{n} AND {key} IS ?{n}"
        for n, (name, key) in enumerate(exactly, 1)
    )


def _exactly(db: apsw.Connection, table: DescribedTable) -> list[str]:
    """The key's columns, to be compared byte by byte. (SQLite finds no row by a column with a COLLATE of its own.)"""
    keys = []
    for name in table.key:
        collation = db.column_metadata("main", table.table.name, name)[1]
        keys.append(ident(name) + ("" if collation == "BINARY" else " COLLATE BINARY"))
    return keys


def live_rows(
    db: apsw.Connection, table: DescribedTable
) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
    """(key, tracked columns) of each row, in the order of keys."""
    width = len(table.key)
    columns, order = idents(table.key + table.columns), idents(table.key, suffix=" COLLATE BINARY")
    for row in invalid_text.each(db, f"SELECT {columns} FROM {main(table.table.name)} ORDER BY {order}"):
        yield row[:width], row[width:]
