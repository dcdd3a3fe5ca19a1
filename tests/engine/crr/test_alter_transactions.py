"""Schema changes and transactions (cr-sqlite.md 8.1): nesting, failures, rollbacks, locks, another program."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from engine.errors import NotEligible, UsageError
from engine.replica import Replica
from tests.engine.crr.altering import alter, begin, commit, dump, triggers
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_trigger_functions import clock
from tests.engine.crr.test_two_programs import Program


def test_nothing_stands_between_begin_and_commit_but_an_alter(foo: apsw.Connection) -> None:
    before = dump(foo)
    with pytest.raises(UsageError, match="No schema change of the table “foo” is in progress"):
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


def test_inside_the_callers_transaction(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1)")
    alter(foo, "ALTER TABLE foo ADD COLUMN d DEFAULT 1; UPDATE foo SET d = 2, b = 2")
    assert foo.in_transaction
    foo.execute("UPDATE foo SET d = 3; COMMIT")
    assert [row[:4] for row in clock(foo)] == [(1, "b", 2, 1), (1, "c", 1, 1), (1, "d", 2, 1)]
    before = dump(foo)
    foo.execute("BEGIN")
    alter(foo, "ALTER TABLE foo DROP COLUMN d; DELETE FROM foo")
    foo.execute("ROLLBACK")
    assert dump(foo) == before
    foo.execute("UPDATE foo SET d = 4")
    assert clock(foo)[-1][:4] == (1, "d", 3, 2)


def test_a_failure_leaves_the_callers_transaction(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1); SAVEPOINT mine")
    before = dump(foo)
    begin(foo)
    foo.execute("DROP TABLE foo")
    with pytest.raises(NotEligible, match="There is no such table"):
        commit(foo)
    assert dump(foo) == before
    foo.execute("INSERT INTO foo VALUES (2, 2, 2); RELEASE mine; COMMIT")
    assert len(clock(foo)) == 4


def test_an_alter_rolled_back_by_its_caller(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    before = dump(foo)
    foo.execute("BEGIN; SAVEPOINT mine")
    begin(foo)
    foo.execute("ALTER TABLE foo ADD COLUMN d; ROLLBACK TO mine")
    with pytest.raises(UsageError, match="is in progress"):
        commit(foo)
    assert dump(foo) == before
    alter(foo, "ALTER TABLE foo ADD COLUMN e; UPDATE foo SET e = 1")
    foo.execute("ROLLBACK TO mine; COMMIT")
    assert dump(foo) == before
    begin(foo)
    foo.execute("ROLLBACK")
    assert (dump(foo), foo.in_transaction) == (before, False)


def test_a_schema_version_that_comes_twice(foo: apsw.Connection) -> None:
    """A rollback to a savepoint takes the schema version back, which the next change takes again."""
    foo.execute("INSERT INTO foo VALUES (1, 1, 1); BEGIN; SAVEPOINT mine")
    foo.execute("ALTER TABLE foo RENAME COLUMN b TO x; UPDATE foo SET x = 2; ROLLBACK TO mine")
    foo.execute("ALTER TABLE foo RENAME COLUMN b TO y; UPDATE foo SET y = 3; COMMIT")
    assert {row[1] for row in clock(foo)} == {"b", "c", "y"}


@pytest.mark.parametrize("order", [("foo", "bar"), ("bar", "foo")])
def test_two_tables_at_once(make: MakeReplica, order: tuple[str, str]) -> None:
    db = make(schema=FOO + "; CREATE TABLE bar (x INTEGER PRIMARY KEY NOT NULL, y)", tables=("foo", "bar")).connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); INSERT INTO bar VALUES (1, 1)")
    begin(db, "foo")
    begin(db, "bar")
    db.execute("ALTER TABLE foo ADD COLUMN d DEFAULT 5; ALTER TABLE bar RENAME COLUMN y TO z; UPDATE foo SET d = 6")
    assert triggers(db) == 0
    commit(db, order[0])
    assert (triggers(db), db.in_transaction) == (3, True)
    commit(db, order[1])
    assert (triggers(db), db.in_transaction) == (6, False)
    assert clock(db)[-1][:4] == (1, "d", 1, 3)
    assert clock(db, "bar")[0][:4] == (1, "z", 1, 3)


@pytest.mark.parametrize("fails", ["foo", "bar"])
def test_a_failure_undoes_what_was_begun_later_too(make: MakeReplica, fails: str) -> None:
    db = make(schema=FOO + "; CREATE TABLE bar (x INTEGER PRIMARY KEY NOT NULL, y)", tables=("foo", "bar")).connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); INSERT INTO bar VALUES (1, 1)")
    before = dump(db)
    begin(db, "foo")
    begin(db, "bar")
    db.execute(f"ALTER TABLE foo ADD COLUMN d; ALTER TABLE bar ADD COLUMN d; CREATE UNIQUE INDEX i ON {fails} (d)")
    with pytest.raises(NotEligible):
        commit(db, fails)
    if fails == "bar":  # foo was begun before it, and goes on
        commit(db, "foo")
        db.execute("DELETE FROM crsql_master WHERE key = 'pre_compact_dbversion'")
    assert (dump(db), db.in_transaction) == (before, False)


def test_one_table_begun_twice(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    begin(foo)
    foo.execute("UPDATE foo SET b = 2")
    begin(foo)
    foo.execute("ALTER TABLE foo ADD COLUMN d")
    commit(foo)
    assert (triggers(foo), foo.in_transaction) == (0, True)
    foo.execute("UPDATE foo SET d = 2")
    commit(foo)
    assert (triggers(foo), foo.in_transaction) == (3, False)
    assert [row[:4] for row in clock(foo)] == [(1, "b", 2, 2), (1, "c", 1, 1), (1, "d", 1, 2)]


def test_a_transaction_ended_in_the_middle(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    begin(foo)
    foo.execute("COMMIT; INSERT INTO foo VALUES (2, 2, 2)")
    with pytest.raises(UsageError, match="is in progress") as error:
        commit(foo)
    assert "in the same transaction" in error.value.hint
    alter(foo, "SELECT 1")
    assert [row[:4] for row in clock(foo)[2:]] == [(2, "b", 1, 2), (2, "c", 1, 2)]
    assert foo.execute("SELECT count(*) FROM temp.sqlite_master WHERE name LIKE 'crsql_alter%'").get == 0


@pytest.mark.parametrize("function", ["begin", "commit"])
def test_not_inside_a_statement_that_writes(foo: apsw.Connection, function: str) -> None:
    foo.execute("CREATE TABLE note (x); INSERT INTO foo VALUES (1, 1, 1)")
    if function == "commit":
        begin(foo)
    with pytest.raises(UsageError, match="cannot be called inside a statement that writes"):
        foo.execute(f"INSERT INTO note SELECT crsql_{function}_alter('foo')")
    if function == "commit":
        foo.execute("ALTER TABLE foo ADD COLUMN d")
        commit(foo)
    assert (triggers(foo), foo.in_transaction) == (3, False)


def test_a_file_locked_at_the_end_is_as_before(tmp_path: Path, make: MakeReplica) -> None:
    db = make().connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    before = dump(db)
    db.set_busy_timeout(50)
    reader = apsw.Connection(str(tmp_path / "a.db"))
    begin(db)
    db.execute("ALTER TABLE foo ADD COLUMN d")
    rows = reader.execute("SELECT * FROM foo, foo AS more")
    next(rows)
    with pytest.raises(apsw.BusyError):
        commit(db)
    reader.close(force=True)
    assert (dump(db), db.in_transaction) == (before, False)
    alter(db, "ALTER TABLE foo ADD COLUMN d")


def test_another_program_alters_while_we_have_the_file_open(tmp_path: Path, make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    other = Program(tmp_path / "a.db")
    other.run(
        "SELECT crsql_begin_alter('foo'); ALTER TABLE foo ADD COLUMN d; ALTER TABLE foo RENAME COLUMN c TO cc;"
        " UPDATE foo SET b = 9; SELECT crsql_commit_alter('foo')"
    )
    assert [(c.cid, c.val, c.col_version, c.db_version) for c in replica.changes().changes] == [
        ("b", 9, 2, 2), ("cc", 1, 1, 2),
    ]  # fmt: skip
    db.execute("UPDATE foo SET d = 5")
    assert replica.shapes()[0].columns == ("b", "cc", "d")
    other.stop()
