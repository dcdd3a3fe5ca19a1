"""What is too large for a message stops its link in words, and is looked at again but seldom."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from engine.api import Engine
from engine.peer_state import State
from engine.wire import MAX_FRAME, Changes, Cursor, StartStreaming, decode, encode
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.faults.proxy import Proxy

NAMED = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"
STRANGER = bytes(range(16))
TOO_LARGE = "INSERT INTO item (id, extra) VALUES (2, zeroblob(115000000))"


async def stopped(engine: Engine) -> str:
    """Wait until the only link needs a person, and see that it then leaves the peer alone; return the sentence."""
    await until(lambda: engine.peers.statuses()[0].state is State.NEEDS_YOU, "a person is needed")
    tried = engine.peers.statuses()[0].last_attempt
    await asyncio.sleep(1.2)  # longer than two waits of the back-off
    assert engine.peers.statuses()[0].last_attempt == tried
    assert engine.peers.statuses()[0].state is State.NEEDS_YOU
    return engine.peers.statuses()[0].reason


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["up", "down"])
@on_loop
async def test_a_cell_that_no_message_holds(tmp_path: Path, direction: str) -> None:
    """What was written before it arrives; the link stops and says where it is; without it, it goes on."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    source, target = (a, room) if direction == "up" else (room, a)
    write(source, "INSERT INTO item (id, name) VALUES (1, 'before')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        async with Proxy(hub.port) as proxy:
            await add_peer(client, a, proxy.url)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            write(source, TOO_LARGE)
            sentence = await stopped(client)
            assert "110 MB in the column “extra” of a row of “item”, but a message can be at most 100 MB" in sentence
            assert (
                "Too large for this peer" if direction == "up" else "a change that is too large to send"
            ) in sentence
            assert proxy.dials == 1
            assert proxy.up.moved + proxy.down.moved < 10_000
            assert len(rows(target)) == 1
            write(source, "DELETE FROM item WHERE id = 2")
            write(source, "INSERT INTO item (id, name) VALUES (3, 'after')")
            assert list((await client.peers.sync_now()).values()) == [None]
            assert rows(target) == rows(source)


class Stock:
    """A server of the published dialect, as far as it goes: asks for all, counts what comes, says what it is told."""

    def __init__(self, *, limit: int = MAX_FRAME, says: bytes = b"") -> None:
        self.sizes: list[int] = []
        self.versions: list[int] = []
        self.limit = limit
        self._says = says

    async def serve(self, socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
        if self._says:
            await socket.send(self._says)
        try:
            async for data in socket:
                assert isinstance(data, bytes)
                message = decode(data)
                assert isinstance(message, Changes)
                assert message.since.version == max(self.versions, default=0)
                self.sizes.append(len(data))
                self.versions.append(message.changes[-1].db_version)
        except ConnectionClosed:
            pass


async def stock_link(tmp_path: Path, stock: Stock, *writes: str) -> str:
    """Connect a file to the server; return why the link stopped."""
    a = make_file(tmp_path / "a.db")
    write(a, NAMED)
    for sql in writes:
        write(a, sql)
    serving = serve(stock.serve, "127.0.0.1", 0, max_size=stock.limit, select_subprotocol=lambda _, offered: offered[0])
    async with serving as running, plain_engine() as client:
        await add_peer(client, a, f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/sync")
        return await stopped(client)


@pytest.mark.slow
@on_loop
async def test_a_version_that_a_published_server_cannot_take(tmp_path: Path) -> None:
    """Whole versions only: those that fit go, however much they are together; one that does not stops the link."""
    stock = Stock()
    fits = [f"INSERT INTO item (id, extra) VALUES ({row}, zeroblob(6000000))" for row in range(10, 13)]
    one_version = (
        "INSERT INTO item (id, extra) WITH r(n) AS (VALUES (20), (21), (22)) SELECT n, zeroblob(40000000) FROM r"
    )
    sentence = await stock_link(tmp_path, stock, *fits, one_version)
    assert "Too large for this peer: 114 MB in one transaction that wrote to “item”" in sentence
    assert len(stock.sizes) == 3
    assert max(stock.sizes) < 10_000_000


@on_loop
async def test_a_server_with_a_smaller_limit(tmp_path: Path) -> None:
    """It hangs up as soon as it has seen how large the message is, with most of it still under way."""
    large = "INSERT INTO item (id, extra) VALUES (1, zeroblob(30000000))"
    sentence = await stock_link(tmp_path, Stock(limit=1_000_000), large)
    assert "Too large for this peer" in sentence


@pytest.mark.slow
@on_loop
async def test_a_server_that_sends_too_much(tmp_path: Path) -> None:
    """A published server sends its whole backlog in one message, which may be more than anybody takes."""
    sentence = await stock_link(tmp_path, Stock(says=bytes(MAX_FRAME + 1)))
    assert "sent a message larger than 100 MB" in sentence
