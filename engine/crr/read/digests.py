"""Digests of a CRR's rows, including deleted ones, for comparing replicas (``engine.tables.digests``)."""

from __future__ import annotations

import apsw

from engine.crr.catalogue import Crr
from engine.sqlite import invalid_text
from engine.sqlite.sql import idents, main
from engine.tables.digests import DELETED, SLICE, length_digest
from engine.tables.names import CLOCK, KEY, PKS
from engine.tables.pack import pack


def lengths_above(db: apsw.Connection, crr: Crr, above: int) -> tuple[int, int | None]:
    """Sum the digests of keys with their causal lengths, for one slice above a key number.

    Returns:
        the sum, and the number to go on above; None after the last slice.
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


def deleted_above(db: apsw.Connection, crr: Crr, above: int) -> tuple[list[bytes], int | None]:
    """Return the packed keys of deleted rows above a key number, and the number to go on above, None after the last
    slice."""
    clock, pks = main(crr.name + CLOCK), main(crr.name + PKS)
    rows = list(
        invalid_text.each(
            db,
            f"SELECT p.{KEY}, {idents(crr.key, prefix='p.')} FROM {pks} AS p"
            f" JOIN {clock} AS s ON s.key = p.{KEY} AND s.col_name = '-1' AND s.col_version % 2 = 0"
            f" WHERE p.{KEY} > ? ORDER BY p.{KEY} LIMIT ?",
            (above, DELETED),
        )
    )
    gone = [pack(key) for _, *key in rows if invalid_text.readable(key)]
    return gone, rows[-1][0] if len(rows) == DELETED else None
