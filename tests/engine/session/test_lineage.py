"""Copied and restored files are noticed, whatever was written to them since; being connected twice is not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.session import SynclineSession
from engine.tables import Place, Received
from engine.wire import Failure, FailureCode, decode
from tests import budget

from .world import End, Wire, make_replica, own_pair, rows, snapshot


def insert(replica: Replica, *ids: int) -> None:
    for number in ids:
        replica.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))


def copy(replica: Replica, path: Path) -> Path:
    """A backup of the file as it is now."""
    replica.connection.execute("VACUUM INTO ?", (str(path),))
    return path


class _Clock:
    time = 0.0

    def now(self) -> float:
        return self.time


def refused(wire: Wire) -> None:
    """Both sides say that a file was copied or restored, and neither tries again."""
    wire.run()
    told = [end.closed for end in wire.ends]
    assert all(close is not None and not close.retry for close in told), told
    assert any("restored from an older copy" in close.reason for close in told if close is not None), told
    assert any(session.refusal is not None and session.refusal.code == FailureCode.CLONE for session in sessions(wire))


def sessions(wire: Wire) -> list[SynclineSession]:
    found = [end.session for end in wire.ends]
    assert all(isinstance(session, SynclineSession) for session in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("when", ["between two syncs", "before the first sync"])
def test_restored_and_written_beyond_what_the_peer_holds(
    pair: tuple[Replica, Replica], tmp_path: Path, when: str
) -> None:
    one, other = pair
    insert(one, 1, 2)
    if when == "between two syncs":
        own_pair(one, other).run()
    backup = copy(one, tmp_path / "backup.db")
    insert(one, 3, 4, 5)
    own_pair(one, other).run()
    with Replica.open(backup) as restored:
        insert(restored, *range(100, 120))
        assert restored.db_version() > other.received_clock(one.site_id)
        refused(own_pair(restored, other))
        refused(own_pair(restored, other))
    assert len(rows(other)) == 5
    own_pair(one, other).run()
    assert rows(one) == rows(other)


@pytest.mark.parametrize("later", [4, 30])
def test_a_backup_too_young_to_be_noticed_loses_nothing(
    pair: tuple[Replica, Replica], tmp_path: Path, later: int
) -> None:
    """Made within seconds of the last changes that left: no token tells it, so what the peer claims is not believed."""
    one, other = pair
    insert(one, 1, 2)
    wire = own_pair(one, other)
    wire.run()
    backup = copy(one, tmp_path / "backup.db")
    insert(one, 3, 4, 5)
    insert(other, 50)
    wire.ends[0].local()
    wire.ends[1].local()
    wire.run()
    assert other.received_clock(one.site_id) == one.db_version()
    with Replica.open(backup) as restored:
        insert(restored, *range(100, 100 + later))
        own_pair(restored, other).run()
        assert rows(restored) == rows(other)
        assert len(rows(restored)) == 6 + later
        assert other.received_clock(restored.site_id) >= restored.db_version()


def test_a_place_is_not_taken_up_by_a_file_that_was_set_back(pair: tuple[Replica, Replica], tmp_path: Path) -> None:
    """A range of another file's history cannot be finished with cells of this one."""
    one, other = pair
    insert(one, 1, 2)
    wire = own_pair(one, other)
    wire.run()
    backup = copy(one, tmp_path / "backup.db")
    with one.connection as db:
        db.executemany("INSERT INTO item (id, name) VALUES (?, 'n')", [(number,) for number in range(10, 3_000)])
    wire.ends[0].local()
    rng = random.Random(1)
    while other.known(one.site_id).place is None:
        assert wire.step(rng)
    with Replica.open(backup) as restored:
        until = one.db_version()
        while restored.db_version() < until + 3:
            insert(restored, 10_000 + restored.db_version())
        own_pair(restored, other).run()
        lacking = set(rows(restored)) - set(rows(other))
        assert not lacking or other.received_clock(restored.site_id) < restored.db_version()


