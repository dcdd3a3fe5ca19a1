"""Rows of a synced table by key, for comparing: slice by slice, so that transactions are short.

Their content is read from the table itself, whatever kind it is.
"""

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
    """Return a column of the row ``t``, unchanged."""
    return f"t.{ident(column)}"


def compared(table: DescribedTable, columns: Collection[str] | None) -> list[str]:
    """Return the columns of a table to compare, all or only these, sorted by name."""
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
    """Return rows above the packed key ``low`` and up to ``high``, by key; an empty key stands for the table's start or
    end.

    Keys are ordered by storage class and then by their bytes, whatever their collation.

    Args:
        limit: about how many rows to return.
        spelled: returns an expression for the form in which a column of the row ``t`` travels.
        columns: those to compare; by default all.

    Raises:
        InvalidChange: a key is not one of this table.
    """
    while True:
        found, more = _slice(db, table, low, high, limit, spelled, compared(table, columns))
        if found or not more:
            return found, more
        limit *= 4  # all of their keys were invalid text, or contained NULL


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
        if None not in row[:count] and invalid_text.readable(row[:count]):  # other rows stay on their machine
            found.append((pack(row[:count]), row_digest(row)))
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
    return found, False


def key_order(db: apsw.Connection, table: DescribedTable, storage: Storage) -> Callable[[bytes], Rank]:
    """Return the function that gives packed keys of this table their sort key in the order of ``rows_between``.

    It raises InvalidChange for keys that are not of this table.
    """
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
    """Return the values of a row's columns, by name, given its packed key; ``spelled``, ``columns`` as in
    ``rows_between``.

    Returns:
        None if there is no such row; () if its texts and blobs have more than ``most`` bytes.

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
    """Return the values like ``values_at``, of the row that meets a condition."""
    names = compared(table, columns)
    bytes_ = " + ".join(f"ifnull(octet_length({ident(name)}), 0)" for name in names)
    fits = f"{bytes_} <= {most}" if names and most is not None else "true"
    values = ", ".join(f"CASE WHEN {fits} THEN {spelled(name)} END" for name in names)
    sql = f"SELECT {fits}{', ' if names else ''}{values} FROM {main(table.table.name)} AS t WHERE {where}"
    for fitting, *row in invalid_text.each(db, sql, bindings):
        return tuple(map(invalid_text.shown, row)) if fitting else ()
    return None


def _found(db: apsw.Connection, table: DescribedTable) -> str:
    """Return a condition for the row with a key, byte by byte, that also lets SQLite use the key's index."""
    exactly = zip(table.key, _exactly(db, table), strict=True)
    return " AND ".join(
        f"{key} IS ?{n}" if key == ident(name) else f"{ident(name)} IS ?{n} AND {key} IS ?{n}"
        for n, (name, key) in enumerate(exactly, 1)
    )


def _exactly(db: apsw.Connection, table: DescribedTable) -> list[str]:
    """Return the key's columns for comparing byte by byte. (A COLLATE clause keeps SQLite from using the index.)"""
    keys = []
    for name in table.key:
        collation = db.column_metadata("main", table.table.name, name)[1]
        keys.append(ident(name) + ("" if collation == "BINARY" else " COLLATE BINARY"))
    return keys


def live_rows(
    db: apsw.Connection, table: DescribedTable, spelled: Spelled = as_it_is
) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
    """Iterate over (key, tracked columns) of each row, ordered by key."""
    width = len(table.key)
    columns = ", ".join(map(spelled, table.key + table.columns))
    order = ", ".join(f"{spelled(name)} COLLATE BINARY" for name in table.key)
    for row in invalid_text.each(db, f"SELECT {columns} FROM {main(table.table.name)} AS t ORDER BY {order}"):
        yield row[:width], row[width:]
