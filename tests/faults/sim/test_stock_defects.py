"""Each defect of the published packages (cr-sqlite.md 10.8) that a peer without I/O can show, against our side."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.session import VlcnClientSession, VlcnHubSession
from engine.wire import Changes, Cursor, StartStreaming, encode
from tests.engine.session.test_vlcn import NAME, STRANGER, alone, change
from tests.engine.session.world import End, Wire, make_replica, own_pair, rows, snapshot

from .published import DeafServer, PublishedClient, PublishedServer
from .world import World

NARROW = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT); SELECT crsql_as_crr('item');"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    client, hub = make_replica(tmp_path / "client.db"), make_replica(tmp_path / "hub.db")
    for replica in (client, hub):
        replica.connection.execute(NAME)
    yield client, hub
    client.close()
    hub.close()


def under_published(client: Replica, hub: Replica, now: list[float]) -> Wire:
    """Our link on a published server."""
    server = End(hub, PublishedServer(snapshot(hub), now=lambda: now[0]))  # type: ignore[arg-type]
    return Wire(End(client, VlcnClientSession(snapshot(client), now=lambda: now[0])), server)


def published_under(client: Replica, hub: Replica, announces: list[tuple[bytes, int]] | None = None) -> Wire:
    """A published client on our hub."""
    session = PublishedClient(snapshot(client), now=lambda: 0.0)
    session.announces = session.announces if announces is None else announces
    return Wire(
        End(client, session),  # type: ignore[arg-type]
        End(hub, VlcnHubSession(snapshot(hub), now=lambda: 0.0)),
    )


def small_world(tmp_path: Path, guest: type[PublishedServer]) -> World:
    """One machine, and a published server."""
    world = World(tmp_path, random.Random(1))
    hub = world.machine("hub", named_schema=True, published=True)
    world.link(world.machine("client", named_schema=True), hub, own=False, guest=guest)
    return world


def announced_rows(replica: Replica) -> list[tuple[bytes, int]]:
    """What a published client announces of a file: every row, whatever its event."""
    return list(replica.connection.execute("SELECT site_id, version FROM crsql_tracked_peers ORDER BY rowid"))


def test_1_no_gap_is_ever_made(pair: tuple[Replica, Replica]) -> None:
    """The server applies what comes after a gap; so versions that hold nothing for it must not make one."""
    client, hub = pair
    wire = under_published(client, hub, [0.0])
    for number in range(20):
        side = wire.ends[number // 2 % 2]
        side.replica.connection.execute("INSERT INTO item (id) VALUES (?)", (number,))
        side.local()
        if number % 3:
            wire.run()
    wire.run()
    assert rows(client) == rows(hub)
    assert len(rows(hub)) == 20
    assert wire.ends[1].session.gaps == 0  # type: ignore[attr-defined]


def test_2_and_8_a_server_that_fell_back_is_caught_up_by_greeting_again(pair: tuple[Replica, Replica]) -> None:
    """Neither side confirms or rewinds; the server's cursor in a fresh greeting is the only truth."""
    client, hub = pair
    client.connection.execute("INSERT INTO item (id) VALUES (1)")
    under_published(client, hub, [0.0]).run()
    hub.connection.execute("DELETE FROM crsql_tracked_peers; DELETE FROM item").fetchall()
    again = under_published(client, hub, [0.0])
    again.run()
    assert again.ends[0].changes_sent == 3
    assert hub.received_clock(client.site_id) == client.db_version() - 1  # but for what just came from there
    assert rows(client) == rows(hub) == []


