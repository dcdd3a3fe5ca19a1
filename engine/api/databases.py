"""The engine's databases: files that are kept open, so that what anybody writes to them is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from engine.api.core import Core
from engine.api.keeper import Keeper
from engine.change import Change, SQLiteValue
from engine.crr import Finding
from engine.errors import ReplicaError, SynclineError, UsageError
from engine.events import (
    ChangesMoved,
    DatabaseChanged,
    DatabaseRemoved,
    FlowChange,
    FlowDirection,
)
from engine.history.event_stream import flow_of
from engine.history.journal import Journal
from engine.links.inbound import InboundConnections
from engine.replica import Replica
from engine.settings import DatabaseConfig, Settings, SettingsFile
from engine.storage.backup import Backups
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.storage.restore import current, restore_value
from engine.table_shape import Parked, Shape
from engine.tables import TableStatus, TrackedPeer
from engine.text import t
from engine.truncate import Clipped, stands_for

P = ParamSpec("P")
T = TypeVar("T")


class Databases(Core):
    """Databases, and what their files report (``engine.storage.replica_host.LocalNews``)."""

    def __init__(
        self,
        settings: Settings | None,
        store: SettingsFile | None,
        journal: Journal | None,
        backups: Backups | None,
    ) -> None:
        super().__init__(settings, store, journal)
        self.backups = backups
        self._hosts = HostPool(self, backups=backups)
        self._inbound = InboundConnections()
        self._databases: dict[str, Keeper] = {}

    async def inspect(self, path: Path) -> list[TableStatus]:
        """Return every table of a file that may not be known yet, as ``tables`` does; nothing is written to it.

        Raises:
            ReplicaError: the file cannot be used; says why.
        """
        return await asyncio.to_thread(_look_at, path)

    async def add_database(self, path: Path, name: str = "") -> DatabaseConfig:
        """Take on a database file.

        Raises:
            ReplicaError: the file cannot be used; says why. Nothing is remembered then.
        """
        path = path.expanduser().resolve()
        for known in self.settings.databases:
            if known.path == path:
                return known
        database = DatabaseConfig.new(path, name or path.stem)
        try:
            await self._keeper_of(database).open()
        except ReplicaError:
            await self._databases.pop(database.id).close()
            raise
        self._keep(replace(self.settings, databases=(*self.settings.databases, database)))
        return database

    async def remove_database(self, database: str) -> None:
        """Forget a database; the file stays as it is."""
        await self._databases.pop(database).close()
        left = tuple(known for known in self.settings.databases if known.id != database)
        self._keep(replace(self.settings, databases=left))
        self._emit(DatabaseRemoved(database))

    async def tables(self, database: str) -> list[TableStatus]:
        """Return every table of a database: syncable, can be made so, or cannot and why."""
        return await self._run(database, Replica.tables)

    async def make_syncable(self, database: str, table: str) -> None:
        """Make a table a CRR. With ``backups``, one that is not older than a minute is there before.

        Raises:
            NotEligible: it cannot be; every reason in words.
        """
        await self._alter(database, Replica.make_crr, table)

    async def make_plain(self, database: str, table: str) -> None:
        """Undo ``make_syncable``: the table's rows stay on all sides, and are synced no more. A backup as there."""
        await self._alter(database, Replica.make_plain, table)

    async def repair(self, database: str) -> list[Finding]:
        """Mend what keeps tables from being synced (``Replica.repair``); returns what it was. A backup as there.

        Raises:
            NotEligible: a table cannot be synced as it is now; nothing has changed.
        """
        return await self._alter(database, Replica.repair)

    async def restore_value(
        self,
        database: str,
        table: str,
        key: tuple[SQLiteValue, ...],
        column: str,
        value: SQLiteValue,
        *,
        instead_of: SQLiteValue,
    ) -> None:
        """Write a value back that a peer's change overwrote with ``instead_of``; it is synced as any local write.

        Raises:
            UsageError: it cannot be, or something else has been written since; says why. Nothing has changed.
        """
        await self._run(database, restore_value, table, key, column, value, instead_of)
        async with self._hosts.use(self._config(database).path) as host:
            host.look()

    async def whole(self, database: str, change: FlowChange) -> FlowChange:
        """Return a line of the flow with all of its values, as far as the file and the journal still hold them."""
        value, old = change.value, change.old
        if isinstance(value, Clipped):
            with contextlib.suppress(SynclineError):
                found = await self._run(database, current, change.table, change.key, change.column)
                value = found if stands_for(value, found) else value
        if isinstance(old, Clipped) and self.journal is not None:
            place = database, change.table, change.key, change.column
            for line in await self.journal.overwritten():
                if place == (line.database, line.table, line.key, line.column) and stands_for(old, line.old):
                    old = line.old
        return replace(change, value=value, old=old)

    async def new_site_id(self, database: str) -> bytes:
        """Give a file that was copied or restored an id of its own, after a backup; returns it.

        No row changes, and no write of either copy is hidden from anybody (``engine.clocks.identity``). With each
        peer it syncs once more from the start. If the other copy has synced too, that one needs a new id as well.

        Raises:
            ReplicaError: the file, or its backup; nothing has changed then.
        """
        path, backups = self._config(database).path, self.backups
        async with self._hosts.use(path) as host:
            if backups is not None:
                await host.run(lambda _: backups.make(path))
            new = await host.run(Replica.new_site_id)
            await host.refresh()  # sees that it is another replica now
        await self._report_database(self._config(database))
        return new

    async def clocks(self, database: str) -> list[TrackedPeer]:
        """Return the clocks that a database keeps of other sites."""
        return await self._run(database, Replica.tracked_peers)

    def _keeper_of(self, database: DatabaseConfig) -> Keeper:
        """Make what keeps a database open, and reports how that goes."""

        def opened(host: ReplicaHost) -> Callable[[], None]:
            listener = _DatabaseListener(self, database, host)
            listener.replaced()
            return host.listen(listener)

        def failed(error: ReplicaError) -> None:
            self._emit(DatabaseChanged(database.id, database.name, str(database.path), None, 0, str(error)))

        keeper = self._databases[database.id] = Keeper(self._hosts, database.path, opened, failed)
        return keeper

    async def _alter(
        self, database: str, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Change tables, after a backup; who syncs them hears of it at once."""
        await self._back_up(database)
        done = await self._run(database, work, *args, **kwargs)
        async with self._hosts.use(self._config(database).path) as host:
            host.look()
        await self._report_database(self._config(database))
        return done

    async def _back_up(self, database: str) -> None:
        """Have a backup that is not older than a minute."""
        path, backups = self._config(database).path, self.backups
        if backups is not None:
            await self._run(database, lambda _: backups.ensure(path, within=60))

    async def _report_database(self, database: DatabaseConfig) -> None:
        async with self._hosts.use(database.path) as host:
            self.database_moved(database, host)

    async def _run(
        self, database: str, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._hosts.use(self._config(database).path) as host:
            return await host.run(work, *args, **kwargs)

    def _config(self, database: str) -> DatabaseConfig:
        for known in self.settings.databases:
            if known.id == database:
                return known
        raise UsageError(t("There is no database “{database}”.", database=database))

    # What files report (``engine.storage.replica_host.LocalNews``)

    def wants_local(self, path: Path) -> bool:
        return bool(self._streams) and any(database.path == path for database in self.settings.databases)

    def local_changes(self, path: Path, changes: Sequence[Change]) -> None:
        for database in self.settings.databases:
            if database.path == path:
                self._emit(ChangesMoved(time.time(), database.id, "", FlowDirection.LOCAL, flow_of(changes)))

    def database_moved(self, database: DatabaseConfig, host: ReplicaHost) -> None:
        """Hear that a database's own clock rose, that another file took its place, or that it can(not) be used now."""
        problem = str(host.trouble or "")
        self._emit(DatabaseChanged(database.id, database.name, str(database.path), host.site_id, host.version, problem))

    def file_changed(self, database: DatabaseConfig, host: ReplicaHost) -> None:
        """Hear that a database's tables are others now, or look otherwise; that its file or site id is another; or that
        it can be used again."""


@dataclass(frozen=True, slots=True)
class _DatabaseListener:
    """Tells the engine when the clock of one of its databases rises (``engine.storage.replica_host.Listener``)."""

    engine: Databases
    database: DatabaseConfig
    host: ReplicaHost

    def version_moved(self, version: int) -> None:
        self.engine.database_moved(self.database, self.host)

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        self.engine.file_changed(self.database, self.host)

    def replaced(self) -> None:
        self.engine.database_moved(self.database, self.host)
        self.engine.file_changed(self.database, self.host)

    def troubled(self, error: SynclineError | None) -> None:
        self.engine.database_moved(self.database, self.host)
        if error is None:
            self.engine.file_changed(self.database, self.host)


def _look_at(path: Path) -> list[TableStatus]:
    with Replica.open(path, readonly=True) as replica:
        return replica.tables()
