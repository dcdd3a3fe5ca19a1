"""The own dialect over real files: what it promises, and what it does when the other side breaks a promise."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.session import AskAgain, Send, SynclineSession
from engine.session.syncline import GIVE_UP, STALL
from engine.wire import PROTOCOL, Batch, Confirm, Failure, Lineage, SendAgain, Status, decode, encode
from tests import budget

from .world import End, Wire, hello, make_replica, own_pair, rows, snapshot, want


def test_both_ways_until_in_sync(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item VALUES (1, 'a', 1, x'00'), (2, 'b', 2, 1.5)")
    other.connection.execute("INSERT INTO item VALUES (3, 'c', NULL, 'text')")
    wire = own_pair(one, other)
    wire.run()
    assert rows(one) == rows(other)
    assert len(rows(one)) == 3
    for end, peer in ((wire.ends[0], other), (wire.ends[1], one)):
        assert end.session.in_sync
        assert end.replica.received_clock(peer.site_id) == peer.db_version()
        assert end.replica.sent_clock(peer.site_id) == end.replica.db_version()


def test_authors_are_kept(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    own_pair(one, other).run()
    assert {change.site_id for change in other.changes().changes} == {one.site_id}


def test_a_live_write_is_sent_once_and_does_not_come_back(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    wire = own_pair(one, other)
    wire.run()
    one.connection.execute("INSERT INTO item (id, name, n) VALUES (1, 'a', 5)")
    wire.ends[0].local()
    assert not wire.ends[0].session.in_sync
    wire.run()
    assert rows(one) == rows(other)
    assert wire.ends[0].session.in_sync
    assert wire.ends[1].session.in_sync
    assert wire.ends[0].changes_sent == 3
    assert wire.ends[1].changes_sent == 0


def test_a_reconnect_with_nothing_new_sends_no_change(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    other.connection.execute("INSERT INTO item (id, name) VALUES (2, 'b')")
    own_pair(one, other).run()
    again = own_pair(one, other)
    again.run()
    assert [end.changes_sent for end in again.ends] == [0, 0]
    assert [end.frames for end in again.ends] == [3, 3]  # Hello, Lineage and Want


def test_what_is_confirmed_over_another_connection_meanwhile_is_not_sent_again(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    first, second = own_pair(one, other), own_pair(one, other)
    here, there = second.ends
    there.work()
    here.receive(there.sent.popleft())  # their greeting: what they have confirmed is looked up now
    here.work()
    first.run()
    assert one.sent_clock(other.site_id) == one.db_version()
    second.run()
    assert here.session.in_sync
    assert here.changes_sent == 0
    assert one.sent_clock(other.site_id) == one.db_version()


def test_a_version_larger_than_a_batch_moves_the_clock_with_its_last_part(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    with one.connection:
        one.connection.executemany("INSERT INTO item (id, name) VALUES (?, ?)", [(n, "x" * 200) for n in range(3000)])
    wire = own_pair(one, other)
    rng = random.Random(1)
    clocks = set()
    while wire.step(rng):
        clocks.add(other.received_clock(one.site_id))
        if other.received_clock(one.site_id):
            assert len(rows(other)) == 3000
    assert clocks == {0, one.db_version()}
    assert rows(one) == rows(other)
    assert wire.ends[0].frames > 5


def test_a_filtered_stretch_still_moves_the_clock(pair: tuple[Replica, Replica]) -> None:
    """What came from the peer is not sent back, but the peer's clock of us passes it."""
    one, other = pair
    for number in range(20):
        one.connection.execute("INSERT INTO item (id) VALUES (?)", (number,))
    wire = own_pair(one, other)
    wire.run()
    assert wire.ends[1].changes_sent == 0
    assert one.received_clock(other.site_id) == other.db_version() > 0


def test_zeroed_cells_pass_the_filters(pair: tuple[Replica, Replica]) -> None:
    """A sentinel that revives a row sets cells to version 0; these must reach their own author (cr-sqlite.md 7.2)."""
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name, n) VALUES (1, 'a', 1)")
    own_pair(one, other).run()
    other.connection.execute("DELETE FROM item")
    other.connection.execute("INSERT INTO item (id, name) VALUES (1, 'again')")
    one.connection.execute("UPDATE item SET n = 7 WHERE id = 1")
    own_pair(one, other).run()
    own_pair(one, other).run()
    assert rows(one) == rows(other)


