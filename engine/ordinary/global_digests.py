"""Reads rows with a global key for comparing, in the order of their names, which is the same on every machine."""

from __future__ import annotations

from collections.abc import Callable

import apsw

from engine.change import SQLiteValue
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.hidden import Whole
from engine.ordinary.leading import spelled
from engine.ordinary.register import base, base_is, key_columns
from engine.sqlite import invalid_text
from engine.tables import row_digests
from engine.tables.digests import BYTES, Rank, Slice, row_digest
from engine.tables.kind import Compared
from engine.tables.pack import unpack
from engine.tables.row_digests import compared
from engine.tables.validate import check_key


def rows_between(
    db: apsw.Connection, table: OrdinaryTable, low: bytes, high: bytes, limit: int, columns: Compared
) -> Slice:
    """Do the same as ``engine.tables.kind.Kind.rows_between``."""
    for bound in filter(None, (low, high)):
        check_key(table, bound)
    entry = table.entry
    whole = Whole(db, entry)
    values = "".join(f", {value}" for value in whole.travels(compared(table, columns)))
    until = " AND r.pk <= ?2" if high else ""
    sql = (
        f"SELECT r.pk{values} FROM main.{entry.rows} AS r LEFT JOIN {base(entry)} AS t"
        f" ON {base_is(entry, key_columns(entry))}{whole.joined}"
        f" WHERE r.pk > ?1{until} AND r.length % 2 = 1 AND {whole.there} ORDER BY r.pk LIMIT ?3"
    )
    found: list[tuple[bytes, int]] = []
    size = 0
    for n, (pk, *row) in enumerate(invalid_text.each(db, sql, (low, high, limit + 1))):
        if n == limit or (found and size > BYTES):
            return found, True
        found.append((pk, row_digest((*unpack(pk), *row))))
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
    return found, False


def key_order(table: OrdinaryTable) -> Callable[[bytes], Rank]:
    """Do the same as ``engine.tables.kind.Kind.key_order``."""

    def place(packed: bytes) -> Rank:
        check_key(table, packed)
        return ((2, packed),)

    return place


def values_at(
    db: apsw.Connection, table: OrdinaryTable, packed: bytes, most: int | None, columns: Compared
) -> tuple[SQLiteValue, ...] | None:
    """Do the same as ``engine.tables.kind.Kind.values_at``."""
    check_key(table, packed)
    entry = table.entry
    names = ", ".join(entry.log_key)
    key = db.execute(f"SELECT {names} FROM main.{entry.rows} WHERE pk = ?", (packed,)).fetchone()
    if key is None or None in key:
        return None
    where = base_is(entry, tuple(f"?{n}" for n in range(1, 1 + len(key))))
    return row_digests.values_of(db, table, where, key, most, spelled(db, entry), columns)