def test_a_wish_to_have_it_all_again_outlives_the_connection(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    insert(one, *range(1, 40))
    own_pair(one, other).run()
    wire = own_pair(one, other)
    wire.run()
    session = sessions(wire)[1]
    session.ask_again()
    wire.ends[1].local()
    wire.ends[1].work()  # cut before anything of it has come
    place = other.known(one.site_id).place
    assert place is not None
    assert (place.since, place.token, place.resend) == (0, b"", True)
    assert other.received_clock(one.site_id) == one.db_version()

    again = own_pair(one, other)
    again.run()
    assert again.ends[0].changes_sent >= 39
    assert other.known(one.site_id).place is None
    quiet = own_pair(one, other)
    quiet.run()
    assert quiet.ends[0].changes_sent == 0


def test_only_what_comes_without_filters_ends_a_wish(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    peer = bytes(15) + b"p"
    one.merge([], received=Received(peer, 9, tables=("item",)))
    one.ask_again(peer, 9)
    one.ask_again(peer, 4)
    one.ask_again(peer, 7)
    wished = Place(peer, 4, 0, b"", True)
    assert one.known(peer).place == wished
    one.merge([], place=Place(peer, 9, 12, b"place"))
    one.merge([], received=Received(peer, 12, 9, ("item",)))
    assert one.known(peer).place == wished
    one.merge([], place=Place(peer, 4, 12, b"place", True))
    assert one.known(peer).place == Place(peer, 4, 12, b"place", True)
    one.merge([], received=Received(peer, 12, 4, ("item",), resend=True))
    assert one.known(peer).place is None


def test_two_copies_of_one_file(pair: tuple[Replica, Replica], tmp_path: Path) -> None:
    one, other = pair
    insert(one, 1)
    own_pair(one, other).run()
    with Replica.open(copy(one, tmp_path / "copy.db")) as twin:
        insert(one, 2)
        insert(twin, 3, 4, 5)
        own_pair(one, other).run()
        refused(own_pair(twin, other))


def test_a_token_that_never_arrived_is_given_again(pair: tuple[Replica, Replica], tmp_path: Path) -> None:
    """Only what the peer keeps tells the copy; that it was shown in a greeting is not enough."""
    one, other = pair
    insert(one, 1)
    own_pair(one, other).run()
    kept = other.known(one.site_id).seen[-1][1]
    lost = one.renew_lineage(other.site_id, kept)[-1]
    path = copy(one, tmp_path / "copy.db")
    insert(one, 2)
    own_pair(one, other).run()
    assert other.known(one.site_id).seen[-1][1] == lost
    insert(one, 3)
    own_pair(one, other).run()
    with Replica.open(path) as twin:
        insert(twin, *range(50, 60))
        refused(own_pair(twin, other))


def test_two_copies_connected_at_once(pair: tuple[Replica, Replica], tmp_path: Path) -> None:
    """The second to send is refused before anything of it is taken, and from then on."""
    one, other = pair
    insert(one, 1)
    own_pair(one, other).run()
    with Replica.open(copy(one, tmp_path / "copy.db")) as twin:
        wires = [own_pair(replica, other) for replica in (one, twin)]
        for wire in wires:
            wire.run()
        insert(one, 2)
        insert(twin, 3, 4, 5)
        for wire in wires:
            wire.ends[0].local()
        wires[0].run()
        refused(wires[1])
        assert rows(other) == rows(one)
        assert wires[0].ends[0].session.in_sync
        refused(own_pair(twin, other))


def test_a_copy_with_a_new_id_is_a_new_replica(pair: tuple[Replica, Replica], tmp_path: Path) -> None:
    one, other = pair
    insert(one, 1)
    insert(other, 2)
    own_pair(one, other).run()
    path = copy(one, tmp_path / "copy.db")
    insert(one, 3)
    own_pair(one, other).run()
    with Replica.open(path) as twin:
        twin.connection.execute("UPDATE crsql_site_id SET site_id = ? WHERE ordinal = 0", (bytes(16),))
    with Replica.open(path) as twin:
        insert(twin, 4)
        own_pair(twin, other).run()
        own_pair(one, other).run()
        own_pair(twin, other).run()
        assert rows(one) == rows(other) == rows(twin)
        assert len(rows(one)) == 4


def test_a_quiet_reconnect_writes_nothing(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    insert(one, 1)
    own_pair(one, other).run()
    own_pair(one, other).run()
    before = [replica.connection.total_changes() for replica in pair]
    tokens = [replica.known(peer.site_id).mine for replica, peer in (pair, pair[::-1])]
    for _ in range(3):
        own_pair(one, other).run()
    assert [replica.connection.total_changes() for replica in pair] == before
    assert [replica.known(peer.site_id).mine for replica, peer in (pair, pair[::-1])] == tokens


def test_one_that_was_stuck_meanwhile_is_not_taken_for_a_copy(tmp_path: Path) -> None:
    """Wherever it got stuck: others renew the token several times, and then it goes on, or greets again."""
    overtaken = 0
    for steps in range(0, 24, budget.pick(3, 1)):
        one, other = (make_replica(tmp_path / f"{steps}-{side}.db") for side in ("a", "b"))
        insert(one, 1)
        own_pair(one, other).run()
        stuck = own_pair(one, other)
        insert(one, 2)
        for end in stuck.ends:
            end.local()
        choose = random.Random(steps)
        for _ in range(steps):
            stuck.step(choose)
        for number in range(3, 7):
            insert(one, number)
            own_pair(one, other).run()
        insert(one, 7)
        for end in stuck.ends:
            end.local()
        stuck.run()
        closed = [end.closed for end in stuck.ends if end.closed is not None]
        assert all(close.retry for close in closed), (steps, closed)
        overtaken += any(close.regreet for close in closed)
        assert not any(isinstance(decode(frame), Failure) for end in stuck.ends for frame in end.sent), steps
        own_pair(one, other).run()
        assert rows(one) == rows(other)
        one.close()
        other.close()
    assert overtaken


@pytest.mark.soak
def test_many_connections_at_once_with_cuts_are_never_taken_for_a_copy(tmp_path: Path) -> None:
    """Up to three connections between two files, delivered in any order, cut anywhere."""
    for case in budget.cases("lineage: connected many times", seconds=4, at_least=3):
        rng = case.random
        one, other = (make_replica(tmp_path / f"{case.seed}-{side}.db") for side in ("a", "b"))
        clock = _Clock()
        wires: list[Wire] = []
        number = 0
        for _ in range(rng.randrange(100, 400)):
            clock.time += rng.choice([0.0, 0.1, 11.0])
            if len(wires) < 3 and rng.random() < 0.1:
                late = snapshot(one)
                wires.append(
                    Wire(
                        End(one, SynclineSession(late if rng.random() < 0.5 else snapshot(one), now=clock.now)),
                        End(other, SynclineSession(snapshot(other), now=clock.now)),
                    )
                )
            if wires and rng.random() < 0.03:
                wires.remove(rng.choice(wires))
            if rng.random() < 0.2:
                number += 1
                insert(rng.choice((one, other)), number)
                for wire in wires:
                    for end in wire.ends:
                        end.local()
            for wire in wires:
                if rng.random() < 0.7:
                    wire.step(rng)
                for end in wire.ends:
                    assert end.closed is None or end.closed.retry, end.closed
                    for frame in end.sent:
                        assert not isinstance(decode(frame), Failure)
            wires = [wire for wire in wires if all(end.closed is None for end in wire.ends)]
        own_pair(one, other).run(random.Random(1))
        assert rows(one) == rows(other)
        one.close()
        other.close()


def test_the_history_of_tokens_is_bounded(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    for number in range(120):
        one.keep_lineage(bytes(16), number.to_bytes(16))
    seen = one.known(bytes(16)).seen
    assert len(seen) == 50
    assert seen[-1][1] == (119).to_bytes(16)
