"""Programs that write to a file, and what a watch of it hears."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.storage import file_watch
from tests.engine.live import PATIENCE

KINDS: list[type[file_watch._Watcher]] = [file_watch._Inotify] if sys.platform == "linux" else []
if importlib.util.find_spec("watchfiles"):
    KINDS.append(file_watch._Watchfiles)

WRITER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = " + sys.argv[2])
db.execute("CREATE TABLE IF NOT EXISTS t (a)")
print("ready", flush=True)
for line in sys.stdin:
    for number in range(int(line)):
        began = time.monotonic()
        db.execute("INSERT INTO t VALUES (?)", (number,))
    print(began, flush=True)
"""


class Heard:
    """Counts notifications, and waits for more of them."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._more = asyncio.Event()

    def __call__(self) -> None:
        self.times.append(time.monotonic())
        self._more.set()

    async def after(self, moment: float) -> float:
        """The time of the first notification at or after ``moment``, a time of the monotonic clock."""
        async with asyncio.timeout(PATIENCE):
            while not self.times or self.times[-1] < moment:
                self._more.clear()
                await self._more.wait()
        return next(heard for heard in self.times if heard >= moment)

    async def silence(self) -> None:
        """Return when nothing was heard for longer than the longest wait between two notifications."""
        count = -1
        while count != len(self.times):
            count = len(self.times)
            await asyncio.sleep(max(file_watch.WAITS) + 0.1)


class Writer:
    """Another program that writes to the database when told to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def write(self, commits: int = 1) -> float:
        """Let it make ``commits`` commits; return the monotonic time at which the last one began.

        Not when it ended: on a busy machine the program may learn that later than it is heard.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{commits}\n".encode())
        return float(await self._process.stdout.readline())


@asynccontextmanager
async def writer(path: Path, mode: str = "wal") -> AsyncIterator[Writer]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(path), mode, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield Writer(process)
    finally:
        process.stdin.close()
        await process.wait()
