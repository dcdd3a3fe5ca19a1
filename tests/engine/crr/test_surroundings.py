"""Merges and local writes among everything else: savepoints, rollbacks, a person's triggers, odd tables, pragmas."""

from __future__ import annotations

import subprocess
import sys

import apsw
import pytest

from engine.change import Change
from engine.errors import TableBroken, UsageError
from engine.replica import Replica
from engine.tables import pack_columns
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_hostile import dump
from tests.engine.crr.test_merge import THEM, change
from tests.engine.crr.test_trigger_functions import clock

MERGE = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def key(number: int) -> bytes:
    return pack_columns([number])


# Transactions


def test_a_savepoint_takes_a_merge_back(foo: apsw.Connection) -> None:
    foo.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1); SAVEPOINT s")
    foo.execute(MERGE, change("b", 9, cv=5))
    foo.execute(MERGE, change("b", 7, pk=key(2)))
    foo.execute("ROLLBACK TO s; RELEASE s")
    foo.execute(MERGE, change("c", 8, cv=5, dbv=3))
    foo.execute("COMMIT")
    assert foo.execute("SELECT * FROM foo").fetchall() == [(1, 1, 8)]
    assert [row[:3] for row in clock(foo)] == [(1, "b", 1), (1, "c", 5)]
    assert foo.execute("SELECT count(*) FROM foo__crsql_pks").get == 1


def test_nested_savepoints_around_both(foo: apsw.Connection) -> None:
    foo.execute("SAVEPOINT outer; INSERT INTO foo VALUES (1, 1, 1); SAVEPOINT inner")
    foo.execute(MERGE, change("b", 9, cv=5))
    foo.execute("RELEASE inner; UPDATE foo SET b = 10; RELEASE outer")
    assert foo.execute("SELECT b FROM foo").fetchall() == [(10,)]
    assert [row[:3] for row in clock(foo)] == [(1, "b", 6), (1, "c", 1)]


