"""A table that is parked: left out of sync, in words, while the others go on."""

from __future__ import annotations

import hashlib
import json
import sqlite3

import pytest

from engine.errors import TableBroken
from engine.replica import Replica
from engine.table_shape import Parked
from engine.tables import Damage, Finding, Received, Span
from engine.tables.types import Place

from .conftest import FOO, MakeReplica

TWO = FOO + "; CREATE TABLE bar (x INTEGER PRIMARY KEY NOT NULL, y)"
WHY = "a trigger of the app refuses a row that comes in"
PEER = b"p" * 16


@pytest.fixture
def two(make: MakeReplica) -> Replica:
    """A file with foo and bar, a row in each."""
    replica = make(schema=TWO, tables=("foo", "bar"))
    replica.connection.execute("INSERT INTO foo VALUES (1, 1, 1); INSERT INTO bar VALUES (1, 1)")
    return replica


def test_a_parked_table_is_left_out_and_its_writes_are_recorded_on(two: Replica) -> None:
    two.park("foo", WHY)
    two.park("foo", "for a second reason")
    assert two.synced_tables() == ("bar",)
    assert [shape.name for shape in two.shapes()] == ["bar"]
    assert [plan.name for plan in two.plans()] == ["foo", "bar"], "others can still make tables like it"
    assert two.parked() == (Parked("foo", WHY),)
    assert two.connection.execute("SELECT count(*) FROM crsql_changes WHERE \"table\" = 'foo'").get == 2
    before = two.db_version()
    two.connection.execute("INSERT INTO foo VALUES (2, 2, 2)")
    assert two.db_version() == before + 1
    (foo, bar) = two.tables()
    assert (foo.syncable, foo.reasons) == (False, (f"It cannot be synced: {WHY}.",))
    assert (bar.syncable, bar.reasons) == (True, ())


def test_only_who_reads_a_parked_table_is_refused(two: Replica) -> None:
    two.park("foo", WHY)
    with pytest.raises(TableBroken, match=f"“foo” cannot be synced: {WHY}."):
        two.changes()
    with pytest.raises(TableBroken):
        two.part(Span(0, None, ("bar", "foo")))
    assert [c.table for c in two.part(Span(0, None, ("bar",))).changes] == ["bar"]
    assert [c.table for c in two.changes(whole=False).changes] == ["bar"]


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TRIGGER guard BEFORE INSERT ON foo BEGIN SELECT 1; END",
        "CREATE TRIGGER log AFTER INSERT ON other BEGIN SELECT 1; END",
        "SELECT crsql_begin_alter('foo'); ALTER TABLE foo ADD COLUMN d; SELECT crsql_commit_alter('foo')",
    ],
)
def test_another_schema_or_trigger_releases_it(two: Replica, change: str) -> None:
    two.connection.execute("CREATE TABLE other (x)")
    two.park("foo", WHY)
    with Replica.open(two.path) as second:
        assert second.synced_tables() == ("bar",)
        two.connection.execute(change).fetchall()
        assert sorted(second.synced_tables()) == sorted(two.synced_tables()) == ["bar", "foo"]
        assert two.parked() == second.parked() == ()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE other (x INTEGER PRIMARY KEY NOT NULL); SELECT crsql_as_crr('other')",
        "SELECT crsql_begin_alter('foo'); SELECT crsql_commit_alter('foo')",
        "SELECT crsql_begin_alter('bar'); ALTER TABLE bar ADD COLUMN z; SELECT crsql_commit_alter('bar')",
    ],
)
def test_what_has_nothing_to_do_with_it_does_not(two: Replica, change: str) -> None:
    two.park("foo", WHY)
    two.connection.execute(change).fetchall()
    assert two.parked() == (Parked("foo", WHY),)


