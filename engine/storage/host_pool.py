"""The pool of open files: one ``ReplicaHost`` for each, shared by all its users in this process."""

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
        backups: where each file is backed up before it is first opened for writing; None for no backups.
    """

    def __init__(self, news: LocalNews | None = None, *, backups: Backups | None = None) -> None:
        self._news = news
        self._backups = backups
        self._open: dict[Path, ReplicaHost] = {}
        self._users: dict[Path, int] = {}
        self._locks: dict[Path, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def use(self, path: Path) -> AsyncIterator[ReplicaHost]:
        """Open ``path``, or share it if it is open; the last user closes it.

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
        """Return the numbers of a file's rows that differ here from those they were created with (``ShownNumbers``)."""
        host = self._open.get(path)
        return host.numbers if host is not None else {}

    def stop(self) -> None:
        """End all work in progress on open files now (``ReplicaHost.stop``)."""
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
