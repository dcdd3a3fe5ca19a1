"""Rows of a synced table by key, for comparing: slice by slice, so that a transaction is short. What they hold is read
from the table itself, whatever kind it is of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import apsw

from engine.change import SQLiteValue
from engine.sqlite import invalid_text
from engine.sqlite.sql import ident, idents, main
from engine.sqlite.values import Storage
from engine.tables.digests import BYTES, SLICE, Rank, Slice, rank, row_digest
from engine.tables.pack import pack
from engine.tables.types import DescribedTable
from engine.tables.validate import check_key

Spelled = Callable[[str], str]


def as_it_is(column: str) -> str:
    """A column of the row ``t``."""
    return f"t.{ident(column)}"


def compared(table: DescribedTable, columns: Collection[str] | None) -> list[str]:
    """The columns of a table that are compared, all or only these, by name."""
    return sorted(table.columns if columns is None else set(table.columns).intersection(columns))


def rows_between(
    db: apsw.Connection,
    table: DescribedTable,
    low: bytes,
    high: bytes,
    limit: int = SLICE,
    spelled: Spelled = as_it_is,
    columns: Collection[str] | None = None,
) -> Slice:
    """Rows above the packed key ``low`` and up to ``high``, by key; an empty one stands for the table's end.

    Keys are in the order of their storage classes and then of their bytes, whatever their collation.

    Args:
        spelled: an expression for what travels of a column of the row ``t``.
        columns: those that are looked at, by default all.

    Raises:
        InvalidChange: a key that is none of this table.
    """
    while True:
        found, more = _slice(db, table, low, high, limit, spelled, compared(table, columns))
        if found or not more:
            return found, more
        limit *= 4  # all of their keys were unreadable, or had a NULL


def _slice(
    db: apsw.Connection,
    table: DescribedTable,
    low: bytes,
    high: bytes,
    limit: int,
    spelled: Spelled,
    columns: Sequence[str],
) -> Slice:
    count = len(table.key)
    keys = ", ".join(_exactly(db, table))
    where: list[str] = []
    bound: list[SQLiteValue] = []
    for sign, packed in ((">", low), ("<=", high)):
        if packed:
            where.append(f"({keys}) {sign} ({', '.join('?' * count)})")
            bound += check_key(table, packed)
    values = ", ".join((idents(table.key, prefix="t."), *map(spelled, columns)))
    sql = f"SELECT {values} FROM {main(table.table.name)} AS t"
    if where:
        sql += f" WHERE {' AND '.join(where)}"
    found: list[tuple[bytes, int]] = []
    size = 0
    for n, row in enumerate(invalid_text.each(db, f"{sql} ORDER BY {keys} LIMIT ?", (*bound, limit + 1))):
        if n == limit or (found and size > BYTES):
            return found, True
        if None not in row[:count] and invalid_text.readable(row[:count]):  # such rows stay on their machine
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
    db: apsw.Connection,
    table: DescribedTable,
    packed: bytes,
    most: int | None = None,
    spelled: Spelled = as_it_is,
    columns: Collection[str] | None = None,
) -> tuple[SQLiteValue, ...] | None:
    """The columns, by name, of the row with this packed key; None when there is none, and nothing of one in which
    texts and blobs have more than ``most`` bytes; ``spelled``, ``columns`` as in ``rows_between``.

    Raises:
        InvalidChange: as ``rows_between``.
    """
    return values_of(db, table, _found(db, table), check_key(table, packed), most, spelled, columns)


def values_of(
    db: apsw.Connection,
    table: DescribedTable,
    where: str,
    bindings: Sequence[SQLiteValue],
    most: int | None,
    spelled: Spelled,
    columns: Collection[str] | None,
) -> tuple[SQLiteValue, ...] | None:
    """As ``values_at``, of the row for which a condition holds."""
    names = compared(table, columns)
    bytes_ = " + ".join(f"ifnull(octet_length({ident(name)}), 0)" for name in names)
    fits = f"{bytes_} <= {most}" if names and most is not None else "true"
    values = ", ".join(f"CASE WHEN {fits} THEN {spelled(name)} END" for name in names)
    sql = f"SELECT {fits}{', ' if names else ''}{values} FROM {main(table.table.name)} AS t WHERE {where}"
    for fitting, *row in invalid_text.each(db, sql, bindings):
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
    db: apsw.Connection, table: DescribedTable, spelled: Spelled = as_it_is
) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
    """(key, tracked columns) of each row, in the order of keys."""
    width = len(table.key)
    columns = ", ".join(map(spelled, table.key + table.columns))
    order = ", ".join(f"{spelled(name)} COLLATE BINARY" for name in table.key)
    for row in invalid_text.each(db, f"SELECT {columns} FROM {main(table.table.name)} AS t ORDER BY {order}"):
        yield row[:width], row[width:]
