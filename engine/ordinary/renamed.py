"""Tables that an app has renamed: they continue under their new names, with all records of their rows.

SQLite keeps the triggers of a table when it is renamed, so they tell which one it was. A row is then the same one on
every machine, whoever renames first; if the table were made syncable anew, auto-numbered rows would be different ones
on each. A person has to make the renamed table syncable: in the middle of an update, an app may rename a table only to
rebuild it and drop the old one.
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
    """Return the new name of a table that no longer exists, if another one that is not synced, and has its key, has its
    triggers; '' if there is none. A name in another letter case is a different one, as peers identify tables by it.
    Only reads."""
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
    """Continue with a table that was renamed, in the caller's write transaction; return False if it was not.

    For peers it is another table: no clock covers any of it, and nothing is deleted on their side. Its rows are
    compared by the next capture.

    Args:
        key: the columns of its present key.
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
