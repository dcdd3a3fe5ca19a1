"""The API for the window and the command line: ``Engine`` owns databases, peers, sharing and a hub.

It has two sides: the async methods of ``Engine`` and its parts, and the stream of events from ``subscribe``.

- ``databases``: ``engine.databases``, the files and their tables
- ``peers``: ``engine.peers``, which they are kept in sync with
- ``checks``: ``engine.checks``, how a peer's tables and rows compare with ours, and repairs
- ``sharing``: ``engine.sharing``, what this machine shares, and with whom; ``guest_rows``: the state of those guests
- ``pairing``: ``engine.pairing``, finds machines that share, and pairs with them
- ``serving``: ``engine.serving``, the hub
- ``history``: ``engine.history``, what was synced, and what was overwritten
- ``core``: what these share: settings, events, files; ``links``: the link of every peer; ``files``: open files, each
  with a ``keeper``; ``due_counter``: how many changes are due to peers that are away
- ``diagnostics``: a report for support
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engine.api.checks import Checks
from engine.api.core import Core
from engine.api.databases import Databases
from engine.api.files import Files
from engine.api.guest_rows import GuestRows
from engine.api.history import History
from engine.api.links import Links
from engine.api.pairing import Pairing
from engine.api.peers import Peers
from engine.api.serving import Serving
from engine.api.sharing import Sharing
from engine.history.event_stream import EventStream
from engine.history.journal import Journal
from engine.links.dialects import SchemaName
from engine.links.retry_policy import POLICIES, Policies
from engine.settings import Settings, SettingsFile, checked
from engine.settings.credentials import KeepsTokens, Tokens
from engine.storage.backup import Backups
from engine.transport.bandwidth import LINE

__all__ = ["Engine"]

KB = 1_000
"""Bytes of a kB, in which the bandwidth is limited."""

GRACE = 2.0
"""Seconds that running work on a file, such as a merge, may take to finish when the engine ends."""


class Engine:
    """Everything that runs.

    An async context manager: leaving it hangs up, ends what is running and closes every file.

    Args:
        settings: the settings to start with; by default those in ``store``.
        store: where settings are kept; None to keep nothing.
        backups: where a file is copied to before it is first written to; None for files that we have made ourselves.
        schema: is announced to stock servers for files without a recorded schema (cr-sqlite.md 10.7).
        token_store: where the peers' tokens are kept; None to forget them when the engine ends.
        journal: records what was synced and overwritten; None to record nothing. The engine opens it.
        policies: when links try again after which error.
        data: the folder of the certificate and the list of paired guests; by default ``data_dir()``. Nothing is written
            there before something is shared.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        store: SettingsFile | None = None,
        backups: Backups | None = None,
        schema: SchemaName | None = None,
        token_store: KeepsTokens | None = None,
        journal: Journal | None = None,
        policies: Policies = POLICIES,
        data: Path | None = None,
    ) -> None:
        tokens = Tokens(token_store)
        self._core = core = Core(settings, store, journal, backups)
        self._links = links = Links(core, tokens, schema, policies)
        guests = GuestRows(core, links)
        self.sharing = Sharing(core, guests, data)
        self._files = files = Files(core, links, self.sharing)
        self.peers = Peers(core, links, tokens)
        self.checks = Checks(core, files, links, guests, tokens)
        self.databases = Databases(core, files, self.peers, self.sharing)
        self.pairing = Pairing(core, links, self.databases, self.peers, self.sharing)
        self.serving = Serving(core)
        self.history = History(core, files)

    async def __aenter__(self) -> Engine:
        if self._core.journal is not None:
            await self._core.journal.__aenter__()
        if self.settings.bandwidth_limit:
            LINE.set_limit(self.settings.bandwidth_limit * KB)
        for database in self.settings.databases:
            await self._files.start(database)
        for peer in self.settings.peers:
            self._links.start(peer)
        await self.sharing.apply()
        return self

    async def __aexit__(self, *_: object) -> None:
        stopping = asyncio.get_running_loop().call_later(GRACE, self._core.hosts.stop)
        try:
            await self._end()
        finally:
            stopping.cancel()

    async def _end(self) -> None:
        await self.pairing.close()
        if self.settings.bandwidth_limit:  # the limit is this engine's; nobody waits for a goodbye
            LINE.set_limit(0)
        await self._links.stop()
        await self.serving.close()
        await self.sharing.end()
        await self._files.close_all()
        self._links.close()
        if self._core.journal is not None:
            await self._core.journal.__aexit__(None, None, None)
        self._core.close_streams()

    @property
    def settings(self) -> Settings:
        """The current settings, including databases and peers."""
        return self._core.settings

    async def change_settings(self, **switches: object) -> None:
        """Change settings by their names in ``SETTINGS``; peers and databases have methods of their own.

        Raises:
            UsageError: there is no such setting, or it cannot have this value; nothing has changed.
            SynclineError: it could not be saved; it still applies until the engine ends.
        """
        auto_sync, shared, limit = self._links.auto_sync, self.sharing.wanted, self.settings.bandwidth_limit
        try:
            self._core.save(replace(self.settings, **checked(**switches)))
        finally:
            if self.settings.bandwidth_limit != limit:
                LINE.set_limit(self.settings.bandwidth_limit * KB)
            if self._links.auto_sync is not auto_sync:
                self._links.apply_auto_sync()
            if self.sharing.wanted != shared:
                await self.sharing.apply()

    @contextlib.contextmanager
    def subscribe(self, limit: int = 10_000, *, whole: bool = False) -> Iterator[EventStream]:
        """Return a stream of all events from now on, until the ``with`` block is left (``EventStream``)."""
        with self._core.subscribe(limit, whole=whole) as stream:
            yield stream
