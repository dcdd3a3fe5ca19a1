"""Finds the numbers that rows have here, for people to read; ``engine.tables.row_names`` has the names on all
machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary.global_keys import name_in, packed
from engine.ordinary.register import Entry
from engine.tables.pack import unpack
from engine.tables.row_names import born_as

Cell = tuple[str, bytes, str, SQLiteValue]
"""The table, the packed key, the column and the value of a change."""


def numbers_here(db: apsw.Connection, entries: Iterable[Entry], cells: Iterable[Cell]) -> dict[bytes, int]:
    """Return the numbers of the rows that cells name, by name, except rows that have none here."""
    known = {entry.number: entry for entry in entries}
    referring = {entry.name: entry for entry in known.values() if entry.refers}
    found: dict[bytes, int] = {}
    for root, names in _names(referring, cells).items():
        if root in known:
            pks = apsw.carray(tuple(map(packed, names)), flags=apsw.SQLITE_CARRAY_BLOB)
            sql = (
                f"SELECT r.pk, r.k0 FROM carray(?) AS c CROSS JOIN main.{known[root].rows} AS r ON r.pk = c.value"
                " WHERE r.k0 IS NOT NULL"
            )
            rows: list[Any] = db.execute(sql, (pks,)).fetchall()
            found |= {name_in(pk): number for pk, number in rows}
    return found


def _names(referring: Mapping[str, Entry], cells: Iterable[Cell]) -> dict[int, set[bytes]]:
    """Return the names in cells, by the number of the table whose rows they are."""
    found: dict[int, set[bytes]] = {}
    for table, pk, column, value in cells if referring else ():
        entry = referring.get(table)
        if entry is not None:
            for where, one in (*zip(entry.key, unpack(pk), strict=False), (column, value)):
                root = entry.refers.get(where)
                if root is not None and isinstance(one, bytes) and born_as(one) is not None:
                    found.setdefault(root, set()).add(one)
    return found
