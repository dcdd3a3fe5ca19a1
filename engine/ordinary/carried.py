"""Hidden rows of a table that an app rebuilds under another key: its records start anew, and the hidden rows are
carried over, hidden until they are tried. A row without a value in a column of the new key cannot be identified, and
two rows with the same key cannot be told apart; these are left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apsw

from engine.ordinary.births import wire_pk
from engine.ordinary.defaults import default_of
from engine.ordinary.hidden import TRY, Hidden, Reason
from engine.ordinary.records import covers_of
from engine.ordinary.register import Entry
from engine.ordinary.shadow import packed
from engine.ordinary.stamps import OWN
from engine.tables.introspect import Table

_BEFORE = "temp.crsql_syncline_carried"
_TYPED = "temp.crsql_syncline_carried_typed"
_NOW = "temp.crsql_syncline_carried_now"


@contextmanager
def kept(db: apsw.Connection, entry: Entry) -> Iterator[bool]:
    """Set the hidden rows of a table aside, in the caller's transaction, while its records are rebuilt.

    Yields whether there are any.
    """
    any_hidden = Hidden(db, entry).any()
    if any_hidden:
        db.execute(f"CREATE TABLE {_BEFORE} AS SELECT * FROM main.{entry.hidden} ORDER BY r")
    try:
        yield any_hidden
    finally:
        db.execute("".join(f"DROP TABLE IF EXISTS {name};" for name in (_BEFORE, _TYPED, _NOW)))


def hide_again(db: apsw.Connection, before: Entry, entry: Entry, table: Table, version: int) -> None:
    """Record these rows as written in this transaction, with a version.

    Args:
        before: the table that they were set aside from.
        entry: the new one, whose shown rows all have records by now.
    """
    columns = {column.name: column for column in table.columns}
    held = {name: f"b.{at}" for name, at in zip(before.key, before.log_key, strict=True)}
    held |= {name: f"b.v{slot}" for name, slot in before.slots.items()}
    names = [*entry.log_key, *(f"v{slot}" for slot in entry.live)]
    values = [
        held[name] if name in held else apsw.format_sql_value(default_of(db, columns[name]))
        for name in (*entry.key, *entry.columns)
    ]
    declared = [columns[name].declared for name in (*entry.key, *entry.columns)]
    typed = [f"{name} {kind}" for name, kind in zip(names, declared, strict=True)]
    count = len(entry.key)
    db.execute(f"CREATE TABLE {_TYPED} ({', '.join(typed)})")
    db.execute(f"INSERT INTO {_TYPED} SELECT {', '.join(values)} FROM {_BEFORE} AS b ORDER BY rowid")
    db.execute(f"CREATE TABLE {_NOW} ({', '.join((*typed[:count], *names[count:]))})")
    as_kept = [f"t.{name}" for name in names]
    for n in range(count, len(names)):  # others took on the types, as by the app's INSERT; these would lose by that
        as_kept[n] = f"CASE b.reason WHEN '{Reason.TYPE}' THEN {values[n]} ELSE t.{names[n]} END"
    joined = f"{_BEFORE} AS b CROSS JOIN {_TYPED} AS t ON t.rowid = b.rowid"
    db.execute(f"INSERT INTO {_NOW} SELECT {', '.join(as_kept)} FROM {joined} ORDER BY b.rowid")
    local = entry.has_global_key
    pk = wire_pk(db, entry) if local else packed(db, [f"l.{name}" for name in entry.log_key])
    keys = "".join(f", {name}" for name in entry.log_key)
    there = " AND ".join(f"l.{name} IS NOT NULL" for name in entry.log_key)
    last: int = db.execute(f"SELECT ifnull(max(r), 0) FROM main.{entry.rows}").get
    db.execute(
        f"INSERT OR IGNORE INTO main.{entry.rows} (pk, length, covers, col_version, db_version, site"
        f"{f'{keys}, born' if local else ''}) SELECT {pk}, 1, x'{covers_of(entry.live).hex()}', 1, {version}, {OWN}"
        f"{f'{keys}, {version}' if local else ''} FROM {_NOW} AS l WHERE {there} ORDER BY l.rowid"
    )
    db.execute(
        f"INSERT OR IGNORE INTO main.{entry.hidden} (r, way, since, {', '.join(names)})"
        f" SELECT r.r, {TRY}, {version}, {', '.join(f'l.{name}' for name in names)} FROM {_NOW} AS l"
        f" CROSS JOIN main.{entry.rows} AS r ON r.pk = {pk} WHERE r.r > {last} AND {there} ORDER BY l.rowid"
    )
    found: list[Any] = db.execute(f"SELECT r FROM main.{entry.hidden}").fetchall()
    Hidden(db, entry).see([r for (r,) in found])
