"""Schema changes between begin_alter and commit_alter: the results of cr-sqlite.md 8.1, and where ours are safer."""

from __future__ import annotations

import apsw
import pytest

from engine.change import Change
from engine.errors import NotEligible, ReplicaError
from engine.tables import pack_columns
from tests.engine.crr.altering import alter, begin, commit, floor, triggers
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_trigger_functions import clock


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


@pytest.mark.parametrize(("default", "value"), [("TRUE", "3"), ("FALSE", "'x'"), ("-1", "1"), ("'b'", "'B'")])
def test_a_value_that_is_not_the_default_is_recorded(foo: apsw.Connection, default: str, value: str) -> None:
    """As a default TRUE is 1; but 3 IS TRUE as well, and peers would never see it."""
    foo.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2)")
    column = f"ALTER TABLE foo ADD COLUMN d COLLATE NOCASE DEFAULT {default}"
    alter(foo, f"{column}; UPDATE foo SET d = {value} WHERE a = 1")
    assert [row[:3] for row in clock(foo) if row[1] == "d"] == [(1, "d", 1)]


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
    assert replica.synced_tables() == ("foo",)


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
    assert replica.synced_tables() == ("foo",)
    assert [c.db_version for c in replica.changes().changes] == [1, 1], "never 0, which no peer would ask for"
    begin(db, "later")
    db.execute("CREATE TABLE later (x INTEGER PRIMARY KEY NOT NULL)")
    commit(db, "main.later".partition(".")[2])
    assert replica.synced_tables() == ("foo", "later")


def test_the_schema_argument(foo: apsw.Connection) -> None:
    assert foo.execute("SELECT crsql_begin_alter('main', 'FOO')").fetchall() == [("OK",)]
    foo.execute("ALTER TABLE foo ADD COLUMN d")
    assert foo.execute("SELECT crsql_commit_alter('main', 'Foo')").fetchall() == [(None,)]
    assert triggers(foo) == 3


# Without begin_alter


def test_a_column_added_without_begin_alter(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo ADD COLUMN d; INSERT INTO foo VALUES (2, 2, 2, 2)")
    assert [row[1] for row in clock(foo)] == ["b", "c", "b", "c", "d"]
    with pytest.raises(ReplicaError, match="without updating its sync triggers: they pass 6 values where 8") as error:
        foo.execute("UPDATE foo SET b = 5")
    assert "crsql_begin_alter" in error.value.hint
    alter(foo, "SELECT 1")
    foo.execute("UPDATE foo SET b = 5")
    assert len(clock(foo)) == 5


def test_a_table_renamed(foo: apsw.Connection) -> None:
    foo.execute("INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo RENAME TO bar")
    with pytest.raises(ReplicaError, match="write to the table “foo” cannot be recorded") as error:
        foo.execute("UPDATE bar SET b = 5")
    assert "its old name" in error.value.hint
    foo.execute("ALTER TABLE bar RENAME TO foo; UPDATE foo SET b = 5")
    begin(foo)
    foo.execute("CREATE TABLE new AS SELECT * FROM foo; DROP TABLE foo; ALTER TABLE new RENAME TO Foo")
    with pytest.raises(NotEligible, match="spelled “Foo” now"):
        commit(foo)
    assert triggers(foo) == 3


# Tables of every kind

DEFAULTS = ["[a b]", "`abc`", '"a""b"', "abc", "a$b", "é", "-5", "+5.0", ".5", "x'00'", "'it''s'", "TRUE"]


@pytest.mark.parametrize("default", DEFAULTS)
def test_a_value_that_is_the_default_is_no_write(make: MakeReplica, default: str) -> None:
    replica = make(schema=f"CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c DEFAULT {default})")
    db = replica.connection
    replica.merge([Change("foo", pack_columns((1,)), "b", 1, 1, 1, bytes(16), 1, 0)])
    before = clock(db)
    alter(db, "ALTER TABLE foo ADD COLUMN d")
    assert (clock(db), replica.check()) == (before, [])


KINDS = [
    ("foo", "a INTEGER PRIMARY KEY NOT NULL, b", "", (1, 2, 3)),
    ("od d", "a INTEGER PRIMARY KEY NOT NULL, b", "", (1, 2, 3)),
    ("sele`ct", '"o""rder" INTEGER PRIMARY KEY NOT NULL, "gr\'oup by"', "", (1, 2, 3)),
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
