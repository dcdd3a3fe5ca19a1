"""Keeps a database open as long as the engine runs, so that writes of any program are noticed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from engine.errors import ReplicaError
from engine.storage.file_watch import FileWatch
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost

OPEN_AGAIN = 10.0
"""Seconds until a file that could not be opened is tried again, if nothing happens to it."""


class Keeper:
    """One database. If it cannot be opened, because its USB stick is not plugged in, say, it is tried until it can.

    Args:
        hosts: where it is opened.
        path: its file.
        opened: called when it is open; returns what to call when it is closed.
        failed: called with the reason why it cannot be opened, whenever that changes.
    """

    def __init__(
        self,
        hosts: HostPool,
        path: Path,
        opened: Callable[[ReplicaHost], Callable[[], None]],
        failed: Callable[[ReplicaError], None],
    ) -> None:
        self._hosts = hosts
        self._path = path
        self._opened = opened
        self._failed = failed
        self._stack = contextlib.AsyncExitStack()
        self._trying: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open it now.

        Raises:
            ReplicaError: it cannot be opened, with the reason.
        """
        host = await self._stack.enter_async_context(self._hosts.use(self._path))
        self._stack.callback(self._opened(host))

    async def start(self) -> None:
        """Open it now, or as soon as it can be opened."""
        try:
            await self.open()
        except ReplicaError as error:
            self._failed(error)
            self._trying = asyncio.get_running_loop().create_task(self._keep_trying(error))

    async def close(self) -> None:
        """Stop keeping it open."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)
        await self._stack.aclose()

    async def _keep_trying(self, last: ReplicaError) -> None:
        touched = asyncio.Event()
        async with FileWatch(self._path, touched.set):
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(OPEN_AGAIN):
                        await touched.wait()
                touched.clear()
                try:
                    await self.open()
                    return
                except ReplicaError as error:
                    if str(error) != str(last):
                        self._failed(error)
                    last = error
