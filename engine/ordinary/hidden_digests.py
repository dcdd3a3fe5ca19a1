"""Adds hidden rows to all others for comparing, by their keys as they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import apsw

from engine.change import SQLiteValue
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.hidden import Hidden, hidden_columns
from engine.ordinary.leading import spelled
from engine.ordinary.register import base, wire_columns
from engine.sqlite import invalid_text
from engine.sqlite.sql import ident
from engine.sqlite.values import Storage
from engine.tables import row_digests
from engine.tables.digests import BYTES, Rank, Slice, row_digest
from engine.tables.kind import Compared
from engine.tables.pack import pack
from engine.tables.row_digests import compared
from engine.tables.validate import check_key

Row = tuple[SQLiteValue, ...]


def rows_between(
    db: apsw.Connection,
    table: OrdinaryTable,
    storage: Storage,
    low: bytes,
    high: bytes,
    limit: int,
    columns: Compared,
) -> Slice:
    """Do the same as ``engine.tables.kind.Kind.rows_between``, for a table without a global key."""
    shown, more = row_digests.rows_between(db, table, low, high, limit, spelled(db, table.entry), columns)
    if not Hidden(db, table.entry).any():
        return shown, more
    hidden, more_hidden = _between(db, table, low, high, limit, columns)
    place = row_digests.key_order(db, table, storage)
    found = sorted((*_placed(shown, place), *_placed(hidden, place)))
    ends = [place(rows[-1][0]) for rows, cut in ((shown, more), (hidden, more_hidden)) if cut and rows]
    until = min(ends) if ends else None
    kept = [(key, digest) for at, key, digest in found if until is None or at <= until]
    return kept[:limit], more or more_hidden or len(kept) > limit


def _placed(rows: list[tuple[bytes, int]], place: Callable[[bytes], Rank]) -> Iterator[tuple[Rank, bytes, int]]:
    return ((place(key), key, digest) for key, digest in rows)


def _between(
    db: apsw.Connection, table: OrdinaryTable, low: bytes, high: bytes, limit: int, columns: Compared
) -> Slice:
    """Return those of these rows that are hidden."""
    entry = table.entry
    keys = ", ".join(f"h.{name}" for name in entry.log_key)
    where, bound = ["1"], list[SQLiteValue]()
    for sign, packed in ((">", low), ("<=", high)):
        if packed:
            where.append(f"({keys}) {sign} ({', '.join('?' * len(entry.key))})")
            bound += check_key(table, packed)
    values = "".join(f", {value}" for value in hidden_columns(entry, compared(table, columns)))
    sql = f"SELECT {keys}{values} FROM main.{entry.hidden} AS h WHERE {' AND '.join(where)} ORDER BY {keys} LIMIT ?"
    found: list[tuple[bytes, int]] = []
    size = 0
    for n, row in enumerate(invalid_text.each(db, sql, (*bound, limit + 1))):
        if n == limit or (found and size > BYTES):
            return found, True
        found.append((pack(row[: len(entry.key)]), row_digest(row)))
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
    return found, False


def number_at(db: apsw.Connection, table: OrdinaryTable, packed: bytes) -> int | None:
    """Return the number of the hidden row with a packed key; None if there is none."""
    entry = table.entry
    if not Hidden(db, entry).any():
        return None
    sql = f"SELECT h.r FROM main.{entry.rows} AS r CROSS JOIN main.{entry.hidden} AS h ON h.r = r.r WHERE r.pk = ?"
    number: int | None = db.execute(sql, (pack(check_key(table, packed)),)).get
    return number


def values_of(db: apsw.Connection, table: OrdinaryTable, r: int, most: int | None, columns: Compared) -> Row:
    """Do the same as ``engine.tables.kind.Kind.values_at``, for a hidden row."""
    entry, names = table.entry, compared(table, columns)
    values = ", ".join(hidden_columns(entry, names)) or "1"
    sizes = " + ".join(f"ifnull(octet_length(h.v{entry.slots[name]}), 0)" for name in names) or "0"
    sql = f"SELECT {sizes}, {values} FROM main.{entry.hidden} AS h WHERE h.r = ?"
    size, *row = next(invalid_text.each(db, sql, (r,)))
    return tuple(map(invalid_text.shown, row[: len(names)])) if most is None or size <= most else ()


def live_rows(db: apsw.Connection, table: OrdinaryTable) -> Iterator[tuple[Row, Row]]:
    """Do the same as ``engine.tables.kind.Kind.live_rows``."""
    entry = table.entry
    if not Hidden(db, entry).any():
        yield from row_digests.live_rows(db, table, spelled(db, entry))
        return
    columns = (*entry.key, *entry.columns)
    held = {one: f"h.{name}" for one, name in zip(entry.key, entry.log_key, strict=True)}
    held |= {column: f"h.v{slot}" for column, slot in entry.slots.items()}
    shown, hidden = ", ".join(map(spelled(db, entry), columns)), ", ".join(wire_columns(entry, columns, held))
    width = len(entry.key)
    order = ", ".join(f"{n} COLLATE BINARY" for n in range(1, width + 1))
    sql = (
        f"SELECT {shown} FROM {base(entry)} AS t WHERE t.{ident(entry.key[0])} IS NOT NULL"
        f" UNION ALL SELECT {hidden} FROM main.{entry.hidden} AS h ORDER BY {order}"
    )
    for row in invalid_text.each(db, sql):
        yield row[:width], row[width:]
