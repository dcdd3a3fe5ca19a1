"""Damage that stock's bugs and changes behind cr-sqlite's back leave: found, named, mended, and at the peers after."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from engine.errors import NotEligible, TableBroken
from engine.replica import Replica
from engine.tables import Damage, Finding, Received, Span
from tests.engine.crr.altering import dump
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.crr.test_trigger_functions import clock
from tests.engine.programs import Command


def untracked(db: apsw.Connection, sql: str) -> None:
    """Write as stock does after a failed merge: its sync bit stayed at 1."""
    db.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
    db.execute(sql)
    db.execute("SELECT crsql_internal_sync_bit(0)").fetchall()


def test_a_file_in_good_order(make: MakeReplica) -> None:
    replica = make(schema=FOO + "; CREATE TABLE plain (x)")
    db = replica.connection
    db.execute(
        "INSERT INTO foo VALUES (1, 1, NULL), (2, 2, 2); DELETE FROM foo WHERE a = 2; INSERT INTO plain VALUES (1)"
    )
    with replica.altering("foo"):
        db.execute('ALTER TABLE foo ADD COLUMN d DEFAULT 5; ALTER TABLE foo ADD COLUMN e DEFAULT "e"')
        db.execute('ALTER TABLE foo ADD COLUMN f COLLATE NOCASE DEFAULT abc; ALTER TABLE foo RENAME COLUMN b TO "b\'b"')
    db.execute("INSERT INTO foo (a) VALUES (3)")
    before = dump(db)
    assert replica.check() == replica.repair() == []
    assert dump(db) == before


def test_rows_that_nobody_recorded(make: MakeReplica) -> None:
    a, b = make("a"), make("b")
    db = a.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3); DELETE FROM foo WHERE a = 2")
    b.merge(a.changes().changes, received=Received(a.site_id, a.db_version()))
    untracked(db, "INSERT INTO foo VALUES (2, 22, NULL), (4, 4, 4); DELETE FROM foo WHERE a = 3")
    assert [(f.table, f.damage, f.count) for f in a.check()] == [
        ("foo", Damage.UNRECORDED_ROWS, 2), ("foo", Damage.LOST_ROWS, 1),
    ]  # fmt: skip
    assert a.check()[0].sentence == "2 rows were written without a record, so no peer receives them."
    assert a.check()[1].sentence == "1 row is recorded, but gone."
    assert len(a.repair()) == 2
    assert a.check() == []
    assert [(c.cid, c.val, c.cl) for c in sorted(a.changes(2).changes)] == [
        ("b", 1, 1), ("c", 1, 1), ("-1", None, 3), ("b", 22, 3), ("c", None, 3), ("b", 4, 1), ("c", 4, 1)
    ]  # fmt: skip
    b.merge(a.changes(2).changes)
    assert list(b.live_rows("foo")) == [((1,), (1, 1)), ((2,), (22, None)), ((3,), (3, 3)), ((4,), (4, 4))]
    a.merge(b.changes().changes)
    assert list(a.live_rows("foo")) == list(b.live_rows("foo")), "what was gone without a record is no deletion"


def test_values_that_nobody_recorded(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2)")
    with replica.altering("foo"):
        db.execute("ALTER TABLE foo ADD COLUMN d COLLATE NOCASE DEFAULT 'x'")
    untracked(db, "UPDATE foo SET d = 'X' WHERE a = 2")
    assert replica.check() == [Finding("foo", Damage.UNRECORDED_VALUES, 1)]
    replica.repair()
    assert clock(db)[-1][:4] == (2, "d", 1, 2)


@pytest.mark.parametrize("parts", [False, True])
def test_a_row_that_is_gone_without_a_record_takes_nothing_from_the_peers(make: MakeReplica, parts: bool) -> None:
    a, b = make("a"), make("b")
    a.connection.execute("INSERT INTO foo VALUES (1, 'old', 1), (2, 2, NULL)")
    b.merge(a.changes().changes, received=Received(a.site_id, 1, tables=("foo",)))
    a.connection.execute("UPDATE foo SET b = 'new', c = NULL")
    untracked(a.connection, "DELETE FROM foo WHERE a = 1")
    changes = a.part(Span(1, None, ("foo",))).changes if parts else a.changes(1).changes
    assert [(c.cid, c.val) for c in changes] == [("b", "new")]
    b.merge(changes)
    a.repair()
    a.merge(b.changes().changes)
    assert list(a.live_rows("foo")) == list(b.live_rows("foo")) == [((1,), ("old", 1)), ((2,), ("new", None))]


@pytest.mark.parametrize("value", [0, 2])
def test_values_written_beside_their_records_are_compared(make: MakeReplica, value: int) -> None:
    """They leave no trace but that of others: peers and the file compare all values once more."""
    a, b = make("a"), make("b")
    a.connection.execute("INSERT INTO foo VALUES (1, 1, 1)")
    b.merge(a.changes().changes, received=Received(a.site_id, 1, tables=("foo",)))
    a.merge(b.changes().changes, received=Received(b.site_id, 1, tables=("foo",)))
    untracked(a.connection, f"UPDATE foo SET b = {value}; INSERT INTO foo VALUES (2, 2, 2)")
    assert a.check() == [Finding("foo", Damage.UNRECORDED_ROWS, 1)]
    a.repair()
    assert a.known(b.site_id).tables == ()
    b.merge(a.changes(1).changes)
    a.merge(b.changes().changes)
    assert list(a.live_rows("foo")) == list(b.live_rows("foo")) == [((1,), (max(1, value), 1)), ((2,), (2, 2))]


@pytest.mark.parametrize("columns", ["a INTEGER PRIMARY KEY NOT NULL", "a INTEGER PRIMARY KEY NOT NULL, b"])
def test_records_of_version_0(make: MakeReplica, columns: str) -> None:
    """As stock leaves them where an alter adds rows before the file's first write."""
    replica = make(schema=f"CREATE TABLE foo ({columns}); INSERT INTO foo (a) VALUES (1), (2)")
    replica.connection.execute("UPDATE foo__crsql_clock SET db_version = 0")
    assert replica.changes().changes == []
    assert replica.check() == [Finding("foo", Damage.NEVER_SENT, 2)]
    replica.repair()
    assert [c.db_version for c in replica.changes().changes] == [1, 1]
    assert replica.check() == []


