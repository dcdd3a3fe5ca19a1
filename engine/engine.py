"""The engine: owns replicas, links and hub; the one API that the window and the command line use.

Two places to meet it: the async methods of ``Engine``, and the stream of events from ``subscribe``.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from engine.activity import Activity
from engine.attempt import SchemaName
from engine.backup import Backups
from engine.change import Change, SQLiteValue
from engine.crr import Applied, Replica, TableStatus, TrackedPeer
from engine.errors import PeerUnreachable, ReplicaError, SynclineError, UsageError
from engine.events import (
    ChangesMoved,
    DatabaseChanged,
    DatabaseRemoved,
    Event,
    FlowChange,
    HubChanged,
    NeedsYou,
    PeerChanged,
    PeerRemoved,
    PeerStatus,
    SettingsChanged,
    SyncFailed,
    SyncFinished,
    Way,
)
from engine.flow import EventStream, flow_in, flow_of
from engine.host import Host
from engine.hosts import Hosts
from engine.hub import Hub, HubOptions
from engine.journal import Journal, SyncLine
from engine.link import Link
from engine.probe import ProbeReport, probe
from engine.restore import put_back
from engine.session import Verdict
from engine.settings import DatabaseConfig, Pause, PeerConfig, Settings, SettingsFile, checked
from engine.shape import Shape
from engine.tokens import Tokens, TokenStore
from engine.verify import verify

P = ParamSpec("P")
T = TypeVar("T")


class Engine:
    """Everything that runs. Async context manager: leaving it hangs up, finishes merges and closes every file.

    Args:
        settings: what to begin with; by default what ``store`` holds.
        store: where settings are kept; None keeps nothing.
        backups: where a file is copied to before it is first written to; None for files of our own making.
        schema: announced to stock servers for files without a recorded schema (spec 10.7).
        token_store: where the peers' tokens are kept; None forgets them with the engine.
        journal: what was synced and overwritten is written there; None writes nothing. The engine opens it.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        store: SettingsFile | None = None,
        backups: Backups | None = None,
        schema: SchemaName | None = None,
        token_store: TokenStore | None = None,
        journal: Journal | None = None,
    ) -> None:
        if settings is None:
            settings = store.load() if store is not None else Settings()
        self.settings = settings
        self.tokens = Tokens(token_store)
        self.hub: Hub | None = None
        self._store = store
        self._schema = schema
        self.backups = backups
        self._hosts = Hosts(self, backups=backups)
        self._links: dict[str, Link] = {}
        self._databases: dict[str, contextlib.AsyncExitStack] = {}
        self._starting: asyncio.Task[None] | None = None
        self._streams: list[EventStream] = []
        self._hub_stack = contextlib.AsyncExitStack()
        self._peer_moved = asyncio.Event()
        self._resting = ""
        self.journal = journal
        self._activity = Activity(self._tell_activity)

    async def __aenter__(self) -> Engine:
        if self.journal is not None:
            await self.journal.__aenter__()
        for database in self.settings.databases:
            await self._open_database(database)
        links = [self._add_link(peer) for peer in self.settings.peers]
        self._starting = asyncio.create_task(self._start_links(links))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await asyncio.gather(*(link.stop() for link in self._links.values()))
        await self._hub_stack.aclose()
        for stack in self._databases.values():
            await stack.aclose()
        self._activity.close()
        if self.journal is not None:
            await self.journal.__aexit__(None, None, None)
        for stream in self._streams:
            stream.close()

    # Events

    @contextlib.contextmanager
    def subscribe(self, limit: int = 10_000) -> Iterator[EventStream]:
        """Give a stream of all events from now on, until the ``with`` block is left."""
        stream = EventStream(limit)
        self._streams.append(stream)
        try:
            yield stream
        finally:
            stream.close()
            self._streams.remove(stream)

    def _emit(self, event: Event) -> None:
        for stream in self._streams:
            stream.put(event)

    # Databases

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
        problem = await self._open_database(database)
        if problem is not None:
            await self._databases.pop(database.id).aclose()
            raise problem
        self._keep(replace(self.settings, databases=(*self.settings.databases, database)))
        return database

    async def remove_database(self, database: str) -> None:
        """Forget a database and its peers; the file stays as it is."""
        for peer in [peer for peer in self.settings.peers if peer.database == database]:
            await self.remove_peer(peer.id)
        await self._databases.pop(database).aclose()
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
        path, backups = self._config(database).path, self.backups
        if backups is not None:
            await self._run(database, lambda _: backups.ensure(path, within=60))
        await self._run(database, Replica.make_crr, table)
        async with self._hosts.use(self._config(database).path) as host:
            host.look()
        await self._report_database(self._config(database))

    async def put_back(
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
        await self._run(database, put_back, table, key, column, value, instead_of)
        async with self._hosts.use(self._config(database).path) as host:
            host.look()

    async def clocks(self, database: str) -> list[TrackedPeer]:
        """Return the clocks that a database keeps of other sites."""
        return await self._run(database, Replica.tracked_peers)

    async def _open_database(self, database: DatabaseConfig) -> SynclineError | None:
        """Keep a database open as long as the engine runs, so that other programs' writes are seen."""
        stack = self._databases[database.id] = contextlib.AsyncExitStack()
        try:
            host = await stack.enter_async_context(self._hosts.use(database.path))
        except ReplicaError as error:
            self._emit(DatabaseChanged(database.id, database.name, str(database.path), None, 0, str(error)))
            return error
        stack.callback(host.listen(_DatabaseListener(self, database, host)))
        await self._report_database(database)
        return None

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
        raise UsageError(f"There is no database “{database}”.")

    # Peers

    async def add_peer(self, peer: PeerConfig, *, token: str | None = None) -> PeerConfig:
        """Take on a peer and start to keep it in sync.

        Raises:
            SynclineError: the token could not be kept; the peer is not taken on then.
        """
        self._config(peer.database)
        await self.tokens.keep(peer.id, token)
        self._keep(replace(self.settings, peers=(*self.settings.peers, peer)))
        self._add_link(peer).start()
        return peer

    async def update_peer(self, peer: PeerConfig, *, token: str | None = None) -> None:
        """Take over a peer's changed settings; ``token`` None keeps the present one, an empty one removes it."""
        await self.tokens.keep(peer.id, token)
        known = tuple(peer if old.id == peer.id else old for old in self.settings.peers)
        self._keep(replace(self.settings, peers=known))
        self._link(peer.id).configure(peer, token=self.tokens.of(peer.id))

    async def remove_peer(self, peer: str) -> None:
        """Forget a peer. Clocks in the file stay: a peer that comes back goes on where it was.

        Raises:
            SynclineError: the peer is gone, but its token could not be removed.
        """
        await self._link(peer).stop()
        self._activity.forget(peer)
        del self._links[peer]
        left = tuple(known for known in self.settings.peers if known.id != peer)
        self._keep(replace(self.settings, peers=left))
        self._emit(PeerRemoved(peer))
        await self.tokens.drop(peer)

    async def probe(self, database: str, url: str, room: str, token: str = "") -> ProbeReport:
        """Try out a peer that may not be added yet, and report in words; see ``engine.probe``."""
        path = self._config(database).path
        return await probe(path, url, room, token, named=self._schema is not None)

    def peers(self) -> list[PeerStatus]:
        """Return the row of every peer, in the order of the settings."""
        return [self._links[peer.id].status for peer in self.settings.peers]

    async def sync_now(self, peers: Sequence[str] | None = None) -> dict[str, SynclineError | None]:
        """Sync these peers (all by default) at once, whatever their mode, and wait until it is done.

        Returns:
            for each peer None when both sides are caught up, else what prevented it.
        """
        chosen = list(self._links) if peers is None else list(peers)
        waiters = [self._link(peer).sync_now() for peer in chosen]
        await asyncio.gather(*waiters, return_exceptions=True)
        errors = [waiter.exception() for waiter in waiters]
        return {peer: _told(error) for peer, error in zip(chosen, errors, strict=True)}

    async def set_auto_sync(self, auto: bool) -> None:
        """Switch auto-sync for all peers."""
        await self.change_settings(auto_sync=auto)

    async def rest(self, why: str) -> None:
        """Let auto-sync rest for a reason that is not the person's (a battery, a costly line); '' ends that.

        ``sync_now`` works all the same. Nothing is remembered.
        """
        self._resting = why
        self._set_auto()

    def _set_auto(self) -> None:
        for link in self._links.values():
            self._set_auto_of(link)

    def _set_auto_of(self, link: Link) -> None:
        link.set_auto(self._auto, self._resting if self.settings.auto_sync else "")

    @property
    def _auto(self) -> bool:
        return self.settings.auto_sync and not self._resting

    # Settings

    async def change_settings(self, **switches: object) -> None:
        """Change switches, by their names in ``SETTINGS``; peers and databases have methods of their own.

        Raises:
            UsageError: there is no such switch, or it cannot be so; nothing has changed.
            SynclineError: it could not be saved; it holds until the end all the same.
        """
        before = self._auto
        try:
            self._keep(replace(self.settings, **checked(**switches)))
        finally:
            if self._auto is not before:
                self._set_auto()

    async def pause(self, pause: Pause | None, peers: Sequence[str] | None = None) -> None:
        """Pause these peers (all by default), or resume them with None."""
        for peer in self.settings.peers:
            if peers is None or peer.id in peers:
                await self.update_peer(replace(peer, paused=pause))

    async def verify(self, peer: str, *, timeout: float = 60.0) -> dict[str, Verdict]:
        """Compare every table that a connected peer has too, once both sides are at rest.

        Returns:
            for each table whether both hold the same: ``identical``, ``same rows, different history``, ``different``.

        Raises:
            PeerUnreachable: it is not connected, or did not come to rest within ``timeout`` seconds.
            UsageError: it is a published server, which cannot be asked.
        """
        return await verify(self._link(peer), timeout)

    async def wait_in_sync(self, peers: Sequence[str] | None = None, *, timeout: float) -> None:
        """Wait until these peers (all by default) are in sync at the same time.

        Raises:
            PeerUnreachable: it did not come to that within ``timeout`` seconds; says who lags and why.
        """
        chosen = list(self._links) if peers is None else list(peers)
        try:
            async with asyncio.timeout(timeout):
                while not all(self._link(peer).in_sync for peer in chosen):
                    self._peer_moved.clear()
                    await self._peer_moved.wait()
        except TimeoutError:
            late = [self._link(peer).status for peer in chosen if not self._link(peer).in_sync]
            why = "; ".join(f"{status.name}: {status.state.value}, {status.reason}" for status in late)
            raise PeerUnreachable(f"Not in sync after {timeout:.0f} s. {why}") from None

    async def _start_links(self, links: Sequence[Link]) -> None:
        """Start links as soon as their tokens are known: a keyring may wait for a person to unlock it."""
        try:
            await self.tokens.load([link.config.id for link in links])
        except SynclineError as error:
            self.needs_you(links[0].config.id, str(error), error.hint)
        for link in links:
            if self._links.get(link.config.id) is link:
                link.configure(link.config, token=self.tokens.of(link.config.id))
                link.start()

    def _add_link(self, peer: PeerConfig) -> Link:
        link = Link(
            peer,
            self._config(peer.database).path,
            self._hosts,
            self,
            token=self.tokens.of(peer.id),
            schema=self._schema,
        )
        self._set_auto_of(link)
        if self.journal is not None:
            link.board.status = replace(link.board.status, last_success=self.journal.heard(peer.id))
        self._links[peer.id] = link
        self._emit(PeerChanged(link.status))
        return link

    def _link(self, peer: str) -> Link:
        if peer not in self._links:
            raise UsageError(f"There is no peer “{peer}”.")
        return self._links[peer]

    # Hub

    async def serve(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        options: HubOptions | None = None,
    ) -> Hub:
        """Start to serve the rooms of ``folder`` (see ``Hub``), until ``stop_serving`` or the end."""
        await self.stop_serving()
        hub = Hub(
            folder,
            self._hosts,
            host=host,
            port=port,
            token=token,
            options=options,
            backups=self.backups,
            on_guests=self._guests_changed,
        )
        self.hub = await self._hub_stack.enter_async_context(hub)
        self._guests_changed()
        return self.hub

    async def stop_serving(self) -> None:
        """Close the hub, if there is one; its guests are told."""
        if self.hub is not None:
            self.hub = None
            await self._hub_stack.aclose()
            self._emit(HubChanged("", ()))

    def _guests_changed(self) -> None:
        if self.hub is not None:
            self._emit(HubChanged(self.hub.url, tuple(sorted(self.hub.guests.items()))))

    # What links report (``engine.link.Reporter``)

    def peer_changed(self, status: PeerStatus) -> None:
        self._peer_moved.set()
        self._emit(PeerChanged(status))
        if status.peer in self._links:
            if self.journal is not None and status.last_success is not None:
                self.journal.hear(status.peer, status.last_success)
            self._activity.state(status, self._links[status.peer].trouble)

    def merged(self, peer: str, applied: Sequence[Applied]) -> None:
        self._activity.moved(self._link(peer))
        if self._streams or self.journal is not None:
            self._moved(peer, Way.IN, flow_in(applied))

    def sent(self, peer: str, changes: Sequence[Change]) -> None:
        self._activity.moved(self._link(peer))
        if self._streams:
            self._moved(peer, Way.OUT, flow_of(changes))

    def sync_finished(self, finished: SyncFinished) -> None:
        self._activity.finished(self._link(finished.peer), finished)

    def needs_you(self, peer: str, sentence: str, hint: str) -> None:
        self._emit(NeedsYou(peer, sentence, hint))

    def _moved(self, peer: str, way: Way, changes: tuple[FlowChange, ...]) -> None:
        config = self._link(peer).config
        event = ChangesMoved(time.time(), config.database, peer, way, changes)
        self._emit(event)
        if self.journal is not None:
            self.journal.add_overwritten(event, config.name)

    def _tell_activity(self, line: SyncFinished | SyncFailed) -> None:
        self._emit(line)
        if self.journal is not None and line.peer in self._links:
            peer = self._links[line.peer].config
            names = line.peer, peer.name, self._config(peer.database).name
            if isinstance(line, SyncFailed):
                self.journal.add_sync(SyncLine(line.time, *names, 0, 0, 0, 0, 0.0, line.error))
            else:
                moved = line.sent, line.received, line.bytes_out, line.bytes_in
                self.journal.add_sync(SyncLine(line.time, *names, *moved, line.seconds, line.error))

    # What files report (``engine.host.LocalNews``)

    def wants_local(self, path: Path) -> bool:
        return bool(self._streams) and any(database.path == path for database in self.settings.databases)

    def local_changes(self, path: Path, changes: Sequence[Change]) -> None:
        for database in self.settings.databases:
            if database.path == path:
                self._emit(ChangesMoved(time.time(), database.id, "", Way.LOCAL, flow_of(changes)))

    def database_moved(self, database: DatabaseConfig, host: Host) -> None:
        """Hear that a database's own clock rose, or that another file took its place."""
        for link in self._links.values():
            if link.config.database == database.id:
                link.local_moved(host.version)
        self._emit(DatabaseChanged(database.id, database.name, str(database.path), host.site_id, host.version))

    def schema_changed(self, database: DatabaseConfig) -> None:
        """Hear that a database's tables are others now, or look otherwise."""
        for link in self._links.values():
            if link.config.database == database.id:
                link.schema_changed()

    def _keep(self, settings: Settings) -> None:
        self.settings = settings
        self._emit(SettingsChanged(settings))
        if self._store is not None:
            self._store.save(settings)


@dataclass(frozen=True, slots=True)
class _DatabaseListener:
    """Tells the engine when the clock of one of its databases rises (``engine.host.Listener``)."""

    engine: Engine
    database: DatabaseConfig
    host: Host

    def version_moved(self, version: int) -> None:
        self.engine.database_moved(self.database, self.host)

    def schema_changed(self, tables: tuple[Shape, ...]) -> None:
        self.engine.schema_changed(self.database)

    def replaced(self) -> None:
        self.engine.database_moved(self.database, self.host)


def _look_at(path: Path) -> list[TableStatus]:
    with Replica.open(path, readonly=True) as replica:
        return replica.tables()


def _told(error: BaseException | None) -> SynclineError | None:
    if error is None or isinstance(error, SynclineError):
        return error
    raise error
