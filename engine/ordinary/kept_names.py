"""Keeps the names of rows of a table that is no longer synced (``global_keys``): if it is made syncable again, its rows
are those that others know, not new ones beside them.

A number may belong to another row by then, as SQLite hands out the highest one again once its row is deleted. So what
each row held is kept, too: up to the highest number whose row is unchanged, no number was handed out again.
"""

from __future__ import annotations

import apsw

from engine.ordinary.births import KEPT
from engine.ordinary.register import Entry, base, handed_out
from engine.ordinary.shadow import mark
from engine.sqlite.sql import ident
from engine.tables.introspect import column_names

_TABLE = "crsql_syncline_undone_names"
_LAYOUT = "tbl TEXT NOT NULL, pk BLOB NOT NULL, k0 INTEGER, held TEXT, PRIMARY KEY (tbl, pk)"
"""``held``: the shadow of each column, as SQL, in JSON."""


def keep(db: apsw.Connection, entry: Entry) -> None:
    """Keep the names, in the transaction in which everything else of a table is removed."""
    if not entry.collection:
        return
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{_TABLE} ({_LAYOUT}) WITHOUT ROWID")
    db.execute(f"DELETE FROM main.{_TABLE} WHERE tbl = ?", (entry.name,))
    if not are_lost(db, entry):
        there = set(column_names(db, entry.rows))  # some may be gone
        slots = {column: slot for column, slot in entry.slots.items() if f"v{slot}" in there}
        held = ", ".join(f"?{n}, quote(v{slot})" for n, slot in enumerate(slots.values(), 2))
        sql = f"SELECT ?1, pk, k0, json_object({held}) FROM main.{entry.rows} WHERE length % 2 = 1"
        db.execute(f"INSERT OR IGNORE INTO main.{_TABLE} {sql}", (entry.name, *map(_label, slots)))


def are_lost(db: apsw.Connection, entry: Entry) -> bool:
    """Return whether the records of an auto-numbered table do not even tell the names of its rows."""
    if not entry.collection or not db.table_exists("main", entry.rows):
        return bool(entry.collection)
    return not {"pk", "k0", "length"} <= set(column_names(db, entry.rows))


def put_back(db: apsw.Connection, entry: Entry) -> None:
    """Give rows that still exist their names back, before they are recorded."""
    if not entry.collection or not db.table_exists("main", _TABLE):
        return
    names = f"main.{_TABLE} AS n CROSS JOIN {base(entry)} AS t ON t.{ident(entry.key[0])} = n.k0 WHERE n.tbl = ?1"
    values = (f"quote({mark(f't.{ident(column)}')})" for column in entry.columns)
    as_it_was = "".join(f" AND ifnull(n.held ->> ?{n}, {value}) = {value}" for n, value in enumerate(values, 3))
    db.execute(
        f"INSERT OR IGNORE INTO main.{entry.rows} (pk, k0, length, covers, col_version, db_version, site, born)"
        f" SELECT n.pk, n.k0, 0, x'', 0, 0, 0, {KEPT} FROM {names}"
        f" AND n.k0 <= max(?2, ifnull((SELECT max(n.k0) FROM {names}{as_it_was}), n.k0 - 1))",
        (entry.name, handed_out(db, entry.name), *map(_label, entry.columns)),
    )
    db.execute(f"DELETE FROM main.{_TABLE} WHERE tbl = ?", (entry.name,))


def forget(db: apsw.Connection, name: str) -> None:
    """Forget the names of a table whose rows were given up."""
    if db.table_exists("main", _TABLE):
        db.execute(f"DELETE FROM main.{_TABLE} WHERE tbl = ?", (name,))


def _label(column: str) -> str:
    """Return a column's key in the JSON object, which cannot be taken for a path."""
    return f"c{column.encode().hex()}"
