"""Schema changes that reach the machines at different times, as new releases of an app do."""

from __future__ import annotations

from collections.abc import Callable

from engine.replica import Replica
from engine.tables.introspect import is_ordinary

from .truth import Tables

Release = Callable[[Replica, Callable[..., None]], None]


def _add_table(replica: Replica, _: object) -> None:
    replica.connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text)")
    replica.make_crr("note")


def _altering(table: str, sql: str) -> Release:
    def alter(replica: Replica, app: Callable[..., None]) -> None:
        if is_ordinary(replica.connection, table):
            app(f"ALTER TABLE {table} {sql}")
            return
        with replica.altering(table) as db:
            db.execute(f"ALTER TABLE {table} {sql}")

    return alter


RELEASES: dict[str, Release] = {
    "a new table": _add_table,
    "a new column": _altering("item", "ADD COLUMN more"),
    "a column less": _altering("item", "DROP COLUMN r"),
    "a renamed column": _altering("item", "RENAME COLUMN n TO amount"),
    "memos have more": _altering("memo", "ADD COLUMN late DEFAULT 5"),
    "memos have less": _altering("memo", "DROP COLUMN r"),
}
"""What an app's later releases do to its tables, given the replica, and what an app writes with that knows nothing of
it. Each may come in any order, but in the same on all machines."""


def missing(tables: Tables, release: str) -> bool:
    """Whether a file with these tables still lacks a release; a backup of it may, again."""
    columns, memo = tables["item"].columns, tables["memo"].columns
    return {
        "a new table": "note" not in tables,
        "a new column": "more" not in columns,
        "a column less": "r" in columns,
        "a renamed column": "amount" not in columns,
        "memos have more": "late" not in memo,
        "memos have less": "r" in memo,
    }[release]
