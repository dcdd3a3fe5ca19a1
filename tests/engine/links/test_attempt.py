"""One attempt at a published server: when it is over, and what follows."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from pathlib import Path

from websockets.asyncio.server import ServerConnection

from engine.change import Change
from engine.peer_state import State
from engine.settings import Mode
from engine.tables import pack_columns
from engine.wire import Changes, Cursor, StartStreaming, encode
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, stranger_server, until, write

STRANGER = bytes(range(16))
NAMED = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"


def change(row: int, version: int, *, site: bytes | None = None) -> Change:
    return Change("item", pack_columns((row,)), "name", "x", 1, version, site, 1, 0)


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
