"""Migrations from a schema text (cr-sqlite.md 8.3): what is found, done and refused; a failure changes nothing."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from engine.errors import NotEligible, ReplicaError, SynclineError, UsageError
from engine.replica import Replica
from engine.tables import Lost, Migration
from engine.tables.ddl_tokens import column_definitions
from tests.engine.crr.altering import dump, triggers
from tests.engine.crr.conftest import MakeReplica
from tests.engine.crr.test_trigger_functions import clock

FIRST = """
CREATE TABLE IF NOT EXISTS foo (a INTEGER PRIMARY KEY NOT NULL, b, c);
SELECT crsql_as_crr('foo');
CREATE TABLE IF NOT EXISTS bar (x TEXT PRIMARY KEY NOT NULL, y); SELECT crsql_as_crr('bar');
CREATE TABLE IF NOT EXISTS plain (p);
CREATE INDEX IF NOT EXISTS foo_b ON foo (b);
CREATE INDEX IF NOT EXISTS foo_c ON foo (c);
"""
SECOND = """
CREATE TABLE IF NOT EXISTS Foo (
    a INTEGER PRIMARY KEY NOT NULL, -- the key, of course
    b,
    "d (e" TEXT COLLATE NOCASE NOT NULL DEFAULT 'x,y' CHECK ("d (e" != ')'), /* with, a comma */
    f REAL DEFAULT 1.5,
    g BLOB DEFAULT x'0f',
    h AS (b + 1),
    CHECK (a != 99)
);
SELECT crsql_as_crr('foo');
CREATE TABLE IF NOT EXISTS new (x PRIMARY KEY NOT NULL, y);
SELECT crsql_as_crr('new');
CREATE INDEX IF NOT EXISTS foo_b ON foo (b, f);
"""


@pytest.fixture
def replica(make: MakeReplica) -> Replica:
    """A file with the first schema and some rows."""
    replica = make(schema="SELECT 1", tables=())
    assert replica.connection.execute("SELECT crsql_automigrate(?)", (FIRST,)).get == "migration complete"
    replica.connection.execute(
        "INSERT INTO foo VALUES (1, 1, 1), (2, 2, NULL); INSERT INTO bar VALUES ('x', 1), ('y', 1);"
        "INSERT INTO plain VALUES (1)"
    )
    return replica


def test_a_file_from_nothing(replica: Replica) -> None:
    assert [(t.name, t.syncable) for t in replica.tables()] == [("foo", True), ("bar", True), ("plain", False)]
    before = dump(replica.connection)
    assert replica.migrate(FIRST) == replica.plan_migration(FIRST) == Migration()
    assert dump(replica.connection) == before


def test_what_is_planned_is_done(replica: Replica, tmp_path: Path) -> None:
    expected = Migration(
        created=("new",),
        dropped=(Lost("bar", "", 2), Lost("plain", "", 1)),
        added=(("foo", "d (e"), ("foo", "f"), ("foo", "g"), ("foo", "h")),
        removed=(Lost("foo", "c", 1),),
        indexes=("foo_b", "foo_c"),
    )
    before = dump(replica.connection)
    with Replica.open(tmp_path / "a.db", readonly=True) as reader:
        assert reader.plan_migration(SECOND) == expected
    assert expected.loses == 4
    assert dump(replica.connection) == before
    version = replica.db_version()
    assert replica.migrate(SECOND) == expected
    db = replica.connection
    assert db.execute("SELECT * FROM foo").fetchall() == [
        (1, 1, "x,y", 1.5, b"\x0f", 2),
        (2, 2, "x,y", 1.5, b"\x0f", 3),
    ]
    with pytest.raises(apsw.ConstraintError):
        db.execute("UPDATE foo SET \"d (e\" = ')'")
    assert db.execute("SELECT count(*) FROM foo WHERE \"d (e\" = 'X,Y'").get == 2, "the collation came along"
    assert [row[:2] for row in clock(db)] == [(1, "b"), (2, "b")]
    assert db.execute("SELECT name FROM pragma_index_info('foo_b')").fetchall() == [("b",), ("f",)]
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'bar%'").get == 0, "and its sync records"
    assert replica.synced_tables() == ("foo", "new")
    assert triggers(db) == 6
    assert replica.db_version() == version, "the floor of the table that went"
    db.execute("UPDATE foo SET f = 2.5 WHERE a = 1")
    assert [(c.cid, c.val) for c in replica.changes(version).changes] == [("f", 2.5)]
    assert replica.migrate(SECOND) == Migration()


def test_inside_the_callers_transaction(replica: Replica) -> None:
    db = replica.connection
    before = dump(db)
    db.execute("BEGIN; INSERT INTO foo VALUES (3, 3, 3)")
    # As the published server calls it.
    sql = "SELECT crsql_automigrate(?, 'SELECT crsql_finalize();')"
    assert db.execute(sql, (SECOND,)).get == "migration complete"
    db.execute("ROLLBACK")
    assert dump(db) == before
    db.execute("BEGIN; INSERT INTO foo VALUES (3, 3, 3)")
    with pytest.raises(ReplicaError):
        db.execute(sql, (FIRST.replace("b, c", "b, c, z NOT NULL"),)).fetchall()
    db.execute("COMMIT")
    assert db.execute("SELECT count(*), max(c) FROM foo").fetchall() == [(3, 3)]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("CREATE TABLE x (", UsageError, "cannot be read: incomplete input"),
        ("CREATE TABLE x (a); nonsense", UsageError, "cannot be read"),
        (FIRST + "CREATE TABLE foo (a)", UsageError, "already exists"),
        ("BEGIN; " + FIRST + "COMMIT", UsageError, "it begins or ends a transaction"),
        ("ATTACH 'other.db' AS other", UsageError, "it attaches a file"),
        ("", UsageError, "has no tables"),
        (FIRST.replace("IF NOT EXISTS", ""), ReplicaError, "The schema cannot be applied: table foo already exists"),
        (FIRST.replace("NULL, b, c", "NULL, b UNIQUE, c"), NotEligible, "“b” must be unique"),
        (FIRST.replace("a INTEGER PRIMARY KEY NOT NULL, b", "b PRIMARY KEY NOT NULL"), ReplicaError,
         "The column “a” of “foo” cannot be dropped"),
        (FIRST.replace("b, c)", "b, c, d NOT NULL)"), NotEligible, "“d” is NOT NULL but has no DEFAULT"),
        (FIRST.replace("(p)", "(p, q NOT NULL)"), ReplicaError, "The column “q” cannot be added to “plain”"),
        (FIRST.replace("(p)", "(p, q AS (p) STORED)"), ReplicaError, "The column “q” cannot be added to “plain”"),
        (FIRST + "CREATE UNIQUE INDEX IF NOT EXISTS u ON plain (p); INSERT INTO plain VALUES (1);", ReplicaError,
         "The schema cannot be applied"),
    ],
)  # fmt: skip
def test_a_refusal_leaves_the_file_as_it_was(
    replica: Replica, text: str, kind: type[SynclineError], words: str
) -> None:
    db = replica.connection
    db.execute("CREATE TABLE IF NOT EXISTS more (m)")
    before = dump(db)
    with pytest.raises(kind, match=words) as error:
        replica.migrate(text)
    assert error.value.hint
    assert (dump(db), db.in_transaction) == (before, False)
    db.execute("UPDATE foo SET b = 7")
    assert triggers(db) == 6


def test_an_ordered_table(replica: Replica) -> None:
    ordered = FIRST + "SELECT crsql_fract_as_ordered('foo', 'b');"
    replica.migrate(ordered)
    with_more = ordered.replace("a INTEGER PRIMARY KEY NOT NULL, b, c", "a INTEGER PRIMARY KEY NOT NULL, b, more")
    replica.migrate(with_more.replace("CREATE INDEX IF NOT EXISTS foo_c ON foo (c);", ""))
    db = replica.connection
    db.execute("DELETE FROM foo; INSERT INTO foo VALUES (1, 1, 'first')")
    db.execute("INSERT INTO foo_fractindex (a, more, after_a) VALUES (2, 'second', 1)")
    assert db.execute("SELECT more FROM foo ORDER BY b").fetchall() == [("first",), ("second",)]
    replica.migrate("CREATE TABLE IF NOT EXISTS plain (p)")
    assert [table.name for table in replica.tables()] == ["plain"]


@pytest.mark.parametrize("call", ["crsql_automigrate()", "crsql_automigrate(1)", "crsql_automigrate('', NULL)"])
def test_wrong_arguments(replica: Replica, call: str) -> None:
    with pytest.raises(UsageError, match="takes the text of a schema"):
        replica.connection.execute(f"SELECT {call}").fetchall()


def test_the_definitions_of_columns() -> None:
    sql = """CREATE TABLE "t (" (a, [b, c] DECIMAL(10, 2) /* , */ DEFAULT (1 + 2), 'd''' -- , x
        TEXT DEFAULT '(', CONSTRAINT "q" CHECK (a > 1), PRIMARY KEY (a)) WITHOUT ROWID"""
    assert column_definitions(sql) == {
        "a": "a", "b, c": "[b, c] DECIMAL(10, 2)   DEFAULT (1 + 2)", "d'": "'d'''   TEXT DEFAULT '('",
    }  # fmt: skip
