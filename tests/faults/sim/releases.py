"""Schema changes that reach the machines at different times, as new releases of an app do."""

from __future__ import annotations

from collections.abc import Callable

from engine.replica import Replica

from .truth import Tables


def _add_table(replica: Replica) -> None:
    replica.connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text)")
    replica.make_crr("note")


def _altering(sql: str) -> Callable[[Replica], None]:
    def alter(replica: Replica) -> None:
        with replica.altering("item") as db:
            db.execute(f"ALTER TABLE item {sql}")

    return alter


RELEASES: dict[str, Callable[[Replica], None]] = {
    "a new table": _add_table,
    "a new column": _altering("ADD COLUMN more"),
    "a column less": _altering("DROP COLUMN r"),
    "a renamed column": _altering("RENAME COLUMN n TO amount"),
}
"""What an app's later releases do to its tables. Each may come in any order, but in the same on all machines."""


def missing(tables: Tables, release: str) -> bool:
    """Whether a file with these tables still lacks a release; a backup of it may, again."""
    _, columns = tables["item"]
    return {
        "a new table": "note" not in tables,
        "a new column": "more" not in columns,
        "a column less": "r" in columns,
        "a renamed column": "amount" not in columns,
    }[release]
