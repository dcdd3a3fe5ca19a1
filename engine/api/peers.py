"""The engine's peers: a link for each, and what the links report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.api.databases import Databases
from engine.change import Change
from engine.checks.probe import ProbeReport, probe
from engine.checks.repair import Settled, Side, send_again, settle
from engine.checks.row_diff import RowDifference
from engine.checks.schema_diff import Comparison, ask_plans, compare
from engine.checks.verify import Verification, verify
from engine.crr import Addition
from engine.errors import PeerUnreachable, SynclineError, UsageError
from engine.events import (
    AttentionNeeded,
    ChangesMoved,
    FlowChange,
    FlowDirection,
    PeerChanged,
    PeerRemoved,
    PeerStatus,
    SyncFailed,
    SyncFinished,
)
from engine.history.activity import Activity
from engine.history.event_stream import flow_in, flow_of
from engine.history.journal import Journal, SyncLine
from engine.links.attempt import SchemaName
from engine.links.link import Link
from engine.links.retry_policy import LEFT, Policies
from engine.replica import Replica
from engine.settings import DatabaseConfig, Pause, PeerConfig, Settings, SettingsFile
from engine.settings.credentials import Tokens, TokenStore
from engine.storage.backup import Backups
from engine.storage.replica_host import ReplicaHost
from engine.table_plan import TablePlan
from engine.tables import Applied
from engine.text import t

COPIED_HERE = t("If this machine's file is the copy, give it a new id: More, Databases, “New id…”.")


class Peers(Databases):
    """Peers, their links, and what these report (``engine.links.link.Reporter``)."""

    def __init__(
        self,
        settings: Settings | None,
        store: SettingsFile | None,
        journal: Journal | None,
        backups: Backups | None,
        schema: SchemaName | None,
        token_store: TokenStore | None,
        policies: Policies,
    ) -> None:
        super().__init__(settings, store, journal, backups)
        self.tokens = Tokens(token_store)
        self._schema = schema
        self._policies = policies
        self._links: dict[str, Link] = {}
        self._turned_away: dict[tuple[Path, str], str] = {}
        """Guests whose last connection ended because of a copied file, and what was said; they come again and again."""
        self._peer_moved = asyncio.Event()
        self._resting = ""
        self._activity = Activity(self._tell_activity)
        self._inbound.news = self

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
        self._link(peer.id).configure(peer)

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

    async def probe(self, database: str, url: str, room: str, token: str = "", *, fingerprint: str = "") -> ProbeReport:
        """Try out a peer that may not be added yet, and report in words; see ``engine.checks.probe``."""
        path = self._config(database).path
        return await probe(path, url, room, token, fingerprint=fingerprint, named=self._schema is not None)

    def peers(self) -> list[PeerStatus]:
        """Return the row of every peer, in the order of the settings."""
        return [self._links[peer.id].status for peer in self.settings.peers]

    async def sync_now(self, peers: Sequence[str] | None = None) -> dict[str, SynclineError | None]:
        """Sync these peers (all by default) at once, whatever their mode, and wait until it is done.

        Returns:
            for each peer None when both sides are caught up, else what prevented it.
        """
        chosen = list(self._links) if peers is None else list(peers)
        sync_requests = [self._link(peer).sync_now() for peer in chosen]
        await asyncio.gather(*sync_requests, return_exceptions=True)
        errors = [waiter.exception() for waiter in sync_requests]
        return {peer: _told(error) for peer, error in zip(chosen, errors, strict=True)}

    async def pause(self, pause: Pause | None, peers: Sequence[str] | None = None) -> None:
        """Pause these peers (all by default), or resume them with None."""
        for peer in self.settings.peers:
            if peers is None or peer.id in peers:
                await self.update_peer(replace(peer, paused=pause))

    async def rest(self, why: str) -> None:
        """Let auto-sync rest for a reason that is not the person's (a battery, a costly line); '' ends that.

        ``sync_now`` works all the same. Nothing is remembered.
        """
        self._resting = why
        self._set_auto()

    async def verify(self, peer: str, *, timeout: float = 60.0) -> Verification:
        """Compare every table that a connected peer has too, once both sides are at rest.

        Returns:
            for each table whether both hold the same: ``identical``, ``same rows, different history``, ``different``;
            and which rows differ, the first 1,000 of them.

        Raises:
            PeerUnreachable: it is not connected, or did not come to rest or answer within ``timeout`` seconds.
            UsageError: it is a published server, which cannot be asked.
        """
        return await verify(self._link(peer), timeout)

    async def send_again(self, peer: str, side: Side, *, timeout: float = 600.0) -> None:
        """Have all of one side's history sent once more, to mend what differs; waits until it is on the other's disk.

        Raises:
            PeerUnreachable: it is not connected, or was cut. What was asked for goes on with the next connection.
            UsageError: it is a published server, or the peer's direction does not allow it.
        """
        await send_again(self._link(peer), side, timeout)

    async def settle(self, peer: str, rows: Sequence[RowDifference], side: Side) -> Settled:
        """Where rows still differ, write one side's into the peer's database here as new; they are synced as any write.

        With ``backups``, one that is not older than a minute is there before.

        Raises:
            ReplicaError: the file. UsageError: a table was altered. Nothing was written then.
        """
        database = self._link(peer).config.database
        await self._back_up(database)
        settled = await self._run(database, settle, rows, side)
        async with self._hosts.use(self._config(database).path) as host:
            host.look()
        return settled

    async def compare_tables(self, peer: str) -> Comparison:
        """Ask a peer for its tables, and say how those here differ; also where syncing is held up by that.

        Raises:
            PeerUnreachable, PeerRefused: it does not answer, or does not let us in.
            TokenStoreError: its token cannot be had at the moment.
            UsageError: it is a published server, or has no such room yet.
        """
        config = self._link(peer).config
        there = await ask_plans(config, await self.tokens.get(peer))
        return await self._run(config.database, compare, there)

    async def add_missing(self, peer: str, there: Sequence[TablePlan]) -> list[Addition]:
        """Add to the database what a peer's tables have more: whole tables, and columns with their defaults.

        With ``backups``, one that is not older than a minute is there before.

        Raises:
            NotEligible: a table cannot be made so; nothing has changed.
        """
        return await self._alter(self._link(peer).config.database, Replica.add_missing, there)

    async def take_back_added(self, peer: str) -> tuple[list[Addition], list[Addition]]:
        """Drop again what was added so; returns what was dropped, and what stays because it is in use."""
        return await self._alter(self._link(peer).config.database, Replica.take_back_added)

    async def wait_in_sync(self, peers: Sequence[str] | None = None, *, timeout: float, parked: bool = False) -> None:
        """Wait until these peers (all by default) are in sync at the same time.

        Args:
            parked: those of which tables are parked count too, once all else is synced.

        Raises:
            PeerUnreachable: it did not come to that within ``timeout`` seconds; says who lags and why.
        """
        chosen = list(self._links) if peers is None else list(peers)

        def done(peer: str) -> bool:
            link = self._link(peer)
            return link.caught_up if parked else link.in_sync

        try:
            async with asyncio.timeout(timeout):
                while not all(map(done, chosen)):
                    self._peer_moved.clear()
                    await self._peer_moved.wait()
        except TimeoutError:
            late = [self._link(peer).status for peer in chosen if not done(peer)]
            why = "; ".join(f"{status.name}: {status.state.value}, {status.sentence()}" for status in late)
            raise PeerUnreachable(t("Not in sync after {timeout:.0f} s. {why}", timeout=timeout, why=why)) from None

    def _add_link(self, peer: PeerConfig) -> Link:
        link = Link(
            peer,
            self._config(peer.database).path,
            self._hosts,
            self,
            inbound=self._inbound,
            token=partial(self.tokens.get, peer.id),
            schema=self._schema,
            policies=self._policies,
        )
        self._set_auto_of(link)
        if self.journal is not None:
            link.board.status = replace(link.board.status, last_success=self.journal.heard(peer.id))
        self._links[peer.id] = link
        self._emit(PeerChanged(link.status))
        return link

    def _link(self, peer: str) -> Link:
        if peer not in self._links:
            raise UsageError(t("There is no peer “{peer}”.", peer=peer))
        return self._links[peer]

    def _set_auto(self) -> None:
        for link in self._links.values():
            self._set_auto_of(link)

    def _set_auto_of(self, link: Link) -> None:
        link.set_auto(self._auto, self._resting if self.settings.auto_sync else "")

    @property
    def _auto(self) -> bool:
        return self.settings.auto_sync and not self._resting

    # What links report (``engine.links.link.Reporter``)

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
            config = self._link(peer).config
            self._moved(config.database, peer, config.name, FlowDirection.IN, flow_in(applied))

    def sent(self, peer: str, changes: Sequence[Change]) -> None:
        self._activity.moved(self._link(peer))
        if self._streams:
            config = self._link(peer).config
            self._moved(config.database, peer, config.name, FlowDirection.OUT, flow_of(changes))

    def sync_finished(self, finished: SyncFinished) -> None:
        self._activity.finished(self._link(finished.peer), finished)

    def needs_you(self, peer: str, sentence: str, hint: str) -> None:
        self._emit(AttentionNeeded(peer, sentence, hint))

    def tables_parked(self, peer: str, sentence: str, hint: str) -> None:
        self._emit(AttentionNeeded(peer, sentence, hint))

    def _moved(self, database: str, peer: str, name: str, way: FlowDirection, changes: tuple[FlowChange, ...]) -> None:
        event = ChangesMoved(time.time(), database, peer, way, changes)
        self._emit(event)
        if self.journal is not None:
            self.journal.add_overwritten(event, name)

    # What guests bring and take (``engine.links.inbound.News``): they have no row, and go by their names

    def inbound_merged(self, path: Path, guest: str, applied: Sequence[Applied]) -> None:
        if self._streams or self.journal is not None:
            for database in self._at(path):
                self._moved(database.id, guest, guest, FlowDirection.IN, flow_in(applied))

    def inbound_sent(self, path: Path, guest: str, changes: Sequence[Change]) -> None:
        if self._streams:
            for database in self._at(path):
                self._moved(database.id, guest, guest, FlowDirection.OUT, flow_of(changes))

    def inbound_ended(self, path: Path, guest: str, copied: str) -> None:
        before = self._turned_away.pop((path, guest), "")
        if copied:
            self._turned_away[path, guest] = copied
            if copied != before:
                self._emit(AttentionNeeded(guest, copied, COPIED_HERE))

    def inbound_parked(self, path: Path, guest: str, reason: str) -> None:
        self._emit(AttentionNeeded(guest, reason, LEFT))

    def _at(self, path: Path) -> list[DatabaseConfig]:
        return [database for database in self.settings.databases if database.path == path]

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

    # What concerns databases too

    async def remove_database(self, database: str) -> None:
        """Forget a database and its peers; the file stays as it is.

        Raises:
            SynclineError: all of it is gone, but a token could not be removed.
        """
        trouble = None
        for peer in [peer for peer in self.settings.peers if peer.database == database]:
            try:
                await self.remove_peer(peer.id)
            except SynclineError as error:
                trouble = error
        await super().remove_database(database)
        if trouble is not None:
            raise trouble

    def database_moved(self, database: DatabaseConfig, host: ReplicaHost) -> None:
        for link in self._links.values():
            if link.config.database == database.id:
                link.local_moved(host.version)
        super().database_moved(database, host)

    def file_changed(self, database: DatabaseConfig, host: ReplicaHost) -> None:
        for link in self._links.values():
            if link.config.database == database.id:
                link.file_changed()


def _told(error: BaseException | None) -> SynclineError | None:
    if error is None or isinstance(error, SynclineError):
        return error
    raise error
