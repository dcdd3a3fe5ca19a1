"""Makes what refers to one row refer to another, as if an app had written that, where no app can: in hidden rows, and
in references that are redirected (``leading``), whose new value the table shows already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary.changed import Changed
from engine.ordinary.global_keys import is_number
from engine.ordinary.hidden import Hidden
from engine.ordinary.register import Entry
from engine.tables.kind import Versions


def redirect(
    db: apsw.Connection,
    entry: Entry,
    columns: Mapping[str, tuple[SQLiteValue, SQLiteValue]],
    versions: Versions,
) -> None:
    """Redirect one foreign key of a table, in the caller's write transaction; columns in the key of a row do not
    change.

    Args:
        columns: each with its old and its new value.
    """
    if not columns.keys() <= entry.slots.keys():
        return
    slots = {entry.slots[column]: values for column, values in columns.items()}
    hidden, version = Hidden(db, entry), versions.next_version()
    where = " AND ".join(f"v{slot} = ?{n}" for n, slot in enumerate(slots, 1))
    sql = f"SELECT r FROM main.{entry.hidden} WHERE {where}"
    rows: list[Any] = db.execute(sql, [old for old, _ in slots.values()]).fetchall()
    of_hidden = [r for (r,) in rows]
    for r in of_hidden:
        hidden.write(r, {column: new for column, (_, new) in columns.items()})
    led: list[int] = []
    for column, (old, new) in columns.items():
        root = entry.led_columns.get(column)
        if root is not None and db.execute(f"SELECT 1 FROM main.{root.led} WHERE k0 = ?", (old,)).get:
            at = f"v{entry.slots[column]}"
            known = f"length % 2 = 1 AND {is_number(at, '?1')}"
            found: list[Any] = db.execute(f"SELECT r FROM main.{entry.rows} WHERE {known}", (old,)).fetchall()
            led = [r for (r,) in found if r not in of_hidden]
            db.executemany(f"UPDATE main.{entry.rows} SET {at} = ?2 WHERE r = ?1", [(r, new) for r in led])
    written = {r: list(slots) for r in (*of_hidden, *led)}
    Changed(db, entry, version).write_each(dict(written))
    hidden.see(of_hidden)
    if written:
        versions.keep_floor(version)
