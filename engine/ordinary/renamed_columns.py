"""Columns that an app has renamed: hidden rows keep their values in them, as rows in the table do.

By its name, a renamed column is one that was dropped and another that was added. What rows in the table hold in it is
captured as written; hidden rows, which the app cannot see, are written here instead.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import apsw

from engine.ordinary.changed import Changed
from engine.ordinary.hidden import Hidden
from engine.ordinary.register import Entry, base, base_is, key_columns
from engine.ordinary.shadow import mark
from engine.sqlite.sql import ident


def renamed(db: apsw.Connection, entry: Entry, columns: tuple[str, ...]) -> dict[str, str]:
    """Return the new columns that are renamed old ones, each with its old name; none if no row is hidden.

    Args:
        columns: the table's present columns outside the key, in its order.
    """
    if len(columns) != len(entry.columns) or not Hidden(db, entry).any():
        return {}
    moved = [(old, new) for old, new in zip(entry.columns, columns, strict=True) if old != new]
    if any(new in entry.slots or old in columns for old, new in moved):
        return {}
    return {new: old for old, new in moved if _holds_the_same(db, entry, old, new)}


def _holds_the_same(db: apsw.Connection, entry: Entry, old: str, new: str) -> bool:
    """Return whether most rows hold in a new column what their shadow has for an old one, so that it was renamed and
    not replaced."""
    alike = f"{mark(f't.{ident(new)}')} IS r.v{entry.slots[old]}"
    found = db.execute(
        f"SELECT ifnull(sum({alike}), 0), count(*) FROM main.{entry.rows} AS r"
        f" CROSS JOIN {base(entry)} AS t ON {base_is(entry, key_columns(entry))} WHERE r.length % 2 = 1"
    ).fetchone()
    assert found is not None
    return bool(2 * found[0] >= found[1])


def write_to_hidden(db: apsw.Connection, entry: Entry, columns: Collection[str], version: int) -> bool:
    """Stamp hidden rows that hold anything but the default in these new columns; return whether any do."""
    written: dict[int, list[int]] = {}
    for slot in (entry.slots[column] for column in columns):
        rows: list[Any] = db.execute(
            f"SELECT h.r FROM main.{entry.hidden} AS h CROSS JOIN main.{entry.rows} AS r ON r.r = h.r"
            f" WHERE {mark(f'h.v{slot}')} IS NOT r.v{slot}"
        ).fetchall()
        for (r,) in rows:
            written.setdefault(r, []).append(slot)
    Changed(db, entry, version).write_each(dict(written))
    Hidden(db, entry).see(list(written))
    return bool(written)
