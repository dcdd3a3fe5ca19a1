"""What every part of the engine shares: settings, events, open files and inbound connections."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from engine.change import Change
from engine.errors import UsageError
from engine.events import ChangesMoved, Event, FlowChange, FlowDirection, SettingsChanged
from engine.history.bursts import Bursts
from engine.history.event_stream import EventStream, flow_of
from engine.history.journal import Journal
from engine.ids import DatabaseId
from engine.links.inbound import InboundConnections
from engine.replica import Replica
from engine.settings import DatabaseConfig, Settings, SettingsFile
from engine.storage.backup import Backups
from engine.storage.host_pool import HostPool
from engine.text import t

P = ParamSpec("P")
T = TypeVar("T")


class Core:
    """What the parts of one engine share; each keeps a reference to it.

    Args:
        settings, store, journal, backups: as for ``Engine``.

    Attributes:
        hosts: where replicas are opened.
        inbound: the connections that others have made to us.
    """

    def __init__(
        self,
        settings: Settings | None,
        store: SettingsFile | None,
        journal: Journal | None,
        backups: Backups | None,
    ) -> None:
        if settings is None:
            settings = store.load() if store is not None else Settings()
        self.settings = settings
        self.journal = journal
        self.backups = backups
        self.hosts = HostPool(_LocalWrites(self), backups=backups)
        self.inbound = InboundConnections()
        self._store = store
        self._bursts = Bursts()
        self._streams: list[EventStream] = []

    @contextlib.contextmanager
    def subscribe(self, limit: int, *, whole: bool) -> Iterator[EventStream]:
        """Return a stream of all events from now on, until the ``with`` block is left."""
        stream = EventStream(limit, whole=whole)
        self._streams.append(stream)
        try:
            yield stream
        finally:
            stream.close()
            self._streams.remove(stream)

    def close_streams(self) -> None:
        """End every stream of events."""
        for stream in self._streams:
            stream.close()

    @property
    def watched(self) -> bool:
        """Whether anybody reads the events."""
        return bool(self._streams)

    def emit(self, event: Event) -> None:
        """Put an event into every stream."""
        for stream in self._streams:
            stream.put(event)

    def save(self, settings: Settings) -> None:
        """Apply these settings from now on, and store them.

        Raises:
            SynclineError: they could not be stored; they still apply until the engine ends.
        """
        self.settings = settings
        self.emit(SettingsChanged(settings))
        if self._store is not None:
            self._store.save(settings)

    def database(self, database: DatabaseId) -> DatabaseConfig:
        """Return a database by its id.

        Raises:
            UsageError: there is none.
        """
        for known in self.settings.databases:
            if known.id == database:
                return known
        raise UsageError(t("There is no database with the id “{database}”.", database=database))

    def databases_at(self, path: Path) -> list[DatabaseConfig]:
        """Return the databases that use this file."""
        return [database for database in self.settings.databases if database.path == path]

    async def run(
        self, database: DatabaseId, work: Callable[Concatenate[Replica, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work`` on a database's replica, on its thread.

        Raises:
            ReplicaError: the file cannot be used; says why.
        """
        async with self.hosts.use(self.database(database).path) as host:
            return await host.run(work, *args, **kwargs)

    async def back_up(self, database: DatabaseId) -> None:
        """Back up a database, unless its latest backup is less than a minute old."""
        path, backups = self.database(database).path, self.backups
        if backups is not None:
            await self.run(database, lambda _: backups.ensure(path, within=60))

    def record_flow(
        self, database: DatabaseId, peer: str, name: str, way: FlowDirection, changes: tuple[FlowChange, ...]
    ) -> None:
        """Emit changes that moved between a database and a peer or guest, and record them and what they overwrote.

        ``peer`` is empty for what was made here.
        """
        burst = self._bursts.number(database, peer, way)
        event = ChangesMoved(time.time(), database, peer, way, changes, burst)
        self.emit(event)
        if self.journal is not None:
            self.journal.add_overwritten(event, name)
            self.journal.add_moved(event, name)


class _LocalWrites:
    """Emits what other programs write to the files (``engine.storage.local_changes.LocalNews``)."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def wants_local(self, path: Path) -> bool:
        return self._core.watched and bool(self._core.databases_at(path))

    def local_changes(self, path: Path, changes: Sequence[Change]) -> None:
        lines = flow_of(changes, self._core.hosts.numbers(path))
        for database in self._core.databases_at(path):
            self._core.record_flow(database.id, "", "", FlowDirection.LOCAL, lines)
