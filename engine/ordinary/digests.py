"""What is recorded about an ordinary table's rows, including deleted ones, for comparing
(``engine.tables.digests``)."""

from __future__ import annotations

from typing import Any

import apsw

from engine.ordinary.register import Entry
from engine.tables.digests import DELETED, SLICE, length_digest
from engine.tables.pack import unpack


def lengths_above(db: apsw.Connection, entry: Entry, above: int) -> tuple[int, int | None]:
    """Return the sum of the digests of keys with their causal lengths, for records with numbers above one.

    Returns:
        the sum, and the number above which to continue; None if that was all.
    """
    sql = f"SELECT r, pk, length FROM main.{entry.rows} WHERE r > ? AND length > 0 ORDER BY r LIMIT ?"
    total = count = 0
    for number, packed, length in db.execute(sql, (above, SLICE)):
        total += length_digest(unpack(packed), length)
        above, count = number, count + 1
    return total, above if count == SLICE else None


def deleted_above(db: apsw.Connection, entry: Entry, above: int) -> tuple[list[bytes], int | None]:
    """Return the keys of deleted rows, for records with numbers above one, and the number above which to continue, if
    any."""
    sql = f"SELECT r, pk FROM main.{entry.rows} WHERE r > ? AND length > 0 AND length % 2 = 0 ORDER BY r LIMIT ?"
    rows: list[Any] = db.execute(sql, (above, DELETED)).fetchall()
    return [key for _, key in rows], rows[-1][0] if len(rows) == DELETED else None
