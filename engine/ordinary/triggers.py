"""The triggers that log the keys of rows that any program writes: plain SQL, without any function.

They name key columns only, so that an app's ADD, DROP and RENAME COLUMN keep working; a log has no rule that could
fail, so that an outer INSERT OR ABORT has nothing to override. The log says only where to look: what was written is
found by comparison, and a log that is full, or missing triggers, only make the comparison longer.
"""

from __future__ import annotations

import apsw

from engine.ordinary.register import Entry
from engine.sqlite.invalid_text import each
from engine.sqlite.sql import ident, idents, main

FULL = 100_000
"""Entries of a log that is full, which means: compare everything. (It is a condition of the trigger, as INSERT ...
SELECT with a limit takes twice as long.)"""

EVENTS = ("insert", "update", "move", "delete")


def name(entry: Entry, event: str) -> str:
    """Return the name of one of a table's triggers."""
    return f"crsql_syncline_{entry.number}_{event}"


def text(entry: Entry, event: str) -> str:
    """Return the SQL of a trigger as SQLite stores it.

    ``move`` logs the old key of a row whose key changed (not AFTER UPDATE OF, which SET rowid = 9 would not fire).
    """
    row = "OLD" if event in ("move", "delete") else "NEW"
    what = "UPDATE" if event == "move" else event.upper()
    when = f"NOT EXISTS (SELECT 1 FROM {entry.log} WHERE id = {FULL})"
    if event == "move":
        moved = " OR ".join(f"OLD.{ident(key)} COLLATE BINARY IS NOT NEW.{ident(key)}" for key in entry.key)
        when += f" AND ({moved})"
    columns, values = ", ".join(entry.log_key), idents(entry.key, prefix=row + ".")
    if entry.collection and row == "OLD":
        columns, values = f"{columns}, gone", f"{values}, 1"
    return (
        f"CREATE TRIGGER {ident(name(entry, event))} AFTER {what} ON {ident(entry.name)} FOR EACH ROW WHEN {when}"
        f" BEGIN INSERT INTO {entry.log} ({columns}) VALUES ({values}); END"
    )


def fit(db: apsw.Connection, entry: Entry) -> bool:
    """Return whether all of them exist, to the letter."""
    return not amiss(db, entry)


def amiss(db: apsw.Connection, entry: Entry) -> set[str]:
    """Return those that are missing, changed or superfluous."""
    found = dict(
        each(
            db,
            "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger' AND name GLOB ?",
            (f"crsql_syncline_{entry.number}_*",),
        )
    )
    made = {name(entry, event): text(entry, event) for event in EVENTS}
    return {one for one, _ in found.items() ^ made.items()}


def make(db: apsw.Connection, entry: Entry) -> None:
    """Recreate the triggers, in the caller's transaction."""
    drop(db, entry)
    for event in EVENTS:
        db.execute(text(entry, event).replace("CREATE TRIGGER ", "CREATE TRIGGER main.", 1))


def drop(db: apsw.Connection, entry: Entry) -> None:
    """Drop those that exist."""
    for event in EVENTS:
        db.execute(f"DROP TRIGGER IF EXISTS {main(name(entry, event))}")