def test_an_old_clock_in_the_greeting_lowers_ours(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    own_pair(one, other).run()
    assert one.sent_clock(other.site_id) == one.db_version()
    other.connection.execute("DELETE FROM crsql_tracked_peers")
    wire = own_pair(one, other)
    session = wire.ends[0].session
    while not session.outbound.asked:
        wire.step(random.Random(0))
    assert session.outbound.confirmed == 0
    wire.run()
    assert one.sent_clock(other.site_id) == one.db_version()


def test_a_file_that_went_back_in_time_is_told(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    wire = own_pair(one, other)
    wire.run()
    wire.ends[0].receive(encode(want(1000, 2)))
    wire.ends[0].work()
    closed = wire.ends[0].closed
    assert closed is not None
    assert "restored from an older copy" in closed.reason
    assert not closed.retry
    assert isinstance(decode(wire.ends[0].sent[-1]), Failure)


def test_a_copy_of_the_file_is_refused(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(one.site_id, 5)))
    end.work()
    assert end.closed is not None
    assert "same site id" in end.closed.reason
    assert not end.closed.retry


@pytest.mark.parametrize("protocol", [PROTOCOL - 1, PROTOCOL + 1])
def test_another_protocol_is_refused_in_words(pair: tuple[Replica, Replica], protocol: int) -> None:
    one, other = pair
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(other.site_id, 5, protocol=protocol)))
    end.work()
    assert end.closed is not None
    older, newer = sorted((protocol, PROTOCOL))
    assert f"version {older} of the protocol, the other version {newer}." in end.closed.reason
    assert "Update the older Syncline" in end.closed.reason


def test_no_table_in_common(pair: tuple[Replica, Replica], tmp_path: Path) -> None:
    one, _ = pair
    schema = "CREATE TABLE another (id INTEGER PRIMARY KEY NOT NULL, v); SELECT crsql_as_crr('another');"
    third = make_replica(tmp_path / "third.db", schema)
    wire = own_pair(one, third)
    wire.run()
    third.close()
    assert all(end.closed is not None and not end.closed.retry for end in wire.ends)
    assert wire.ends[0].closed is not None
    assert "no table in common" in wire.ends[0].closed.reason


def test_a_required_column_that_one_side_lacks_stops_the_link_and_moves_no_clock(
    pair: tuple[Replica, Replica], tmp_path: Path
) -> None:
    one, _ = pair
    schema = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra, owner TEXT NOT NULL)"
    wide = make_replica(tmp_path / "wide.db", schema)
    wide.make_ordinary("item")
    one.connection.execute("INSERT INTO item (id, name, n) VALUES (1, 'a', 1)")
    wide.connection.execute("INSERT INTO item (id, name, owner) VALUES (2, 'b', 'me')")
    wire = own_pair(one, wide)
    wire.run()
    for here, there in ((one, wide), (wide, one)):
        assert here.received_clock(there.site_id) == 0
        assert here.connection.execute("SELECT count(*) FROM item").get == 1
    wide.close()
    for end in wire.ends:
        assert end.closed is not None
        assert not end.closed.retry
        assert "The table “item” lacks the column “owner”" in end.closed.reason


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([Batch(1, 0, 7, 9, b"", False, ())], "from version 0 to 7 are missing"),
        ([Confirm(0)], "nothing was sent"),
    ],
)
def test_broken_promises_close_the_session(pair: tuple[Replica, Replica], frames: list[object], words: str) -> None:
    one, other = pair
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(other.site_id)))
    end.receive(encode(Lineage((), ())))
    end.receive(encode(want(0)))
    end.work()
    for frame in frames:
        end.receive(encode(frame))  # type: ignore[arg-type]
    end.work()
    assert end.closed is not None
    assert words in end.closed.reason
    assert one.received_clock(other.site_id) == 0


@pytest.mark.parametrize("early", [want(0), Batch(1, 0, 0, 1, b"", False, ()), Confirm(0), Status(4), Lineage((), ())])
def test_nothing_comes_before_hello(pair: tuple[Replica, Replica], early: object) -> None:
    one, other = pair
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(early))  # type: ignore[arg-type]
    end.work()
    assert end.closed is not None
    assert "before Hello" in end.closed.reason
    assert one.received_clock(other.site_id) == 0


def test_garbage_closes_the_session(pair: tuple[Replica, Replica]) -> None:
    end = End(pair[0], SynclineSession(snapshot(pair[0]), now=lambda: 0.0))
    end.receive(b"\xff\xff\xff")
    end.work()
    assert end.closed is not None
    assert end.closed.code == 1007


def test_a_silent_peer_is_given_up(pair: tuple[Replica, Replica]) -> None:
    time = [0.0]
    session = SynclineSession(snapshot(pair[0]), now=lambda: time[0])
    end = End(pair[0], session)
    deadline = session.deadline()
    assert deadline is not None
    time[0] = deadline
    session.tick()
    assert session.closed is not None
    assert session.closed.retry
    end.work()


