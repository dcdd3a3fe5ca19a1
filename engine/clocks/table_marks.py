"""Marks that show whether a table is still the one that it was.

What a clock covers of a table, and where an interrupted range resumes, is true of the table as it was then. Any program
can drop a table or its sync records and recreate them without telling us, and new records may look like the old ones.
So each CRR bears a mark: two triggers that never fire, one on the table and one on its clock table. They are dropped
along with what they are on, and nobody but us creates them. Whatever depends on a table names its mark, and is valid as
long as the table bears it.

``crsql_syncline_marks``  the latest mark of each table, and whether it had another one before: if so, peers may hold
values that this file wrote to it and has lost.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import apsw

from engine.errors import FileReplaced
from engine.sqlite.sql import ident, main
from engine.tables.names import CLOCK, MARK
from engine.tables.types import Bases, Basis, SyncedTable, SyncedTables
from engine.text import t

TABLE = "crsql_syncline_marks"

Marks = tuple[tuple[str, str], ...]
"""Table names, each with the table's mark."""


def unmarked(catalogue: SyncedTables) -> list[SyncedTable]:
    """Return the synced tables that bear no mark, or half of one."""
    return [crr for name, crr in catalogue.synced.items() if name not in catalogue.marks]


def put(db: apsw.Connection, crr: SyncedTable) -> str:
    """Give a table a new mark, in place of any it bears, and return it.

    Runs in the caller's write transaction. A table that had a mark before counts as recreated (``forgetful``).
    """
    mark = os.urandom(8).hex()
    drop(db, crr.name)
    put_again(db, crr, mark)
    db.execute(
        f"CREATE TABLE IF NOT EXISTS main.{TABLE} (name TEXT PRIMARY KEY NOT NULL, mark TEXT NOT NULL, anew INTEGER"
        " NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        f"INSERT INTO main.{TABLE} VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET mark = excluded.mark, anew = 1",
        (crr.name, mark),
    )
    return mark


def put_again(db: apsw.Connection, crr: SyncedTable, mark: str) -> None:
    """Give a table the mark that it had, after a schema change that recorded all that became of it."""
    base, records = crr.anchors
    for trigger, (table, column) in {MARK + mark: base, MARK + mark + CLOCK: records}.items():
        # On a column that none of our writes sets, so that none even evaluates the condition.
        db.execute(
            f"DROP TRIGGER IF EXISTS {main(trigger)}; CREATE TRIGGER {main(trigger)} AFTER UPDATE OF {ident(column)}"
            f" ON {ident(table)} WHEN 0 BEGIN SELECT 1; END"
        )


def forgetful(db: apsw.Connection) -> bool:
    """Return whether the file may have lost something it wrote itself, since it met its first peer.

    That is so if a table was recreated, or has lost a column, which may come back.
    """
    sql = f"SELECT 1 FROM main.{TABLE} WHERE anew"
    return db.table_exists("main", TABLE) and db.execute(sql).fetchone() is not None


def note_loss(db: apsw.Connection, name: str) -> None:
    """Note that a table has lost a column, and with it what this file may have written there."""
    if db.table_exists("main", TABLE):
        db.execute(f"UPDATE main.{TABLE} SET anew = 1 WHERE name = ?", (name,))


def rename(db: apsw.Connection, before: str, name: str) -> None:
    """Carry the record of a mark over to a table's new name; its triggers were renamed with the table."""
    if db.table_exists("main", TABLE):
        db.execute(f"UPDATE OR REPLACE main.{TABLE} SET name = ? WHERE name = ?", (name, before))


def renew(db: apsw.Connection) -> None:
    """Clear all notes of loss: under the file's new site id nothing was written yet, so nothing is lost."""
    if db.table_exists("main", TABLE):
        db.execute(f"UPDATE main.{TABLE} SET anew = 0")


def drop(db: apsw.Connection, name: str) -> None:
    """Take the mark off a table and its clock table, as far as it is there, so that nothing that depended on it is
    valid."""
    sql = (
        f"SELECT name FROM main.sqlite_master WHERE type = 'trigger' AND name GLOB '{MARK}*'"
        " AND tbl_name COLLATE NOCASE IN (?, ?)"
    )
    for row in db.execute(sql, (name, name + CLOCK)).fetchall():
        db.execute(f"DROP TRIGGER {main(str(row[0]))}")


def check(now: Mapping[str, Basis], held: Bases) -> None:
    """Refuse what rests on tables or columns that are not the same any more, or not covered any more.

    Args:
        now: what the tables are now, or what is covered now.
        held: what must still be the same.

    Raises:
        FileReplaced: one of them has changed.
    """
    anew = {name for name, basis in held if not basis.stands_in(now.get(name))}
    if anew:
        raise FileReplaced(
            t("The table “{table}” was recreated in the meantime.", table=min(anew)),
            hint=t("Syncline requests all of it again."),
        )
