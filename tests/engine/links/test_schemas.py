"""Two sides whose tables differ, from end to end: what is left out, what parks, and that it goes on by itself."""

from __future__ import annotations

from pathlib import Path

from engine.events import AttentionNeeded
from engine.peer_state import State
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.session.test_ranges import PHOTO, WIDEN


@on_loop
async def test_a_table_that_comes_later_is_synced_by_itself(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(room, PHOTO)
    write(room, "INSERT INTO photo VALUES (1, 'sea')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert "“photo” (only on the other side)" in client.peers.statuses()[0].reason
        write(a, PHOTO)
        await until(lambda: rows(a, "photo") == rows(room, "photo") != [], "the table's rows")
        await until(lambda: client.peers.statuses()[0].state is State.IN_SYNC, "in sync")
        assert "photo" not in client.peers.statuses()[0].reason


@on_loop
async def test_a_column_here_parks_and_our_alter_wakes_it(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(room, WIDEN)
    write(room, "INSERT INTO item (id, more) VALUES (1, 'more')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        with client.subscribe() as events:
            await add_peer(client, a, hub.url)
            await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "parked")
            status = client.peers.statuses()[0]
            assert "“item” lacks the column “more” on this side" in status.reason
            assert status.next_attempt is not None
            assert rows(a) == []
            write(a, WIDEN)
            await until(lambda: rows(a) == rows(room), "the row")
            await client.peers.wait_in_sync(timeout=PATIENCE)
            assert len([event for event in events.drain() if isinstance(event, AttentionNeeded)]) == 1


@on_loop
async def test_the_other_sides_alter_is_found_by_looking_again(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(a, WIDEN)
    write(a, "INSERT INTO item (id, more) VALUES (1, 'more')")
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "parked")
        assert "on the other side" in client.peers.statuses()[0].reason
        write(room, WIDEN)
        await until(lambda: rows(a) == rows(room), "the row")
        await client.peers.wait_in_sync(timeout=PATIENCE)
