"""The published client and server, unchanged, with files whose table any program writes to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.peer_state import State
from engine.replica import Replica
from engine.wire.schema_hash import cryb64
from tests.engine.apps import running
from tests.engine.live import add_peer, on_loop, plain_engine, until
from tests.engine.programs import Command
from tests.peers.stock_client import StockClient
from tests.peers.stock_server import StockServer

SCHEMA = """CREATE TABLE IF NOT EXISTS item (id TEXT PRIMARY KEY NOT NULL, name TEXT, n INTEGER);
SELECT crsql_as_crr('item');
"""
APP = "CREATE TABLE item (id TEXT PRIMARY KEY, name TEXT NOT NULL, n INTEGER)"
ITEMS = "SELECT id, name, n FROM item ORDER BY id"


def make(path: Path, schema: str = SCHEMA) -> Path:
    """An app's file, made syncable, that names the schema of the others."""
    path.parent.mkdir(exist_ok=True)
    with running(path) as app:
        app.do(APP, "INSERT INTO item VALUES ('a', 'from the app', 9007199254740993)")
    with Replica.open(path) as replica:
        replica.make_ordinary("item")
        replica.connection.execute(
            "INSERT INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', ?)",
            (cryb64(schema),),
        )
    return path


@pytest.mark.slow
@on_loop
async def test_the_published_client_with_a_room_that_an_app_writes_to(tmp_path: Path) -> None:
    room = make(tmp_path / "hub" / "room")
    with running(room) as app:
        async with plain_engine() as server:
            hub = await server.serving.start(room.parent)
            client = await asyncio.to_thread(StockClient, hub.url, "room", SCHEMA)
            try:
                await asyncio.to_thread(client.wait, ITEMS, [("a", "from the app", 9007199254740993)])
                await asyncio.to_thread(client.exec, "INSERT INTO item VALUES ('b', 'from the client', 2)")
                await until(lambda: len(app.do(ITEMS)) == 2, "the client's row in the app's table")
                app.do("UPDATE item SET name = 'changed', n = 3 WHERE id = 'b'", "DELETE FROM item WHERE id = 'a'")
                await asyncio.to_thread(client.wait, ITEMS, [("b", "changed", 3)])
                await asyncio.to_thread(client.exec, "DELETE FROM item")
                await until(lambda: app.do(ITEMS) == [], "the client's deletion")
            finally:
                await asyncio.to_thread(client.close)


@pytest.mark.slow
@on_loop
async def test_rows_with_numbers_of_each_machine_are_left_out(tmp_path: Path) -> None:
    """Even if the published client has such a table: its numbers would be other rows here."""
    schema = f"{SCHEMA}CREATE TABLE IF NOT EXISTS todo (id INTEGER PRIMARY KEY NOT NULL, item TEXT);"
    schema += " SELECT crsql_as_crr('todo');"
    room = make(tmp_path / "hub" / "room", schema)
    with running(room) as app:
        app.do("CREATE TABLE todo (id INTEGER PRIMARY KEY, item TEXT)", "INSERT INTO todo VALUES (1, 'a')")
        with Replica.open(room) as replica:
            replica.make_ordinary("todo")
        async with plain_engine() as server:
            hub = await server.serving.start(room.parent)
            client = await asyncio.to_thread(StockClient, hub.url, "room", schema)
            try:
                await asyncio.to_thread(client.wait, ITEMS, [("a", "from the app", 9007199254740993)])
                app.do("INSERT INTO todo VALUES (2, 'a')", "INSERT INTO item VALUES ('b', 'later', 1)")
                found = [("a", "from the app", 9007199254740993), ("b", "later", 1)]
                await asyncio.to_thread(client.wait, ITEMS, found)
                await asyncio.to_thread(client.wait, "SELECT count(*) FROM todo", [(0,)])
                await asyncio.to_thread(client.exec, "INSERT INTO todo VALUES (2, 'of the client')")
                app.do("INSERT INTO todo VALUES (3, 'a')", "UPDATE item SET n = 7")
                await until(lambda: len(app.do("SELECT * FROM crsql_syncline_rows_2")) == 3, "all is recorded")
                assert app.do("SELECT id, item FROM todo") == [(1, "a"), (2, "a"), (3, "a")]
            finally:
                await asyncio.to_thread(client.close)


@pytest.mark.slow
@on_loop
async def test_an_app_with_the_published_server(tmp_path: Path) -> None:
    ours = make(tmp_path / "ours" / "app.db")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "main.sql").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "rooms").mkdir()
    server = await asyncio.to_thread(StockServer, tmp_path / "schemas", tmp_path / "rooms")
    try:
        with running(ours) as app:
            async with plain_engine() as engine:
                peer = await add_peer(engine, ours, server.url)
                await asyncio.to_thread(server.wait, "room", ITEMS, [("a", "from the app", 9007199254740993)])
                await asyncio.to_thread(server.exec, "room", "INSERT INTO item VALUES ('b', 'theirs', 5)")
                # its live notifications may get lost (cr-sqlite.md 10.8): asking again must always do
                assert await engine.peers.sync_now([peer]) == {peer: None}
                await until(lambda: len(app.do(ITEMS)) == 2, "the server's row in the app's table")
                app.do("UPDATE item SET name = name || '!', n = NULL", "DELETE FROM item WHERE id = 'a'")
                await asyncio.to_thread(server.wait, "room", ITEMS, [("b", "theirs!", None)])
                assert await engine.peers.sync_now([peer]) == {peer: None}
                await until(lambda: engine.peers.statuses()[0].state is State.IN_SYNC, "confirmed")
    finally:
        await asyncio.to_thread(server.close)


@pytest.mark.slow
def test_no_file_is_made_from_a_room_of_the_published_server(tmp_path: Path) -> None:
    for folder in ("schemas", "rooms"):
        (tmp_path / folder).mkdir()
    (tmp_path / "schemas" / "main.sql").write_text(SCHEMA, encoding="utf-8")
    server = StockServer(tmp_path / "schemas", tmp_path / "rooms")
    try:
        new = tmp_path / "new.db"
        said = Command(tmp_path / "home")("sync", new, server.url, "--room", "room", status=1)
        assert "does not exist" in said
        assert "is not a Syncline, so it cannot be asked" in said
        assert not new.exists()
        assert list((tmp_path / "rooms").iterdir()) == []
    finally:
        server.close()
