"""Schema changes between begin_alter and commit_alter: the results of spec 8.1, and where we take the safe choice."""

from __future__ import annotations

import apsw
import pytest

from engine.crr import Replica
from engine.errors import NotEligible, UsageError
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_capture import clock


def begin(db: apsw.Connection, table: str = "foo") -> None:
    assert db.execute("SELECT crsql_begin_alter(?)", (table,)).fetchall() == [("OK",)]


def commit(db: apsw.Connection, table: str = "foo") -> None:
    assert db.execute("SELECT crsql_commit_alter(?)", (table,)).fetchall() == [(None,)]


def dump(db: apsw.Connection) -> list[tuple[object, ...]]:
    """The whole file: its schema, and every row of every table."""
    found: list[tuple[object, ...]] = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall():
        found += [(name, *row) for row in sorted(db.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)]
    return found


def triggers(db: apsw.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM sqlite_master WHERE name GLOB '*__crsql_?trig'").get)


def test_a_new_column_has_cells_only_where_it_has_a_value(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2)")
    before = clock(foo)
    begin(foo)
    assert triggers(foo) == 0
    foo.execute("ALTER TABLE foo ADD COLUMN d; ALTER TABLE foo ADD COLUMN e NOT NULL DEFAULT 5")
    commit(foo)
    assert not foo.in_transaction
    assert clock(foo) == before
    foo.execute("UPDATE foo SET d = 7 WHERE a = 1")
    assert clock(foo) == [*before[:2], (1, "d", 1, 2, 0, 0), *before[2:]]
    begin(foo)
    foo.execute("UPDATE foo SET e = 6 WHERE a = 2")
    commit(foo)
    assert clock(foo)[-1] == (2, "e", 1, 3, 0, 0), "stamped with the next version, where stock takes the current one"


def test_a_column_dropped_or_renamed(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1), (2, NULL, 2); UPDATE foo SET b = 5 WHERE a = 1")
    begin(foo)
    foo.execute("ALTER TABLE foo DROP COLUMN c; ALTER TABLE foo RENAME COLUMN b TO bb")
    commit(foo)
    # Row 2 has lost all its cells, so that it is recorded completely, defaults and all.
    assert clock(foo) == [(1, "bb", 1, 3, 0, 0), (2, "bb", 1, 3, 0, 1)]
    assert foo.execute("SELECT cid, val, db_version FROM crsql_changes").fetchall() == [("bb", 5, 3), ("bb", None, 3)]


def test_nothing_stands_between_begin_and_commit_but_an_alter(foo: apsw.Connection) -> None:
    before = dump(foo)
    with pytest.raises(UsageError, match="No schema change of the table “foo” is under way"):
        commit(foo)
    assert dump(foo) == before


def test_a_failed_alter_leaves_everything_as_it_was(make: MakeReplica) -> None:
    replica: Replica = make(schema=FOO + "; CREATE TABLE bar (x INTEGER PRIMARY KEY NOT NULL)", tables=("foo", "bar"))
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    before = dump(db)
    begin(db)
    db.execute("ALTER TABLE foo ADD COLUMN d; DELETE FROM foo; CREATE UNIQUE INDEX i ON foo (d)")
    with pytest.raises(NotEligible, match="“d” must be unique"):
        commit(db)
    assert (dump(db), db.in_transaction) == (before, False)
    with pytest.raises(NotEligible, match="“d” must be unique"), replica.altering("foo", "bar"):
        db.execute("ALTER TABLE foo ADD COLUMN d; CREATE UNIQUE INDEX i ON foo (d)")
    assert dump(db) == before
