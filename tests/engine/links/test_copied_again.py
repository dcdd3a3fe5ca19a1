"""Whoever was refused for a copied or restored file goes on by itself once that is mended, and does no harm before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.events import AttentionNeeded, ChangesMoved, Event, PeerChanged, SyncFailed, SyncFinished
from engine.hub import HubOptions
from engine.links.retry_policy import LOOK
from engine.peer_state import State
from engine.replica import Replica
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.faults.proxy import Proxy
from tests.ports import free_port

LARGE = "INSERT INTO item (id, extra) VALUES (?, randomblob(200000))"


async def sync_once(path: Path, room: Path, url: str) -> None:
    """Sync until both files know that they hold all of the other."""
    async with plain_engine() as client:
        await add_peer(client, path, url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: holds(path, room) and holds(room, path), "all of it")


def holds(path: Path, other: Path) -> bool:
    with Replica.open(path, readonly=True) as one, Replica.open(other, readonly=True) as two:
        return one.received_clock(two.site_id) == two.db_version()


def backup(path: Path, name: str = "backup") -> Path:
    copy = path.with_name(f".{path.name}.{name}")  # no room can be called so
    with Replica.open(path) as replica:
        replica.connection.execute("VACUUM INTO ?", (str(copy),))
    return copy


def take_away(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def taken(path: Path) -> list[object]:
    """What a file has taken of others, and how far: their changes, clocks and tokens."""
    with Replica.open(path, readonly=True) as replica:
        db = replica.connection
        received = db.execute("SELECT site_id, version FROM crsql_tracked_peers WHERE event = 0 ORDER BY 1").fetchall()
        known = db.table_exists("main", "crsql_syncline_seen")
        tokens = db.execute("SELECT peer, token FROM crsql_syncline_seen ORDER BY n").fetchall() if known else []
        return [replica.db_version(), *received, *tokens]


def check_stays(events: list[Event]) -> None:
    """Nothing flickered, nobody was called again, and nothing was listed as moved."""
    assert not [
        event for event in events if isinstance(event, AttentionNeeded | SyncFailed | SyncFinished | ChangesMoved)
    ]
    assert {event.status.state for event in events if isinstance(event, PeerChanged)} == {State.NEEDS_YOU}


@pytest.mark.parametrize("restored", ["the room", "the file"])
@pytest.mark.parametrize("noticed", ["by its token", "by its version"])
@on_loop
async def test_looking_again_moves_nothing(tmp_path: Path, restored: str, noticed: str) -> None:
    """There is much to send, and it looks again and again: no byte of it leaves, no clock moves, nothing flickers."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    old, other = (room, a) if restored == "the room" else (a, room)
    writers = (old, other) if noticed == "by its token" else (other,)
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        write(old, "INSERT INTO item (id, name) VALUES (1, 'kept')")
        await sync_once(a, room, hub.url)
        copy = backup(old)
        # with the first change of a connection its sender's token is renewed; whoever only takes some keeps the old one
        write(writers[0], "INSERT INTO item (id, name) VALUES (2, 'lost')")
        await sync_once(a, room, hub.url)
        await server.serving.stop()
        take_away(old)
        copy.rename(old)
        for number, path in enumerate(writers):
            for row in range(3):
                write(path, LARGE, 1_000 * number + row + 10)
        hub = await server.serving.start(room.parent)
        async with Proxy(hub.port) as proxy:
            with client.subscribe() as events:
                await add_peer(client, a, proxy.url)
                await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "refused")
                words = {"by its token": "does not continue", "by its version": "has seen version"}
                assert words[noticed] in client.peers.statuses()[0].reason
                await until(lambda: proxy.dials >= 3, "it looks again")
                before, moved = (taken(room), taken(a)), proxy.up.moved + proxy.down.moved
                events.drain()
                await until(lambda: proxy.dials >= 9, "again and again")
                check_stays(events.drain())
                assert (taken(room), taken(a)) == before
                assert proxy.up.moved + proxy.down.moved - moved < 40_000, "greetings, and no changes"


