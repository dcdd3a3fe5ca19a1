"""Marks by which a table is known to be the one it was.

What a clock covers, and where a cut range goes on, holds of a table as it was then. Any program can drop a table or its
sync records and make them anew without a word to us, and new records may look like the old ones. So each CRR bears a
mark: two triggers that never fire, one on the table and one on its clock. They go with what they are on, and none but
us makes them. Whatever depends on a table names its mark, and holds as long as the table bears it.

``crsql_syncline_marks``  the latest mark of each table, and whether it had another one before: then peers may hold what
this file wrote to it, and holds no more.
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
"""The names of tables, and the mark of each."""


def unmarked(catalogue: SyncedTables) -> list[SyncedTable]:
    """The tables in sync that bear no mark, or half of one."""
    return [crr for name, crr in catalogue.synced.items() if name not in catalogue.marks]


def put(db: apsw.Connection, crr: SyncedTable) -> str:
    """Mark a table that bears no mark, or half of one, or another from now on; returns the mark. Runs in the caller's
    write transaction."""
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
    """Give a table the mark that it bore, where a schema change has recorded all that became of it."""
    base, records = crr.anchors
    for trigger, (table, column) in {MARK + mark: base, MARK + mark + CLOCK: records}.items():
        # Of a column that no write of ours sets, so that no write even asks for the condition.
        db.execute(
            f"DROP TRIGGER IF EXISTS {main(trigger)}; CREATE TRIGGER {main(trigger)} AFTER UPDATE OF {ident(column)}"
            f" ON {ident(table)} WHEN 0 BEGIN SELECT 1; END"
        )


def forgetful(db: apsw.Connection) -> bool:
    """Whether the file may not hold all that it has written, as a table was made anew since it met its first peer, or
    a column of it is gone, which may come back."""
    sql = f"SELECT 1 FROM main.{TABLE} WHERE anew"
    return db.table_exists("main", TABLE) and db.execute(sql).fetchone() is not None


def note_loss(db: apsw.Connection, name: str) -> None:
    """A column of a table is gone, and with it what this file may have written to it."""
    if db.table_exists("main", TABLE):
        db.execute(f"UPDATE main.{TABLE} SET anew = 1 WHERE name = ?", (name,))


def rename(db: apsw.Connection, before: str, name: str) -> None:
    """A table has another name; its mark went with it."""
    if db.table_exists("main", TABLE):
        db.execute(f"UPDATE OR REPLACE main.{TABLE} SET name = ? WHERE name = ?", (name, before))


def renew(db: apsw.Connection) -> None:
    """The file has a new id: nothing was written under that one, and so nothing of it is lost."""
    if db.table_exists("main", TABLE):
        db.execute(f"UPDATE main.{TABLE} SET anew = 0")


def drop(db: apsw.Connection, name: str) -> None:
    """Take the mark off a table, its clock or what is left of them: nothing that depended on it holds any more."""
    sql = (
        f"SELECT name FROM main.sqlite_master WHERE type = 'trigger' AND name GLOB '{MARK}*'"
        " AND tbl_name COLLATE NOCASE IN (?, ?)"
    )
    for row in db.execute(sql, (name, name + CLOCK)).fetchall():
        db.execute(f"DROP TRIGGER {main(str(row[0]))}")


def check(now: Mapping[str, Basis], held: Bases) -> None:
    """Refuse what rests on tables or columns that are not the same any more, or are covered no more.

    Args:
        now: what there is now, or is covered.

    Raises:
        FileReplaced: one of them was made anew.
    """
    anew = {name for name, basis in held if not basis.stands_in(now.get(name))}
    if anew:
        raise FileReplaced(
            t("The table “{table}” was recreated in the meantime.", table=min(anew)),
            hint=t("Syncline requests all of it again."),
        )
