"""Tables that take no part in sync for now, for a reason found only while merging: recorded in the file, for all to
see.

``crsql_syncline_parked`` has one row for each. It is valid as long as the table and the triggers that may act on it are
what they were then. ``template`` is the reason in a form that can be translated. The table is recreated with every
change, so that whoever reads the schema notices.
"""

from __future__ import annotations

import hashlib
from typing import Any

import apsw

from engine.errors import TableBroken
from engine.sqlite.invalid_text import each
from engine.sqlite.sql import main
from engine.text import packed, t, unpacked

TABLE = "crsql_syncline_parked"


def read(db: apsw.Connection) -> dict[str, str]:
    """Return why each table is parked, by wire name."""
    return {name: reason for name, reason, depends in _rows(db) if depends == _depends(db, name)}


def parked(table: str, why: str) -> TableBroken:
    """Return the error for a table that takes no part in sync for now."""
    return TableBroken(
        table, why, hint=t("Undo that, or stop syncing the table: SELECT crsql_as_table('{table}')", table=table)
    )


def record(db: apsw.Connection, name: str, reason: str) -> None:
    """Park a table, in the caller's transaction; ``reason`` is as in ``Catalogue.parked``."""
    kept = [row for row in _rows(db) if row[0] != name and row[2] == _depends(db, row[0])]
    _write(db, [*kept, (name, reason, _depends(db, name))])


def release(db: apsw.Connection, name: str | None = None) -> None:
    """Let one parked table, or all, take part again, in the caller's transaction."""
    _write(db, [row for row in _rows(db) if name is not None and row[0] != name])


def _rows(db: apsw.Connection) -> list[tuple[Any, ...]]:
    if not db.table_exists("main", TABLE):
        return []
    rows = db.execute(f"SELECT * FROM {main(TABLE)} ORDER BY tbl").fetchall()
    return [(name, unpacked(str(text[0])) if text else reason, depends) for name, reason, depends, *text in rows]


def _write(db: apsw.Connection, rows: list[tuple[Any, ...]]) -> None:
    db.execute(f"DROP TABLE IF EXISTS {main(TABLE)}")
    if rows:
        layout = "tbl TEXT PRIMARY KEY NOT NULL, reason TEXT NOT NULL, depends BLOB NOT NULL, template TEXT NOT NULL"
        db.execute(f"CREATE TABLE {main(TABLE)} ({layout}) WITHOUT ROWID")
        kept = [(name, reason, depends, packed(reason)) for name, reason, depends in rows]
        db.executemany(f"INSERT INTO {main(TABLE)} VALUES (?, ?, ?, ?)", kept)


def _depends(db: apsw.Connection, name: str) -> bytes:
    """Return a digest of the table's schema, and of all triggers except other tables' sync triggers, as one may fire
    the next.

    Marks (``engine.clocks.table_marks``) never fire, so they are left out.
    """
    rows = each(
        db,
        "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE type IN ('table', 'trigger')"
        " AND (tbl_name = ?1 COLLATE NOCASE OR type = 'trigger' AND name NOT GLOB '*__crsql_*')"
        " AND name NOT GLOB 'crsql_syncline_mark_*' ORDER BY name, type",
        (name,),
    )
    return hashlib.blake2b(repr(list(rows)).encode(), digest_size=16).digest()
