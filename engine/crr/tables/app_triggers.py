"""What an app's triggers write when rows are merged. They run wherever a change arrives, on top of what they did where
it was made; and what they write to synced tables then is recorded nowhere, so that replicas can come to differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import apsw

from engine.crr.statements import Statements
from engine.sqlite.invalid_text import rows_of_schema
from engine.sqlite.sql import ROWS
from engine.tables.introspect import Table, bookkeeping

_WRITES = (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)


class TriggerWrite(NamedTuple):
    """A trigger that writes to a table when a row is merged.

    Attributes:
        trigger: its name.
        on: what it is on: the table that is merged into, or one that another trigger writes to.
        target: the table that it writes to.
    """

    trigger: str
    on: str
    target: str


def app_triggers(db: apsw.Connection) -> dict[str, str]:
    """The triggers that are a person's own, and the table or view that each is on."""
    triggers = rows_of_schema(db, "name, lower(tbl_name)", "type = 'trigger'")
    own = {name: of for name, of in triggers if not bookkeeping(name)}
    if not own:
        return {}
    spelled = dict(rows_of_schema(db, "lower(name), name", "type IN ('table', 'view')"))
    return {name: spelled[of] for name, of in own.items() if of in spelled}


def trigger_writes(db: apsw.Connection, table: Table, on: Mapping[str, str]) -> list[TriggerWrite]:
    """What triggers write when rows of this table are merged, also those that other triggers set off. Runs nothing.

    Args:
        on: all of them (``app_triggers``).

    Raises:
        apsw.SQLError: they cannot run here: one has a function or a table that is not there.
    """
    found: dict[TriggerWrite, None] = {}

    def note(action: int, target: str | None, _: str | None, schema: str | None, trigger: str | None) -> int:
        if action in _WRITES and schema == "main" and target and trigger and trigger in on:
            found[TriggerWrite(trigger, on[trigger], target)] = None
        return int(apsw.SQLITE_OK)

    before, db.authorizer = db.authorizer, note
    try:
        for sql in _merges(table):
            db.execute(f"EXPLAIN {sql}").fetchall()
    finally:
        db.authorizer = before
    return list(found)


def _merges(table: Table) -> Iterator[str]:
    """The statements by which rows of a table are merged."""
    sql = Statements(table.name, table.name, table.key, table.tracked)
    row = f"({', '.join(['NULL'] * len(table.key + table.tracked))})"
    yield (sql.write_row(table.tracked) if table.tracked else sql.ensure_row).replace(ROWS, row)
    yield sql.delete_rows.replace(ROWS, f"({', '.join(['NULL'] * len(table.key))})")
