"""What a peer's row says, and what it must not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.errors import SynclineError
from engine.peer_state import State
from engine.settings import Mode
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_port


@on_loop
async def test_an_old_trouble_is_forgotten_when_in_sync(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    port = free_port()
    async with plain_engine() as client, plain_engine() as hub_engine:
        await add_peer(client, a, f"ws://127.0.0.1:{port}/sync")
        await until(lambda: client.peers.statuses()[0].state is State.WAITING, "refused")
        await hub_engine.serving.start(room.parent, port=port)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await client.change_settings(auto_sync=False)
        await until(lambda: client.peers.statuses()[0].state is State.IDLE, "idle")
        assert "refused" not in client.peers.statuses()[0].reason


@on_loop
async def test_who_waits_for_a_peer_sees_it_in_its_row(tmp_path: Path) -> None:
    """Which follows what is true by a moment."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as hub_engine, plain_engine() as client:
        peer = await add_peer(client, a, (await hub_engine.serving.start(room.parent)).url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        board = client._links[peer].board
        board.show(State.SYNCING, "Not told yet.")
        waiting = asyncio.create_task(client.peers.wait_in_sync(timeout=PATIENCE))
        await asyncio.sleep(0)
        assert not waiting.done()
        board.show(State.IN_SYNC, "Everything is on both disks.")
        await waiting


@on_loop
async def test_what_is_still_to_send_is_not_forgotten_by_a_refusal(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as client, plain_engine() as hub_engine:
        port = (await hub_engine.serving.start(room.parent)).port
        peer = await add_peer(client, a, f"ws://127.0.0.1:{port}/sync", mode=Mode.MANUAL)
        assert await client.peers.sync_now([peer]) == {peer: None}
        write(a, "INSERT INTO item (id) VALUES (1)")
        await until(lambda: client.peers.statuses()[0].to_send == 1, "noticed")
        room.rename(tmp_path / "elsewhere")
        assert isinstance((await client.peers.sync_now([peer]))[peer], SynclineError)
        assert client.peers.statuses()[0].to_send == 1


@on_loop
async def test_what_is_due_to_a_peer_that_is_away_is_counted_in_changes(tmp_path: Path) -> None:
    """One statement is one version, and writes three columns of each row."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as client, plain_engine() as hub_engine:
        peer = await add_peer(client, a, (await hub_engine.serving.start(room.parent)).url, mode=Mode.MANUAL)
        assert await client.peers.sync_now([peer]) == {peer: None}

        def due() -> tuple[int, int | None]:
            status = client.peers.statuses()[0]
            return status.to_send, status.changes_to_send

        assert due() == (0, 0)
        write(
            a,
            "INSERT INTO item (id) WITH n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT i FROM n",
        )
        await until(lambda: due() == (1, 300), "counted")
        write(a, "INSERT INTO item (id) VALUES (101)")
        await until(lambda: due() == (2, 303), "counted once more")
        assert await client.peers.sync_now([peer]) == {peer: None}
        assert due() == (0, 0)


@on_loop
async def test_a_file_that_is_replaced_is_not_in_sync(tmp_path: Path) -> None:
    """An app that restores its file by renaming another over it: the old one is no database of anybody's."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    other = make_file(tmp_path / "new.db")
    write(other, "INSERT INTO item (id) VALUES (7)")
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serving.start(room.parent)
        peer = await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        other.rename(a)
        outcome = (await client.peers.sync_now([peer]))[peer]
        await asyncio.sleep(0.5)
        assert outcome is not None or client.peers.statuses()[0].state is not State.IN_SYNC or len(rows(room)) == 1