@pytest.mark.parametrize("mended", ["new id", "made anew", "brought back"])
@on_loop
async def test_what_is_mended_at_the_hub_is_noticed(tmp_path: Path, mended: str) -> None:
    """A room that was set back gets an id of its own, is taken away, or gets its latest state again."""
    room, a, b = tmp_path / "hub" / "room", make_file(tmp_path / "a.db"), make_file(tmp_path / "b.db")
    room.parent.mkdir()
    making = HubOptions(allow_create=True)
    async with plain_engine() as server, plain_engine(HASTY) as one, plain_engine(HASTY) as two:
        hub = await server.serving.start(room.parent, port=free_port(), options=making)
        for number, path in enumerate((a, b), 1):
            write(path, "INSERT INTO item (id, name) VALUES (?, 'kept')", number)
            await sync_once(path, room, hub.url)
        copy = backup(room)
        write(a, "INSERT INTO item (id, name) VALUES (3, 'lost by the backup')")
        await sync_once(a, room, hub.url)
        await sync_once(b, room, hub.url)
        await server.serving.stop()
        latest = backup(room, "latest")
        take_away(room)
        shutil.copy(copy, room)
        port = (await server.serving.start(room.parent, port=hub.port, options=making)).port
        with one.subscribe() as of_one, two.subscribe() as of_two:
            for client, path in ((one, a), (two, b)):
                await add_peer(client, path, hub.url)
            for client in (one, two):
                await until(lambda client=client: client.peers.statuses()[0].state is State.NEEDS_YOU, "refused")  # type: ignore[misc]
            write(b, "INSERT INTO item (id, name) VALUES (4, 'written meanwhile')")
            if mended == "new id":
                await server.databases.new_site_id((await server.databases.add(room)).id)
            else:
                await server.serving.stop()
                take_away(room)
                if mended == "brought back":
                    shutil.copy(latest, room)
                await server.serving.start(room.parent, port=port, options=making)
            for client in (one, two):
                await client.peers.wait_in_sync(timeout=PATIENCE)
            for events in (of_one, of_two):
                assert len([event for event in events.drain() if isinstance(event, AttentionNeeded)]) == 1
        await until(lambda: len(rows(room)) == 4 and rows(room) == rows(a) == rows(b), "everything everywhere")


@on_loop
async def test_a_new_id_here_is_noticed_at_once(tmp_path: Path) -> None:
    """Whoever gives it: the window, or the command line beside it. The next look would be a minute later."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        write(a, "INSERT INTO item (id, name) VALUES (1, 'kept')")
        await sync_once(a, room, hub.url)
        copy = backup(a)
        write(a, "INSERT INTO item (id, name) VALUES (2, 'lost by the backup')")
        await sync_once(a, room, hub.url)
        take_away(a)
        copy.rename(a)
        await add_peer(client, a, hub.url)
        await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "refused")
        tried, next_try = client.peers.statuses()[0].last_attempt, client.peers.statuses()[0].next_attempt
        assert tried is not None
        assert next_try is not None
        assert next_try - tried >= LOOK.first, "it looks once a minute at most"
        with Replica.open(a) as beside:
            beside.new_site_id()
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert (client.peers.statuses()[0].last_attempt or 0) < next_try
        assert len(rows(a)) == 2
        assert rows(a) == rows(room)


@on_loop
async def test_a_copy_that_gets_an_id_of_its_own_lets_the_other_go_on(tmp_path: Path) -> None:
    """Two copies dial one room: the one that is refused goes on by itself, and nothing that either wrote is lost."""
    room, a, b = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db"), tmp_path / "b.db"
    async with plain_engine() as server, plain_engine(HASTY) as one, plain_engine(HASTY) as two:
        hub = await server.serving.start(room.parent)
        write(a, "INSERT INTO item (id, name) VALUES (1, 'both')")
        await sync_once(a, room, hub.url)
        backup(a).rename(b)
        write(a, "INSERT INTO item (id, name) VALUES (2, 'original')")
        await sync_once(a, room, hub.url)
        write(b, "INSERT INTO item (id, name) VALUES (3, 'copy')")
        await add_peer(one, a, hub.url)
        await one.peers.wait_in_sync(timeout=PATIENCE)
        await add_peer(two, b, hub.url)
        await until(lambda: two.peers.statuses()[0].state is State.NEEDS_YOU, "the copy is refused")
        tried = two.peers.statuses()[0].last_attempt
        await until(lambda: two.peers.statuses()[0].last_attempt != tried, "and looks again")
        assert one.peers.statuses()[0].state is State.IN_SYNC
        await two.databases.new_site_id(two.settings.databases[0].id)
        await two.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: len(rows(a)) == 3 and rows(a) == rows(b) == rows(room), "everything everywhere")


@on_loop
async def test_whoever_shares_is_called_once_for_a_guest_that_looks_again(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        write(a, "INSERT INTO item (id, name) VALUES (1, 'kept')")
        await sync_once(a, room, hub.url)
        copy = backup(a)
        write(a, "INSERT INTO item (id, name) VALUES (2, 'lost by the backup')")
        await sync_once(a, room, hub.url)
        latest = backup(a, "latest")
        take_away(a)
        shutil.copy(copy, a)
        with server.subscribe() as events:
            came = hub._counters.sessions
            await add_peer(client, a, hub.url)
            await until(lambda: hub._counters.sessions >= came + 4, "it comes again and again")
            assert len([event for event in events.drain() if isinstance(event, AttentionNeeded)]) == 1
            await client.databases.remove(client.settings.databases[0].id)
            take_away(a)
            latest.rename(a)
            await sync_once(a, room, hub.url)
            take_away(a)
            shutil.copy(copy, a)
            await add_peer(client, a, hub.url)
            await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "refused")
            await until(
                lambda: any(isinstance(event, AttentionNeeded) for event in events.drain()), "that is news again"
            )
