"""One ``ReplicaHost`` for each file, shared by everybody in this process who uses it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from engine.sqlite.paths import resolved
from engine.storage.backup import Backups
from engine.storage.replica_host import LocalNews, ReplicaHost


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
                self._open[path] = await ReplicaHost(path, news=self._news, backups=self._backups).__aenter__()
            self._users[path] = self._users.get(path, 0) + 1
        try:
            yield self._open[path]
        finally:
            await asyncio.shield(asyncio.ensure_future(self._leave(path, lock)))

    def stop(self) -> None:
        """Have whatever is under way on an open file end now (``ReplicaHost.stop``)."""
        for host in self._open.values():
            host.stop()

    async def _leave(self, path: Path, lock: asyncio.Lock) -> None:
        async with lock:
            self._users[path] -= 1
            if self._users[path] == 0:
                del self._users[path]
                await self._open.pop(path).__aexit__(None, None, None)
