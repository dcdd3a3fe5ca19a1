"""Defects of links that were there once; each test says what should hold."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.utils import accept_key

from engine.change import Change
from engine.crr import connect
from engine.errors import SynclineError
from engine.events import AttentionNeeded, ChangesMoved
from engine.links.attempt import Ending
from engine.peer_state import State
from engine.settings import Mode
from engine.tables import pack_columns
from engine.wire import PROTOCOL, Changes, Cursor, StartStreaming, encode
from engine.wire.handshake import OWN_HEADER
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, stranger_server, until, write

STRANGER = bytes(range(16))
NAMED = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"


def change(row: int, version: int, *, site: bytes | None = None) -> Change:
    return Change("item", pack_columns((row,)), "name", "x", 1, version, site, 1, 0)


# Links


@on_loop
async def test_sync_now_ends_when_the_settings_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.session.base.GREETING_TIMEOUT", 1.0)
    a = make_file(tmp_path / "a.db")
    arrived = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        arrived.set()
        await socket.wait_closed()

    write(a, NAMED)
    async with stranger_server(silent) as url, plain_engine() as client:
        peer = await add_peer(client, a, url, mode=Mode.MANUAL)
        asked = asyncio.create_task(client.peers.sync_now([peer]))
        await arrived.wait()
        await client.peers.update(client.settings.peers[0])
        done, _ = await asyncio.wait([asked], timeout=PATIENCE)
        asked.cancel()
        await asyncio.wait([asked])
        assert done, "sync_now waits for ever"


@on_loop
async def test_sync_now_ends_when_auto_sync_is_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.session.base.GREETING_TIMEOUT", 1.0)
    a = make_file(tmp_path / "a.db")
    arrived = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        arrived.set()
        await socket.wait_closed()

    write(a, NAMED)
    async with stranger_server(silent) as url, plain_engine() as client:
        peer = await add_peer(client, a, url)
        asked = asyncio.create_task(client.peers.sync_now([peer]))
        await arrived.wait()
        await client.change_settings(auto_sync=False)
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
        while link._attempt is None or link._attempt._ending is not Ending.CAUGHT_UP:
            await asyncio.sleep(0)
        write(a, "INSERT INTO item (id) VALUES (1)")
        assert await client.peers.sync_now([peer]) == {peer: None}
        await first
        assert len(rows(room)) == 1


def slow_server(ready: queue.Queue[str], ended: threading.Event) -> None:
    """A stock server whose loop stands still while it reads its backlog, as the published one's does."""

    async def slow(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
        time.sleep(1.5)
        await socket.send(encode(Changes(STRANGER, Cursor(0, 0), tuple(change(n, n) for n in range(1, 200)))))
        await socket.wait_closed()

    async def main() -> None:
        async with stranger_server(slow) as url:
            ready.put(url)
            await asyncio.to_thread(ended.wait)

    asyncio.run(main())


@on_loop
async def test_a_stock_server_that_needs_a_moment(tmp_path: Path) -> None:
    """It sends its whole backlog in one message, which takes as long as it takes: no reason to say "caught up"."""
    a = make_file(tmp_path / "a.db")
    write(a, NAMED)
    ready: queue.Queue[str] = queue.Queue()
    ended = threading.Event()
    thread = threading.Thread(target=slow_server, args=(ready, ended))
    thread.start()
    try:
        url = await asyncio.to_thread(ready.get)
        async with plain_engine() as client:
            peer = await add_peer(client, a, url, mode=Mode.MANUAL)
            await client.peers.sync_now([peer])
            assert len(rows(a)) == 199
    finally:
        ended.set()
        await asyncio.to_thread(thread.join)


@on_loop
async def test_greeting_again_is_no_storm(tmp_path: Path) -> None:
    """A stock server that leaves a gap every time is greeted a few times, and then less and less often."""
    a = make_file(tmp_path / "a.db")
    write(a, NAMED)
    greetings = 0

    async def broken(socket: ServerConnection) -> None:
        nonlocal greetings
        greetings += 1
        await socket.recv()
        await socket.send(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
        await socket.send(encode(Changes(STRANGER, Cursor(5, 0), (change(1, 6),))))
        await socket.wait_closed()

    async with stranger_server(broken) as url, plain_engine() as client:
        await add_peer(client, a, url)
        await asyncio.sleep(1.5)
        assert greetings <= 12


@on_loop
async def test_a_refusal_of_ours_leaves_no_connection(tmp_path: Path) -> None:
    """A stock server and a file without a schema name: we say no, and hang up."""
    a = make_file(tmp_path / "a.db")
    gone = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()
        gone.set()

    async with stranger_server(silent) as url, plain_engine() as client:
        await add_peer(client, a, url)
        await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "refused")
        async with asyncio.timeout(PATIENCE):
            await gone.wait()


@on_loop
async def test_an_old_trouble_is_forgotten_when_in_sync(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as hub_engine:
        port = (await hub_engine.serving.start(room.parent)).port
    async with plain_engine() as client, plain_engine() as hub_engine:
        await add_peer(client, a, f"ws://127.0.0.1:{port}/sync")
        await until(lambda: client.peers.statuses()[0].state is State.WAITING, "refused")
        await hub_engine.serving.start(room.parent, port=port)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await client.change_settings(auto_sync=False)
        await until(lambda: client.peers.statuses()[0].state is State.IDLE, "idle")
        assert "refused" not in client.peers.statuses()[0].reason


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


# Ending


@on_loop
async def test_removing_a_peer_at_work_bothers_nobody(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    app = connect(a)
    for start in range(0, 40_000, 1_000):
        app.execute(f"WITH n(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM n WHERE i < {start + 999})"
                    " INSERT INTO item (id) SELECT i FROM n")  # fmt: skip
    app.close()
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serving.start(room.parent)
        with client.subscribe() as events:
            peer = await add_peer(client, a, hub.url)
            async for event in events:
                if isinstance(event, ChangesMoved):
                    break
            await client.peers.remove(peer)
            assert [event for event in events.drain() if isinstance(event, AttentionNeeded)] == []


@pytest.mark.slow
@on_loop
async def test_quitting_beside_a_peer_that_hangs(tmp_path: Path) -> None:
    """It does not answer the close frame (asleep, say): nothing of ours may stay behind."""
    a = make_file(tmp_path / "a.db")
    resting = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head.split("\r\n"))}
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(fields['sec-websocket-key'])}\r\n"
            f"Sec-WebSocket-Protocol: {fields['sec-websocket-protocol']}\r\n{OWN_HEADER}: {PROTOCOL}\r\n\r\n".encode()
        )
        await resting.wait()
        writer.close()

    listening = await asyncio.start_server(hang, "127.0.0.1", 0)
    before = asyncio.all_tasks()
    async with plain_engine() as client:
        await add_peer(client, a, f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/sync")
        await until(lambda: "waiting for the other side" in client.peers.statuses()[0].reason, "connected")
    left = [task for task in asyncio.all_tasks() - before if task.get_coro().__qualname__.endswith("_read_frames")]  # type: ignore[union-attr]
    resting.set()
    listening.close()
    await listening.wait_closed()
    await asyncio.gather(*left, return_exceptions=True)
    assert not left
