"""Starts, watches and closes the demo's two to-do apps, each of which is a process of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from engine import relaunch

GOODBYE = 20.0
"""Seconds that an app may take to close before it is terminated."""


class TodoApps:
    """An async context manager that opens the apps on entry and closes them on exit.

    Args:
        files: the database file of each app, by machine.
        home: a folder for everything else that they store.
        ended: called with the machine and the exit status when an app has ended by itself.
    """

    def __init__(self, files: Mapping[str, Path], home: Path, ended: Callable[[str, int], None]) -> None:
        self._files = files
        self._home = home
        self._ended = ended
        self._watching: list[asyncio.Task[None]] = []
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        """The processes that were started, by machine."""

    async def __aenter__(self) -> TodoApps:
        try:
            for name, file in self._files.items():
                self.processes[name] = await self._start(name, file)
        except BaseException:
            await self.__aexit__()
            raise
        self._watching = [asyncio.create_task(self._watch(name)) for name in self.processes]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        closing = asyncio.gather(*map(_close, self.processes.values()))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise

    async def _start(self, name: str, file: Path) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *relaunch.command("demo", "--app", name, str(file)),
            env=os.environ | {"SYNCLINE_HOME": str(self._home)},  # nothing of the person's is touched
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this program, which closes them cleanly
        )

    async def _watch(self, name: str) -> None:
        self._ended(name, await self.processes[name].wait())


async def _close(process: asyncio.subprocess.Process) -> None:
    """Close an app cleanly, or terminate it if it takes too long."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(GOODBYE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
