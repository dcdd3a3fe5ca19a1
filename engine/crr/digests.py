"""Digests of a table, by which two replicas are compared (design.md section 6).

The first is of the live rows: the typed key and the typed value of each tracked column, -0.0 as 0.0. The second is of
what was: the causal length of every key, tombstones included. Authors, db_version, seq, col_version and whether a clock
row exists differ between converged replicas by right, and are not in them. Neither depends on the order of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import apsw

from engine.change import SQLiteValue
from engine.crr.catalogue import CLOCK, KEY, PKS, Crr
from engine.crr.reading import unreadable
from engine.crr.results import TableDigest
from engine.crr.sql import idents, main

SIZE = 16
"""Bytes of a digest."""


def digest(db: apsw.Connection, crr: Crr) -> TableDigest:
    """The digests of one table; reads it whole, in bounded memory.

    Raises:
        ReplicaError: it holds text that nobody can read.
    """
    try:
        return _digest(db, crr)
    except UnicodeDecodeError as error:
        raise unreadable(crr.name) from error


def _digest(db: apsw.Connection, crr: Crr) -> TableDigest:
    columns = sorted(crr.columns)
    rows = db.execute(f"SELECT {idents((*crr.key, *columns))} FROM {main(crr.table.name)}")
    count, live = _sum([*map(_plain, row)] for row in rows)
    clock, pks = main(crr.name + CLOCK), main(crr.name + PKS)
    lengths = db.execute(
        f"SELECT {idents(crr.key, prefix='p.')}, ifnull(s.col_version, 1) FROM {pks} AS p LEFT JOIN {clock} AS s"
        f" ON s.key = p.{KEY} AND s.col_name = '-1' WHERE EXISTS (SELECT 1 FROM {clock} AS c WHERE c.key = p.{KEY})"
    )
    _, history = _sum([*map(_as_key, row)] for row in lengths)
    return TableDigest(crr.name, count, live, history)


def _sum(rows: Iterable[Sequence[SQLiteValue]]) -> tuple[int, bytes]:
    """How many rows, and the sum of the hashes of each."""
    count = total = 0
    for row in rows:
        # repr tells the storage classes and the ends of texts apart; half surrogates cannot come out of SQLite
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=SIZE).digest())
        count += 1
    return count, (total % 256**SIZE).to_bytes(SIZE)


def _plain(value: SQLiteValue) -> SQLiteValue:
    return 0.0 if type(value) is float and value == 0 else value


def _as_key(value: SQLiteValue) -> SQLiteValue:
    """The key table has no affinity: 1 and 1.0 are one key there (spec 2.3)."""
    return int(value) if type(value) is float and value.is_integer() else value
