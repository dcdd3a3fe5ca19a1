"""Ranges of the own dialect: read in parts, cut and gone on with, rewritten meanwhile."""

from __future__ import annotations

import random

import pytest

from engine.errors import FileReplaced
from engine.replica import Replica
from engine.session import SynclineSession, batch_limits
from engine.tables import Place, Span
from engine.wire import Batch, Confirm, Lineage, Want, decode, encode

from .world import End, Wire, hello, own_pair, rows, snapshot, want

PEER = bytes(range(16))
PHOTO = "CREATE TABLE photo (id INTEGER PRIMARY KEY NOT NULL, title TEXT); SELECT crsql_as_crr('photo')"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 10)


def fill(replica: Replica, count: int, *, first: int = 1, text: str = "x") -> None:
    """So many rows, in one version."""
    with replica.connection as db:
        db.executemany("INSERT INTO item (id, name) VALUES (?, ?)", [(first + n, text) for n in range(count)])


WIDEN = (
    "BEGIN IMMEDIATE; ALTER TABLE item ADD COLUMN more; DROP TRIGGER item__crsql_itrig;"
    " DROP TRIGGER item__crsql_utrig; DROP TRIGGER item__crsql_dtrig; SELECT crsql_as_crr('item'); COMMIT"
)
"""A column more, and triggers that know of it; nobody sees the table without them."""


def alter(replica: Replica, sql: str) -> None:
    """What an app does to its schema while nobody is connected."""
    replica.connection.execute(sql).fetchall()


def batches(end: End) -> list[Batch]:
    return [message for message in map(decode, end.sent) if isinstance(message, Batch)]


def run_until_cut(wire: Wire, receiver: Replica, peer: bytes, parts: int) -> Place:
    """Go on until so many parts of a range are on the receiver's disk, then forget the connection."""
    seen: list[bytes] = []
    rng = random.Random(1)
    while len(seen) < parts:
        assert wire.step(rng), "it ended before it could be cut"
        place = receiver.known(peer).place
        if place is not None and place.token not in seen:
            seen.append(place.token)
    place = receiver.known(peer).place
    assert place is not None
    return place


# Reading parts


