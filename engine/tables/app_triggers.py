"""An app's own triggers, and what they write when rows are merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import apsw

from engine.sqlite.invalid_text import rows_of_schema
from engine.sqlite.sql import compile_only, ident, idents, main
from engine.tables.introspect import Table, bookkeeping

_WRITES = (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)


class TriggerWrite(NamedTuple):
    """A trigger that writes to a table when a row is merged.

    Attributes:
        trigger: its name.
        on: the table that it is on: the one merged into, or one that another trigger writes to.
        target: the table that it writes to.
        action: SQLITE_INSERT, SQLITE_UPDATE or SQLITE_DELETE.
        column: for an update, the column; "ROWID" for the row's number.
    """

    trigger: str
    on: str
    target: str
    action: int
    column: str


@dataclass(frozen=True)
class Effects:
    """What happens when rows of a table are merged.

    Attributes:
        runs: the triggers that run, including those set off by others.
        writes: what they write.
        error: why they cannot run here; '' if they can.
    """

    runs: tuple[str, ...]
    writes: tuple[TriggerWrite, ...]
    error: str = ""


def app_triggers(db: apsw.Connection) -> dict[str, str]:
    """Return the triggers that are a person's own, each with the table or view that it is on."""
    triggers = rows_of_schema(db, "name, lower(tbl_name)", "type = 'trigger'")
    own = {name: of for name, of in triggers if not bookkeeping(name)}
    if not own:
        return {}
    spelled = dict(rows_of_schema(db, "lower(name), name", "type IN ('table', 'view')"))
    return {name: spelled[of] for name, of in own.items() if of in spelled}


def effects(db: apsw.Connection, table: Table, on: Mapping[str, str]) -> Effects:
    """Return what triggers do when rows of this table are merged. Runs nothing.

    Args:
        on: all triggers (``app_triggers``).
    """
    error = ""
    runs: dict[str, None] = {}
    writes: dict[TriggerWrite, None] = {}

    def note(action: int, first: str | None, second: str | None, schema: str | None, trigger: str | None) -> int:
        if trigger is not None and trigger in on:
            runs[trigger] = None
            if action in _WRITES and schema == "main" and first:
                writes[TriggerWrite(trigger, on[trigger], first, action, second or "")] = None
        return int(apsw.SQLITE_OK)

    before, db.authorizer = db.authorizer, note
    try:
        for sql in merges(table):
            try:
                compile_only(db, sql)
            except apsw.SQLError as failed:  # one has a function or a table that is not there
                error = str(failed)
                runs |= {trigger: None for trigger, of in on.items() if of == table.name}
    finally:
        db.authorizer = before
    return Effects(tuple(runs), tuple(writes), error)


def merges(table: Table) -> Iterator[str]:
    """Yield the statements by which rows of a table are merged, each for a whole row."""
    names = [column.name for column in table.columns if not column.hidden]
    name = main(table.name)
    yield f"INSERT INTO {name} ({idents(names)}) VALUES ({', '.join(['NULL'] * len(names))})"
    others = [column for column in names if column not in table.key] or names
    sets = ", ".join(f"{ident(column)} = NULL" for column in others)
    yield f"UPDATE {name} SET {sets} WHERE {ident(names[0])} = 0"
    yield f"DELETE FROM {name} WHERE {ident(names[0])} = 0"
