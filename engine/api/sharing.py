"""What this machine shares with others, and who may connect."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from engine.api.core import Core
from engine.api.guest_rows import GuestRows
from engine.errors import SynclineError, UsageError
from engine.events import Guest, Paired, SharingChanged
from engine.ids import DatabaseId
from engine.links.peer_status import Board
from engine.pairing.discovery import Announcement, machine_name, offer
from engine.pairing.lan_server import LanServer, room_for
from engine.pairing.pairing_link import PairingLink
from engine.peer_state import PeerStatus
from engine.settings import DatabaseConfig, data_dir
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Join
from engine.text import t


class Sharing:
    """Databases that are shared, and who may connect.

    Args:
        core, guests: the engine's.
        data: as for ``Engine``.

    Attributes:
        server: what serves them now; None if nothing is shared.
    """

    def __init__(self, core: Core, guests: GuestRows, data: Path | None) -> None:
        self.server: LanServer | None = None
        self._machine = ""
        self._core = core
        self._guests = guests
        self._data = data
        self._stack = contextlib.AsyncExitStack()
        self._announcement: Announcement | None = None
        self._offers: dict[str, str] = {}
        """``offer`` of each room that is shared, if its file has been there."""
        self._turn = asyncio.Lock()
        """Lets only one caller at a time start or stop sharing."""

    @property
    def machine(self) -> str:
        """This machine's name, for others that pair with it or find it: as it was set here, in the settings, or by the
        system."""
        return self._machine or self._core.settings.machine_name or machine_name()

    @machine.setter
    def machine(self, name: str) -> None:
        self._machine = name

    async def start(self, databases: Sequence[DatabaseId], *, lan: bool = False, port: int | None = None) -> None:
        """Serve these databases, by id, in place of those served so far, until ``stop`` or the end of the engine.

        This is stored, and continues at the next start, on the same port.

        Args:
            lan: serve the local network too, not only this machine.
            port: where to listen; by default the last one used, 0 for any.

        Raises:
            UsageError: a database is not known, or the port is taken.
            SynclineError: the certificate cannot be read or made.
        """
        core = self._core
        async with self._turn:
            for database in databases:
                core.database(database)
            chosen = [known for known in core.settings.databases if known.id in databases]
            rooms = {known.room: known.id for known in chosen if known.room}
            for known in chosen:
                if not known.room:
                    rooms[room_for(known.name, rooms)] = known.id
            names = {database: room for room, database in rooms.items()}
            configs = tuple(replace(known, room=names.get(known.id, "")) for known in core.settings.databases)
            port = core.settings.share_port if port is None else port
            core.save(replace(core.settings, databases=configs, share=True, share_lan=lan, share_port=port))
            server = await self._open()
            if server.port != port:
                core.save(replace(core.settings, share_port=server.port))

    async def stop(self) -> None:
        """Stop serving, and tell the guests. Which databases were shared is kept for the next time."""
        self._core.save(replace(self._core.settings, share=False))
        await self.apply()

    def invite(self, database: DatabaseId) -> PairingLink:
        """Make a pairing link to a database that is shared; it is valid once, and for ten minutes.

        Raises:
            UsageError: it is not shared.
        """
        config = self._core.database(database)
        if self.server is None or config.room not in self.server.rooms:
            raise UsageError(t("“{database}” is not shared.", database=config.name), hint=t("Share it first."))
        return self.server.invite(config.room)

    def guests(self) -> list[Guest]:
        """Return everybody who was paired with this machine and may connect; [] while nothing is shared."""
        return self.server.guests() if self.server is not None else []

    def statuses(self) -> list[PeerStatus]:
        """Return the row of every guest, by name, except those that are also configured peers."""
        return self._guests.statuses()

    async def revoke(self, guest: str) -> None:
        """Revoke a guest's access, by name; its connection is closed immediately.

        Raises:
            UsageError: nobody has this name, or nothing is shared.
        """
        if self.server is None:
            raise UsageError(t("Nothing is shared, so no machine can connect."))
        await self.server.revoke_guest(guest)

    async def join(self, database: DatabaseId, how: Join, table: str = "") -> None:
        """Say how to join the rows of a table with those of whoever connects if the two have never met, so that nobody
        is asked on the other side; without a name, those of all tables. It holds until the engine ends; ``REPLACE``,
        only for the first guest with such rows.

        Args:
            how: as for ``engine.peers.join``.
        """
        self._core.inbound.answer(self._core.database(database).path, {table: how})

    # For the engine

    @property
    def wanted(self) -> tuple[bool, bool, int, bool, str]:
        """The settings that say what to share."""
        settings = self._core.settings
        return settings.share, settings.share_lan, settings.share_port, settings.discover, settings.machine_name

    async def apply(self) -> None:
        """Share what the settings say. What prevents it is reported, and stops nothing else."""
        async with self._turn:
            await self._apply()

    @contextlib.asynccontextmanager
    async def without(self, database: DatabaseId) -> AsyncIterator[None]:
        """Share nothing while the block runs, if this database is shared; afterwards share what the settings say."""
        async with self._turn:
            shared = self.server is not None and self._core.database(database).room in self.server.rooms
            if shared:
                await self.close()
            try:
                yield
            finally:
                if shared:
                    await self._apply()

    async def close(self) -> None:
        """Share nothing until ``apply`` is called again."""
        self.server = self._announcement = None
        await self._stack.aclose()

    async def end(self) -> None:
        """Share nothing, at the end of the engine."""
        await self.close()
        self._guests.close()

    def version_moved(self, database: DatabaseId, version: int) -> None:
        """Recount what is due to guests, as a database is at ``version``."""
        self._guests.local_moved(database, version)

    def boards(self, database: DatabaseId) -> list[Board]:
        """Return what is shown of the guests of a database."""
        return self._guests.boards(database)

    def file_changed(self, database: DatabaseConfig, host: ReplicaHost) -> None:
        """Announce a database by its present tables, if it is shared."""
        rooms = self.server.rooms if self.server is not None else {}
        self._offers.update({room: offer(host.shapes) for room, path in rooms.items() if path == database.path})
        if self._announcement is not None:
            self._announcement.offer(self._offers.values())

    async def _apply(self) -> None:
        if not self._core.settings.share:
            if self.server is not None:
                await self.close()
                self._ended()
            return
        try:
            await self._open()
        except SynclineError as error:
            self._ended(error.advice)

    async def _open(self) -> LanServer:
        await self.close()
        core = self._core
        server = LanServer(
            self._data or data_dir(),
            core.hosts,
            {known.room: known.path for known in core.settings.databases if known.room},
            lan=core.settings.share_lan,
            port=core.settings.share_port,
            inbound=core.inbound,
            backups=core.backups,
            on_change=self._report,
            on_paired=lambda name, words: core.emit(Paired(name, words)),
        )
        self.server = await self._stack.enter_async_context(server)
        if core.settings.discover:
            self._announcement = await self._stack.enter_async_context(await self._announce(self.server))
        self._report()
        return self.server

    async def _announce(self, server: LanServer) -> Announcement:
        self._offers.clear()
        for room, path in server.rooms.items():
            with contextlib.suppress(SynclineError):  # its own row says what is wrong with it
                async with self._core.hosts.use(path) as host:
                    self._offers[room] = offer(host.shapes)
        return Announcement(
            self.machine,
            server.addresses,
            server.port,
            server.fingerprint,
            tuple(self._offers.values()),
            moved=lambda: server.addresses,
        )

    def _report(self) -> None:
        if self.server is not None:
            guests = self.server.guests()
            self._guests.keep(guests, self.server.rooms)
            self._core.emit(SharingChanged(self.server.port, tuple(guests)))

    def _ended(self, problem: str = "") -> None:
        self._guests.keep((), {})
        self._core.emit(SharingChanged(0, problem=problem))