def test_a_table_that_is_gone(make: MakeReplica) -> None:
    replica = make(schema=FOO + "; CREATE TABLE bar (x INTEGER PRIMARY KEY NOT NULL)", tables=("foo", "bar"))
    db = replica.connection
    db.execute("INSERT INTO bar VALUES (1); INSERT INTO foo VALUES (1, 1, 1); DROP TABLE foo")
    with pytest.raises(TableBroken):
        replica.changes()
    assert replica.check() == [Finding("foo", Damage.TABLE_GONE, 2)]
    replica.repair()
    assert (replica.check(), replica.db_version(), len(replica.changes().changes)) == ([], 2, 1)
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'foo%'").get == 0


def test_a_table_renamed_is_a_plain_one_again(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo RENAME TO bar")
    assert replica.check() == [Finding("foo", Damage.TABLE_GONE, 2)]
    replica.repair()
    assert replica.check() == []
    db.execute("INSERT INTO bar VALUES (2, 2, 2)")
    replica.make_crr("bar")
    assert [(c.table, c.db_version) for c in replica.changes().changes] == [("bar", 2)] * 4
    db.execute("ALTER TABLE bar RENAME TO baz; DROP TABLE bar__crsql_clock; DROP TABLE bar__crsql_pks")
    assert replica.check() == [Finding("baz", Damage.STRAY_TRIGGERS, 3)]
    replica.repair()
    db.execute("INSERT INTO baz VALUES (3, 3, 3)")
    assert replica.check() == []


def test_a_view_in_place_of_the_table(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); DROP TABLE foo; CREATE VIEW foo AS SELECT 1 AS a")
    assert replica.check() == [Finding("foo", Damage.TABLE_GONE, 2)]
    replica.repair()
    assert (replica.check(), db.execute("SELECT a FROM foo").get) == ([], 1)


@pytest.mark.parametrize("left", ["clock", "pks"])
@pytest.mark.parametrize("mend", ["repair", "make_crr"])
def test_half_of_the_records(make: MakeReplica, left: str, mend: str) -> None:
    """What is left says nothing without the other half, and its numbers would stand for other rows."""
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2); DELETE FROM foo WHERE a = 1")
    db.execute("INSERT INTO foo VALUES (3, 3, 3)")
    db.execute(f"DROP TABLE foo__crsql_{'pks' if left == 'clock' else 'clock'}")
    if mend == "make_crr":
        db.execute("DROP TRIGGER foo__crsql_itrig")
        replica.make_crr("foo")
    else:
        assert len(replica.check()) == 1
        replica.repair()
    assert replica.check() == []
    assert [(c.cid, c.val, c.cl) for c in replica.changes().changes] == [
        ("b", 2, 1), ("c", 2, 1), ("b", 3, 1), ("c", 3, 1),
    ]  # fmt: skip