def test_parts_of_one_version_make_the_whole(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    fill(one, 40)
    span, place, found = Span(0, None, ("item",)), b"", []
    while True:
        part = one.part(span, place=place, changes=7)
        assert 0 < len(part.changes) <= 7
        found += part.changes
        span, place = Span(0, part.until, ("item",)), part.place
        if not place:
            break
    assert sorted(found) == sorted(one.changes().changes)
    assert part.until == one.db_version()


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_parts_of_two_tables_make_the_whole(pair: tuple[Replica, Replica], size: int) -> None:
    """Also where a part ends with its table."""
    one, _ = pair
    alter(one, PHOTO)
    fill(one, 2)
    one.connection.execute("INSERT INTO photo VALUES (1, 'sea')")
    span, place, found = Span(0, None, ("item", "photo")), b"", []
    while len(found) < 50:
        part = one.part(span, place=place, changes=size)
        found += part.changes
        span, place = Span(0, part.until, ("item", "photo")), part.place
        if not place:
            break
    assert sorted(found, key=repr) == sorted(one.changes().changes, key=repr)


def test_a_part_is_bounded_in_bytes_and_a_large_cell_goes_alone(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    for number, size in enumerate([10, 5000, 10, 10]):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, ?)", (number, "x" * size))
    span, place, sizes = Span(0, None, ("item",)), b"", []
    while True:
        part = one.part(span, place=place, size=400)
        sizes.append(sum(len(c.val) for c in part.changes if isinstance(c.val, str)))
        span, place = Span(0, part.until, ("item",)), part.place
        if not place:
            break
    assert sum(sizes) == 5030
    assert 5000 in sizes


def test_large_changes_are_under_way_one_at_a_time(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    for row in range(3):
        large = batch_limits.WINDOW_BYTES
        one.connection.execute("INSERT INTO item (id, extra) VALUES (?, zeroblob(?))", (row, large))
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    for frame in (hello(PEER), Lineage((), ()), want(0)):
        end.receive(encode(frame))
        end.work()
    confirmed = 0
    for under_way in (1, 2, 3):
        assert sum(len(frame) > large for frame in end.sent) == under_way
        while confirmed < len(batches(end)) and sum(len(frame) > large for frame in end.sent) == under_way:
            end.receive(encode(Confirm(0)))
            end.work()
            confirmed += 1


def test_a_place_is_good_only_for_what_it_was_made_for(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    fill(one, 40)
    first = one.part(Span(0, None, ("item",)), changes=7)
    fill(one, 1, first=100)
    span = Span(0, first.until, ("item",))
    assert one.part(span, place=first.place, changes=500).until == first.until
    for forged in (b"x", b"x" * 40, first.place[:-1] + b"\xff", first.place[::-1]):
        part = one.part(span, place=forged, changes=500)
        assert part.until in (first.until, one.db_version())
        if part.until == one.db_version():
            assert len(part.changes) == len(one.changes().changes)
    late = Span(0, first.until, ("item",), frozenset({"item"}))
    assert one.part(late, place=first.place, changes=500).until == one.db_version()
    alter(one, WIDEN)
    part = one.part(span, place=first.place, changes=500)
    assert part.until == one.db_version()
    assert len(part.changes) == len(one.changes().changes)


def test_filters_hide_nothing_of_a_late_table(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    fill(other, 3)
    one.merge(other.changes().changes, source=other.site_id)
    tables = ("item",)
    assert one.part(Span(0, None, tables), exclude_site=other.site_id).changes == ()
    assert one.part(Span(0, None, tables), exclude_versions=[(0, 99)]).changes == ()
    late = Span(one.db_version(), None, tables, frozenset(tables))
    part = one.part(late, exclude_site=other.site_id, exclude_versions=[(0, 99)])
    assert len(part.changes) == len(one.changes().changes) > 0


# Ranges over a connection


@pytest.mark.usefixtures("small")
def test_a_cut_range_goes_on_where_it_was(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    fill(one, 100)
    place = run_until_cut(own_pair(one, other), other, one.site_id, 12)
    held = other.connection.execute("SELECT count(*) FROM item").get
    assert 0 < held < 100
    assert other.received_clock(one.site_id) == 0
    wire = own_pair(one, other)
    wire.run()
    assert rows(one) == rows(other)
    assert other.received_clock(one.site_id) == one.db_version()
    assert other.known(one.site_id).place is None
    assert wire.ends[0].changes_sent <= 300 - 12 * 9 + 10, "in each part there are three rows of three"
    assert place.until == one.db_version()
    assert wire.ends[0].session.in_sync
    assert wire.ends[1].session.in_sync


@pytest.mark.usefixtures("small")
def test_cells_rewritten_while_the_range_is_read_are_not_lost(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    fill(one, 100)
    wire = own_pair(one, other)
    run_until_cut(wire, other, one.site_id, 5)
    one.connection.execute("UPDATE item SET name = 'rewritten', n = 7 WHERE id % 2")
    one.connection.execute("DELETE FROM item WHERE id % 10 = 3")
    wire.ends[0].local()
    wire.run()
    assert rows(one) == rows(other)
    assert other.received_clock(one.site_id) == one.db_version()
    assert all(end.session.in_sync for end in wire.ends)


@pytest.mark.usefixtures("small")
def test_cells_rewritten_while_nobody_is_connected(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    fill(one, 100)
    run_until_cut(own_pair(one, other), other, one.site_id, 5)
    one.connection.execute("UPDATE item SET name = 'rewritten' WHERE id % 3 = 0")
    one.connection.execute("DELETE FROM item WHERE id < 20")
    own_pair(one, other).run()
    assert rows(one) == rows(other)


@pytest.mark.usefixtures("small")
def test_a_sender_that_was_altered_begins_the_range_anew(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    fill(one, 100)
    run_until_cut(own_pair(one, other), other, one.site_id, 5)
    for replica in pair:
        alter(replica, WIDEN)
    wire = own_pair(one, other)
    wire.run()
    assert rows(one) == rows(other)
    assert wire.ends[0].changes_sent >= 300


@pytest.mark.usefixtures("small")
def test_asking_again_survives_a_cut(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    fill(one, 50)
    own_pair(one, other).run()
    wire = own_pair(one, other)
    wire.run()
    session = wire.ends[1].session
    assert isinstance(session, SynclineSession)
    session.ask_again()
    wire.ends[1]._collect()
    place = run_until_cut(wire, other, one.site_id, 4)
    assert (place.since, place.resend) == (0, True)
    again = own_pair(one, other)
    again.run()
    assert 0 < again.ends[0].changes_sent < 150
    assert other.known(one.site_id).place is None


def test_what_answers_an_older_want_moves_no_clock(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(PEER, 9)))
    end.receive(encode(Lineage((), ())))
    end.work()
    session = end.session
    assert isinstance(session, SynclineSession)
    session.ask_again()
    end._collect()
    end.work()
    end.receive(encode(Batch(1, 0, 0, 4, b"", True, ())))
    end.receive(encode(Batch(1, 1, 4, 9, b"", False, ())))  # continues what was not kept
    end.work()
    assert [message.version for message in map(decode, end.sent) if isinstance(message, Confirm)] == [0, 0]
    assert one.received_clock(PEER) == 0
    end.receive(encode(Batch(2, 2, 0, 9, b"", False, ())))
    end.work()
    assert one.received_clock(PEER) == 9


@pytest.mark.parametrize("bad", [Batch(1, 1, 0, 9, b"", False, ()), Batch(2, 0, 0, 9, b"", False, ())])
def test_a_batch_that_cannot_be_next_ends_the_session(pair: tuple[Replica, Replica], bad: Batch) -> None:
    one, _ = pair
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(PEER, 9)))
    end.receive(encode(Lineage((), ())))
    end.work()
    end.receive(encode(bad))
    end.work()
    assert end.closed is not None
    assert one.received_clock(PEER) == 0


def test_a_place_is_not_kept_by_a_file_that_went_back(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    with pytest.raises(FileReplaced):
        one.merge([], place=Place(PEER, 5, 9, b"token"))
    assert one.known(PEER).place is None


def test_a_place_above_our_history_is_a_restored_file(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(PEER)))
    end.receive(encode(want(0)))
    end.work()
    end.receive(encode(Want(2, 0, ("item",), False, 50, b"token")))
    end.work()
    assert end.closed is not None
    assert "restored from an older copy" in end.closed.reason