def test_repair_releases_it(two: Replica) -> None:
    two.park("foo", WHY)
    (found,) = two.check()
    assert found == Finding("foo", Damage.PARKED, 1, WHY)
    assert found.sentence == f"cannot be synced: {WHY}."
    with Replica.open(two.path) as second:
        assert second.parked()
        assert two.repair() == [found]
        assert (second.parked(), second.check()) == ((), [])
    assert two.synced_tables() == ("foo", "bar")


def test_it_outlives_a_new_site_id_and_another_that_is_parked(two: Replica) -> None:
    two.park("foo", WHY)
    two.park("bar", "as well")
    two.new_site_id()
    assert two.parked() == (Parked("bar", "as well"), Parked("foo", WHY))


def test_a_broken_table_is_parked_until_it_is_mended(two: Replica) -> None:
    two.connection.execute("ALTER TABLE foo RENAME TO elsewhere")
    (parked,) = two.parked()
    assert parked.name == "foo"
    assert "the table is gone" in parked.reason
    two.park("foo", WHY)  # which is nothing new
    assert two.parked() == (parked,)
    two.connection.execute("ALTER TABLE elsewhere RENAME TO foo")
    assert two.parked() == ()


def covered(replica: Replica) -> tuple[str, ...]:
    return replica.known(PEER).tables


def test_no_clock_covers_a_parked_table_nor_one_that_was(two: Replica) -> None:
    two.merge([], received=Received(PEER, 7, tables=("bar", "foo")))
    assert covered(two) == ("bar", "foo")
    two.park("foo", WHY)
    assert covered(two) == ("bar",)
    for tables in (("bar", "foo"), ("foo",)):
        with pytest.raises(TableBroken):
            two.merge([], received=Received(PEER, 9, 7, tables=tables))
        with pytest.raises(TableBroken):
            two.merge([], place=Place(PEER, 7, 9, b"place"), tables=tables)
    two.merge([], received=Received(PEER, 9, 7, tables=("bar",), covered=two.known(PEER).covered))
    two.repair()
    assert (covered(two), two.known(PEER).received) == (("bar",), 9)


def test_a_table_parked_over_there_is_covered_no_more_and_a_cut_range_begins_anew(two: Replica) -> None:
    two.merge([], received=Received(PEER, 7, tables=("bar", "foo")))
    two.merge([], place=Place(PEER, 7, 9, b"place"))
    assert two.known(PEER, ["other"]).place == Place(PEER, 7, 9, b"place")
    known = two.known(PEER, ["foo"])
    assert (known.tables, known.place, known.received) == (("bar",), None, 7)
    assert two.known(PEER) == known


def test_a_wish_for_everything_outlives_it(two: Replica) -> None:
    two.merge([], received=Received(PEER, 7, tables=("bar", "foo")))
    two.ask_again(PEER, 3)
    two.merge([], place=Place(PEER, 3, 9, b"place", resend=True))
    assert two.known(PEER, ["foo"]).place == Place(PEER, 3, 0, b"", resend=True)


def test_a_clock_that_covers_less_keeps_no_place(two: Replica) -> None:
    two.merge([], received=Received(PEER, 7, tables=("bar", "foo")))
    two.ask_again(PEER, 3)
    two.merge([], place=Place(PEER, 3, 9, b"place", resend=True))
    two.merge([], received=Received(PEER, 8, 7, tables=("bar",)))
    assert two.known(PEER).place == Place(PEER, 3, 0, b"", resend=True)


def test_other_programs_can_read_what_is_kept(two: Replica) -> None:
    two.park("foo", WHY)
    with sqlite3.connect(two.path) as other:
        (sql,) = other.execute("SELECT sql FROM sqlite_master WHERE name = 'crsql_syncline_parked'").fetchone()
        [(name, reason, digest, template)] = other.execute("SELECT * FROM crsql_syncline_parked").fetchall()
    other.close()
    assert "STRICT" not in sql
    assert json.loads(template) == WHY
    assert (name, reason, len(digest)) == ("foo", WHY, hashlib.blake2b(digest_size=16).digest_size)
    two.repair()
    assert not two.connection.table_exists("main", "crsql_syncline_parked")