def test_changes_of_the_schema_behind_our_back(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo ADD COLUMN d; ALTER TABLE foo RENAME COLUMN c TO cc")
    assert replica.check() == [
        Finding("foo", Damage.OLD_TRIGGERS, 1), Finding("foo", Damage.LOST_COLUMNS, 1),
        Finding("foo", Damage.UNRECORDED_VALUES, 1),
    ]  # fmt: skip
    replica.repair()
    db.execute("UPDATE foo SET d = 1")
    assert [(c.cid, c.db_version) for c in replica.changes().changes] == [("b", 2), ("cc", 2), ("d", 3)]
    db.execute("DROP TABLE foo; CREATE TABLE foo (z INTEGER PRIMARY KEY NOT NULL, b); INSERT INTO foo VALUES (9, 9)")
    assert replica.check() == [Finding("foo", Damage.KEY_CHANGED, 3)]
    replica.repair()
    assert [(c.cid, c.val, c.db_version) for c in replica.changes().changes] == [("b", 9, 4)]
    assert replica.check() == []


def test_triggers_that_are_gone_or_alone(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("DROP TRIGGER foo__crsql_dtrig; DROP TRIGGER foo__crsql_itrig; INSERT INTO foo VALUES (1, 1, 1)")
    assert replica.check() == [Finding("foo", Damage.TRIGGERS, 2), Finding("foo", Damage.UNRECORDED_ROWS, 1)]
    replica.repair()
    db.execute("INSERT INTO foo VALUES (2, 2, 2); DROP TABLE foo__crsql_clock; DROP TABLE foo__crsql_pks")
    assert replica.check() == [Finding("foo", Damage.NO_RECORDS, 3)]
    replica.repair()
    assert (replica.check(), len(replica.changes().changes)) == ([], 4)


def test_what_cannot_be_mended_is_left_as_it_was(make: MakeReplica) -> None:
    replica = make(schema=FOO + "; CREATE TABLE bar (x INTEGER PRIMARY KEY NOT NULL, y)", tables=("foo", "bar"))
    db = replica.connection
    untracked(db, "INSERT INTO foo VALUES (1, 1, 1); INSERT INTO bar VALUES (1, 1)")
    db.execute("CREATE UNIQUE INDEX u ON bar (y)")
    before = dump(db)
    with pytest.raises(NotEligible, match="“y” must be unique"):
        replica.repair()
    assert dump(db) == before


def test_a_wire_name_in_another_letter_case(make: MakeReplica) -> None:
    """Stock takes the name as it was given; peers know the table by that."""
    replica = make(schema="CREATE TABLE FOO (a INTEGER PRIMARY KEY NOT NULL, b)", tables=("FOO",))
    db = replica.connection
    db.execute("INSERT INTO FOO VALUES (1, 1); DROP TABLE FOO; CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b)")
    db.execute("INSERT INTO foo VALUES (1, 1)")
    assert replica.check() == [Finding("FOO", Damage.TRIGGERS, 3)]
    replica.repair()
    db.execute("UPDATE foo SET b = 2")
    assert [(c.table, c.val, c.col_version) for c in replica.changes().changes] == [("FOO", 2, 3)]
    before = dump(db)
    db.execute("SELECT crsql_as_crr('foo')").fetchall()
    assert dump(db) == before
    assert replica.check() == []


def test_a_failed_merge_leaves_nothing_to_mend(make: MakeReplica) -> None:
    a, b = make("a"), make("b")
    a.connection.execute("INSERT INTO foo VALUES (1, 1, 1)")
    b.connection.execute("CREATE TRIGGER no BEFORE INSERT ON foo WHEN NEW.b = 1 BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(TableBroken):
        b.merge(a.changes().changes)
    b.connection.execute("INSERT INTO foo VALUES (2, 2, 2)")
    assert b.check() == []


def test_from_the_command_line(tmp_path: Path) -> None:
    syncline = Command(tmp_path / "home")
    path = tmp_path / "a.db"
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(FOO)
        replica.make_crr("foo")
        assert "is intact" in syncline("check", path)
        untracked(replica.connection, "INSERT INTO foo VALUES (1, 1, 1)")
        process = syncline.start("check", path, "--json")
        assert process.communicate()[0] == (
            '{"table": "foo", "damage": "unrecorded-rows", "count": 1, "mended": false}\n'
        )
        assert process.returncode == 1
        told = syncline("check", "--repair", path)
        assert "foo: 1 row was written without a record" in told
        assert "Repaired: recorded as written now." in told
        assert Path(told.strip().rpartition(": ")[2]).exists(), "a backup was made before"
        assert len(replica.changes().changes) == 2
    assert "is intact" in syncline("check", "--repair", path)
