"""Hubs and clients as processes of their own, to be stopped and killed.

python -m tests.faults.programs hub FOLDER PORT [HEARTBEAT]     serves; prints a line when it does, and the time
                                                                of each dial
python -m tests.faults.programs clients FOLDER URL [HEARTBEAT]  keeps every file of the folder in sync with the
                                                                hub's room
python -m tests.faults.programs dialler FILE URL [HEARTBEAT]    syncs the file again and again; prints how each
                                                                time ended, after the number of tasks there are
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

from engine.api import Engine
from engine.settings import Mode, PeerConfig, Settings
from engine.transport import keepalive
from tests.engine.live import PATIENCE, add_peer, plain_engine, until
from tests.engine.programs import Command
from tests.faults.write_moments import written

HEARTBEAT = 0.5
"""Seconds between two pings in these programs."""


class Program:
    """One of them at work. ``lines`` are those it has printed."""

    def __init__(self, *arguments: str | Path) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.programs", *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    async def ready(self) -> None:
        """Wait for the first line."""
        await until(lambda: bool(self.lines) or self._process.poll() is not None, "the program is at work")
        assert self.lines, f"the program ended with {self._process.returncode}"

    def peak(self) -> int:
        """The most memory that it has taken so far, in bytes; only Linux tells."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def memory(self) -> int:
        """The memory that it takes now, in bytes; only Linux tells."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def descriptors(self) -> int:
        """How many files and sockets it has open; only Linux tells."""
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone. Again is fine."""
        self._process.kill()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()


async def sync(path: Path, room: Path, home: Path, *, killed_after: int | None = None) -> None:
    """Sync in a process of its own; kill that once the file was written to so many times."""
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        process = Command(home).start("sync", path, hub.url, "--room", room.name)
        if killed_after is not None:
            await written(path, killed_after, lambda: process.poll() is not None)
            process.kill()
        out, err = await asyncio.to_thread(process.communicate, timeout=4 * PATIENCE)
        assert process.returncode == 0 or (killed_after and process.returncode == -signal.SIGKILL), out + err


class _Dials(logging.Handler):
    """Prints when each connection was accepted, in seconds since the epoch."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "connection open":
            print(f"{record.created:.3f}", flush=True)


async def _hub(folder: Path, port: int) -> None:
    logging.getLogger("engine.hub.websockets").addHandler(_Dials())
    async with plain_engine() as engine:
        hub = await engine.serving.start(folder, port=port)
        print(hub.url, flush=True)
        await asyncio.Event().wait()


async def _clients(folder: Path, url: str) -> None:
    async with Engine(Settings()) as engine:
        for path in sorted(folder.glob("*.db")):
            database = await engine.databases.add(path)
            await engine.peers.add(PeerConfig.new(database.id, url, room="room", mode=Mode.LIVE))
        print(f"{len(engine.peers.statuses())} clients", flush=True)
        await asyncio.Event().wait()


async def _dialler(path: Path, url: str) -> None:
    async with Engine(Settings()) as engine:
        await add_peer(engine, path, url, mode=Mode.MANUAL)
        while True:
            [error] = (await engine.peers.sync_now()).values()
            print(len(asyncio.all_tasks()), error or "in sync", flush=True)


if __name__ == "__main__":
    role, where, target, *seconds = sys.argv[1:]
    keepalive.INTERVAL = float(seconds[0]) if seconds else HEARTBEAT
    match role:
        case "hub":
            asyncio.run(_hub(Path(where), int(target)))
        case "clients":
            asyncio.run(_clients(Path(where), target))
        case "dialler":
            asyncio.run(_dialler(Path(where), target))
