"""Rows that are on their way from a third side when two meet: waited for, or compared when they come."""

from __future__ import annotations

import random

import pytest

from engine.replica import Replica
from engine.session import SynclineSession
from engine.session.joining import LOOK_AGAIN
from engine.table_shape import Join, JoinCount, Where

from .joins import NOTES, NewFile, Time, in_sync, put, rows, sync, wire
from .world import End, Wire, snapshot

OTHER = "CREATE TABLE other (id TEXT PRIMARY KEY, v)"
CRR = "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body); SELECT crsql_as_crr('notes')"


FULL = (
    f"{NOTES}; WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 6000)"
    " INSERT INTO notes SELECT 'n' || v, 'full', v FROM n"
)


def begin(one: Replica, full: Replica) -> tuple[Wire, random.Random]:
    """Connect, until the first side has some of the other's rows."""
    line, rng = wire(one, full), random.Random(0)
    while not 0 < len(rows(one)) < 4_000:
        line.step(rng)
    return line, rng


@pytest.mark.parametrize("dials", [True, False])
def test_rows_on_their_way_from_a_third_side_are_waited_for(new_file: NewFile, dials: bool) -> None:
    """One of them may differ from what is here: it is not known yet."""
    one, full, apart = new_file(), new_file(schema=FULL), new_file("n4000 mine", "x X")
    line, rng = begin(one, full)
    assert "n4000 full" not in rows(one)
    later = wire(one, apart) if dials else wire(apart, one)
    later.run()
    assert not any(end.closed or end.session.in_sync or end.session.parked for end in later.ends)
    line.run(rng)
    for end in later.ends:
        if end.replica is one:
            end.session.datasets_changed(one.kept_datasets())
            assert end.session.closed is not None
            assert end.session.closed.regreet
    client, _ = sync(one, apart) if dials else sync(apart, one)
    [parked] = client.parked
    assert (parked.found or JoinCount()).differ == 1


def test_rows_that_come_after_others_were_joined_are_compared_then(new_file: NewFile) -> None:
    """Nobody waits for ever for a side that was cut off; what is still to come of it has not met the others."""
    one, full, apart = new_file(), new_file(schema=FULL), new_file("n4000 mine", "x X")
    line, _ = begin(one, full)
    in_sync(one, apart)
    [parked] = sync(one, full)[0].parked
    assert (parked.where, (parked.found or JoinCount()).differ) == (Where.JOIN, 1)
    assert [one.session.closed.regreet for one in line.ends[:1] if one.session.closed] == []
    line.ends[0].session.datasets_changed(one.kept_datasets())
    assert line.ends[0].session.closed is not None, "who is connected meanwhile greets again, too"
    assert "n4000 full" not in rows(one)
    in_sync(one, full, how=Join.SAME)
    in_sync(one, apart)
    assert "n4000 full" in rows(apart)


def test_two_that_wait_for_each_other_meet_over_a_third(new_file: NewFile) -> None:
    """Their own connection was cut for good before anything was exchanged."""
    for differs in (False, True):
        hub, one, two = new_file("h H"), new_file("a A"), new_file("b B", *(["h other"] if differs else []))
        line = wire(one, two)
        while not line.ends[0].closed:
            line.step(random.Random(0))
        assert one.kept_datasets()["notes"].awaited
        assert two.kept_datasets()["notes"].awaited
        in_sync(one, hub)
        if differs:
            assert [parked.where for parked in sync(two, hub)[0].parked] == [Where.JOIN]
            continue
        in_sync(two, hub)
        in_sync(one, hub)
        in_sync(one, two)
        assert rows(one) == ["a A", "b B", "h H"]


def test_a_side_that_takes_nothing_in_is_compared_once(new_file: NewFile) -> None:
    """It records nothing; who reads from it does not ask itself again and again."""
    for late in (False, True):
        one, other, third = new_file("a A"), new_file("b B"), new_file("c C")

        def reads(line_to: Replica, one: Replica = one) -> Wire:
            line = Wire(
                End(one, SynclineSession(snapshot(one), now=lambda: 0.0, sends=False)),
                End(line_to, SynclineSession(snapshot(line_to), now=lambda: 0.0, receives=False)),
            )
            line.ends[0].session.leads = True  # type: ignore[attr-defined]
            return line

        line = reads(other)
        line.run()
        assert line.ends[0].closed is not None
        assert one.kept_datasets()["notes"].awaited
        assert "notes" not in other.kept_datasets() or len(other.dataset_ids()["notes"]) == 1
        if late:
            in_sync(one, third)
            assert one.kept_datasets()["notes"].mixed
            line = reads(other)
            line.run()
            assert line.ends[0].closed is not None, "compared anew, as others came"
        line = reads(other)
        line.run()
        assert line.ends[0].closed is None
        assert rows(one)[1] == "b B"
        assert one.kept_datasets()["notes"].whole


def test_all_are_here_that_came_by_another_way(new_file: NewFile) -> None:
    """Rows of a side that one never meets itself, from one whose clock it has already."""
    one, two, third, fourth = new_file("a A"), new_file(), new_file("c C"), new_file("d D")
    in_sync(two, one)
    in_sync(one, third)
    in_sync(two, one)
    assert two.kept_datasets()["notes"].whole
    line = wire(two, fourth)
    line.run()
    assert any(end.closed and end.closed.regreet for end in line.ends), "nothing is waited for"
    in_sync(two, fourth)


def test_rows_that_are_made_alike_meanwhile_are_joined_unasked(new_file: NewFile) -> None:
    """The question is taken back as soon as nothing would be lost any more, on whichever side that was done."""
    schema, tables = f"{NOTES}; {OTHER}", ("notes", "other")
    for here in (True, False):
        one, other = (new_file(f"a {who}", schema=schema, tables=tables) for who in "AB")
        time = Time()
        line = wire(one, other, time=time)
        line.run()
        client = line.ends[0].session
        assert [parked.where for parked in client.parked] == [Where.JOIN]
        time.now += LOOK_AGAIN
        line.ends[0].tick()
        assert not line.ends[0].actions, "nothing is compared while nothing was written"
        changed, end = (one, line.ends[0]) if here else (other, line.ends[1])
        for title, alike in (("C", False), ("B" if here else "A", True)):
            put(changed, f"a {title}")
            changed.capture()
            end.local()
            line.run()
            assert client.closed is None
            time.now += LOOK_AGAIN
            line.ends[0].tick()
            line.run()
            assert bool(client.closed and client.closed.regreet) is alike
        in_sync(one, other)


def test_a_session_hears_when_they_are_all_here(new_file: NewFile) -> None:
    schema, tables = f"{NOTES}; {OTHER}", ("notes", "other")
    one, full, apart = (new_file(*some, schema=schema, tables=tables) for some in ((), ("a A",), ("b B",)))
    line = wire(one, full)
    while len(one.dataset_ids()["notes"]) == 1:
        line.step(random.Random(0))
    later = wire(apart, one)
    later.run()
    server = later.ends[1].session
    server.datasets_changed(one.kept_datasets())
    assert server.closed is None
    in_sync(one, full)
    server.datasets_changed(one.kept_datasets())
    assert server.closed is not None
    assert server.closed.regreet
    in_sync(apart, one)
