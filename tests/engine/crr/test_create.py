"""Making tables syncable: what stands in the way, what is created, the rows that were there, and back."""

from __future__ import annotations

import apsw
import pytest

from engine.errors import NotEligible, TableBroken, UsageError
from engine.replica import Replica
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_trigger_functions import clock

OBSTACLES = [
    ("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b UNIQUE)", ["“b” must be unique"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b); CREATE UNIQUE INDEX i ON t (b) WHERE b > 1", ["“b” must be"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b); CREATE UNIQUE INDEX i ON t (abs(b))", ["an expression"]),
    ("CREATE TABLE t (a, b)", ["no primary key"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", ["“a” is not declared NOT NULL"]),
    ("CREATE TABLE t (a NOT NULL, b, c, PRIMARY KEY (a, b))", ["“b” is not declared NOT NULL"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)", ["AUTOINCREMENT"]),
    ("CREATE TABLE u (x PRIMARY KEY); CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b REFERENCES u)", ["“u”"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b NOT NULL)", ["“b” is NOT NULL but has no DEFAULT"]),
    ("CREATE VIEW t AS SELECT 1 AS a", ["view"]),
    ("CREATE VIRTUAL TABLE t USING fts5(a)", ["virtual"]),
    ("SELECT 1", ["no such table"]),
    ("CREATE TEMP TABLE t (a INTEGER PRIMARY KEY NOT NULL)", ["no such table"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, \"-1\")", ["“-1”"]),
    ("CREATE TABLE t (__crsql_key INTEGER PRIMARY KEY NOT NULL, b)", ["“__crsql_key”"]),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, " + ", ".join(f"c{n}" for n in range(600)) + ")", ["too many"]),
    ("CREATE TABLE t (a NOT NULL PRIMARY KEY); CREATE TABLE t__crsql_pks (__crsql_key INTEGER PRIMARY KEY, x)",
     ["earlier table"]),
    ("CREATE TABLE u (x); CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE, c NOT NULL REFERENCES u,"
     " d REFERENCES v)", ["“b” must", "“a” is not", "AUTOINCREMENT", "“u”", "“v”", "“c” is NOT NULL"]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "words"), OBSTACLES)
def test_every_obstacle_is_named(make: MakeReplica, schema: str, words: list[str]) -> None:
    replica = make(schema=schema, tables=())
    before = replica.connection.execute("SELECT count(*) FROM sqlite_master").get
    with pytest.raises(NotEligible) as error:
        replica.make_crr("t")
    assert len(error.value.reasons) == len(words)
    for word in words:
        assert any(word.lower() in reason.lower() for reason in error.value.reasons), (word, error.value.reasons)
    with pytest.raises(NotEligible):
        replica.connection.execute("SELECT crsql_as_crr('t')").fetchall()
    assert replica.connection.execute("SELECT count(*) FROM sqlite_master").get == before
    for table in replica.tables(extension=True):
        if table.name == "t":
            assert (table.eligible, table.reasons) == (False, error.value.reasons)


def test_every_foreign_key_is_named_once(make: MakeReplica) -> None:
    schema = "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b REFERENCES u, c REFERENCES u, d REFERENCES v)"
    replica = make(schema=schema, tables=())
    with pytest.raises(NotEligible) as error:
        replica.make_crr("t")
    assert len(error.value.reasons) == 2


@pytest.mark.parametrize(
    "schema",
    ["CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL)",
     "CREATE TABLE foo (a TEXT PRIMARY KEY, b NOT NULL DEFAULT 0) WITHOUT ROWID",
     "CREATE TABLE foo (a INT NOT NULL, b TEXT NOT NULL, c ANY, PRIMARY KEY (b, a)) STRICT",
     "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c AS (b + 1)); CREATE INDEX i ON foo (b)"],
)  # fmt: skip
def test_what_may_be_synced(make: MakeReplica, schema: str) -> None:
    replica = make(schema=schema)
    (status,) = replica.tables(extension=True)
    assert (status.syncable, status.eligible, status.reasons) == (True, True, ())
    assert "c" not in status.columns or "AS (b" not in schema


def test_what_is_created(foo: apsw.Connection) -> None:
    assert foo.execute("SELECT name FROM sqlite_master WHERE tbl_name LIKE 'foo%' ORDER BY name").fetchall() == [
        (name,)
        for name in ("foo", "foo__crsql_clock", "foo__crsql_clock_dbv_idx", "foo__crsql_dtrig",
                     "foo__crsql_itrig", "foo__crsql_pks", "foo__crsql_pks_pks", "foo__crsql_utrig")
    ]  # fmt: skip
    info = foo.execute("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('foo__crsql_clock')")
    assert info.fetchall() == [
        ("key", "INTEGER", 1, None, 1), ("col_name", "TEXT", 1, None, 2), ("col_version", "INTEGER", 1, None, 0),
        ("db_version", "INTEGER", 1, None, 0), ("site_id", "INTEGER", 1, "0", 0), ("seq", "INTEGER", 1, None, 0),
    ]  # fmt: skip
    kinds = dict(
        foo.execute("SELECT name, wr || strict FROM pragma_table_list WHERE name LIKE 'foo\\_\\_%' ESCAPE '\\'")
    )
    assert kinds == {"foo__crsql_clock": "10", "foo__crsql_pks": "00"}
    pks = foo.execute("SELECT name, type, \"notnull\", pk FROM pragma_table_info('foo__crsql_pks')").fetchall()
    assert pks == [("__crsql_key", "INTEGER", 0, 1), ("a", "", 0, 0)]


def test_rows_that_were_there(make: MakeReplica) -> None:
    replica = make(
        schema="CREATE TABLE other (x INTEGER PRIMARY KEY NOT NULL, y); CREATE TABLE foo (a NOT NULL, b DEFAULT 5,"
        " c NOT NULL PRIMARY KEY COLLATE NOCASE); INSERT INTO foo VALUES (0, 1, 'b'), (0, 5, 'C'), (0, NULL, 'a'),"
        " (0, 1, 2), (0, 1, x'00')".replace("a NOT NULL,", "a NOT NULL DEFAULT 0,"),
        tables=("other",),
    )
    db = replica.connection
    db.execute("INSERT INTO other VALUES (1, 1)")
    replica.make_crr("foo")
    assert db.execute("SELECT c FROM foo__crsql_pks ORDER BY __crsql_key").fetchall() == [
        (2,), ("C",), ("a",), ("b",), (b"\x00",),
    ]  # fmt: skip
    assert clock(db) == [(key, name, 1, 2, 0, 2 * (key - 1) + n) for key in range(1, 6) for n, name in enumerate("ab")]
    replica.make_crr("foo")
    assert db.execute("SELECT crsql_as_crr('main', 'FOO')").get == "OK"
    assert (replica.db_version(), len(clock(db)), replica.synced_tables()) == (2, 10, ("other", "foo"))


def test_keys_only_rows_that_were_there(make: MakeReplica) -> None:
    db = make(schema="CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL); INSERT INTO foo VALUES (3), (1)").connection
    assert clock(db) == [(1, "-1", 1, 1, 0, 0), (2, "-1", 1, 1, 0, 1)]


def test_an_empty_table_uses_no_version(make: MakeReplica) -> None:
    assert make().db_version() == 0


def test_a_failure_leaves_the_callers_transaction(make: MakeReplica) -> None:
    db = make(schema=FOO + "; CREATE TABLE bad (x)").connection
    db.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1)")
    with pytest.raises(NotEligible):
        db.execute("SELECT crsql_as_crr('bad')").fetchall()
    db.execute("COMMIT")
    assert db.execute("SELECT count(*) FROM foo").get == 1


def test_as_crr_can_be_rolled_back(make: MakeReplica) -> None:
    replica = make(tables=())
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); BEGIN")
    assert db.execute("SELECT crsql_as_crr('foo')").get == "OK"
    assert len(replica._state.catalogue().crrs) == 1
    db.execute("ROLLBACK")
    assert replica.synced_tables() == ()
    db.execute("INSERT INTO foo VALUES (2, 1, 1)")
    assert replica.db_version() == 0


def test_back_to_a_plain_table(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    db.execute("UPDATE foo SET b = 2")
    assert db.execute("SELECT crsql_as_table('foo')").fetchall() == [(None,)]
    assert db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'foo%'").fetchall() == [("foo",)]
    assert replica.db_version() == 2, "the version never goes down"
    db.execute("UPDATE foo SET b = 3")
    replica.make_crr("foo")
    assert [(c.cid, c.col_version, c.db_version) for c in replica.changes(2).changes] == [("b", 3, 3)]


def test_back_to_a_plain_table_by_another_spelling_of_its_wire_name(make: MakeReplica) -> None:
    replica = make(schema="CREATE TABLE FOO (a INTEGER PRIMARY KEY NOT NULL)", tables=("FOO",))
    db = replica.connection
    db.execute("DROP TABLE FOO; CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL)")
    assert replica.repair()
    assert replica.synced_tables() == ("FOO",)
    db.execute("SELECT crsql_as_table('foo')").fetchall()
    assert db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'foo%'").fetchall() == [("foo",)]


def test_left_over_records_are_adopted(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2)")
    db.execute("DROP TABLE foo")
    assert replica.synced_tables() == ()
    assert db.execute("SELECT count(*) FROM crsql_changes").get == 0
    with pytest.raises(TableBroken, match="the table is gone"):
        replica.changes()  # no peer's clock may pass what cannot be read
    assert replica.db_version() == 1
    db.execute("CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c, d, e DEFAULT 7, f DEFAULT CURRENT_DATE)")
    db.execute("INSERT INTO foo VALUES (1, 1, 1, 'new', 7, 'day'), (3, 3, 3, NULL, 7, 'day')")
    replica.make_crr("foo")
    # What was written without a record is not known: every value is told as written now, and where not even half of
    # its rows are left, the others were lost with the table, and are forgotten.
    assert [row[:4] for row in clock(db)] == [
        (1, "b", 2, 2), (1, "c", 2, 2), (1, "d", 1, 2), (1, "f", 1, 2),
        (2, "b", 1, 2), (2, "c", 1, 2), (2, "d", 1, 2), (2, "e", 1, 2), (2, "f", 1, 2),
    ]  # fmt: skip
    assert replica.check() == []


@pytest.mark.parametrize(
    "call", ["crsql_as_crr()", "crsql_as_crr(1)", "crsql_as_crr('a', 'b', 'c')", "crsql_as_table(NULL)"]
)
def test_wrong_arguments(foo: apsw.Connection, call: str) -> None:
    with pytest.raises(UsageError):
        foo.execute(f"SELECT {call}").fetchall()


def test_keys_that_ignore_case_are_cautioned(make: MakeReplica) -> None:
    db = (replica := make()).connection
    db.execute("CREATE TABLE loose (k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, n TEXT COLLATE NOCASE)")
    db.execute("CREATE TABLE exact (k TEXT NOT NULL, n COLLATE RTRIM, PRIMARY KEY (k)) WITHOUT ROWID")
    told = {table.name: table.cautions for table in replica.tables(extension=True)}
    (caution,) = told["loose"]
    assert "“k”" in caution
    assert told["exact"] == told["foo"] == ()
    replica.make_crr("loose")
    assert {table.name: table.cautions for table in replica.tables(extension=True)} == told


def test_keys_without_a_type_are_cautioned(make: MakeReplica) -> None:
    db = (replica := make()).connection
    db.execute("CREATE TABLE loose (a NOT NULL, b ANY NOT NULL, c BLOB NOT NULL, d, PRIMARY KEY (b, a, c))")
    db.execute("CREATE TABLE exact (a BLOB NOT NULL, b REAL NOT NULL, c, PRIMARY KEY (a, b))")
    told = {table.name: table.cautions for table in replica.tables(extension=True)}
    assert [caution.split(" has no type")[0] for caution in told["loose"]] == ["The key column “a”"]
    assert told["exact"] == ()


def test_what_cannot_be_upheld_together_is_cautioned_when_it_comes_later(make: MakeReplica) -> None:
    db = (replica := make()).connection
    db.execute("CREATE UNIQUE INDEX one ON foo (b)")
    (status,) = replica.tables(extension=True)
    assert status.syncable
    (caution,) = status.cautions
    assert "“b” must be unique" in caution


def test_changed_behind_our_back(make: MakeReplica) -> None:
    replica: Replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    db.execute("ALTER TABLE foo RENAME COLUMN b TO bb")
    assert db.execute("SELECT cid FROM crsql_changes").fetchall() == [("c",)], "a column that is gone is left out"
    with pytest.raises(TableBroken, match="a column that no longer exists"):
        replica.changes()
    db.execute("DROP TABLE foo; CREATE TABLE foo (z INTEGER PRIMARY KEY NOT NULL)")
    (status,) = replica.tables(extension=True)
    assert (status.syncable, status.eligible) == (False, False)
    assert "primary key was changed" in status.reasons[0]
    assert db.execute("SELECT count(*) FROM crsql_changes").get == 0
