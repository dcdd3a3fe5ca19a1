"""What a peer asks is answered in short steps, as long as somebody waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from engine.hub import Hub, HubOptions
from engine.hub.tokens import make, revoke
from engine.replica import Replica
from engine.session.close_codes import OwnCloseCode
from engine.wire import Digest, DigestRequest, Lineage, RangeRequest, Ranges, encode
from tests import budget
from tests.engine.hub.guests import guest, hear, turned_away
from tests.engine.hub.test_limits import GREETING
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, until, write

ROWS = budget.pick(30_000, 60_000)
"""So many that their digests take long."""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    room = make_file(tmp_path / "hub" / "room")
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
    write(room, f"{numbers} INSERT INTO item (id) SELECT i FROM n")
    return room


@asynccontextmanager
async def greeted(hub: Hub, secret: str | None = None) -> AsyncIterator[ClientConnection]:
    async with guest(hub, token=secret) as socket:
        for message in GREETING:
            await socket.send(encode(message))
        while not isinstance(await hear(socket), Lineage):
            pass
        yield socket


async def digest(socket: ClientConnection, number: int) -> None:
    await socket.send(encode(DigestRequest(number)))
    while not isinstance(message := await hear(socket), Digest):
        pass
    assert message.tables[0][1] >= ROWS


@on_loop
async def test_two_thousand_ranges_cost_what_one_does(room: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with greeted(hub) as socket:
            await socket.send(encode(RangeRequest(1, "item", (b"",) * 2_000)))
            while not isinstance(message := await hear(socket), Ranges):
                pass
            assert {count for count, _ in message.ranges} == {ROWS}


@on_loop
async def test_it_ends_with_the_one_who_asked(room: Path, tmp_path: Path) -> None:
    """In no time, compared with an answer; on a busy machine anything may take long, now and then."""
    tokens = tmp_path / "tokens.json"
    secrets = [make(tokens, f"guest {number}", write=False) for number in range(5)]

    async def leaves(socket: ClientConnection, _: int) -> None:
        await socket.close()

    async def is_cut(socket: ClientConnection, _: int) -> None:
        socket.transport.abort()

    async def is_revoked(socket: ClientConnection, number: int) -> None:
        revoke(tokens, f"guest {number}")
        assert await turned_away(socket) == (OwnCloseCode.TOKEN, "The token was revoked.")

    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        async with greeted(hub, secrets[0]) as socket:
            took = time.monotonic()
            await digest(socket, 1)
            took = time.monotonic() - took
        for ends in (leaves, is_cut, is_revoked):
            for number, secret in enumerate(secrets):
                async with greeted(hub, secret) as socket:
                    await socket.send(encode(DigestRequest(1)))
                    await (await socket.ping())
                    began = time.monotonic()
                    await ends(socket, number)
                    await until(lambda: not hub.guests["room"], "gone")
                    soon = time.monotonic() - began < took / 2
                if soon:
                    break
            assert soon, f"{ends.__name__}, and it goes on"


@on_loop
async def test_others_have_their_turn_meanwhile(room: Path, tmp_path: Path) -> None:
    """In the same room: a row comes through while one guest's questions are answered, one after the other."""
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        other = make_file(tmp_path / "other.db")
        await add_peer(client, other, hub.url)
        await client.peers.wait_in_sync(timeout=4 * PATIENCE)
        async with greeted(hub) as socket:
            asking = asyncio.create_task(ask_on(socket))
            write(other, "INSERT INTO item (id) VALUES (0)")
            await until(lambda: count(room) == ROWS + 1, "a row")
            assert not asking.done()
            asking.cancel()


def count(path: Path) -> int:
    with Replica.open(path, readonly=True) as replica:
        found: int = replica.connection.execute("SELECT count(*) FROM item").get
    return found


async def ask_on(socket: ClientConnection) -> None:
    for number in range(1, 1_000):
        await digest(socket, number)
