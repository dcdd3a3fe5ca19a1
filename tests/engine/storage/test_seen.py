"""A look is left out only where nobody but this program has written since the last one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.change import Change
from engine.crr import connect
from engine.replica import Replica
from engine.storage.replica_thread import ReplicaThread
from engine.storage.seen import Seen
from engine.tables import pack_columns
from tests.engine.live import make_file, on_loop, write

STRANGER = b"s" * 16


@asynccontextmanager
async def seen_whole(path: Path) -> AsyncIterator[tuple[ReplicaThread, Seen]]:
    """A file on its thread that was looked at."""
    thread = ReplicaThread(path, None, lambda _: None)
    await thread.open()
    try:
        seen = Seen(thread)
        await look(thread, seen)
        yield thread, seen
    finally:
        await thread.close()


async def look(thread: ReplicaThread, seen: Seen) -> None:
    seen.doubtful = False
    seen.up_to(await thread.run(None, seen.stand))
    assert await seen.all()


def make(path: Path, journal: str = "wal") -> Path:
    make_file(path)
    connection = connect(path)
    connection.pragma("journal_mode", journal)
    connection.close()
    return path


def merge(replica: Replica) -> None:
    replica.merge([Change("item", pack_columns((1,)), "name", "x", 1, 1, STRANGER, 1, 0)])


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_what_others_write_is_new_and_what_we_merge_is_not(tmp_path: Path, journal: str) -> None:
    path = make(tmp_path / "a.db", journal)

    @on_loop
    async def run() -> None:
        async with seen_whole(path) as (thread, seen):
            await thread.run(None, merge)
            assert await seen.all()
            write(path, "INSERT INTO item (id, name) VALUES (2, 'theirs')")
            assert not await seen.all()
            await look(thread, seen)
            write(path, "CREATE TABLE other (id INTEGER PRIMARY KEY)")
            assert not await seen.all()

    run()


@on_loop
async def test_what_comes_during_a_look_is_new(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db")
    async with seen_whole(path) as (thread, seen):
        stand = await thread.run(None, seen.stand)
        write(path, "INSERT INTO item (id, name) VALUES (2, 'theirs')")
        seen.up_to(stand)
        assert not await seen.all()


@on_loop
async def test_our_own_work_that_nobody_tells_of_is_new(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db")
    async with seen_whole(path) as (thread, seen):
        await thread.run(None, seen.untold(merge))
        assert not await seen.all()
        await look(thread, seen)
        with pytest.raises(ZeroDivisionError):
            await thread.run(None, seen.untold(lambda _: 1 / 0))
        assert not await seen.all()


@on_loop
async def test_another_file_is_new(tmp_path: Path) -> None:
    path, other = make(tmp_path / "a.db"), make(tmp_path / "other.db")
    async with seen_whole(path) as (_, seen):
        os.replace(other, path)
        assert not await seen.all()


@on_loop
async def test_whoever_doubts_has_it_looked_at(tmp_path: Path) -> None:
    async with seen_whole(make(tmp_path / "a.db")) as (_, seen):
        seen.doubtful = True
        assert not await seen.all()
