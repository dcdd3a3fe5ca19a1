"""The files of the databases, kept open so that writes of any program are noticed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from engine.api.core import Core
from engine.api.due_counter import DueCounter
from engine.api.keeper import Keeper
from engine.api.links import Links
from engine.api.sharing import Sharing
from engine.errors import ReplicaError, SynclineError
from engine.events import DatabaseChanged
from engine.ids import DatabaseId
from engine.links.peer_status import Board
from engine.replica import Replica
from engine.settings import DatabaseConfig
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Dataset, Parked, Shape

P = ParamSpec("P")
T = TypeVar("T")


class Files:
    """The files of all databases.

    Args:
        core: the engine's.
        links, sharing: notified of what happens to the files.
    """

    def __init__(self, core: Core, links: Links, sharing: Sharing) -> None:
        self._core = core
        self._links = links
        self._sharing = sharing
        self._keepers: dict[DatabaseId, Keeper] = {}
        self._due = DueCounter(core, self._boards)

    async def start(self, database: DatabaseConfig) -> None:
        """Keep a database open from now on, or as soon as it can be opened."""
        await self._keeper(database).start()

    async def open(self, database: DatabaseConfig) -> None:
        """Keep a database open from now on.

        Raises:
            ReplicaError: the file cannot be used; says why.
        """
        try:
            await self._keeper(database).open()
        except ReplicaError:
            await self.close(database.id)
            raise

    async def close(self, database: DatabaseId) -> None:
        """Stop keeping a database open."""
        await self._due.close(database)
        await self._keepers.pop(database).close()

    async def close_all(self) -> None:
        """Stop keeping any database open."""
        await self._due.close()
        for keeper in self._keepers.values():
            await keeper.close()

    async def alter(
        self, database: DatabaseId, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Alter tables, after a backup, and notify everything that syncs them immediately."""
        await self._core.back_up(database)
        done = await self._core.run(database, work, *args, **kwargs)
        await self.refresh_soon(database)
        await self.report(database)
        return done

    async def refresh_soon(self, database: DatabaseId) -> None:
        """Have what was just written to a database noticed immediately."""
        async with self._core.hosts.use(self._core.database(database).path) as host:
            host.refresh_soon()

    async def refresh(self, database: DatabaseId) -> None:
        """Have what was just written to a database noticed, and wait for that."""
        async with self._core.hosts.use(self._core.database(database).path) as host:
            await host.refresh()

    async def report(self, database: DatabaseId) -> None:
        """Report the state of a database."""
        config = self._core.database(database)
        async with self._core.hosts.use(config.path) as host:
            self._listener(config, host).moved()

    def _listener(self, database: DatabaseConfig, host: ReplicaHost) -> _DatabaseListener:
        return _DatabaseListener(self._core, self._links, self._sharing, self._due, database, host)

    def _boards(self, database: DatabaseId) -> list[Board]:
        return [link.board for link in self._links.of_database(database)] + self._sharing.boards(database)

    def _keeper(self, database: DatabaseConfig) -> Keeper:
        """Create the keeper of a database, which reports what happens to it."""

        def opened(host: ReplicaHost) -> Callable[[], None]:
            listener = self._listener(database, host)
            listener.replaced()
            return host.listen(listener)

        def failed(error: ReplicaError) -> None:
            event = DatabaseChanged(database.id, database.name, str(database.path), None, 0, str(error))
            self._core.emit(event)

        keeper = self._keepers[database.id] = Keeper(self._core.hosts, database.path, opened, failed)
        return keeper


@dataclass(frozen=True, slots=True)
class _DatabaseListener:
    """Reports what happens to one open database (``engine.storage.file_news.Listener``)."""

    core: Core
    links: Links
    sharing: Sharing
    due: DueCounter
    database: DatabaseConfig
    host: ReplicaHost

    def version_moved(self, version: int) -> None:
        self.moved()

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        self.moved()  # what waits for a person may be other things now, though the clock stands still
        self._file_changed()

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Do nothing: links that are connected hear it themselves; others find out when they greet."""

    def replaced(self) -> None:
        self.moved()
        self._file_changed()

    def troubled(self, error: SynclineError | None) -> None:
        self.moved()
        if error is None:
            self._file_changed()

    def moved(self) -> None:
        """Report the database's own clock, whether another file took its place, and whether it can be used."""
        database, host = self.database, self.host
        for link in self.links.of_database(database.id):
            link.local_moved(host.version)
        self.sharing.version_moved(database.id, host.version)
        self.due.moved(database.id)
        problem = str(host.trouble or "")
        path = str(database.path)
        self.core.emit(DatabaseChanged(database.id, database.name, path, host.site_id, host.version, problem))

    def _file_changed(self) -> None:
        """Tell others that tables, file or site id have changed, or that the file can be used again."""
        for link in self.links.of_database(self.database.id):
            link.file_changed()
        self.sharing.file_changed(self.database, self.host)
