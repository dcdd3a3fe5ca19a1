"""Digests of rows and of history, by which two replicas are compared.

The digest of a row is of its typed key and the typed value of each tracked column, -0.0 as 0.0. That of many rows is
the sum of theirs. The history's is of what was: the causal length of every key, tombstones included. Authors,
db_version, seq, col_version and whether a clock row exists differ between converged replicas by right, and are not in
them. Each function reads a slice of a table, so that a transaction is short; ``engine.replica.table_digests`` adds
them up.

A text that nobody can read differs from every text; a row with such a key is left out, for no other side can have it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import apsw

from engine.change import SQLiteValue
from engine.crr.catalogue import Crr
from engine.crr.merge.validate import check_key
from engine.crr.pack import pack
from engine.sqlite import invalid_text
from engine.sqlite.sql import ident, idents, main
from engine.sqlite.values import Storage
from engine.tables.names import CLOCK, KEY, PKS
from engine.text import t

SIZE = 16
"""Bytes of a digest."""

SLICE = 10_000
BYTES = 16 << 20
"""Rows, and bytes of texts and blobs in them, read in one transaction; one larger row still is."""

Slice = tuple[list[tuple[bytes, int]], bool]
"""(packed key, digest) of rows in the order of their keys, and whether others follow."""

Rank = tuple[tuple[int, int | float | bytes], ...]
"""A key's place among others: of each value its storage class, and then what it is compared by."""


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
    encoding = {"UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}.get(db.pragma("encoding"), "utf-8")
    affinities = {column.name: column.affinity for column in crr.table.columns}
    columns = [affinities[name] for name in crr.key]

    def place(packed: bytes) -> Rank:
        values = zip(check_key(crr, packed), columns, strict=True)
        return tuple(_place(storage.stored(value, affinity), encoding) for value, affinity in values)

    return place


def _place(value: SQLiteValue, encoding: str) -> tuple[int, int | float | bytes]:
    if isinstance(value, str):
        return 1, value.encode(encoding)
    return (2, value) if isinstance(value, bytes) else (0, value or 0)


def row_digest(row: Sequence[SQLiteValue]) -> int:
    """The digest of a row: its key, then its columns by name."""
    # repr tells the storage classes and the ends of texts apart, and shows what nobody can read
    plain = [0.0 if type(value) is float and value == 0 else value for value in row]
    return _hashed(plain)


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
            total += _hashed([*map(_as_key, row)])
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


def as_bytes(total: int) -> bytes:
    """A sum of digests as it is sent and compared."""
    return (total % (1 << 8 * SIZE)).to_bytes(SIZE)


def _hashed(row: list[SQLiteValue]) -> int:
    return int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=SIZE).digest())


def _as_key(value: SQLiteValue) -> SQLiteValue:
    """The key table has no affinity: 1 and 1.0 are one key there (cr-sqlite.md 2.3)."""
    return int(value) if type(value) is float and value.is_integer() else value
