"""The published client on our hub, and our link on the published server, both unchanged, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.api import Engine
from engine.links.dialects import SchemaName
from engine.peer_state import State
from engine.replica import Replica
from engine.settings import Mode, Settings
from engine.wire.schema_hash import cryb64
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.peers.stock_client import StockClient
from tests.peers.stock_server import StockServer

SCHEMA = """CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER);
SELECT crsql_as_crr('item');
"""
IDENTITY = f"""INSERT INTO crsql_master (key, value) VALUES
('schema_name', 'main.sql'), ('schema_version', {cryb64(SCHEMA)});"""
ITEMS = "SELECT id, name, n FROM item ORDER BY id"

T = TypeVar("T")


async def aside(work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call what blocks, in a thread."""
    return await asyncio.to_thread(work, *args, **kwargs)


@pytest.fixture(params=["named schema", "no schema name"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A room's file, as a published server would have left it, or made by Syncline alone."""
    return make_file(tmp_path / "hub" / "room", SCHEMA + (IDENTITY if request.param == "named schema" else ""))


# The published client on our hub


@pytest.mark.slow
@on_loop
async def test_published_client_on_our_hub(room: Path) -> None:
    write(room, "INSERT INTO item VALUES (1, 'from the hub', 1)")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        client = await aside(StockClient, hub.url, "room", SCHEMA, frames=True)
        try:
            await aside(client.wait, ITEMS, [(1, "from the hub", 1)])
            await aside(client.exec, "INSERT INTO item VALUES (2, 'from the client', 9007199254740993)")
            await until(lambda: len(rows(room)) == 2, "the client's row on the hub")
            write(room, "UPDATE item SET name = 'changed' WHERE id = 2")
            want = [(1, "from the hub", 1), (2, "changed", 9007199254740993)]
            await aside(client.wait, ITEMS, want)
            await aside(client.exec, "DELETE FROM item WHERE id = 1")
            await until(lambda: len(rows(room)) == 1, "the client's delete on the hub")
            assert [key for key, _ in rows(room)] == [(2,)]
            assert not [event for event in client.events if "Exception" in event["event"]]
        finally:
            await aside(client.close)


@pytest.mark.slow
@on_loop
async def test_published_client_resumes_without_sending_all_again(room: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        client = await aside(StockClient, hub.url, "room", SCHEMA, frames=True)
        try:
            for number in range(3):
                await aside(client.exec, f"INSERT INTO item VALUES ({number}, 'x', {number})")
            await until(lambda: len(rows(room)) == 3, "the client's rows on the hub")
            await aside(client.stop)
            await aside(client.exec, "INSERT INTO item VALUES (10, 'offline', 10)")
            write(room, "INSERT INTO item VALUES (20, 'meanwhile', 20)")
            before = len(client.frames)
            await aside(client.start)
            await until(lambda: len(rows(room)) == 5, "what was written offline")
            await aside(client.wait, "SELECT id FROM item ORDER BY id", [(0,), (1,), (2,), (10,), (20,)])
            again = [frame for frame in client.frames[before:] if frame.type == "Changes"]
            sizes = {way: sum(len(f.content) for f in again if f.direction == way) for way in ("in", "out")}
            assert 0 < sizes["in"] < 300  # two cells each way, not the whole history
            assert 0 < sizes["out"] < 300
            with Replica.open(room, readonly=True) as replica:
                assert replica.received_clock(client.site_id) > 0
        finally:
            await aside(client.close)


@pytest.mark.slow
@on_loop
async def test_published_client_and_syncline_in_one_room(room: Path, tmp_path: Path) -> None:
    laptop = make_file(tmp_path / "laptop.db", SCHEMA)
    write(laptop, "INSERT INTO item VALUES (1, 'laptop', 1)")
    async with plain_engine() as server, plain_engine() as here:
        hub = await server.serving.start(room.parent)
        await add_peer(here, laptop, hub.url)
        client = await aside(StockClient, hub.url, "room", SCHEMA)
        try:
            await aside(client.wait, ITEMS, [(1, "laptop", 1)])
            await aside(client.exec, "UPDATE item SET name = 'browser' WHERE id = 1")
            await until(lambda: "browser" in str(rows(laptop)), "the browser's write on the laptop")
            await here.peers.wait_in_sync(timeout=PATIENCE)
        finally:
            await aside(client.close)


@pytest.mark.slow
@on_loop
async def test_another_schema_is_turned_away_and_the_hub_stays(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room", SCHEMA + IDENTITY)
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        stranger = await aside(StockClient, hub.url, "room", SCHEMA.replace("name TEXT", "name TEXT, more TEXT"))
        friend = await aside(StockClient, hub.url, "room", SCHEMA)
        try:
            await aside(stranger.exec, "INSERT INTO item (id, name) VALUES (5, 'wrong')")
            await until(lambda: any(e["event"] == "ws-close" for e in stranger.events), "the stranger turned away")
            closed = next(event for event in stranger.events if event["event"] == "ws-close")
            assert "schema main.sql" in str(closed)
            await aside(friend.exec, "INSERT INTO item (id, name) VALUES (6, 'right')")
            await until(lambda: [key for key, _ in rows(room)] == [(6,)], "the friend's row, and only that")
        finally:
            await aside(stranger.close)
            await aside(friend.close)


# Our link on the published server


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "main.sql").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "rooms").mkdir()
    return folder


@pytest.mark.slow
@on_loop
async def test_our_link_on_the_published_server(tmp_path: Path, schemas: Path) -> None:
    ours = make_file(tmp_path / "ours.db", SCHEMA + IDENTITY)
    write(ours, "INSERT INTO item VALUES (1, 'ours', 9007199254740993)")
    server = await aside(StockServer, schemas, tmp_path / "rooms")
    try:
        async with plain_engine() as engine:
            peer = await add_peer(engine, ours, server.url)
            await aside(server.wait, "room", ITEMS, [(1, "ours", 9007199254740993)])
            await until(lambda: engine.peers.statuses()[0].state is State.SENT, "sent, for this server never confirms")
            await aside(server.exec, "room", "INSERT INTO item VALUES (2, 'theirs', 5)")
            # its live notifications may get lost (cr-sqlite.md 10.8): asking again must always do
            assert await engine.peers.sync_now([peer]) == {peer: None}
            await until(lambda: len(rows(ours)) == 2, "the server's row here")
            assert str(rows(ours)[1]).count("class 'int'") == 1  # 5 stays an integer
            assert await engine.peers.sync_now([peer]) == {peer: None}
            await until(lambda: engine.peers.statuses()[0].state is State.IN_SYNC, "confirmed by a fresh greeting")
            assert engine.peers.statuses()[0].confirmed >= 1
    finally:
        await aside(server.close)


@pytest.mark.slow
@on_loop
async def test_our_link_resumes_after_a_crash_of_the_published_server(tmp_path: Path, schemas: Path) -> None:
    ours = make_file(tmp_path / "ours.db", SCHEMA + IDENTITY)
    server = await aside(StockServer, schemas, tmp_path / "rooms")
    try:
        async with plain_engine() as engine:
            peer = await add_peer(engine, ours, server.url)
            for number in range(5):
                write(ours, "INSERT INTO item VALUES (?, 'x', ?)", number, number)
            await aside(server.wait, "room", "SELECT count(*) FROM item", [(5,)])
            assert await engine.peers.sync_now([peer]) == {peer: None}
            await aside(server.kill)
            await until(lambda: engine.peers.statuses()[0].state is State.WAITING, "the crash noticed")
            write(ours, "INSERT INTO item VALUES (7, 'meanwhile', 7)")
            with engine.subscribe() as events:
                await aside(server.restart)
                await aside(server.wait, "room", "SELECT count(*) FROM item", [(6,)])
                assert await engine.peers.sync_now([peer]) == {peer: None}
                sent = [one for event in events.drain() for one in getattr(event, "changes", ())]
            outgoing = [one for one in sent if one.key == (7,)]
            assert len(outgoing) >= 2
            assert {one.key for one in sent} == {(7,)}  # nothing before it is sent again
    finally:
        await aside(server.close)


@pytest.mark.slow
@on_loop
async def test_pull_from_the_published_server(tmp_path: Path, schemas: Path) -> None:
    ours = make_file(tmp_path / "ours.db", SCHEMA)
    write(ours, "INSERT INTO item VALUES (1, 'ours', 1)")
    server = await aside(StockServer, schemas, tmp_path / "rooms")
    try:
        schema = SchemaName("main.sql", cryb64(SCHEMA))
        async with Engine(Settings(), schema=schema) as engine:
            peer = await add_peer(engine, ours, server.url, mode=Mode.MANUAL)
            assert await engine.peers.sync_now([peer]) == {peer: None}
            assert await aside(server.exec, "room", ITEMS) == [(1, "ours", 1)]
            await until(lambda: engine.peers.statuses()[0].state is State.IDLE, "hung up")
            await aside(server.exec, "room", "UPDATE item SET n = 2")
            assert await engine.peers.sync_now([peer]) == {peer: None}
            assert "2" in str(rows(ours))
        async with plain_engine() as engine:
            peer = await add_peer(engine, ours, server.url, mode=Mode.MANUAL)
            outcome = (await engine.peers.sync_now([peer]))[peer]
            assert "needs the name of a schema" in str(outcome)
            assert outcome is not None
            assert "--schema" in outcome.hint
    finally:
        await aside(server.close)


@pytest.mark.slow
@on_loop
async def test_a_silent_published_server_is_explained(tmp_path: Path, schemas: Path) -> None:
    """It never answers a greeting with a schema that it does not have (cr-sqlite.md 10.8, defect 5)."""
    ours = make_file(tmp_path / "ours.db", SCHEMA + IDENTITY.replace("main.sql", "other.sql"))
    server = await aside(StockServer, schemas, tmp_path / "rooms")
    try:
        async with plain_engine() as engine:
            peer = await add_peer(engine, ours, server.url, mode=Mode.MANUAL)
            outcome = (await engine.peers.sync_now([peer]))[peer]
            assert "may not know this room" in str(outcome)
    finally:
        await aside(server.close)
