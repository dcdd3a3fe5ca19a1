"""A peer is in sync only as far as both sides have confirmed it: not while an app keeps a file locked."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.api import Engine
from engine.peer_state import State
from tests.engine.apps import running
from tests.engine.live import add_peer, on_loop, plain_engine, until
from tests.engine.ordinary.test_synced import make_ordinary


def state(engine: Engine) -> State:
    return engine.peers.statuses()[0].state


@on_loop
async def test_what_came_cannot_be_written(tmp_path: Path) -> None:
    room, one = make_ordinary(tmp_path / "room"), make_ordinary(tmp_path / "one.db")
    with running(one) as here, running(room) as there:
        async with plain_engine() as server, plain_engine() as client:
            await server.databases.add(room)
            await add_peer(client, one, (await server.serving.start(tmp_path)).url)
            await until(lambda: state(client) is State.IN_SYNC, "in sync")
            here.do("BEGIN IMMEDIATE")
            there.do("INSERT INTO notes VALUES ('a', 'A', NULL, 1)")
            await until(lambda: state(client) is not State.IN_SYNC, "it is not any more")
            assert state(client) is State.SYNCING, "told while the lock is waited for, not once that was given up"
            here.do("COMMIT")
            await until(lambda: here.do("SELECT id FROM notes") == [("a",)], "it is written")
            await until(lambda: state(client) is State.IN_SYNC, "in sync again")


@on_loop
async def test_what_an_app_wrote_cannot_be_recorded(tmp_path: Path) -> None:
    room, one = make_ordinary(tmp_path / "room"), make_ordinary(tmp_path / "one.db")
    with running(one) as here, running(room) as there:
        async with plain_engine() as server, plain_engine() as client:
            await server.databases.add(room)
            await add_peer(client, one, (await server.serving.start(tmp_path)).url)
            await until(lambda: state(client) is State.IN_SYNC, "in sync")
            here.do("INSERT INTO notes VALUES ('a', 'A', NULL, 1)", "BEGIN IMMEDIATE")
            asked = asyncio.create_task(client.peers.sync_now([status.peer for status in client.peers.statuses()]))
            await until(lambda: "locked" in client.peers.statuses()[0].reason, "it says why")
            assert state(client) is not State.IN_SYNC
            assert not asked.done()
            here.do("COMMIT")
            assert set((await asked).values()) == {None}
            assert there.do("SELECT id FROM notes") == [("a",)]
            await until(lambda: state(client) is State.IN_SYNC, "in sync again")
