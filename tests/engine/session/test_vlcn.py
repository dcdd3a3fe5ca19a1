"""The stock dialect, both roles against each other over real files, and each against a peer that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.change import Change
from engine.replica import Replica
from engine.session import Session, VlcnClientSession, VlcnHubSession
from engine.session.vlcn import QUIET, REFRESH
from engine.tables import pack_columns
from engine.wire import AnnouncePresence, Changes, Cursor, RejectChanges, StartStreaming, decode, encode
from tests import budget

from .world import SCHEMA, End, Wire, make_replica, rows, snapshot

NAME = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"
STRANGER = bytes(range(16))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    client, hub = make_replica(tmp_path / "client.db"), make_replica(tmp_path / "hub.db")
    for replica in (client, hub):
        replica.connection.execute(NAME)
    yield client, hub
    client.close()
    hub.close()


def connect_pair(client: Replica, hub: Replica, now: list[float] | None = None) -> Wire:
    time = now if now is not None else [0.0]
    return Wire(
        End(client, VlcnClientSession(snapshot(client), now=lambda: time[0])),
        End(hub, VlcnHubSession(snapshot(hub), now=lambda: time[0])),
    )


def alone(kind: type[Session], replica: Replica) -> End:
    end = End(replica, kind(snapshot(replica), now=lambda: 0.0))
    end.work()
    end.sent.clear()
    return end


def change(row: int, version: int, *, val: object = "x", site: bytes | None = None) -> Change:
    return Change("item", pack_columns((row,)), "name", val, 1, version, site, 1, 0)  # type: ignore[arg-type]


def test_both_ways(pair: tuple[Replica, Replica]) -> None:
    client, hub = pair
    client.connection.execute("INSERT INTO item VALUES (1, 'a', 1, x'00')")
    hub.connection.execute("INSERT INTO item VALUES (2, 'b', 9007199254740993, 1.5)")
    connect_pair(client, hub).run()
    assert rows(client) == rows(hub)
    assert len(rows(client)) == 2
    assert hub.received_clock(client.site_id) == 1
    # the author on the wire is masked: each side knows only its neighbour (cr-sqlite.md 10.6)
    assert {one.site_id for one in client.changes().changes} == {client.site_id, hub.site_id}


def test_only_a_fresh_greeting_confirms(pair: tuple[Replica, Replica]) -> None:
    client, hub = pair
    now = [0.0]
    client.connection.execute("INSERT INTO item (id) VALUES (1)")
    wire = connect_pair(client, hub, now)
    wire.run()
    session = wire.ends[0].session
    assert session.all_sent
    assert not session.in_sync
    now[0] = QUIET
    session.tick()
    assert session.closed is not None
    assert session.closed.regreet
    again = connect_pair(client, hub, now)
    again.run()
    assert again.ends[0].session.in_sync
    assert client.sent_clock(hub.site_id) == 1
    assert [end.changes_sent for end in again.ends] == [0, 0]
    assert again.ends[0].session.deadline() == now[0] + REFRESH


def test_live_both_ways(pair: tuple[Replica, Replica]) -> None:
    client, hub = pair
    wire = connect_pair(client, hub)
    wire.run()
    for number in range(5):
        side = wire.ends[number % 2]
        side.replica.connection.execute("INSERT INTO item (id, n) VALUES (?, ?)", (number, number))
        side.local()
        wire.run()
    assert rows(client) == rows(hub)
    assert len(rows(hub)) == 5


def test_since_is_the_end_of_the_last_message(pair: tuple[Replica, Replica]) -> None:
    """Versions that hold nothing for the peer must not open a gap (cr-sqlite.md 10.8, defect 1)."""
    client, hub = pair
    wire = connect_pair(client, hub)
    wire.run()
    client.connection.execute("INSERT INTO item (id) VALUES (1)")
    wire.ends[0].local()
    wire.run()
    hub.connection.execute("INSERT INTO item (id) VALUES (2)")
    wire.ends[1].local()
    wire.run()  # the client's version rises by what came from the hub, which is not sent back
    client.connection.execute("INSERT INTO item (id) VALUES (3)")
    wire.ends[0].local()
    wire.ends[0].work()
    message = decode(wire.ends[0].sent[-1])
    assert isinstance(message, Changes)
    assert message.since.version == 1
    wire.run()
    assert rows(client) == rows(hub)


def test_integers_from_javascript_stay_integers(pair: tuple[Replica, Replica]) -> None:
    _, hub = pair
    end = alone(VlcnHubSession, hub)
    end.receive(encode(AnnouncePresence(STRANGER, (), "main.sql", 7)))
    cells = [change(1, 1, val=5.0)._replace(cid="n"), change(1, 1, val=2.5)._replace(cid="extra")]
    end.receive(encode(Changes(STRANGER, Cursor(0, 0), tuple(cells))))
    end.work()
    assert hub.connection.execute("SELECT n, typeof(n), extra FROM item").get == (5, "integer", 2.5)


def test_the_hub_asks_again_for_a_gap(pair: tuple[Replica, Replica]) -> None:
    _, hub = pair
    end = alone(VlcnHubSession, hub)
    end.receive(encode(AnnouncePresence(STRANGER, (), "main.sql", 7)))
    end.work()
    end.sent.clear()
    end.receive(encode(Changes(STRANGER, Cursor(5, 0), (change(1, 6),))))
    end.work()
    answer = decode(end.sent[-1])
    assert isinstance(answer, StartStreaming)
    assert answer.since.version == 0
    assert rows(hub) == []
    assert hub.received_clock(STRANGER) == 0


def test_the_link_greets_again_after_a_gap(pair: tuple[Replica, Replica]) -> None:
    client, _ = pair
    end = alone(VlcnClientSession, client)
    end.receive(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
    end.receive(encode(Changes(STRANGER, Cursor(5, 0), (change(1, 6),))))
    end.work()
    assert end.closed is not None
    assert end.closed.regreet
    assert rows(client) == []
    assert client.received_clock(STRANGER) == 0


def test_a_rejection_makes_the_link_greet_again(pair: tuple[Replica, Replica]) -> None:
    end = alone(VlcnClientSession, pair[0])
    end.receive(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
    end.receive(encode(RejectChanges(pair[0].site_id, Cursor(0, 0))))
    end.work()
    assert end.closed is not None
    assert end.closed.regreet


def test_a_rejection_rewinds_the_hub(pair: tuple[Replica, Replica]) -> None:
    _, hub = pair
    hub.connection.execute("INSERT INTO item (id, name) VALUES (1, 'a')")
    end = alone(VlcnHubSession, hub)
    end.receive(encode(AnnouncePresence(STRANGER, ((hub.site_id, Cursor(1, 0)),), "main.sql", 7)))
    end.work()
    assert end.changes_sent == 0
    end.receive(encode(RejectChanges(hub.site_id, Cursor(0, 0))))
    end.work()
    assert end.changes_sent == 3


def test_a_second_start_streaming_rewinds_the_link(pair: tuple[Replica, Replica]) -> None:
    client, _ = pair
    client.connection.execute("INSERT INTO item (id) VALUES (1)")
    end = alone(VlcnClientSession, client)
    for _ in range(2):
        end.receive(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
        end.work()
        end.flush()
    assert end.changes_sent == 6


@pytest.mark.parametrize("stops", [0, 1])
def test_a_table_that_starts_anew_is_asked_for_again(pair: tuple[Replica, Replica], stops: int) -> None:
    """What came of it before, and went when it was dropped, is covered by no clock."""
    other, one = pair[1 - stops], pair[stops]
    other.connection.execute("INSERT INTO item VALUES (1, 'a', 1, 1), (2, 'b', 2, 2)")
    other.connection.execute("UPDATE item SET name = 'top' WHERE id = 1")
    connect_pair(*pair).run()
    assert rows(one) == rows(other)
    one.connection.execute("SELECT crsql_as_table('item')").fetchall()
    one.connection.execute(f"DROP TABLE item; {SCHEMA.partition(';')[0]}")
    one.connection.execute("INSERT INTO item VALUES (1, 'own', 1, 1)")
    one.connection.execute("SELECT crsql_as_crr('item')").fetchall()
    for _ in range(2):
        connect_pair(*pair).run()
    assert rows(one) == rows(other)
    assert len(rows(one)) == 2


def test_another_schema_is_refused(pair: tuple[Replica, Replica]) -> None:
    end = alone(VlcnHubSession, pair[1])
    end.receive(encode(AnnouncePresence(STRANGER, (), "main.sql", 8)))
    end.work()
    assert end.closed is not None
    assert "version 8" in end.closed.reason
    assert not end.closed.retry


@pytest.mark.parametrize(
    "frames",
    [
        [Changes(STRANGER, Cursor(0, 0), ())],
        [AnnouncePresence(STRANGER, (), "main.sql", 7), AnnouncePresence(STRANGER, (), "main.sql", 7)],
        [AnnouncePresence(STRANGER, (), "main.sql", 7), StartStreaming(Cursor(0, 0), (), False)],
        [AnnouncePresence(STRANGER, (), "main.sql", 7), Changes(bytes(16), Cursor(0, 0), (change(1, 1),))],
    ],
)
def test_what_no_client_sends_closes_the_hub_session(pair: tuple[Replica, Replica], frames: list[object]) -> None:
    end = alone(VlcnHubSession, pair[1])
    for frame in frames:
        end.receive(encode(frame))  # type: ignore[arg-type]
    end.work()
    assert end.closed is not None
    assert rows(pair[1]) == []


def test_what_a_client_sends_for_rows_with_numbers_of_each_machine_is_left_out(
    pair: tuple[Replica, Replica],
) -> None:
    """It is told to the person at the hub; all other tables go on, and what was left out comes once it can."""
    client, hub = pair
    client.connection.execute("CREATE TABLE todo (id INTEGER PRIMARY KEY NOT NULL, text); SELECT crsql_as_crr('todo')")
    hub.connection.execute("CREATE TABLE todo (id INTEGER PRIMARY KEY NOT NULL, text)")
    hub.make_ordinary("todo")
    client.connection.execute("INSERT INTO todo VALUES (1, 'a'); INSERT INTO item (id) VALUES (1)")
    wire = connect_pair(client, hub)
    wire.run()
    assert wire.ends[1].session.closed is None
    assert rows(hub) == rows(client)
    assert hub.connection.execute("SELECT * FROM todo").fetchall() == []
    assert wire.ends[1].session.facts().note.endswith("Changes to “todo” came, and were not accepted.")
    client.connection.execute("INSERT INTO item (id) VALUES (2)")
    wire.ends[0].local()
    wire.run()
    assert rows(hub) == rows(client)
    hub.make_plain("todo")
    hub.make_crr("todo")
    connect_pair(client, hub).run()
    assert hub.connection.execute("SELECT * FROM todo").fetchall() == [(1, "a")]


def test_a_silent_server_is_explained(pair: tuple[Replica, Replica]) -> None:
    time = [0.0]
    session = VlcnClientSession(snapshot(pair[0]), now=lambda: time[0])
    session.start()
    deadline = session.deadline()
    assert deadline is not None
    time[0] = deadline
    session.tick()
    assert session.closed is not None
    assert "may not know this room" in session.closed.reason
    assert session.closed.retry


@pytest.mark.soak
def test_random_histories_with_cuts(tmp_path: Path) -> None:
    for case in budget.cases("stock dialect: cuts", seconds=4, at_least=10):
        rng = case.random
        client, hub = (make_replica(tmp_path / f"{case.seed}-{side}.db") for side in ("client", "hub"))
        for replica in (client, hub):
            replica.connection.execute(NAME)
        next_id = 0
        for _ in range(rng.randrange(1, 5)):
            wire = connect_pair(client, hub)
            for _ in range(rng.randrange(0, 80)):
                if rng.random() < 0.2:
                    end = rng.choice(wire.ends)
                    next_id += 1
                    end.replica.connection.execute("INSERT INTO item (id, n) VALUES (?, ?)", (next_id, next_id))
                    if rng.random() < 0.8:
                        end.local()
                wire.step(rng)
        wire = connect_pair(client, hub)
        wire.run(rng)
        assert rows(client) == rows(hub)
        assert len(rows(hub)) == next_id
        client.close()
        hub.close()


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("action", ["IGNORE", "ABORT, 'not here'"])
def test_what_a_trigger_of_an_app_does_not_take_stops_the_link(
    pair: tuple[Replica, Replica], which: int, action: str
) -> None:
    """In words, and no clock moves over it; this dialect leaves out no table. Without the trigger all of it comes."""
    here, there = pair[which], pair[not which]
    here.connection.execute(f"CREATE TRIGGER guard BEFORE INSERT ON item BEGIN SELECT RAISE({action}); END")
    there.connection.execute("INSERT INTO item VALUES (1, 'a', 1, NULL)")
    for _ in range(2):
        wire = connect_pair(*pair)
        wire.run()
        closed = wire.ends[which].closed
        assert closed is not None
        assert "“guard”" in closed.reason
        assert here.received_clock(there.site_id) == 0
        assert rows(here) == []
    here.connection.execute("DROP TRIGGER guard")
    connect_pair(*pair).run()
    assert rows(here) == rows(there)
    assert here.received_clock(there.site_id) == there.db_version()
