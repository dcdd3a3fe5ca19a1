"""While a room of many tables is made, others are served; and it ends when nobody waits for it any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from engine.hub import Hub, HubOptions
from engine.hub.tokens import make, revoke
from engine.session.close_codes import OwnCloseCode
from engine.table_plan import MAX_TABLES, ColumnPlan, Kind, TablePlan
from engine.wire import Tables, encode
from tests.engine.hub.guests import guest, turned_away
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write

COLUMNS = (ColumnPlan("k", Kind.ANY, key=1), *(ColumnPlan(f"c{n}", Kind.ANY) for n in range(40)))
MANY = encode(Tables("", 0, tuple(TablePlan(f"t{n}", COLUMNS) for n in range(MAX_TABLES)), equal_values=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rooms"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm")))


@asynccontextmanager
async def making(hub: Hub, folder: Path, token: str | None = None) -> AsyncIterator[ClientConnection]:
    """Somebody whose room of many tables is being made."""
    async with guest(hub, "large", token) as socket:
        await socket.send(MANY)
        await until(lambda: ".large.unfinished" in names(folder), "it is begun")
        yield socket
        assert "large" not in names(folder)  # else the test has shown nothing


@on_loop
async def test_others_get_their_rooms_meanwhile(folder: Path, tmp_path: Path) -> None:
    old, new = make_file(folder / "old"), tmp_path / "new.db"
    write(make_file(new), "INSERT INTO item (id) VALUES (7)")
    write(make_file(tmp_path / "old.db"), "INSERT INTO item (id) VALUES (8)")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(folder, options=HubOptions(allow_create=True))
        async with making(hub, folder):
            await add_peer(client, new, hub.url, room="new")
            await add_peer(client, tmp_path / "old.db", hub.url, room="old")
            await client.peers.wait_in_sync(timeout=PATIENCE)
            assert len(rows(folder / "new")) == len(rows(old)) == 1


@on_loop
async def test_it_ends_with_the_one_it_is_made_for(folder: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    secret = make(tokens, "guest")

    async def leaves(socket: ClientConnection) -> None:
        await socket.close()

    async def is_cut(socket: ClientConnection) -> None:
        socket.transport.abort()

    async def is_revoked(socket: ClientConnection) -> None:
        revoke(tokens, "guest")
        assert await turned_away(socket) == (OwnCloseCode.TOKEN, "The token was revoked.")

    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(allow_create=True, tokens=tokens))
        for ends in (leaves, is_cut, is_revoked):
            async with making(hub, folder, secret) as socket:
                await ends(socket)
                await until(lambda: not names(folder), "nothing is left")


@on_loop
async def test_it_ends_with_the_hub(folder: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(allow_create=True))
        async with making(hub, folder) as socket:
            await server.serving.stop()
            assert names(folder) == []
            assert (await turned_away(socket))[0] == 1001
