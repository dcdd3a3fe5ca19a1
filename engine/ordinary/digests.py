"""The causal lengths of an ordinary table, for comparing (``engine.tables.digests``)."""

from __future__ import annotations

import apsw

from engine.ordinary.register import Entry
from engine.tables.digests import SLICE, length_digest
from engine.tables.pack import unpack


def lengths_above(db: apsw.Connection, entry: Entry, above: int) -> tuple[int, int | None]:
    """The sum of the digests of keys with their causal lengths, of records with numbers above one.

    Returns:
        the sum, and the number to go on above; None when that was all.
    """
    sql = f"SELECT r, pk, length FROM main.{entry.rows} WHERE r > ? ORDER BY r LIMIT ?"
    total = count = 0
    for number, packed, length in db.execute(sql, (above, SLICE)):
        total += length_digest(unpack(packed), length)
        above, count = number, count + 1
    return total, above if count == SLICE else None
