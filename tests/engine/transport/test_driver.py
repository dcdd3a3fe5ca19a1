"""A driver keeps its session's deadlines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as dial_raw
from websockets.asyncio.server import ServerConnection

from engine.session import VlcnClientSession, VlcnHubSession
from engine.session import vlcn as stock_dialect
from engine.storage.replica_host import ReplicaHost
from engine.transport.driver import Driver
from tests.engine.live import make_file, on_loop, stranger_server, until, write

NAMED = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"


@on_loop
async def test_a_deadline_that_moves_nearer_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After changes were sent to a stock server the link greets again within QUIET, not within REFRESH."""
    monkeypatch.setattr(stock_dialect, "QUIET", 0.2)
    room, a = make_file(tmp_path / "room"), make_file(tmp_path / "a.db")
    async with ReplicaHost(room) as there, ReplicaHost(a) as here:
        write(room, NAMED)
        write(a, NAMED)

        async def hub(socket: ServerConnection) -> None:
            await Driver(socket, VlcnHubSession(await there.snapshot(), now=loop.time), there).run()

        loop = asyncio.get_running_loop()
        async with stranger_server(hub) as url:
            socket = await dial_raw(url, compression=None)
            session = VlcnClientSession(await here.snapshot(), now=loop.time)
            driver = Driver(socket, session, here)
            running = asyncio.create_task(driver.run())
            await until(lambda: session.greeted, "greeted")
            write(a, "INSERT INTO item (id) VALUES (1)")
            await until(lambda: session.outbound.position == 1, "sent")
            try:
                async with asyncio.timeout(stock_dialect.REFRESH / 2):
                    closed = await asyncio.shield(running)
                assert closed.regreet
            finally:
                driver.hang_up()
                await running
