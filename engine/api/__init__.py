"""The one API for the window and the command line: ``Engine`` owns databases, peers, sharing and a hub.

Two places to meet it: async methods, and the stream of events from ``subscribe``.

- ``core``: what all parts share: settings, events, open files
- ``databases``: the files; ``keeper`` keeps them open, or tries until they are
- ``peers``: the links to peers, and what they report
- ``pairing``: what this machine shares, and with whom
- ``diagnostics``: a report for whoever helps
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

from engine.api.pairing import Sharing
from engine.events import HubChanged
from engine.history.journal import Journal
from engine.hub import Hub, HubOptions
from engine.links.attempt import SchemaName
from engine.links.retry_policy import POLICIES, Policies
from engine.settings import Settings, SettingsFile, checked
from engine.settings.credentials import TokenStore
from engine.storage.backup import Backups

__all__ = ["Engine"]

GRACE = 2.0
"""Seconds that what is under way on a file, a merge say, has to finish when the engine ends."""


class Engine(Sharing):
    """Everything that runs. Async context manager: leaving it hangs up, ends what is under way and closes every file.

    Args:
        settings: what to begin with; by default what ``store`` holds.
        store: where settings are kept; None keeps nothing.
        backups: where a file is copied to before it is first written to; None for files of our own making.
        schema: announced to stock servers for files without a recorded schema (cr-sqlite.md 10.7).
        token_store: where the peers' tokens are kept; None forgets them with the engine.
        journal: what was synced and overwritten is written there; None writes nothing. The engine opens it.
        policies: when links try again after which error.
        data: the folder of the certificate, and of who may come in where databases are shared; by default
            ``data_dir()``. Nothing is made there before something is shared.
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
        policies: Policies = POLICIES,
        data: Path | None = None,
    ) -> None:
        super().__init__(settings, store, journal, backups, schema, token_store, policies, data)
        self.hub: Hub | None = None
        self._hub_stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Engine:
        if self.journal is not None:
            await self.journal.__aenter__()
        for database in self.settings.databases:
            await self._keeper_of(database).start()
        for peer in self.settings.peers:
            self._add_link(peer).start()
        await self._go_on_sharing()
        return self

    async def __aexit__(self, *_: object) -> None:
        stopping = asyncio.get_running_loop().call_later(GRACE, self._hosts.stop)
        try:
            await self._end()
        finally:
            stopping.cancel()

    async def _end(self) -> None:
        await self._following.close()
        await asyncio.gather(*(link.stop() for link in self._links.values()))
        await self._hub_stack.aclose()
        await self._end_sharing()
        for keeper in self._databases.values():
            await keeper.close()
        self._activity.close()
        if self.journal is not None:
            await self.journal.__aexit__(None, None, None)
        for stream in self._streams:
            stream.close()

    # Settings

    async def change_settings(self, **switches: object) -> None:
        """Change switches, by their names in ``SETTINGS``; peers and databases have methods of their own.

        Raises:
            UsageError: there is no such switch, or it cannot be so; nothing has changed.
            SynclineError: it could not be saved; it holds until the end all the same.
        """
        before = self._auto
        shared = self._sharing_wanted
        try:
            self._keep(replace(self.settings, **checked(**switches)))
        finally:
            if self._auto is not before:
                self._set_auto()
            if self._sharing_wanted != shared:
                await self._go_on_sharing()

    async def set_auto_sync(self, auto: bool) -> None:
        """Switch auto-sync for all peers."""
        await self.change_settings(auto_sync=auto)

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
            inbound=self._inbound,
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
