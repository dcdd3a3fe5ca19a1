"""Three machines whose apps write to a file of the same schema each, apart and together."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from engine.api import Engine
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE, add_peer, plain_engine, until
from tests.engine.programs import Command

ROOM = "app.db"

Content = dict[str, list[tuple[object, ...]]]
"""Of each table its rows, sorted, with names in place of the numbers that SQLite hands out."""


class Machine:
    """One of the three: its file, and the app that writes to it.

    Args:
        folder: to be made; its name is the machine's. schema: of the app's file. writer: the app, a Python program.
        seed: of what it writes.
    """

    def __init__(self, folder: Path, schema: str, writer: str, seed: int) -> None:
        self.path = folder / ROOM
        self.who = folder.name
        self._writer = writer
        self._seed = seed
        self._written = 0
        folder.mkdir()
        script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
        subprocess.run([sys.executable, "-c", script, self.path, schema], check=True)

    def write(self, count: int) -> None:
        """Let its app write, in a process of its own: nothing that it does may fail."""
        arguments = self.arguments(self._written, count, f"{self._seed}{ord(self.who[0])}{self._written}")
        done = subprocess.run([sys.executable, "-c", self._writer, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        self._written += count
        self.wrote(done.stdout)

    def arguments(self, written: int, count: int, seed: str) -> Sequence[str]:
        """Return what the app is told: how much it has written, how much it is to write, and a seed of its own."""
        raise NotImplementedError

    def wrote(self, output: str) -> None:
        """Take note of what the app has printed."""

    def content(self, app: App) -> Content:
        """Return all that is synced of its file."""
        raise NotImplementedError

    def check(self, app: App) -> None:
        """See that SQLite finds nothing wrong."""
        assert app.do("PRAGMA foreign_key_check") == []
        assert app.do("PRAGMA integrity_check") == [("ok",)]


Connected = Callable[[Sequence[Machine], Path], AbstractAsyncContextManager[list[Engine]]]
"""Connects machines; the path is of a folder for a hub."""


@asynccontextmanager
async def through_a_hub(machines: Sequence[Machine], hub: Path) -> AsyncIterator[list[Engine]]:
    """All three are connected to a hub, which makes the room of what the first one says."""
    async with AsyncExitStack() as stack:
        command = Command(hub.parent / "home")
        hub.mkdir(exist_ok=True)
        server = stack.enter_context(command.running("serve", hub, "--port", "0", "--allow-create"))
        url = server.line.split(" at ")[1].split(";")[0]
        engines = [await stack.enter_async_context(plain_engine()) for _ in machines]
        for engine, machine in zip(engines, machines, strict=True):
            await add_peer(engine, machine.path, url, room="app")
        yield engines


@asynccontextmanager
async def in_a_mesh(machines: Sequence[Machine], _: Path) -> AsyncIterator[list[Engine]]:
    """Each of the three is connected to both others."""
    async with AsyncExitStack() as stack:
        engines = [await stack.enter_async_context(plain_engine()) for _ in machines]
        hubs = []
        for engine, machine in zip(engines, machines, strict=True):
            await engine.databases.add(machine.path)
            hubs.append(await engine.serving.start(machine.path.parent))
        for at, engine in enumerate(engines):
            await add_peer(engine, machines[at].path, hubs[(at + 1) % len(hubs)].url, room=ROOM)
        yield engines


async def write(machines: Sequence[Machine], count: int) -> None:
    """Let the apps of all machines write at the same time."""
    async with asyncio.TaskGroup() as group:
        for machine in machines:
            group.create_task(asyncio.to_thread(machine.write, count))


async def come_to_hold_the_same(machines: Sequence[Machine], engines: Sequence[Engine]) -> Content:
    """Wait until all files have the same content, with nothing parked; returns it."""
    for engine in engines:
        await engine.peers.wait_in_sync(timeout=10 * PATIENCE)
    async with AsyncExitStack() as stack:
        apps = [stack.enter_context(running(machine.path)) for machine in machines]

        def same() -> bool:
            first, *others = (machine.content(app) for machine, app in zip(machines, apps, strict=True))
            return all(one == first for one in others)

        await until(same, "all hold the same")
        for engine in engines:
            assert [status.parked for status in engine.peers.statuses()] == [()]
        return machines[0].content(apps[0])
