"""One ``ReplicaHost`` for each file, shared by everybody in this process who uses it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from engine.sqlite.paths import resolved
from engine.sqlite.steps import to_the_end
from engine.storage.backup import Backups
from engine.storage.in_use import PROCESS
from engine.storage.local_changes import LocalNews
from engine.storage.replica_host import ReplicaHost


class HostPool:
    """The open replicas of this process, by file.

    Args:
        news: told on the loop when another program wrote to an open file; may be None.
        backups: where each file is copied to before it is opened for writing the first time; None for no copies.
    """

    def __init__(self, news: LocalNews | None = None, *, backups: Backups | None = None) -> None:
        self._news = news
        self._backups = backups
        self._open: dict[Path, ReplicaHost] = {}
        self._users: dict[Path, int] = {}
        self._locks: dict[Path, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def use(self, path: Path) -> AsyncIterator[ReplicaHost]:
        """Open ``path``, or share it if it is open, and close it with its last user.

        Raises:
            ReplicaError: the file cannot be used; says why.
        """
        path = resolved(path)
        lock = self._locks.setdefault(path, asyncio.Lock())
        async with lock:
            if path not in self._open:
                self._open[path] = await self._opened(path)
            self._users[path] = self._users.get(path, 0) + 1
        try:
            yield self._open[path]
        finally:
            await to_the_end(self._leave(path, lock))

    async def _opened(self, path: Path) -> ReplicaHost:
        PROCESS.take(path)
        try:
            return await ReplicaHost(path, news=self._news, backups=self._backups).__aenter__()
        except BaseException:
            PROCESS.leave(path)
            raise

    def numbers(self, path: Path) -> Mapping[bytes, int]:
        """Return the numbers of rows of a file that have others here than they were born with (``ShownNumbers``)."""
        host = self._open.get(path)
        return host.numbers if host is not None else {}

    def stop(self) -> None:
        """Have whatever is under way on an open file end now (``ReplicaHost.stop``)."""
        for host in self._open.values():
            host.stop()

    async def _leave(self, path: Path, lock: asyncio.Lock) -> None:
        async with lock:
            self._users[path] -= 1
            if self._users[path] == 0:
                del self._users[path]
                try:
                    await self._open.pop(path).__aexit__(None, None, None)
                finally:
                    PROCESS.leave(path)
