"""The link of every peer, and what the links report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from engine.api.core import Core
from engine.change import Change
from engine.errors import UsageError
from engine.events import AttentionNeeded, FlowDirection, PeerChanged, SyncFailed, SyncFinished
from engine.history.activity import Activity
from engine.history.event_stream import flow_in, flow_of
from engine.history.journal import SyncLine
from engine.history.unsynced import Unsynced
from engine.ids import DatabaseId, PeerId
from engine.links.dialects import SchemaName
from engine.links.link import Link
from engine.links.retry_policy import Policies
from engine.peer_state import PeerStatus
from engine.settings import PeerConfig
from engine.settings.credentials import Tokens
from engine.tables import Applied
from engine.text import t


class Links:
    """A link for each peer of the settings.

    Args:
        core: the engine's.
        tokens: the peers'.
        schema, policies: as for ``Engine``.

    Attributes:
        schema: as passed.
        moved: set whenever a peer's row changes; whoever waits for that clears it first.
        listeners: called in the same cases, and when a peer is removed.
    """

    def __init__(self, core: Core, tokens: Tokens, schema: SchemaName | None, policies: Policies) -> None:
        self.schema = schema
        self.moved = asyncio.Event()
        self.listeners: list[Callable[[], None]] = []
        self._core = core
        self._tokens = tokens
        self._policies = policies
        self._links: dict[PeerId, Link] = {}
        self._suspended = ""
        self._listener = _LinkListener(core, self)

    def __contains__(self, peer: PeerId) -> bool:
        return peer in self._links

    def __getitem__(self, peer: PeerId) -> Link:
        if peer not in self._links:
            raise UsageError(t("There is no peer with the id “{peer}”.", peer=peer))
        return self._links[peer]

    def __iter__(self) -> Iterator[PeerId]:
        return iter(self._links)

    def start(self, peer: PeerConfig) -> None:
        """Start keeping a peer in sync."""
        core = self._core
        link = Link(
            peer,
            core.database(peer.database).path,
            core.hosts,
            self._listener,
            inbound=core.inbound,
            token=lambda anew: self._tokens.get(peer.id, anew=anew),
            schema=self.schema,
            policies=self._policies,
        )
        self._apply_auto_sync([link])
        if core.journal is not None:
            link.board.status = replace(link.board.status, last_success=core.journal.last_contact(peer.id))
        self._links[peer.id] = link
        core.emit(PeerChanged(link.status))
        link.start()

    async def remove(self, peer: PeerId) -> None:
        """End a peer's link."""
        await self[peer].stop()
        self._listener.activity.forget(peer)
        del self._links[peer]
        self.tell()

    def tell(self) -> None:
        """Call the listeners."""
        for listener in self.listeners:
            listener()

    async def stop(self) -> None:
        """End every link."""
        await asyncio.gather(*(link.stop() for link in self._links.values()))

    def close(self) -> None:
        """Stop reporting."""
        self._listener.activity.close()

    def of_database(self, database: DatabaseId) -> list[Link]:
        """Return the links of a database."""
        return [link for link in self._links.values() if link.config.database == database]

    @property
    def auto_sync(self) -> bool:
        """Whether links sync without being asked."""
        return self._core.settings.auto_sync and not self._suspended

    def suspend_auto_sync(self, reason: str) -> None:
        """Keep links from syncing without being asked, for this reason; '' lifts that."""
        self._suspended = reason
        self.apply_auto_sync()

    def apply_auto_sync(self) -> None:
        """Tell every link whether to sync without being asked."""
        self._apply_auto_sync(self._links.values())

    def _apply_auto_sync(self, links: Iterable[Link]) -> None:
        reason = self._suspended if self._core.settings.auto_sync else ""
        for link in links:
            link.set_auto(self.auto_sync, reason)


class _LinkListener:
    """Emits and records what links report (``engine.links.reporter.Reporter``)."""

    def __init__(self, core: Core, links: Links) -> None:
        self.activity = Activity(self._record_sync)
        self._core = core
        self._links = links

    def peer_changed(self, status: PeerStatus) -> None:
        journal = self._core.journal
        self._links.moved.set()
        self._core.emit(PeerChanged(status))
        if status.peer in self._links:
            if journal is not None and status.last_success is not None:
                journal.record_contact(status.peer, status.last_success)
            if journal is not None and status.site_id is not None:
                journal.leave_out(status.peer, Unsynced.of(status))
            self.activity.state(status, self._links[status.peer].trouble)
        self._links.tell()

    def merged(self, peer: PeerId, applied: Sequence[Applied]) -> None:
        link = self._links[peer]
        self.activity.moved(link)
        if self._core.watched or self._core.journal is not None:
            config = link.config
            self._core.record_flow(config.database, peer, config.name, FlowDirection.IN, flow_in(applied))

    def sent(self, peer: PeerId, changes: Sequence[Change]) -> None:
        link = self._links[peer]
        self.activity.moved(link)
        if self._core.watched:
            config = link.config
            lines = flow_of(changes, self._core.hosts.numbers(self._core.database(config.database).path))
            self._core.record_flow(config.database, peer, config.name, FlowDirection.OUT, lines)

    def sync_finished(self, finished: SyncFinished) -> None:
        self.activity.finished(self._links[finished.peer], finished)

    def needs_you(self, peer: PeerId, sentence: str, hint: str) -> None:
        self._core.emit(AttentionNeeded(peer, sentence, hint))

    def tables_parked(self, peer: PeerId, sentence: str, hint: str) -> None:
        self._core.emit(AttentionNeeded(peer, sentence, hint))

    def _record_sync(self, line: SyncFinished | SyncFailed) -> None:
        self._core.emit(line)
        if self._core.journal is not None and line.peer in self._links:
            peer = self._links[line.peer].config
            names = line.peer, peer.name, self._core.database(peer.database).name
            if isinstance(line, SyncFailed):
                self._core.journal.add_sync(SyncLine(line.time, *names, 0, 0, 0, 0, 0.0, line.error))
            else:
                moved = line.sent, line.received, line.bytes_out, line.bytes_in
                self._core.journal.add_sync(SyncLine(line.time, *names, *moved, line.seconds, line.error))