def test_a_rollback_takes_everything_back(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    before = dump(replica.path)
    db.execute("BEGIN; UPDATE foo SET b = 2; INSERT INTO foo VALUES (2, 2, 2)")
    db.execute(MERGE, change("b", 9, cv=5, dbv=70))
    db.execute("ROLLBACK")
    assert dump(replica.path) == before
    assert replica.db_version() == 1
    replica.merge([change("b", 9, cv=5, dbv=3)])
    assert replica.db_version() == 3, "the version of the rollback is forgotten"


def test_a_replica_does_not_join_a_transaction(make: MakeReplica) -> None:
    replica = make()
    replica.connection.execute("BEGIN; INSERT INTO foo VALUES (1, 1, 1)")
    with pytest.raises(UsageError):
        replica.merge([change()])
    replica.connection.execute("COMMIT")
    assert replica.db_version() == 1


def test_another_program_writes_between_ours(make: MakeReplica) -> None:
    """It raises the version that we go on from, makes a table syncable, and alters one."""
    replica = make()
    db = replica.connection
    script = (
        "import sys; from engine.crr import connect; db = connect(sys.argv[1]);"
        "[db.execute(sql).fetchall() for sql in sys.argv[2:]]; db.close()"
    )

    def elsewhere(*statements: str) -> None:
        subprocess.run([sys.executable, "-c", script, replica.path, *statements], check=True)

    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    elsewhere(
        "UPDATE foo SET b = 2", "UPDATE foo SET b = 3", "CREATE TABLE new (a INTEGER PRIMARY KEY NOT NULL, b)",
        "SELECT crsql_as_crr('new')", "BEGIN", "SELECT crsql_begin_alter('foo')", "ALTER TABLE foo ADD COLUMN d",
        "SELECT crsql_commit_alter('foo')", "COMMIT",
    )  # fmt: skip
    assert replica.synced_tables() == ("foo", "new")
    before = replica.db_version()
    assert before >= 3
    db.execute("UPDATE foo SET d = 'ours'; INSERT INTO new VALUES (1, 2)")
    replica.merge([change("d", "theirs", cv=9, dbv=1), Change("new", key(2), "b", 3, 1, 1, THEM, 1, 0)])
    assert db.execute("SELECT * FROM foo").fetchall() == [(1, 3, 1, "theirs")]
    assert replica.db_version() == before + 3


# A person's triggers


def test_triggers_write_to_other_tables(make: MakeReplica) -> None:
    """What a trigger writes for a local write is recorded; a merge leaves it out where the table is synced."""
    both = f"{FOO}; CREATE TABLE log (a INTEGER PRIMARY KEY NOT NULL, n)"
    replica = make("triggers", both, ("foo", "log"))
    db = replica.connection
    db.execute(
        "CREATE TRIGGER always AFTER INSERT ON foo BEGIN INSERT INTO log VALUES (NEW.a, 'seen'); END;"
        "CREATE TRIGGER guarded AFTER INSERT ON foo WHEN crsql_internal_sync_bit() = 0"
        " BEGIN INSERT INTO log VALUES (-NEW.a, 'local'); END"
    )
    db.execute("INSERT INTO foo VALUES (1, 1, 1)")
    replica.merge([change(pk=key(2))])
    assert db.execute("SELECT * FROM log").fetchall() == [(-1, "local"), (1, "seen")]
    recorded = {(c.table, c.pk) for c in replica.changes().changes}
    assert recorded == {("foo", key(1)), ("foo", key(2)), ("log", key(1)), ("log", key(-1))}


def test_a_trigger_that_changes_its_own_row(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("CREATE TRIGGER trim AFTER INSERT ON foo BEGIN UPDATE foo SET b = trim(NEW.b) WHERE a = NEW.a; END")
    db.execute("INSERT INTO foo VALUES (1, '  x  ', 1)")
    with make("other") as other:
        other.merge(replica.changes().changes)
        assert other.connection.execute("SELECT b FROM foo").get == "x"


def test_a_trigger_that_refuses_says_so_and_keeps_nothing(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("CREATE TRIGGER no BEFORE INSERT ON foo WHEN NEW.a = 2 BEGIN SELECT RAISE(ABORT, 'not two'); END")
    before = dump(replica.path)
    with pytest.raises(TableBroken, match="not two"):
        replica.merge([change(pk=key(1)), change(pk=key(2))])
    assert dump(replica.path) == before
    db.execute("INSERT INTO foo VALUES (3, 1, 1)")
    assert len(replica.changes().changes) == 2, "the triggers of sync work on"


# Odd tables


def test_a_virtual_table_whose_module_is_not_here(make: MakeReplica) -> None:
    """As of programs with extensions of their own: it cannot be read, and the rest is synced."""
    replica = make()
    replica.connection.execute(
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_master VALUES"
        " ('table', 'ghost', 'ghost', 0, 'CREATE VIRTUAL TABLE ghost USING nothing_known (a)');"
        "PRAGMA writable_schema = RESET; INSERT INTO foo VALUES (1, 2, 3)"
    ).fetchall()
    assert [(t.name, t.syncable, t.eligible, t.rows) for t in replica.tables(extension=True)] == [
        ("foo", True, True, 1), ("ghost", False, False, 0),
    ]  # fmt: skip
    assert len(replica.changes().changes) == 2
    assert replica.merge([change("b", 9, cv=7)]).applied


def exchange(one: Replica, two: Replica) -> None:
    for source, target in ((one, two), (two, one), (one, two)):
        target.merge(source.changes().changes)


@pytest.mark.parametrize(
    ("table", "writes"),
    [
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b INT, c TEXT, d REAL, e BLOB, f ANY) STRICT",
            ["INSERT INTO t VALUES (1, 2, 'x', 3, x'00', '5')", "UPDATE t SET d = 7, f = 1.0, e = NULL"],
        ),
        (
            "CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL, b, up AS (upper(a)) STORED, twice AS (b * 2))",
            ["INSERT INTO t VALUES ('x', 2)", "UPDATE t SET b = 7", "INSERT INTO t (a) VALUES ('y')"],
        ),
        (
            "CREATE TABLE t (b, r REAL NOT NULL, x BLOB NOT NULL, PRIMARY KEY (x, r)) WITHOUT ROWID",
            ["INSERT INTO t VALUES (1, 2, x'00ff'), (1, 2.5, x'')", "UPDATE t SET b = r", "UPDATE t SET r = r + 1"],
        ),
        (
            "CREATE TABLE t (a PRIMARY KEY NOT NULL, b) WITHOUT ROWID",
            ["INSERT INTO t VALUES (1, 'int'), ('1', 'text'), (x'31', 'blob'), (1.5, 'real')",
             "DELETE FROM t WHERE a = 1.5"],
        ),
        (
            "CREATE TABLE t (a TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, b TEXT COLLATE RTRIM, c NUMERIC DEFAULT 7)",
            ["INSERT INTO t (a, b) VALUES ('x', 'b ')", "UPDATE t SET b = 'b'", "UPDATE t SET a = 'X'",
             "UPDATE t SET c = '9'"],
        ),
    ],
    ids=["strict", "generated", "without rowid", "keys of every class", "nocase"],
)  # fmt: skip
@pytest.mark.parametrize("pragma", ["recursive_triggers = ON", "trusted_schema = OFF", "foreign_keys = ON"])
def test_tables_of_every_kind(make: MakeReplica, table: str, writes: list[str], pragma: str) -> None:
    one, two = make("one", table, ("t",)), make("two", table, ("t",))
    for replica in (one, two):
        replica.connection.execute(f"PRAGMA {pragma}").fetchall()
    for write in writes:
        one.connection.execute(write)
        exchange(one, two)
        rows = "SELECT *, typeof(b) FROM t ORDER BY 1, 2"
        assert two.connection.execute(rows).fetchall() == one.connection.execute(rows).fetchall(), write
        assert one.digests() == two.digests(), write
