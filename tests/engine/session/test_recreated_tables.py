"""Tables that are made anew while a range of a peer's history is under way: no clock passes what went with them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from engine.clocks import table_marks
from engine.replica import Replica
from engine.session import batch_limits

from .test_ranges import fill, run_until_cut
from .world import make_replica, own_pair, rows

AS_CRR = "SELECT crsql_as_crr('item')"
ITEM = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra)"
OTHER_KEY = "CREATE TABLE item (other INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra)"


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Replica, Replica]]:
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 10)
    one, other = make_replica(tmp_path / "one.db"), make_replica(tmp_path / "other.db")
    for replica in (one, other):
        replica.connection.execute("PRAGMA synchronous = OFF")
    yield one, other
    one.close()
    other.close()


def made_plain(replica: Replica) -> None:
    """What was recorded lies aside meanwhile, so that what goes is known to be deleted."""
    sql = f"SELECT crsql_as_table('item'); DELETE FROM item WHERE id < 10; {AS_CRR}"
    replica.connection.execute(sql).fetchall()


def made_plain_and_dropped(replica: Replica) -> None:
    replica.connection.execute(f"SELECT crsql_as_table('item'); DROP TABLE item; {ITEM}; {AS_CRR}").fetchall()


def dropped(replica: Replica) -> None:
    replica.connection.execute(f"DROP TABLE item; {ITEM}; {AS_CRR}").fetchall()


def rebuilt(replica: Replica) -> None:
    sql = f"{ITEM.replace('item', 'new')}; INSERT INTO new SELECT * FROM item WHERE id >= 38; DROP TABLE item"
    replica.connection.execute(f"BEGIN; {sql}; ALTER TABLE new RENAME TO item; {AS_CRR}; COMMIT").fetchall()


def migrated(replica: Replica) -> None:
    sql = "CREATE TABLE other (a INTEGER PRIMARY KEY NOT NULL)"
    replica.migrate(sql)
    replica.migrate(f"{ITEM.replace('TABLE item', 'TABLE IF NOT EXISTS item')}; {AS_CRR}")


def altered_to_another_key(replica: Replica) -> None:
    for definition in (OTHER_KEY, ITEM):
        with replica.altering("item") as db:
            db.execute(f"DROP TABLE item; {definition}").fetchall()


def repaired(replica: Replica) -> None:
    db = replica.connection
    db.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
    db.execute("DELETE FROM item WHERE id < 10")
    db.execute("SELECT crsql_internal_sync_bit(0)").fetchall()
    assert replica.repair()


def by_another_program(replica: Replica) -> None:
    """Nothing of ours runs while the records go; what comes after finds a plain table."""
    db = apsw.Connection(str(replica.path))
    triggers = "".join(f"DROP TRIGGER item__crsql_{event}trig;" for event in "iud")
    db.execute(f"{triggers} DROP TABLE item__crsql_clock; DROP TABLE item__crsql_pks; DELETE FROM item WHERE id < 10")
    db.close()
    replica.connection.execute(AS_CRR).fetchall()


def rebuilt_by_another_program(replica: Replica) -> None:
    """It puts back the triggers as it found them: all looks as if nothing had been."""
    db = apsw.Connection(str(replica.path))
    found = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'item__crsql_*'"
    triggers = "; ".join(sql for (sql,) in db.execute(found))
    db.execute(f"BEGIN; DROP TABLE item; {ITEM}; {triggers}; COMMIT").fetchall()
    db.close()


def by_another_program_and_altered(replica: Replica) -> None:
    """Before anybody has noticed, a column of it goes, and comes back: its new mark is not that of what was there."""
    by_another_program(replica)
    for change in ("DROP COLUMN extra", "ADD COLUMN extra"):
        with replica.altering("item") as db:
            db.execute(f"ALTER TABLE item {change}").fetchall()


WAYS = [
    made_plain, made_plain_and_dropped, dropped, rebuilt, migrated, altered_to_another_key, repaired,
    by_another_program, rebuilt_by_another_program,
]  # fmt: skip


def complete(one: Replica, other: Replica, *, deleted: bool = False) -> None:
    """What ``other`` lost has come back from ``one``, and the clock is no further than that."""
    own_pair(one, other).run()
    assert rows(other) == rows(one)
    assert len(rows(other)) == 40 or (deleted and len(rows(other)) in (31, 32))
    assert other.received_clock(one.site_id) == one.db_version()
    assert other.known(one.site_id).place is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_a_cut_range_does_not_go_on(pair: tuple[Replica, Replica], way: Callable[[Replica], None], again: bool) -> None:
    """``again``: what was cut is a wish for all of it without filters, which stays one, from its beginning."""
    one, other = pair
    fill(one, 40)
    if again:
        own_pair(one, other).run()
        other.ask_again(one.site_id)
    run_until_cut(own_pair(one, other), other, one.site_id, 6)
    way(other)
    place = other.known(one.site_id).place
    if again:
        assert place is not None
        assert (place.since, place.token, place.resend) == (0, b"", True)
    else:
        assert place is None
    complete(one, other, deleted=way is made_plain)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("covered", [False, True])
def test_a_range_under_way_ends(pair: tuple[Replica, Replica], way: Callable[[Replica], None], covered: bool) -> None:
    """Also one of a table that no clock covered yet, so that none is taken back."""
    one, other = pair
    fill(one, 20)
    if covered:
        own_pair(one, other).run()
    fill(one, 20, first=21)
    wire = own_pair(one, other)
    run_until_cut(wire, other, one.site_id, 3)
    way(other)
    wire.run()
    assert wire.ends[1].closed is not None
    seen = "have been restored" if way is by_another_program else "was recreated"  # which set its version back
    assert seen in wire.ends[1].closed.reason
    assert other.received_clock(one.site_id) < one.db_version()
    complete(one, other, deleted=way is made_plain)


@pytest.mark.parametrize("way", [one for one in WAYS if one is not by_another_program])
def test_without_marks_a_clock_would_pass_what_went(
    pair: tuple[Replica, Replica], way: Callable[[Replica], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same history with the fault planted that a range goes on whatever became of its tables: the hard rule breaks.
    The simulator makes tables anew, too, but hardly ever between two parts of a range: no seed shows it. (What another
    program does sets the file back, which is noticed by itself.)"""
    one, other = pair
    fill(one, 40)
    run_until_cut(wire := own_pair(one, other), other, one.site_id, 3)
    way(other)
    monkeypatch.setattr(table_marks, "check", lambda *_: None)
    wire.run()
    assert other.received_clock(one.site_id) == one.db_version()
    assert len(rows(other)) < 40


