"""Sync triggers that are missing or were changed: the table is parked, and mending keeps what was written meanwhile."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import apsw
import pytest

from engine.errors import TableBroken
from engine.replica import Replica
from engine.tables import Damage
from tests.engine.crr.conftest import FOO, MakeReplica
from tests.engine.programs import Command
from tests.engine.session.world import own_pair

NATIVE = """CREATE TRIGGER "foo__crsql_itrig"
      AFTER INSERT ON "foo" WHEN crsql_internal_sync_bit() = 0
      BEGIN
        VALUES (crsql_after_insert('foo', NEW."a"));
      END"""
UPDATE = "crsql_after_update('foo', NEW.a, OLD.a, NEW.b, NEW.c, OLD.b, OLD.c)"
REBUILD = (
    "CREATE TABLE n (a INTEGER PRIMARY KEY NOT NULL, b, c); INSERT INTO n SELECT * FROM foo; DROP TABLE foo;"
    " ALTER TABLE n RENAME TO foo"
)


def rewritten(event: str, sql: str) -> str:
    return f"DROP TRIGGER foo__crsql_{event[0]}trig; {sql}"


def trigger(event: str = "update", *, when: str = "WHEN crsql_internal_sync_bit() = 0", body: str = "") -> str:
    body = body or f"VALUES ({UPDATE});"
    return rewritten(event, f"CREATE TRIGGER foo__crsql_{event[0]}trig AFTER {event} ON foo {when} BEGIN {body} END")


BROKEN = {
    "insert": "DROP TRIGGER foo__crsql_itrig",
    "update": "DROP TRIGGER foo__crsql_utrig",
    "delete": "DROP TRIGGER foo__crsql_dtrig",
    "rebuilt": REBUILD,
    "dropped": "DROP TABLE foo; CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c)",
    "some rows": trigger(when="WHEN crsql_internal_sync_bit() = 0 AND NEW.b > 1"),
    "never": trigger(when="WHEN 0"),
    "always": trigger(when=""),
    "some columns": rewritten(
        "update",
        "CREATE TRIGGER foo__crsql_utrig AFTER UPDATE OF b ON foo WHEN crsql_internal_sync_bit() = 0"
        f" BEGIN VALUES ({UPDATE}); END",
    ),
    "before": rewritten(
        "update",
        "CREATE TRIGGER foo__crsql_utrig BEFORE UPDATE ON foo WHEN crsql_internal_sync_bit() = 0"
        f" BEGIN VALUES ({UPDATE}); END",
    ),
    "for another event": rewritten(
        "update",
        "CREATE TRIGGER foo__crsql_utrig AFTER DELETE ON foo WHEN crsql_internal_sync_bit() = 0"
        " BEGIN VALUES (crsql_after_delete('foo', OLD.a)); END",
    ),
    "on another table": rewritten(
        "update",
        "CREATE TABLE bar (a, b, c); CREATE TRIGGER foo__crsql_utrig AFTER UPDATE ON bar"
        f" WHEN crsql_internal_sync_bit() = 0 BEGIN VALUES ({UPDATE}); END",
    ),
    "nothing": trigger(body="SELECT 1;"),
    "more": trigger(body=f"VALUES ({UPDATE}); SELECT 1;"),
    "on a condition": trigger(body=f"SELECT {UPDATE} WHERE NEW.b;"),
    "old for new": trigger(body=f"VALUES ({UPDATE.replace('NEW.b', 'OLD.b', 1)});"),
    "mixed": trigger(body="VALUES (crsql_after_update('foo', NEW.a, OLD.a, NEW.b, OLD.c));"),
    "a column twice": trigger(body="VALUES (crsql_after_update('foo', NEW.a, OLD.a, NEW.b, NEW.b, OLD.b, OLD.b));"),
    "another name": trigger(body=f"VALUES ({UPDATE.replace('foo', 'bar')});"),
}

WHOLE = {
    "the native one": rewritten("insert", NATIVE),
    "in other words": trigger(when="FOR EACH ROW WHEN/**/crsql_internal_sync_bit ( )=0", body=f"SELECT {UPDATE} ;"),
    "quoted otherwise": trigger(body=f"VALUES({UPDATE.replace('NEW.b', 'new.[B]')});"),
    "a column renamed": 'ALTER TABLE foo RENAME COLUMN b TO "b ""x"',
    "a column more": "ALTER TABLE foo ADD COLUMN d",
    "triggers of the app": "CREATE TRIGGER x AFTER INSERT ON foo BEGIN SELECT 1; END",
    "an index": "CREATE INDEX i ON foo (b)",
}


@pytest.mark.parametrize("way", BROKEN)
def test_parked(make: MakeReplica, way: str) -> None:
    replica, other = make("a"), make("b")
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    other.merge(replica.changes().changes)
    version = replica.db_version()
    replica.connection.execute(BROKEN[way]).fetchall()
    [parked] = replica.parked()
    assert parked.name == "foo"
    assert "sync triggers are missing or were changed" in parked.reason
    assert Damage.TRIGGERS in {finding.damage for finding in replica.check()}
    assert next(table.reasons for table in replica.tables() if table.name == "foo")
    with pytest.raises(TableBroken):
        replica.merge(other.changes().changes, tables=("foo",))
    with pytest.raises(TableBroken):
        replica.changes()
    replica.repair()
    assert (replica.parked(), replica.check()) == ((), [])
    assert len(replica.changes(version).changes) == {"dropped": 0}.get(way, 6)


@pytest.mark.parametrize("way", WHOLE)
def test_not_parked(make: MakeReplica, way: str) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 1)")
    replica.connection.execute(WHOLE[way]).fetchall()
    assert replica.parked() == ()
    replica.connection.execute("INSERT INTO foo (a) VALUES (2)")
    assert {finding.damage for finding in replica.check()} <= {
        Damage.OLD_TRIGGERS, Damage.LOST_COLUMNS, Damage.UNRECORDED_VALUES,
    }  # fmt: skip


def test_a_schema_change_under_way_parks_nothing(make: MakeReplica) -> None:
    replica = make()
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 1)")
    with replica.altering("foo") as db:
        db.execute(REBUILD).fetchall()
    assert (replica.parked(), replica.check()) == ((), [])


@pytest.fixture
def three(make: MakeReplica) -> tuple[Replica, Replica, Replica]:
    return make("a"), make("b"), make("c")


def sync(*replicas: Replica) -> None:
    for _ in range(2):
        for one, other in pairwise(replicas):
            own_pair(one, other).run()


def rows(replica: Replica) -> list[tuple[object, ...]]:
    return list(replica.connection.execute("SELECT * FROM foo ORDER BY a"))


@pytest.mark.parametrize("mend", ["repair", "as_crr", "alter"])
@pytest.mark.parametrize("marked", [False, True])
def test_what_was_written_without_triggers_wins(
    three: tuple[Replica, Replica, Replica], mend: str, marked: bool
) -> None:
    """As ORMs rebuild a table; or with the triggers dropped, so that the table is known to be the same."""
    a, b, c = three
    a.connection.execute("INSERT INTO foo VALUES (1, 'm', 'm'), (2, 'm', 'm'), (3, 'm', 'm')")
    a.connection.execute("UPDATE foo SET b = 'n'")
    sync(a, b, c)
    db = apsw.Connection(str(a.path))  # a program without cr-sqlite
    drops = "; ".join(f"DROP TRIGGER foo__crsql_{event}trig" for event in "iud")
    db.execute(f"BEGIN; {drops if marked else REBUILD}; COMMIT").fetchall()
    db.execute("INSERT INTO foo VALUES (4, 'new', 'new'); UPDATE foo SET b = 'a', c = 'z' WHERE a = 1")
    db.execute("DELETE FROM foo WHERE a = 2" + (" OR a = 3" if marked else ""))
    db.close()
    want = rows(a)
    wire = own_pair(a, b)
    wire.run()
    assert rows(a) == want
    assert len(rows(b)) == 3
    if mend == "repair":
        found = {finding.damage: finding.sentence for finding in a.check()}
        assert found.keys() == {Damage.TRIGGERS, Damage.UNRECORDED_ROWS, Damage.DELETED_ROWS}
        a.repair()
    elif mend == "as_crr":
        a.make_crr("foo")
    else:
        with a.altering("foo") as altered:
            altered.execute("ALTER TABLE foo RENAME COLUMN c TO d; ALTER TABLE foo RENAME COLUMN d TO c")
    sync(a, b, c)
    assert rows(a) == rows(b) == rows(c) == want
    assert a.check() == []


def test_a_table_that_was_lost_comes_back(three: tuple[Replica, Replica, Replica]) -> None:
    """Where most of its rows are gone with the table itself, nobody has deleted them."""
    a, b, c = three
    a.connection.execute("INSERT INTO foo VALUES (1, 'm', 'm'), (2, 'm', 'm'), (3, 'm', 'm')")
    sync(a, b, c)
    a.connection.execute(f"DROP TABLE foo; {FOO}; DROP TABLE IF EXISTS n").fetchall()
    a.connection.execute("INSERT INTO foo VALUES (1, 'a', 'z')")
    assert {finding.damage for finding in a.check()} == {Damage.TRIGGERS, Damage.LOST_ROWS}
    a.repair()
    sync(a, b, c)
    assert rows(a) == rows(b) == rows(c) == [(1, "a", "z"), (2, "m", "m"), (3, "m", "m")]


def test_a_column_added_without_an_alter_is_taken_up_and_changes_nothing_else(make: MakeReplica) -> None:
    replica = make()
    db = replica.connection
    db.execute("INSERT INTO foo VALUES (1, 1, 1); ALTER TABLE foo ADD COLUMN d DEFAULT 5")
    db.execute("INSERT INTO foo (a) VALUES (2)")
    before = replica.db_version()
    assert [finding.damage for finding in replica.check()] == [Damage.OLD_TRIGGERS]
    replica.repair()
    assert replica.check() == []
    assert replica.changes(before).changes == []
    db.execute("UPDATE foo SET d = 6 WHERE a = 1")
    assert [(change.cid, change.val, change.col_version) for change in replica.changes(before).changes] == [("d", 6, 1)]


def test_from_the_command_line(tmp_path: Path) -> None:
    syncline, path = Command(tmp_path / "home"), tmp_path / "a.db"
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(FOO)
        replica.make_crr("foo")
        replica.connection.execute(f"INSERT INTO foo VALUES (1, 1, 1); {REBUILD}; UPDATE foo SET b = 2").fetchall()
        assert "sync triggers are missing" in syncline("tables", path)
        assert "recorded as written now" in syncline("check", "--repair", path)
        assert [(c.val, c.col_version) for c in replica.changes(1).changes if c.cid == "b"] == [(2, 2)]
