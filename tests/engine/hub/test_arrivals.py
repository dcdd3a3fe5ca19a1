"""Connections that come at once have turns."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from engine.hub import Hub, arrivals
from engine.storage.host_pool import HostPool
from tests.engine.hub.guests import guest, hear
from tests.engine.live import PATIENCE, make_file, on_loop, until
from tests.streams import stream_client

LONG = 3_600.0


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(arrivals, "AT_ONCE", 1)
    monkeypatch.setattr(arrivals, "TURN", LONG)
    make_file(tmp_path / "room")


async def greeted(hub: Hub) -> None:
    """Somebody comes in, and hears the room's greeting."""
    async with guest(hub) as socket:
        await hear(socket)


@on_loop
async def test_the_next_one_begins_when_one_has_gone(tmp_path: Path) -> None:
    async with Hub(tmp_path, HostPool()) as hub:
        async with stream_client("127.0.0.1", hub.port), stream_client("127.0.0.1", hub.port) as (_, second):
            await until(lambda: hub.connections == 2, "two who say nothing are there")
            third = asyncio.create_task(greeted(hub))
            await until(lambda: hub.connections == 3, "the third is there")
            second.transport.abort()  # it has no turn yet
            assert not third.done()
        async with asyncio.timeout(PATIENCE):
            await third


@on_loop
async def test_the_next_one_begins_when_one_is_in_its_room(tmp_path: Path) -> None:
    async with Hub(tmp_path, HostPool()) as hub, AsyncExitStack() as stack:
        for _ in range(4):
            await hear(await stack.enter_async_context(guest(hub)))
        assert sum(hub.guests.values()) == 4


@on_loop
async def test_whoever_says_nothing_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "TURN", 0.01)
    async with Hub(tmp_path, HostPool()) as hub, AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(stream_client("127.0.0.1", hub.port))
        async with asyncio.timeout(PATIENCE):
            await greeted(hub)
        assert hub.connections >= 5