@pytest.mark.parametrize("way", [*WAYS, by_another_program_and_altered])
def test_a_clock_covers_it_no_more(pair: tuple[Replica, Replica], way: Callable[[Replica], None]) -> None:
    one, other = pair
    fill(one, 40)
    own_pair(one, other).run()
    assert other.known(one.site_id).tables == ("item",)
    way(other)
    other.connection.execute("INSERT OR REPLACE INTO item (id, name) VALUES (1, 'x')")
    assert other.known(one.site_id).tables == ()
    complete(one, other, deleted=way is made_plain)


@pytest.mark.parametrize("way", WAYS)
def test_a_sender_that_was_made_anew_in_the_middle(
    pair: tuple[Replica, Replica], way: Callable[[Replica], None]
) -> None:
    """What it still has is on the other side before the clock is."""
    one, other = pair
    fill(one, 40)
    run_until_cut(own_pair(one, other), other, one.site_id, 6)
    way(one)
    one.connection.execute("INSERT OR REPLACE INTO item (id, name) VALUES (200, 'new')")
    wire = own_pair(one, other)
    clock, rng = 0, random.Random(3)
    while wire.step(rng):
        if other.received_clock(one.site_id) > clock:
            clock = other.received_clock(one.site_id)
        if clock == one.db_version():
            assert {row[0] for row in rows(one)} <= {row[0] for row in rows(other)}
    assert clock == one.db_version()
    own_pair(one, other).run()
    assert rows(one) == rows(other)


def test_a_schema_change_that_keeps_the_table_keeps_the_place(pair: tuple[Replica, Replica]) -> None:
    """A rebuild between begin_alter and commit_alter is recorded, and so is a new table beside it."""
    one, other = pair
    fill(one, 40)
    place = run_until_cut(own_pair(one, other), other, one.site_id, 6)
    with other.altering("item") as db:
        db.execute(f"{ITEM.replace('item', 'new')}; INSERT INTO new SELECT * FROM item; DROP TABLE item")
        db.execute("ALTER TABLE new RENAME TO item; CREATE TABLE photo (id INTEGER PRIMARY KEY NOT NULL)")
    other.make_crr("photo")
    other.connection.execute("VACUUM")
    assert other.known(one.site_id).place == place
    wire = own_pair(one, other)
    wire.run()
    assert rows(one) == rows(other)
    assert wire.ends[0].changes_sent <= 120 - 6 * 9 + 10


def test_an_idle_session_hears_of_it(pair: tuple[Replica, Replica]) -> None:
    """The tables in the greeting are gone when what the file knows is looked up."""
    one, other = pair
    fill(one, 3)
    wire = own_pair(one, other)
    other.make_plain("item")
    wire.run()
    assert wire.ends[1].closed is not None
    assert wire.ends[1].closed.regreet
    assert other.received_clock(one.site_id) == 0


def test_a_place_from_before_tables_had_marks_is_left(pair: tuple[Replica, Replica]) -> None:
    """And a clock: all of it comes once more. What was wished for stays wished for."""
    one, other = pair
    fill(one, 40)
    run_until_cut(own_pair(one, other), other, one.site_id, 6)
    db = other.connection
    db.execute("ALTER TABLE crsql_syncline_ranges DROP COLUMN marks")
    assert other.known(one.site_id).place is None
    complete(one, other)
    db.execute("UPDATE crsql_syncline_tables SET tables = '[\"item\"]'")
    assert other.known(one.site_id).tables == ()
    other.ask_again(one.site_id)
    place = other.known(one.site_id).place
    assert place is not None
    assert place.resend
    complete(one, other)


def test_marks_hold_up_nothing_and_are_no_triggers_of_a_person(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    fill(one, 3)
    own_pair(one, other).run()
    assert dict(other.marks()).keys() == {"item"}
    db = other.connection
    with other.altering("item"):
        db.execute("ALTER TABLE item RENAME COLUMN name TO title; ALTER TABLE item DROP COLUMN extra")
    db.execute("UPDATE item SET id = id + 1000; DELETE FROM item")
    plain = apsw.Connection(str(other.path))
    plain.execute("DROP TABLE item; DROP TABLE item__crsql_clock; DROP TABLE item__crsql_pks")
    assert plain.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").get == 0
    plain.close()
