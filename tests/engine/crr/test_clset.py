"""A table and its sync records in one statement: CREATE VIRTUAL TABLE foo_schema USING clset (cr-sqlite.md 2.5)."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from engine.crr import connect
from engine.errors import NotEligible, UsageError
from engine.replica import Replica

CREATE = "CREATE VIRTUAL TABLE foo_schema USING clset (a INTEGER PRIMARY KEY NOT NULL, b TEXT DEFAULT 'x, y')"


@pytest.fixture
def db(tmp_path: Path) -> apsw.Connection:
    return connect(tmp_path / "a.db", create=True)


def names(db: apsw.Connection) -> list[str]:
    found = db.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'crsql%' AND name NOT LIKE 'sqlite%'")
    return [name for (name,) in found]


OF_FOO = ["foo", "foo__crsql_clock", "foo__crsql_clock_dbv_idx", "foo__crsql_pks", "foo__crsql_pks_pks",
          "foo__crsql_itrig", "foo__crsql_utrig", "foo__crsql_dtrig"]  # fmt: skip


@pytest.mark.parametrize("inside", [True, False])
def test_made_and_dropped(db: apsw.Connection, inside: bool) -> None:
    if inside:
        db.execute("BEGIN")
    db.execute(CREATE)
    assert sorted(names(db)) == sorted([*OF_FOO, "foo_schema"])
    db.execute("INSERT INTO foo (a) VALUES (1)")
    assert db.execute("SELECT cid, val FROM crsql_changes").fetchall() == [("b", "x, y")]
    if inside:
        db.execute("COMMIT")
    version = db.execute("SELECT crsql_db_version()").get
    db.execute("DROP TABLE foo_schema")
    assert names(db) == []
    assert db.execute("SELECT crsql_db_version()").get == version, "peers would skip what comes next"


def test_it_is_there_again_in_the_next_connection(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for statement in (CREATE, "INSERT INTO foo VALUES (1, 2)", "DROP TABLE foo_schema"):
        db = connect(path, create=True)
        db.execute(statement)
        db.close()
    with Replica.open(path) as replica:
        assert replica.tables() == []


def test_the_tables_of_a_file_with_one(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(CREATE)
        assert [(t.name, t.syncable) for t in replica.tables()] == [("foo_schema", False), ("foo", True)]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("CREATE VIRTUAL TABLE foo USING clset (a INTEGER PRIMARY KEY NOT NULL)", UsageError),
        ("CREATE VIRTUAL TABLE _schema USING clset (a INTEGER PRIMARY KEY NOT NULL)", UsageError),
        ("CREATE VIRTUAL TABLE FOO_SCHEMA USING clset (a INTEGER PRIMARY KEY NOT NULL)", UsageError),
        ("CREATE VIRTUAL TABLE temp.foo_schema USING clset (a INTEGER PRIMARY KEY NOT NULL)", UsageError),
        ("CREATE VIRTUAL TABLE foo_schema USING clset", UsageError),
        ("CREATE VIRTUAL TABLE foo_schema USING clset ()", UsageError),
        ("CREATE VIRTUAL TABLE foo_schema USING clset (a, b)", NotEligible),
        ("CREATE VIRTUAL TABLE mine_schema USING clset (a INTEGER PRIMARY KEY NOT NULL)", apsw.SQLError),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_refusals_leave_nothing(db: apsw.Connection, statement: str, error: type[Exception], inside: bool) -> None:
    db.execute("CREATE TABLE mine (a)")
    if inside:
        db.execute("BEGIN; INSERT INTO mine VALUES (1)")
    with pytest.raises(error):
        db.execute(statement)
    assert names(db) == ["mine"]
    assert db.in_transaction == inside
    assert db.execute("SELECT count(*) FROM mine").get == inside


def test_it_holds_nothing_itself(db: apsw.Connection) -> None:
    db.execute(CREATE)
    assert db.execute("SELECT count(*) FROM foo_schema").get == 0
    for statement in (
        "INSERT INTO foo_schema DEFAULT VALUES",
        "ALTER TABLE foo_schema RENAME TO mine_schema",
    ):
        with pytest.raises(UsageError, match="only stands for “foo”"):
            db.execute(statement).fetchall()
    assert sorted(names(db)) == sorted([*OF_FOO, "foo_schema"])


def test_dropping_it_never_drops_another_table(db: apsw.Connection) -> None:
    db.execute(CREATE)
    db.execute("DROP TABLE foo; CREATE TABLE foo (mine)")
    db.execute("INSERT INTO foo VALUES (1); DROP TABLE foo_schema")
    assert db.execute("SELECT * FROM foo").fetchall() == [(1,)]


def test_what_is_left_of_a_dropped_table_goes_too(db: apsw.Connection) -> None:
    db.execute(CREATE)
    db.execute("DROP TABLE foo; DROP TABLE foo_schema")
    assert names(db) == []
