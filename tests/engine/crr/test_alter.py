"""Schema changes between begin_alter and commit_alter: the results of spec 8.1, and where we take the safe choice."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from engine.crr import Replica
from engine.errors import NotEligible, ReplicaError, UsageError
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_capture import clock
from tests.engine.crr.test_two_programs import Program


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


def test_a_key_only_table_gains_a_column_and_loses_it(make: MakeReplica) -> None:
    db = make(schema="CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL)").connection
    db.execute("INSERT INTO foo VALUES (1), (2); DELETE FROM foo WHERE a = 2; INSERT INTO foo VALUES (2)")
    alter(db, "ALTER TABLE foo ADD COLUMN b; UPDATE foo SET b = 1 WHERE a = 1")
    assert clock(db) == [(1, "-1", 1, 1, 0, 0), (1, "b", 1, 4, 0, 0), (2, "-1", 3, 3, 0, 0)], "sentinels are kept"
    alter(db, "ALTER TABLE foo DROP COLUMN b")
    assert clock(db) == [(1, "-1", 1, 1, 0, 0), (2, "-1", 3, 3, 0, 0)]


def test_a_table_loses_its_last_column(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    alter(foo, "ALTER TABLE foo DROP COLUMN b; ALTER TABLE foo DROP COLUMN c")
    assert clock(foo) == [(1, "-1", 1, 2, 0, 0)], "without columns every row has its sentinel"


def test_rows_that_go_leave_tombstones(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3); DELETE FROM foo WHERE a = 3")
    foo.execute("INSERT INTO foo VALUES (3, 3, 3), (4, 4, 4); DELETE FROM foo WHERE a = 4")
    alter(foo, "DELETE FROM foo WHERE a >= 2")
    assert [row[:4] for row in clock(foo) if row[0] > 1] == [(2, "-1", 2, 5), (3, "-1", 4, 5), (4, "-1", 2, 4)]
    assert {row[:2] for row in clock(foo)} >= {(1, "b"), (1, "c")}


def test_rows_that_come_and_rows_that_come_again(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2); DELETE FROM foo WHERE a = 2")
    alter(foo, "INSERT INTO foo VALUES (2, 5, NULL), (3, NULL, NULL)")
    assert [row[:4] for row in clock(foo) if row[0] > 1] == [
        (2, "-1", 3, 3), (2, "b", 1, 3), (2, "c", 1, 3), (3, "b", 1, 3), (3, "c", 1, 3),
    ]  # fmt: skip


def test_values_that_change_are_writes(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 'x', 2), (3, x'00', 3), (4, NULL, 4)")
    alter(foo, "UPDATE foo SET b = CASE a WHEN 1 THEN 1.0 WHEN 2 THEN 'X' WHEN 3 THEN x'00' END")
    assert [row[:4] for row in clock(foo) if row[3] == 2] == [(1, "b", 2, 2), (2, "b", 2, 2)]


def test_a_changed_key_value_is_a_delete_and_an_insert(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1)")
    alter(foo, "UPDATE foo SET a = 2")
    assert [row[:4] for row in clock(foo)] == [(1, "-1", 2, 2), (2, "b", 1, 2), (2, "c", 1, 2)]


def test_another_key_starts_anew_and_the_version_never_falls(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); UPDATE foo SET b = 2; INSERT INTO foo VALUES (2, 2, 2)")
    db.execute("DELETE FROM foo WHERE a = 2")
    rebuild = (
        "CREATE TABLE new (a INTEGER NOT NULL, b NOT NULL, c, PRIMARY KEY (b, a)); INSERT INTO new SELECT * FROM foo;"
        "DROP TABLE foo; ALTER TABLE new RENAME TO foo"
    )
    alter(db, rebuild)
    assert clock(db) == [(1, "c", 1, 5, 0, 0)]
    assert floor(db) == 4
    assert (triggers(db), replica.db_version()) == (3, 5)
    db.execute("UPDATE foo SET c = 5")
    alter(db, "DELETE FROM foo; ALTER TABLE foo DROP COLUMN c")
    assert (clock(db), replica.db_version()) == ([(1, "-1", 2, 7, 0, 0)], 7)
    begin(db)
    db.execute("DROP TABLE foo")
    db.execute(FOO)
    commit(db)
    assert (clock(db), replica.db_version(), floor(db)) == ([], 7, 7), "the tombstones went with the key"
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    assert replica.db_version() == 8


def test_a_key_in_another_order_keeps_its_versions(make: MakeReplica) -> None:
    schema = "CREATE TABLE foo (a NOT NULL, b NOT NULL, c, PRIMARY KEY (a, b))"
    replica = make(schema=schema)
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 2, 3); UPDATE foo SET c = 4; INSERT INTO foo VALUES (5, 6, 7)")
    db.execute("DELETE FROM foo WHERE a = 5")
    before = clock(db)
    begin(db)
    db.execute("DROP TABLE foo")
    db.execute(schema.replace("(a, b)", "(b, a)"))
    db.execute("INSERT INTO foo VALUES (1, 2, 4)")
    commit(db)
    assert clock(db) == before
    assert db.execute("SELECT * FROM foo__crsql_pks").fetchall() == [(1, 2, 1), (2, 6, 5)]
    assert replica.crr_tables() == ("foo",)


def test_a_key_of_another_type_starts_anew(make: MakeReplica) -> None:
    """1 and '1' are two keys and one row: a tombstone of the one would delete the other wherever it arrives."""
    replica = make(schema="CREATE TABLE foo (a INTEGER NOT NULL PRIMARY KEY, b)")
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1), (2, 2)")
    rebuild = "CREATE TABLE new (a TEXT NOT NULL PRIMARY KEY, b); INSERT INTO new SELECT * FROM foo; DROP TABLE foo;"
    alter(db, rebuild + "ALTER TABLE new RENAME TO foo")
    assert [(c.cid, c.val, c.cl) for c in replica.changes().changes] == [("b", 1, 1), ("b", 2, 1)]
    assert db.execute("SELECT a FROM foo__crsql_pks").fetchall() == [("1",), ("2",)]


def test_a_plain_table_becomes_a_crr(make: MakeReplica) -> None:
    replica = make(tables=())
    db = replica.connection
    begin(db)
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    commit(db)
    assert replica.crr_tables() == ("foo",)
    assert [c.db_version for c in replica.changes().changes] == [1, 1], "never 0, which no peer would ask for"
    begin(db, "later")
    db.execute("CREATE TABLE later (x INTEGER PRIMARY KEY NOT NULL)")
    commit(db, "main.later".partition(".")[2])
    assert replica.crr_tables() == ("foo", "later")


def test_the_schema_argument(foo: apsw.Connection) -> None:
    assert foo.execute("SELECT crsql_begin_alter('main', 'FOO')").fetchall() == [("OK",)]
    foo.execute("ALTER TABLE foo ADD COLUMN d")
    assert foo.execute("SELECT crsql_commit_alter('main', 'Foo')").fetchall() == [(None,)]
    assert triggers(foo) == 3


# Transactions


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
    with pytest.raises(UsageError, match="is under way"):
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
    with pytest.raises(UsageError, match="is under way") as error:
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


# Without begin_alter


def test_a_column_added_without_begin_alter(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo ADD COLUMN d; INSERT INTO foo VALUES (2, 2, 2, 2)")
    assert [row[1] for row in clock(foo)] == ["b", "c", "b", "c", "d"]
    with pytest.raises(ReplicaError, match="without telling its sync triggers: they pass 6 values where 8") as error:
        foo.execute("UPDATE foo SET b = 5")
    assert "crsql_begin_alter" in error.value.hint
    alter(foo, "SELECT 1")
    foo.execute("UPDATE foo SET b = 5")
    assert len(clock(foo)) == 5


def test_a_table_renamed(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo RENAME TO bar")
    with pytest.raises(ReplicaError, match="by the sync triggers of the table “foo”") as error:
        foo.execute("UPDATE bar SET b = 5")
    assert "its old name" in error.value.hint
    foo.execute("ALTER TABLE bar RENAME TO foo; UPDATE foo SET b = 5")
    begin(foo)
    foo.execute("CREATE TABLE new AS SELECT * FROM foo; DROP TABLE foo; ALTER TABLE new RENAME TO Foo")
    with pytest.raises(NotEligible, match="spelled “Foo” now"):
        commit(foo)
    assert triggers(foo) == 3


# Tables of every kind

KINDS = [
    ("foo", "a INTEGER PRIMARY KEY NOT NULL, b", "", (1, 2, 3)),
    ("od d", "a INTEGER PRIMARY KEY NOT NULL, b", "", (1, 2, 3)),
    ("sele'ct", '"o""rder" INTEGER PRIMARY KEY NOT NULL, "gr\'oup by"', "", (1, 2, 3)),
    ("foo", "a TEXT NOT NULL, b, k BLOB NOT NULL, PRIMARY KEY (k, a)", "", (("x", 0, b"1"), ("y", 0, b"1"))),
    ("foo", "a REAL PRIMARY KEY NOT NULL, b", "", (1.0, 2.5, -3.0)),
    ("foo", "a PRIMARY KEY NOT NULL, b", "", (1, 2.5, "2.5", b"2.5")),
    ("foo", "a TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, b", "", ("x", "Y", "z")),
    ("foo", "a TEXT PRIMARY KEY NOT NULL, b", "WITHOUT ROWID", ("x", "X", "1")),
    ("foo", "a ANY PRIMARY KEY NOT NULL, b ANY", "STRICT", ("1", 1, 2.0)),
    ("foo", "a INTEGER PRIMARY KEY NOT NULL, b, g AS (b || 'x'), s AS (a) STORED", "", (1, 2, 3)),
]


@pytest.mark.parametrize(("name", "columns", "options", "keys"), KINDS)
@pytest.mark.parametrize("pragma", ["recursive_triggers = ON", "trusted_schema = OFF"])
def test_kinds_of_tables(
    make: MakeReplica, name: str, columns: str, options: str, keys: tuple[object, ...], pragma: str
) -> None:
    table = '"' + name + '"'
    replica = make(schema=f"PRAGMA {pragma}; CREATE TABLE {table} ({columns}) {options}", tables=(name,))
    db = replica.connection
    db.execute(
        f"CREATE TABLE log (x); CREATE TRIGGER users AFTER INSERT ON {table} BEGIN INSERT INTO log VALUES (1); END"
    )
    for key in keys:
        row = key if isinstance(key, tuple) else (key, 0)
        db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    before = list(replica.changes().changes)
    (shape,) = replica.shapes()
    column = '"' + shape.columns[0] + '"'
    with replica.altering(name):
        db.execute(f"ALTER TABLE {table} ADD COLUMN more ANY DEFAULT 7")
    assert replica.changes().changes == before, "nothing was written, and nothing is recorded"
    with replica.altering(name):
        db.execute(f"UPDATE {table} SET {column} = 5, more = 8")
    changes = replica.changes().changes
    assert sorted((c.pk, c.cid, c.val, c.col_version) for c in changes) == sorted(
        (c.pk, cid, val, version) for c in before for cid, val, version in ((shape.columns[0], 5, 2), ("more", 8, 1))
    )
    with replica.altering(name):
        db.execute(f"DELETE FROM {table}")
    changes = replica.changes().changes
    assert {(c.pk, c.cid, c.cl) for c in changes} == {(c.pk, "-1", 2) for c in before}
    assert len(changes) == len(keys) == db.execute("SELECT count(*) FROM log").get


def test_a_hundred_thousand_rows(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    count = 100_000
    with replica.altering("foo"):
        db.execute(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)"
            " INSERT INTO foo SELECT n, n, 'text' FROM n", (count,)
        )  # fmt: skip
    with replica.altering("foo"):
        db.execute("ALTER TABLE foo RENAME COLUMN b TO bb; ALTER TABLE foo ADD COLUMN d; DELETE FROM foo WHERE a % 2")
    counts = dict(db.execute("SELECT col_name, count(*) FROM foo__crsql_clock GROUP BY 1"))
    assert counts == {"-1": count // 2, "bb": count // 2, "c": count // 2}
    assert replica.db_version() == 2
    assert replica.check() == []
