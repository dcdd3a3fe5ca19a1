"""The engine's databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from engine.api.core import Core
from engine.api.files import Files
from engine.api.peers import Peers
from engine.api.sharing import Sharing
from engine.events import DatabaseRemoved
from engine.ids import DatabaseId
from engine.replica import Replica
from engine.settings import DatabaseConfig
from engine.sqlite.paths import resolved
from engine.storage.backup import Backups
from engine.tables import Finding, TableStatus, TrackedPeer


class Databases:
    """The databases that are kept in sync: files that stay open, and their tables.

    Args:
        core, files: of the engine. peers, sharing: what goes with a database that is removed.
    """

    def __init__(self, core: Core, files: Files, peers: Peers, sharing: Sharing) -> None:
        self._core = core
        self._files = files
        self._peers = peers
        self._sharing = sharing

    @property
    def backups(self) -> Backups | None:
        """Where a file is copied to before it is first written to; None for no copies."""
        return self._core.backups

    async def inspect(self, path: Path) -> list[TableStatus]:
        """Return every table of a file that may not be known yet, as ``tables`` does; nothing is written to it.

        Raises:
            ReplicaError: the file cannot be used; says why.
        """
        return await asyncio.to_thread(_tables_of, path)

    async def add(self, path: Path, name: str = "") -> DatabaseConfig:
        """Take on a database file.

        Raises:
            ReplicaError: the file cannot be used; says why. Nothing is remembered then.
        """
        path = resolved(path)
        for known in self._core.databases_at(path):
            return known
        database = DatabaseConfig.new(path, name or path.stem)
        await self._files.open(database)
        settings = self._core.settings
        self._core.save(replace(settings, databases=(*settings.databases, database)))
        return database

    async def remove(self, database: DatabaseId) -> None:
        """Forget a database and its peers, and share it no more; the file stays as it is.

        Raises:
            SynclineError: all of it is gone, but a token could not be removed.
        """
        async with self._sharing.without(database):
            trouble = await self._peers.remove_of(database)
            await self._files.close(database)
            left = tuple(known for known in self._core.settings.databases if known.id != database)
            self._core.save(replace(self._core.settings, databases=left))
            self._core.emit(DatabaseRemoved(database))
            if trouble is not None:
                raise trouble

    async def tables(self, database: DatabaseId) -> list[TableStatus]:
        """Return every table of a database: syncable, can be made so, or cannot and why."""
        return await self._core.run(database, Replica.tables)

    async def make_syncable(self, database: DatabaseId, table: str) -> None:
        """Make a table syncable, to which any program goes on writing. With ``backups``, one that is not older than a
        minute is there before.

        Raises:
            NotEligible: it cannot be; every reason in words.
        """
        await self._files.alter(database, Replica.make_ordinary, table)

    async def make_plain(self, database: DatabaseId, table: str) -> None:
        """Undo ``make_syncable``: the table's rows stay on all sides, and are synced no more. A backup as there."""
        await self._files.alter(database, Replica.make_plain, table)

    async def repair(self, database: DatabaseId) -> list[Finding]:
        """Mend what keeps tables from being synced (``Replica.repair``); returns what it was. A backup as there.

        Raises:
            NotEligible: a table cannot be synced as it is now; nothing has changed.
        """
        return await self._files.alter(database, Replica.repair)

    async def new_site_id(self, database: DatabaseId) -> bytes:
        """Give a file that was copied or restored an id of its own, after a backup; returns it.

        No row changes, and no write of either copy is hidden from anybody (``engine.clocks.identity``). With each
        peer it syncs once more from the start. If the other copy has synced too, that one needs a new id as well.

        Raises:
            ReplicaError: the file, or its backup; nothing has changed then.
        """
        path, backups = self._core.database(database).path, self._core.backups
        async with self._core.hosts.use(path) as host:
            if backups is not None:
                await host.run(lambda _: backups.make(path))
            new = await host.run(Replica.new_site_id)
            await host.refresh()  # sees that it is another replica now
        await self._files.report(database)
        return new

    async def clocks(self, database: DatabaseId) -> list[TrackedPeer]:
        """Return the clocks that a database keeps of other sites."""
        return await self._core.run(database, Replica.tracked_peers)


def _tables_of(path: Path) -> list[TableStatus]:
    with Replica.open(path, readonly=True) as replica:
        return replica.tables()
