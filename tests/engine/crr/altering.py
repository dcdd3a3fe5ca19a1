"""What the tests of schema changes share: the SQL functions, and a whole file to compare."""

from __future__ import annotations

import apsw


def begin(db: apsw.Connection, table: str = "foo") -> None:
    assert db.execute("SELECT crsql_begin_alter(?)", (table,)).fetchall() == [("OK",)]


def commit(db: apsw.Connection, table: str = "foo") -> None:
    assert db.execute("SELECT crsql_commit_alter(?)", (table,)).fetchall() == [(None,)]


def alter(db: apsw.Connection, sql: str, table: str = "foo") -> None:
    begin(db, table)
    db.execute(sql).fetchall()
    commit(db, table)


def dump(db: apsw.Connection) -> list[tuple[object, ...]]:
    """The whole file: its schema, and every row of every table."""
    found: list[tuple[object, ...]] = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall():
        found += [(name, *row) for row in sorted(db.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)]
    return found


def triggers(db: apsw.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM sqlite_master WHERE name GLOB '*__crsql_?trig'").get)


def floor(db: apsw.Connection) -> object:
    return db.execute("SELECT value FROM crsql_master WHERE key = 'pre_compact_dbversion'").get
