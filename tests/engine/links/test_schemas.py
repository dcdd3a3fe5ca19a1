"""Two sides whose tables differ, from end to end: what is left out, what parks, and that it goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.events import AttentionNeeded
from engine.peer_state import State
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.engine.session.test_late_tables import NARROW, WIDEN_OTHERWISE
from tests.engine.session.test_ranges import PHOTO, WIDEN


def narrow_again(path: Path) -> None:
    """Take the column away again."""
    with writing(path) as app:
        app.execute(NARROW).fetchall()


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


@pytest.mark.parametrize("ours", [True, False])
@on_loop
async def test_a_column_that_comes_later_comes_by_itself(tmp_path: Path, ours: bool) -> None:
    """``ours``: it is on our side first, not on the hub's."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    wide, narrow = (a, room) if ours else (room, a)
    write(wide, WIDEN)
    write(wide, "INSERT INTO item (id, name, more) VALUES (1, 'x', 'more')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        [status] = client.peers.statuses()
        sides = ("this side", "the other side") if ours else ("the other side", "this side")
        stays = "The column “more” of “item” stays on {} until {} has it too.".format(*sides)
        assert status.reason == f"Everything else is on both disks. {stays}"
        assert status.one_sided == (stays,)
        [(key, values)] = rows(narrow)
        assert (key, values[0]) == ((1,), (str, "x"))
        write(narrow, WIDEN)
        await until(lambda: rows(a) == rows(room), "the column")
        await until(lambda: client.peers.statuses()[0].one_sided == (), "nothing stays")
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert client.peers.statuses()[0].reason == "Everything is on both disks."


@on_loop
async def test_another_type_parks_and_our_alter_wakes_it(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(room, WIDEN)
    write(a, WIDEN_OTHERWISE)
    write(room, "INSERT INTO item (id, more) VALUES (1, 'more')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        with client.subscribe() as events:
            await add_peer(client, a, hub.url)
            await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "parked")
            status = client.peers.statuses()[0]
            assert "The column “more” of the table “item” has the type TEXT on this side" in status.reason
            assert status.next_attempt is not None
            assert (rows(a), status.received) == ([], 0)
            narrow_again(a)
            write(a, WIDEN)
            await until(lambda: rows(a) == rows(room), "the row")
            await client.peers.wait_in_sync(timeout=PATIENCE)
            assert len([event for event in events.drain() if isinstance(event, AttentionNeeded)]) == 1


@on_loop
async def test_the_other_sides_alter_is_found_by_looking_again(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(a, WIDEN)
    write(room, WIDEN_OTHERWISE)
    write(a, "INSERT INTO item (id, more) VALUES (1, 'more')")
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "parked")
        assert "TEXT on the other" in client.peers.statuses()[0].reason
        assert (rows(room), client.peers.statuses()[0].confirmed) == ([], 0)
        narrow_again(room)
        write(room, WIDEN)
        await until(lambda: rows(a) == rows(room), "the row")
        await client.peers.wait_in_sync(timeout=PATIENCE)
