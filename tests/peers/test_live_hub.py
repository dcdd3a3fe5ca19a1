"""What a hub does with published clients beyond syncing: tokens, rooms from schema files, reading only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.hub import HubOptions
from engine.hub.tokens import make, revoke
from engine.replica import Replica
from engine.tables import ChangeSet
from tests.engine.live import on_loop, plain_engine, rows, until, write
from tests.peers.stock_client import StockClient
from tests.peers.test_live_stock import ITEMS, SCHEMA, aside


@pytest.mark.slow
@on_loop
async def test_published_clients_with_tokens_make_a_room_from_the_schema_file(tmp_path: Path) -> None:
    folder, schemas, tokens = tmp_path / "hub", tmp_path / "schemas", tmp_path / "tokens.json"
    folder.mkdir()
    schemas.mkdir()
    (schemas / "main.sql").write_text(SCHEMA)
    writer, reader = make(tokens, "writer"), make(tokens, "reader", write=False)
    room = folder / "room"
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(tokens=tokens, schemas=schemas))
        writing = await aside(StockClient, hub.url, "room", SCHEMA, auth=writer)
        try:
            await aside(writing.exec, "INSERT INTO item VALUES (1, 'from the writer', 1)")
            await until(lambda: room.exists() and len(rows(room)) == 1, "the room and its row")
            reading = await aside(StockClient, hub.url, "room", SCHEMA, auth=reader)
            try:
                await aside(reading.wait, ITEMS, [(1, "from the writer", 1)])
                await aside(reading.exec, "INSERT INTO item VALUES (2, 'from the reader', 2)")
                write(room, "INSERT INTO item VALUES (3, 'live', 3)")
                await aside(reading.wait, ITEMS, [(1, "from the writer", 1), (2, "from the reader", 2), (3, "live", 3)])
                await aside(writing.wait, ITEMS, [(1, "from the writer", 1), (3, "live", 3)])
                assert hub.guests == {"room": 2}
                await aside(revoke, tokens, "reader")
                await until(lambda: hub.guests == {"room": 1}, "the reader is cut")
            finally:
                await aside(reading.close)
        finally:
            await aside(writing.close)
    assert [key for key, _ in rows(room)] == [(1,), (3,)]


@pytest.mark.slow
@on_loop
async def test_published_clients_of_a_room_share_one_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    changes = Replica.changes

    def counted(replica: Replica, since: int = 0, **options: Any) -> ChangeSet:
        if "until" not in options:  # with it the change flow is read
            reads.append(since)
        return changes(replica, since, **options)

    folder, schemas = tmp_path / "hub", tmp_path / "schemas"
    folder.mkdir()
    schemas.mkdir()
    (schemas / "main.sql").write_text(SCHEMA)
    room = folder / "room"
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(schemas=schemas))
        clients: list[StockClient] = []
        try:
            for _ in range(4):
                clients.append(await aside(StockClient, hub.url, "room", SCHEMA))
            await until(lambda: hub.guests == {"room": 4}, "all are in the room")
            await aside(clients[0].exec, "INSERT INTO item VALUES (1, 'first', 1)")
            for client in clients:
                await aside(client.wait, ITEMS, [(1, "first", 1)])
            monkeypatch.setattr(Replica, "changes", counted)
            write(room, "INSERT INTO item VALUES (2, 'of the room', 2)")
            for client in clients:
                await aside(client.wait, ITEMS, [(1, "first", 1), (2, "of the room", 2)])
            assert len(reads) == 1
            await aside(clients[1].exec, "INSERT INTO item VALUES (3, 'of one', 3)")
            for client in clients:
                await aside(client.wait, ITEMS, [(1, "first", 1), (2, "of the room", 2), (3, "of one", 3)])
            assert len(reads) <= 3  # whoever wrote it has a read of its own
        finally:
            for client in clients:
                await aside(client.close)
