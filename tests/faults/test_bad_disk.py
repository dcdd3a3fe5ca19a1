"""Files that cannot be written, or read, or are gone: a reason in words, nothing lost, and it goes on by itself."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.api import Engine
from engine.hub import Hub
from engine.peer_state import State
from engine.settings import Pause
from engine.storage import refresher
from engine.wire import AnnouncePresence, Changes, Hello, StartStreaming, encode
from tests import budget
from tests.engine.hub.guests import guest, hear
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.faults.bad_disk import BadDisk
from tests.faults.clock_probe import look

pytestmark = pytest.mark.slow

STRANGER = bytes(range(16))


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresher, "RETRY", 0.5)


class World:
    """A hub and a client, each with a file and a disk of its own, in sync to begin with."""

    def __init__(self, room: Path, a: Path, client: Engine, hub: Hub) -> None:
        self.room, self.a, self.client, self.hub = room, a, client, hub

    @property
    def reason(self) -> str:
        return self.client.peers.statuses()[0].reason

    @property
    def state(self) -> State:
        return self.client.peers.statuses()[0].state

    async def reason_shows(self, words: str) -> None:
        """Wait for a reason with these words."""
        await until(lambda: words in self.reason, f"“{words}”")

    async def heals(self) -> None:
        """Wait until both are the same, by themselves; no clock was ever ahead of its data."""
        look([self.a, self.room])
        await until(lambda: rows(self.a) == rows(self.room), "both the same")
        await self.client.peers.wait_in_sync(timeout=PATIENCE)
        look([self.a, self.room])


@contextlib.asynccontextmanager
async def world(tmp_path: Path, *, journal: str = "delete") -> AsyncIterator[World]:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "client" / "a.db")
    for number, path in enumerate((room, a)):
        with writing(path) as connection:
            connection.pragma("journal_mode", journal)
            new = [(1_000 * number + n, "x" * 500) for n in range(200)]
            connection.executemany("INSERT INTO item (id, name) VALUES (?, ?)", new)
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        yield World(room, a, client, hub)


def more(path: Path, key: int, count: int = 300) -> None:
    with writing(path) as connection, connection:
        new = [(key + n, "more " * 100) for n in range(count)]
        connection.executemany("INSERT INTO item (id, name) VALUES (?, ?)", new)


@on_loop
async def test_the_disk_is_full_here(tmp_path: Path) -> None:
    disk = BadDisk(tmp_path / "client")
    with disk.plugged():
        async with world(tmp_path) as it:
            disk.full = True
            more(it.room, 5_000)
            await it.reason_shows("is full")
            assert it.state is State.NEEDS_YOU
            held = len(rows(it.a))
            assert held < len(rows(it.room))
            refused = disk.refused
            await until(lambda: disk.refused > refused, "it is tried again, now and then")
            disk.full = False
            await it.heals()
            more(it.a, 9_000)
            await it.heals()


@on_loop
async def test_the_disk_is_full_at_the_hub(tmp_path: Path) -> None:
    disk = BadDisk(tmp_path / "hub")
    with disk.plugged():
        async with world(tmp_path) as it:
            disk.full = True
            more(it.a, 5_000)
            await it.reason_shows("could not read or write its file")
            assert it.state is not State.IN_SYNC
            disk.full = False
            await it.heals()


@on_loop
async def test_damaged_pages(tmp_path: Path) -> None:
    """What cannot be read is not sent; once it can be, all is."""
    disk = BadDisk(tmp_path / "client")
    with disk.plugged():
        async with world(tmp_path) as it:
            disk.garbled = True
            await asyncio.to_thread(elsewhere, it.a)  # what SQLite has read before holds no longer
            more(it.room, 5_000)
            await it.reason_shows("is damaged")
            await until(lambda: it.state is State.NEEDS_YOU, "a person is needed")
            disk.garbled = False
            await it.heals()
            more(it.a, 9_000)
            await it.heals()


def elsewhere(path: Path) -> None:
    """Write to a file from a process that sees the disk as it is."""
    code = "import sys, pathlib; from tests.engine.live import write; write(pathlib.Path(sys.argv[1]), sys.argv[2])"
    sql = "INSERT INTO item (id, name) VALUES (70009, 'elsewhere')"
    subprocess.run([sys.executable, "-c", code, str(path), sql], check=True, timeout=PATIENCE)


@pytest.mark.parametrize("where", ["here", "at the hub"])
@on_loop
async def test_another_program_writes_for_long(tmp_path: Path, where: str) -> None:
    """Longer than anybody waits for a lock (here 30 s with ``--full``)."""
    async with world(tmp_path) as it:
        locked, other = (it.a, it.room) if where == "here" else (it.room, it.a)
        with writing(locked) as connection, connection:
            connection.execute("INSERT INTO item (id, name) VALUES (70007, 'after a long thought')")
            write(other, "INSERT INTO item (id, name) VALUES (70008, 'meanwhile')")
            await it.reason_shows(
                "is locked by another program" if where == "here" else "could not read or write its file"
            )
            await asyncio.sleep(24 if budget.is_full() and where == "here" else 1)
            assert it.state in (State.WAITING, State.CONNECTING, State.SYNCING)
        await it.heals()
        assert {(70007,), (70008,)} <= {key for key, _ in rows(it.a)}


@pytest.mark.parametrize("journal", ["delete", "wal"])
@on_loop
async def test_a_file_that_is_taken_away(tmp_path: Path, journal: str) -> None:
    """Nothing is written to a file that has no name any more; when it is back, all goes on."""
    async with world(tmp_path, journal=journal) as it:
        away = it.a.with_name("elsewhere")
        it.a.rename(away)
        before = len(rows(away)) if journal == "delete" else None
        more(it.room, 5_000)
        await it.reason_shows("is no longer there")
        if before is not None:
            assert len(rows(away)) == before
        away.rename(it.a)
        await it.heals()


@on_loop
async def test_a_room_that_is_taken_away(tmp_path: Path) -> None:
    """Those who are in it, and those who dial meanwhile, wait for it, and need nobody when it is back."""
    async with world(tmp_path) as it:
        away = it.room.with_name(".elsewhere")
        before = rows(it.room)
        it.room.rename(away)
        more(it.a, 5_000)
        await it.reason_shows("cannot open this room's file")
        async with plain_engine() as other:
            b = make_file(tmp_path / "other" / "b.db")
            await add_peer(other, b, it.hub.url)
            await until(lambda: "cannot open this room's file" in other.peers.statuses()[0].reason, "told")
            assert {it.state, other.peers.statuses()[0].state} <= {State.WAITING, State.CONNECTING}
            assert rows(away) == before
            away.rename(it.room)
            await it.heals()
            await until(lambda: rows(b) == rows(it.a), "the other one, too")


@on_loop
async def test_a_room_that_comes_late(tmp_path: Path) -> None:
    """A hub that knows nothing of a room is asked again now and then."""
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id) VALUES (1)")
    make_file(tmp_path / "hub" / "other")
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(tmp_path / "hub")
        await add_peer(client, a, hub.url)
        await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "told")
        assert "resumes automatically" in client.peers.statuses()[0].reason
        room = make_file(tmp_path / "hub" / ".room").rename(tmp_path / "hub" / "room")
        await until(lambda: rows(room) == rows(a), "in the room")


@on_loop
async def test_a_room_that_is_replaced(tmp_path: Path) -> None:
    """By a new file, with nothing in it, while it is in use: what its guests have comes into it."""
    async with world(tmp_path) as it:
        before = rows(it.room)
        make_file(it.room.with_name(".new")).replace(it.room)
        await until(lambda: rows(it.room) == before, "all is back")
        more(it.a, 5_000)
        await it.heals()


@on_loop
async def test_damaged_pages_at_the_hub(tmp_path: Path) -> None:
    disk = BadDisk(tmp_path / "hub")
    with disk.plugged():
        async with world(tmp_path) as it:
            disk.garbled = True
            await asyncio.to_thread(elsewhere, it.room)
            more(it.a, 5_000)
            await it.reason_shows("could not read or write its file")
            assert it.state is not State.IN_SYNC
            disk.garbled = False
            await it.heals()


@on_loop
async def test_a_file_that_is_replaced(tmp_path: Path) -> None:
    """By an older copy of itself, in one step, while it syncs: noticed, and said."""
    async with world(tmp_path) as it:
        older = it.a.with_name("older")
        with writing(it.a) as connection:
            connection.execute("VACUUM INTO ?", (str(older),))
        for key in (5_000, 6_000):
            more(it.a, key)
            await it.heals()
        older.replace(it.a)
        await it.reason_shows("restored from an older copy")
        assert len(rows(it.room)) > len(rows(it.a))


# What goes on for long

ROUNDS = 3
"""What is left of each cycle is left in each of them; caches fill once."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has open")
def test_pause_and_resume_over_and_over(tmp_path: Path) -> None:
    logging.disable()  # pytest keeps what is logged
    try:
        on_loop(_pause_and_resume, seconds=300)(tmp_path, budget.pick(150, 400))
    finally:
        logging.disable(logging.NOTSET)


