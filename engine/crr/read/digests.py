"""The causal lengths of a CRR, for comparing (``engine.tables.digests``)."""

from __future__ import annotations

import apsw

from engine.crr.catalogue import Crr
from engine.sqlite import invalid_text
from engine.sqlite.sql import idents, main
from engine.tables.digests import SLICE, length_digest
from engine.tables.names import CLOCK, KEY, PKS


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
