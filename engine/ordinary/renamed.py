"""Tables that an app has renamed: they go on under their new names, with all that is recorded of their rows.

SQLite takes the triggers of a table along when it is renamed, so they say which one it was. A row is the same one then
on every machine, whoever renames first; were the table made syncable anew, rows whose numbers SQLite hands out would be
others on each. It takes a person, who makes the table syncable: in the middle of an update, an app may rename a table
only to make it anew and drop that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import apsw

from engine.clocks import coverage, datasets, table_marks
from engine.ordinary import register, relations, triggers
from engine.ordinary.eligibility import key_of
from engine.ordinary.register import Entry, held_rows
from engine.tables import omitted_triggers
from engine.tables.introspect import Table, describe, is_crr, is_ordinary


def new_name(db: apsw.Connection, entry: Entry) -> str:
    """What a table that is not there is called now, if another one that is not synced, and has its key, bears its
    triggers; empty where there is none. A name in another letter case is another one, as peers tell tables by it. Only
    reads."""
    table = describe(db, entry.name)
    if table is not None and table.name == entry.name:
        return ""
    sql = "SELECT DISTINCT tbl_name FROM main.sqlite_master WHERE type = 'trigger' AND name IN (?, ?, ?, ?)"
    found = db.execute(sql, [triggers.name(entry, event) for event in triggers.EVENTS]).fetchall()
    now = describe(db, str(found[0][0])) if len(found) == 1 else None
    if now is None or is_ordinary(db, now.name) or is_crr(db, now.name) or key_of(db, now) != entry.key:
        return ""
    return now.name


def go_on(db: apsw.Connection, entries: Iterable[Entry], table: Table, key: tuple[str, ...]) -> bool:
    """Go on with a table that was renamed, in the caller's write transaction; False where it was not.

    Peers hear of it as of another table: nothing of it is covered by any clock, and nothing is deleted over there. Its
    rows are compared by the next capture.

    Args:
        key: the columns by which its rows are told apart now.
    """
    entry = next((one for one in entries if one.key == key and new_name(db, one) == table.name), None)
    if entry is None:
        return False
    coverage.forget_table(db, entry.name)
    held_rows(db).forget_table(entry.name)
    datasets.rename(db, entry.name, table.name)
    table_marks.rename(db, entry.name, table.name)
    relations.rename(db, entry.name, table.name)
    if entry.name in omitted_triggers.agreed(db):
        omitted_triggers.withdraw(db, entry.name)
        omitted_triggers.agree(db, table.name)
    register.save(db, replace(entry, name=table.name, schema=-1))
    return True