async def _pause_and_resume(tmp_path: Path, cycles: int) -> None:
    async with world(tmp_path) as it:
        peer = it.client.peers.statuses()[0].peer

        async def cycle(number: int) -> None:
            await it.client.peers.pause(Pause.FOREVER, [peer])
            if number % 3:
                await until(lambda: it.state is State.PAUSED, "paused")
            await it.client.peers.pause(None, [peer])
            if number % 10 == 0:
                write(it.a, "UPDATE item SET n = ? WHERE id = 1", number)
                await it.client.peers.wait_in_sync(timeout=PATIENCE)
            elif number % 2:
                await asyncio.sleep(0)

        async def at_rest() -> tuple[int, int, int]:
            await it.client.peers.wait_in_sync(timeout=PATIENCE)
            await until(lambda: it.hub.guests.total() == 1, "one guest")
            await asyncio.sleep(0.7)  # clocks are written a little later
            await until(lambda: len(asyncio.all_tasks()) <= tasks, "no task is left over")
            gc.collect()
            return len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd")), len(gc.get_objects())

        tasks = 1_000
        for number in range(50):
            await cycle(number)
        tasks, descriptors, objects = await at_rest()
        growth = []
        for _ in range(ROUNDS):
            for number in range(cycles // ROUNDS):
                await cycle(number)
            after = await at_rest()
            assert after[0] <= tasks
            assert after[1] <= descriptors + 2
            growth.append(after[2] - objects)
            objects = after[2]
        assert min(growth) < cycles // ROUNDS, f"something is left of each cycle: {growth}"
        assert rows(it.a) == rows(it.room)


@on_loop
async def test_a_reader_who_is_slow_with_100_mb(tmp_path: Path) -> None:
    """A published client must be sent a version whole. While it takes nothing nobody else waits; then it has all."""
    room = make_file(tmp_path / "hub" / "room")
    with writing(room) as connection, connection:
        connection.executemany("INSERT INTO item (id, extra) VALUES (?, zeroblob(1000000))", [(n,) for n in range(99)])
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with guest(hub, own=None) as slow:
            await slow.send(encode(AnnouncePresence(STRANGER, (), "", -1)))
            assert isinstance(await hear(slow), StartStreaming)
            slow.transport.pause_reading()
            await until(lambda: server_waiting(hub) > 90_000_000, "it waits")
            async with guest(hub) as quick:
                assert isinstance(await hear(quick), Hello)
            slow.transport.resume_reading()
            changes = await hear(slow)
            assert isinstance(changes, Changes)
            assert len(changes.changes) == 3 * 99


def server_waiting(hub: Hub) -> int:
    """Bytes that wait for the hub's guests, as its page of numbers tells."""
    page = hub._metrics().decode()
    return int(float(page.split("waiting_bytes ")[-1].split()[0]))