def test_a_peer_that_does_not_move_is_told_why(pair: tuple[Replica, Replica]) -> None:
    """It announced changes and sends none; it was sent some and confirms none; it never asks."""
    one, other = pair
    for frames, words, ends in (
        ([hello(other.site_id, 9), Lineage((), ()), want(0)], "announced more changes, but sent none", True),
        ([hello(other.site_id), Lineage((), ()), want(0)], "has not confirmed what was sent", True),
        ([hello(other.site_id), Lineage((), ())], "has not asked for our changes", False),
    ):
        time = [0.0]
        session = SynclineSession(snapshot(one), now=lambda time=time: time[0])  # type: ignore[misc]
        end = End(one, session)
        for frame in frames:
            end.receive(encode(frame))  # type: ignore[arg-type]
            end.work()
        time[0] = STALL - 1
        session.tick()
        assert not session.note
        time[0] = STALL
        session.carried()
        session.tick()
        assert session.deadline() == 2 * STALL  # parts of frames were still leaving: a slow line is no stall
        time[0] = 2 * STALL
        session.tick()
        assert f"{words} for 30 s" in session.note or not ends
        assert session.closed is None
        assert words in session.note
        time[0] = STALL + GIVE_UP
        session.tick()
        assert (session.closed is not None) is ends
        assert session.closed is None or (session.closed.retry and words in session.closed.reason)
        one.connection.execute("INSERT INTO item (id) VALUES (?)", (len(words),))


def test_a_session_in_sync_has_no_deadline(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    wire = own_pair(one, other)
    wire.run()
    assert [end.session.deadline() for end in wire.ends] == [None, None]
    one.connection.execute("INSERT INTO item (id) VALUES (1)")
    wire.ends[0].local()
    assert wire.ends[0].session.deadline() == STALL


def test_receive_only_and_send_only(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    other.connection.execute("INSERT INTO item (id, name) VALUES (2, 'b')")
    ends = (
        End(one, SynclineSession(snapshot(one), now=lambda: 0.0, sends=False)),
        End(other, SynclineSession(snapshot(other), now=lambda: 0.0)),
    )
    Wire(*ends).run()
    assert len(rows(one)) == 2
    assert len(rows(other)) == 1
    assert ends[0].session.in_sync
    assert other.received_clock(one.site_id) == 0


@pytest.mark.soak
def test_random_histories_with_cuts_and_crashes(tmp_path: Path) -> None:
    """Cut anywhere, crash anywhere: no clock is ever ahead of its data, and both ends come together."""
    for case in budget.cases("own dialect: cuts and crashes", seconds=4, at_least=5):
        rng = case.random
        one, other = (make_replica(tmp_path / f"{case.seed}-{side}.db") for side in ("a", "b"))
        history: dict[bytes, dict[int, set[int]]] = {one.site_id: {}, other.site_id: {}}
        next_id = 0
        for _ in range(rng.randrange(1, 6)):
            wire = own_pair(one, other)
            for end in wire.ends:
                end.merge_slice = rng.choice([1, 3, 1000])
            for _ in range(rng.randrange(0, 120)):
                if rng.random() < 0.15:
                    end = rng.choice(wire.ends)
                    ids = set()
                    with end.replica.connection:
                        for _ in range(rng.randrange(1, 4)):
                            next_id += 1
                            ids.add(next_id)
                            value = rng.choice([None, next_id, float(next_id), "é", b"\x00"])
                            end.replica.connection.execute(
                                "INSERT INTO item (id, name, extra) VALUES (?, ?, ?)", (next_id, "n", value)
                            )
                    history[end.replica.site_id][end.replica.db_version()] = ids
                    if rng.random() < 0.8:
                        end.local()
                wire.step(rng)
                for mine, theirs in ((one, other), (other, one)):
                    clock = mine.received_clock(theirs.site_id)
                    held = {row[0] for row in rows(mine)}
                    for version, ids in history[theirs.site_id].items():
                        assert version > clock or ids <= held, "a clock is ahead of its data"
            if rng.random() < 0.5:  # crash: only the file stays
                path = one.path
                one.close()
                one = Replica.open(path)
        wire = own_pair(one, other)
        wire.run(rng)
        assert rows(one) == rows(other)
        assert wire.ends[0].session.in_sync
        assert wire.ends[1].session.in_sync
        assert len(rows(one)) == next_id
        one.close()
        other.close()


def test_send_again_again_and_again_is_asked_for_once(pair: tuple[Replica, Replica]) -> None:
    """Each wish is written to disk; a peer that says it a thousand times has it kept once, until it is answered."""
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    wire = own_pair(one, other)
    wire.run()
    session, asked = wire.ends[1].session, wire.ends[0].session.wanted
    for _ in range(5):
        for _ in range(200):
            session.receive(encode(SendAgain()))
        assert [type(action) for action in session._actions] == [AskAgain, Send]
        wire.run()
    assert isinstance(wire.ends[0].session, SynclineSession)
    assert wire.ends[0].session.wanted == asked + 5
    assert rows(one) == rows(other)
