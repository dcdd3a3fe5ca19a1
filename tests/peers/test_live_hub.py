"""What a hub does with published clients beyond syncing: tokens, rooms from schema files, reading only."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.hub import HubOptions
from engine.hub.tokens import make, revoke
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
        hub = await server.serve(folder, options=HubOptions(tokens=tokens, schemas=schemas))
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
