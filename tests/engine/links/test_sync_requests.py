"""``sync_now``: it ends whatever happens meanwhile, and answers for what was written before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from engine.api import Engine
from engine.links.attempt import Ending
from engine.settings import Mode
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, stranger_server, write

NAMED = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"


async def change_the_peer(client: Engine) -> None:
    await client.peers.update(client.settings.peers[0])


async def switch_auto_sync_off(client: Engine) -> None:
    await client.change_settings(auto_sync=False)


@pytest.mark.parametrize(("mode", "interrupt"), [(Mode.MANUAL, change_the_peer), (Mode.LIVE, switch_auto_sync_off)])
@on_loop
async def test_sync_now_ends_when_the_attempt_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Mode, interrupt: Callable[[Engine], Awaitable[None]]
) -> None:
    monkeypatch.setattr("engine.session.base.GREETING_TIMEOUT", 1.0)
    a = make_file(tmp_path / "a.db")
    arrived = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        arrived.set()
        await socket.wait_closed()

    write(a, NAMED)
    async with stranger_server(silent) as url, plain_engine() as client:
        peer = await add_peer(client, a, url, mode=mode)
        asked = asyncio.create_task(client.peers.sync_now([peer]))
        await arrived.wait()
        await interrupt(client)
        done, _ = await asyncio.wait([asked], timeout=PATIENCE)
        asked.cancel()
        await asyncio.wait([asked])
        assert done, "sync_now waits for ever"


@on_loop
async def test_sync_now_sends_what_was_just_written(tmp_path: Path) -> None:
    """A live link that has not noticed a write yet must look before it says that all is done."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serving.start(room.parent)
        peer = await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        write(a, "INSERT INTO item (id) VALUES (1)")
        assert await client.peers.sync_now([peer]) == {peer: None}
        assert len(rows(room)) == 1


@on_loop
async def test_sync_now_asked_while_a_pull_hangs_up(tmp_path: Path) -> None:
    """The pull that is ending has not seen what was written since: it cannot answer for a new request."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serving.start(room.parent)
        peer = await add_peer(client, a, hub.url, mode=Mode.MANUAL)
        link = client._links[peer]
        first = asyncio.create_task(client.peers.sync_now([peer]))
        while link.attempt is None or link.attempt._ending is not Ending.CAUGHT_UP:
            await asyncio.sleep(0)
        write(a, "INSERT INTO item (id) VALUES (1)")
        assert await client.peers.sync_now([peer]) == {peer: None}
        await first
        assert len(rows(room)) == 1
