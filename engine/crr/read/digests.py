"""What the digests of a CRR are made of (``engine.tables.digests``), slice by slice, so that a transaction is short."""

from __future__ import annotations

from collections.abc import Callable

import apsw

from engine.change import SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.merge.validate import check_key
from engine.sqlite import invalid_text
from engine.sqlite.sql import ident, idents, main
from engine.sqlite.values import Storage
from engine.tables.digests import BYTES, SLICE, Rank, Slice, length_digest, rank, row_digest
from engine.tables.names import CLOCK, KEY, PKS
from engine.tables.pack import pack
from engine.text import t


def rows_between(db: apsw.Connection, crr: Crr, low: bytes, high: bytes, limit: int = SLICE) -> Slice:
    """Rows above the packed key ``low`` and up to ``high``, by key; an empty one stands for the table's end.

    Keys are in the order of their storage classes and then of their bytes, whatever their collation.

    Raises:
        InvalidChange: a key that is none of this table.
    """
    while True:
        found, more = _slice(db, crr, low, high, limit)
        if found or not more:
            return found, more
        limit *= 4  # all of their keys were unreadable


def _slice(db: apsw.Connection, crr: Crr, low: bytes, high: bytes, limit: int) -> Slice:
    count = len(crr.key)
    keys = ", ".join(_exactly(db, crr))
    where: list[str] = []
    bound: list[SQLiteValue] = []
    for sign, packed in ((">", low), ("<=", high)):
        if packed:
            where.append(f"({keys}) {sign} ({', '.join('?' * count)})")
            bound += check_key(crr, packed)
    sql = f"SELECT {idents((*crr.key, *sorted(crr.columns)))} FROM {main(crr.table.name)}"
    if where:
        sql += f" WHERE {' AND '.join(where)}"
    found: list[tuple[bytes, int]] = []
    size = 0
    for n, row in enumerate(
        invalid_text.each(db, t("{sql} ORDER BY {keys} LIMIT ?", sql=sql, keys=keys), (*bound, limit + 1))
    ):
        if n == limit or (found and size > BYTES):
            return found, True
        if invalid_text.readable(row[:count]):
            found.append((pack(row[:count]), row_digest(row)))
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
    return found, False


def key_order(db: apsw.Connection, crr: Crr, storage: Storage) -> Callable[[bytes], Rank]:
    """What gives packed keys of this table their place in the order of ``rows_between``; raises InvalidChange for those
    that are none of it."""
    encoding = db.pragma("encoding")
    affinities = {column.name: column.affinity for column in crr.table.columns}
    columns = [affinities[name] for name in crr.key]

    def place(packed: bytes) -> Rank:
        values = zip(check_key(crr, packed), columns, strict=True)
        return tuple(rank(storage.stored(value, affinity), encoding) for value, affinity in values)

    return place


def values_at(db: apsw.Connection, crr: Crr, packed: bytes, most: int | None = None) -> tuple[SQLiteValue, ...] | None:
    """The columns, by name, of the row with this packed key; None when there is none, and nothing of one in which
    texts and blobs have more than ``most`` bytes.

    Raises:
        InvalidChange: as ``rows_between``.
    """
    columns = sorted(crr.columns)
    bytes_ = " + ".join(f"ifnull(octet_length({ident(name)}), 0)" for name in columns)
    fits = f"{bytes_} <= {most}" if columns and most is not None else "true"
    values = ", ".join(f"CASE WHEN {fits} THEN {ident(name)} END" for name in columns)
    sql = f"SELECT {fits}{', ' if columns else ''}{values} FROM {main(crr.table.name)} WHERE {_found(db, crr)}"
    for fitting, *row in invalid_text.each(db, sql, check_key(crr, packed)):
        return tuple(map(invalid_text.shown, row)) if fitting else ()
    return None


def lengths_above(db: apsw.Connection, crr: Crr, above: int) -> tuple[int, int | None]:
    """The sum of the digests of keys with their causal lengths, above a number of the key table.

    Returns:
        the sum, and the number to go on above; None when that was all.
    """
    clock, pks = main(crr.name + CLOCK), main(crr.name + PKS)
    rows = invalid_text.each(
        db,
        f"SELECT p.{KEY}, {idents(crr.key, prefix='p.')}, ifnull(s.col_version, 1) FROM {pks} AS p"
        f" LEFT JOIN {clock} AS s ON s.key = p.{KEY} AND s.col_name = '-1'"
        f" WHERE p.{KEY} > ? AND EXISTS (SELECT 1 FROM {clock} AS c WHERE c.key = p.{KEY}) ORDER BY p.{KEY} LIMIT ?",
        (above, SLICE),
    )
    total = count = 0
    for number, *row in rows:
        if invalid_text.readable(row):
            total += length_digest(row[:-1], row[-1])
        above, count = number, count + 1
    return total, above if count == SLICE else None


def _found(db: apsw.Connection, crr: Crr) -> str:
    """A condition for the row with a key, byte by byte; by the key's own collation the index finds it."""
    exactly = zip(crr.key, _exactly(db, crr), strict=True)
    return " AND ".join(
        f"{key} IS ?{n}" if key == ident(name) else f"{ident(name)} IS ?{n} AND {key} IS ?{n}"
        for n, (name, key) in enumerate(exactly, 1)
    )


def _exactly(db: apsw.Connection, crr: Crr) -> list[str]:
    """The key's columns, to be compared byte by byte. (SQLite finds no row by a column with a COLLATE of its own.)"""
    keys = []
    for name in crr.key:
        collation = db.column_metadata("main", crr.table.name, name)[1]
        keys.append(ident(name) + ("" if collation == "BINARY" else " COLLATE BINARY"))
    return keys
