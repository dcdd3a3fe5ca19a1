"""Whoever is in a room gets all that is written there, however reads, merges and news of the file fall out."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cli.bench.guests import SCHEMA, SCHEMA_NAME, Dialect, Guest
from engine.hub import Hub, HubOptions
from engine.session import execute
from engine.settings import PeerConfig
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.tables.applied import AppliedLog
from tests import budget
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write

GUESTS, WRITERS, WRITES = 8, 3, 12


@on_loop
async def test_every_guest_gets_every_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guests of both dialects in one room; what the replica's thread does begins, and ends, at odd times."""
    run: Callable[..., Any] = ReplicaHost.run

    async def oddly(host: ReplicaHost, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        before, within, after = (odd.choice((0, 0, odd.uniform(0, 0.01))) for _ in range(3))

        def late(*arguments: Any, **options: Any) -> Any:
            time.sleep(within)
            return work(*arguments, **options)

        await asyncio.sleep(before)
        done = await run(host, late, *arguments, **options)
        if work in (execute.read, execute.read_part):  # of what moves the file the host hears in order
            await asyncio.sleep(after)
        return done

    monkeypatch.setattr(ReplicaHost, "run", oddly)
    schemas, rooms = tmp_path / "schemas", tmp_path / "rooms"
    for folder in (schemas, rooms):
        folder.mkdir()
    (schemas / SCHEMA_NAME).write_text(SCHEMA)
    async with plain_engine() as server:
        hub = await server.serving.start(rooms, options=HubOptions(schemas=schemas))
        for case in budget.cases("hub: deliveries at odd times", seconds=4, at_least=1):
            odd = case.random
            await one(hub.url, f"room{case.seed}", odd)


async def one(url: str, room: str, odd: random.Random) -> None:
    guests = [Guest(url, room, odd.choice((Dialect.OWN, Dialect.STOCK))) for _ in range(GUESTS)]
    await asyncio.gather(*(guest.join() for guest in guests))
    try:

        async def write(guest: Guest) -> None:
            for _ in range(WRITES):
                await asyncio.sleep(odd.choice((0, 0.001, 0.02)))
                await guest.write()

        await asyncio.gather(*map(write, guests[:WRITERS]))
        due = [(WRITERS - (guest in guests[:WRITERS])) * WRITES for guest in guests]
        await until(lambda: [len(guest.delays) for guest in guests] == due, "every write at every other guest")
        assert not any(guest.lost for guest in guests)
    finally:
        for guest in guests:
            await guest.leave()


@on_loop
async def test_a_hub_alone_keeps_no_account_of_what_it_merges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there to be told, and all of it would stay in memory."""
    ours = make_file(tmp_path / "ours.db")
    write(ours, "INSERT INTO item (id, name) VALUES (1, 'ours')")
    told: list[object] = []
    monkeypatch.setattr(AppliedLog, "add", lambda *arguments: told.append(arguments))
    async with Hub({"room": make_file(tmp_path / "there.db")}, HostPool()) as hub, plain_engine() as here:
        database = await here.databases.add(ours)
        await here.peers.add(PeerConfig.new(database.id, hub.url, room="room"))
        await here.peers.wait_in_sync(timeout=PATIENCE)
    assert rows(tmp_path / "there.db") == rows(ours)
    assert told == []