def test_3_our_clock_does_not_pass_a_message_that_failed(pair: tuple[Replica, Replica]) -> None:
    """The published client moves its tracker before it applies; we apply one after the other, and stop."""
    client, _ = pair
    end = alone(VlcnClientSession, client)
    end.receive(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
    end.receive(encode(Changes(STRANGER, Cursor(0, 0), (change(1, 1)._replace(cid="unknown"),))))
    end.receive(encode(Changes(STRANGER, Cursor(1, 0), (change(2, 2),))))
    end.work()
    assert end.closed is not None
    assert "unknown" in end.closed.reason
    assert client.received_clock(STRANGER) == 0
    assert rows(client) == []


def test_3_a_client_that_lost_a_message_is_served_on(tmp_path: Path, pair: tuple[Replica, Replica]) -> None:
    """What its tracker passed it never asks for again; the hub goes on with what it does ask for."""
    _, hub = pair
    narrow = make_replica(tmp_path / "narrow.db", NARROW)
    narrow.connection.execute(NAME)
    hub.connection.execute("INSERT INTO item (id, n) VALUES (1, 5)")
    wire = published_under(narrow, hub)
    wire.run()
    hub.connection.execute("DELETE FROM item WHERE id = 1")
    wire.ends[1].local()
    wire.run()
    assert wire.ends[1].closed is None
    assert narrow.received_clock(hub.site_id) == hub.db_version()
    narrow.close()


def test_4_and_13_a_server_that_cannot_apply_is_never_believed(tmp_path: Path, pair: tuple[Replica, Replica]) -> None:
    """It says nothing and keeps the socket open: after a while of quiet the link greets again, and is not in sync."""
    client, _ = pair
    narrow = make_replica(tmp_path / "narrow.db", NARROW)
    narrow.connection.execute(NAME)
    client.connection.execute("INSERT INTO item (id, n) VALUES (1, 5)")
    now = [0.0]
    for _ in range(3):
        wire = under_published(client, narrow, now)
        wire.run()
        session = wire.ends[0].session
        assert not session.in_sync
        assert session.outbound.confirmed == 0
        deadline = session.deadline()
        assert deadline is not None
        now[0] = deadline
        session.tick()
        assert session.closed is not None
        assert session.closed.regreet
    assert client.sent_clock(narrow.site_id) == 0
    narrow.close()


def test_5_and_6_a_server_that_does_not_answer_is_explained(pair: tuple[Replica, Replica]) -> None:
    client, hub = pair
    hub.connection.execute("UPDATE crsql_master SET value = 8 WHERE key = 'schema_version'")
    now = [0.0]
    wire = under_published(client, hub, now)
    wire.run()
    session = wire.ends[0].session
    assert not session.greeted
    deadline = session.deadline()
    assert deadline is not None
    now[0] = deadline
    session.tick()
    assert session.closed is not None
    assert "its schema differs" in session.closed.reason
    assert session.closed.retry


def test_7_a_server_that_never_pushes_is_asked_again(tmp_path: Path) -> None:
    """What is written on the hub arrives all the same, within the time after which a quiet link greets again."""
    world = small_world(tmp_path, DeafServer)
    hub, client = world.machines
    world.advance(30)
    hub.replica.connection.execute("INSERT INTO tag VALUES (1, 'quiet')")
    world.advance(65)
    assert client.replica.connection.execute("SELECT count(*) FROM tag").get == 1
    world.close()


def test_9_a_half_open_connection_is_given_up(tmp_path: Path) -> None:
    world = small_world(tmp_path, PublishedServer)
    hub, client = world.machines
    world.advance(30)
    (link,) = world.links
    link.connections[-1].stall(0, 1)
    client.replica.connection.execute("INSERT INTO tag VALUES (1, 'unheard')")
    client.refresh()  # it notices what was written, ordinary table or not
    world.advance(60)
    assert hub.replica.connection.execute("SELECT count(*) FROM tag").get == 1
    world.close()


def test_10_a_backlog_in_one_message_is_taken_and_never_sent(pair: tuple[Replica, Replica]) -> None:
    """The published side sends everything in one frame; ours are cut between versions."""
    client, hub = pair
    for first in range(0, 8_000, 400):
        for replica, offset in ((client, 0), (hub, 100_000)):
            with replica.connection as db:
                ids = range(first + offset, first + offset + 400)
                db.executemany("INSERT INTO item VALUES (?, 'name', 1, NULL)", [(number,) for number in ids])
    wire = under_published(client, hub, [0.0])
    wire.run()
    assert rows(client) == rows(hub)
    assert len(rows(hub)) == 16_000
    assert wire.ends[1].frames == 2  # StartStreaming, and everything
    assert wire.ends[0].frames > 4


@pytest.mark.parametrize("reverse", [False, True])
def test_a_published_client_announces_sent_clocks(pair: tuple[Replica, Replica], *, reverse: bool) -> None:
    """A row of event 1 looks like a received clock to it. The lower one counts: nothing is skipped."""
    client, hub = pair
    for replica in pair:
        replica.connection.execute("DELETE FROM crsql_master WHERE key LIKE 'schema_%'")
    for number in range(5):
        client.connection.execute("INSERT INTO item (id) VALUES (?)", (number,))
    own_pair(client, hub).run()
    client.record_sent(hub.site_id, 1_000)
    for replica in pair:
        replica.connection.execute(NAME)
    hub.connection.execute("INSERT INTO item (id) VALUES (100)")

    announced = announced_rows(client)
    received = client.received_clock(hub.site_id)
    assert announced == [(hub.site_id, received), (hub.site_id, 1_000)]  # a published server takes the first
    published_under(client, hub, announced[::-1] if reverse else announced).run()
    assert rows(client) == rows(hub)
    assert len(rows(client)) == 6


def test_a_file_that_published_clients_use_gets_no_sent_rows(pair: tuple[Replica, Replica]) -> None:
    client, hub = pair
    client.connection.execute("INSERT INTO item (id) VALUES (1)")
    own_pair(client, hub).run()
    assert client.sent_clock(hub.site_id) == client.db_version()
    assert announced_rows(client) == [(hub.site_id, hub.db_version())]
