"""What the engine shares with other machines, and how it pairs with one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from engine.api.peers import Peers
from engine.checks.schema_diff import ask_tables
from engine.errors import SynclineError, UsageError
from engine.events import Guest, Paired, PeerStatus, SharingChanged
from engine.history.journal import Journal
from engine.links.attempt import SchemaName
from engine.links.retry_policy import Policies
from engine.pairing.bootstrap import check_place, make_file
from engine.pairing.discovery import Announcement, Discovery, machine_name, offer
from engine.pairing.lan_server import LanServer, room_for
from engine.pairing.pairing_link import PairingLink
from engine.pairing.redeem import trade
from engine.pairing.relocate import Relocator
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings, SettingsFile, data_dir
from engine.settings.credentials import TokenStore
from engine.storage.backup import Backups
from engine.storage.replica_host import ReplicaHost
from engine.text import t


class Sharing(Peers):
    """Databases that are shared, and who may come in."""

    def __init__(
        self,
        settings: Settings | None,
        store: SettingsFile | None,
        journal: Journal | None,
        backups: Backups | None,
        schema: SchemaName | None,
        token_store: TokenStore | None,
        policies: Policies,
        data: Path | None,
    ) -> None:
        super().__init__(settings, store, journal, backups, schema, token_store, policies)
        self.machine = machine_name()
        """What this machine calls itself, towards others that pair with it or find it."""
        self._data = data
        self._share: LanServer | None = None
        self._share_stack = contextlib.AsyncExitStack()
        self._announced: Announcement | None = None
        self._offers: dict[str, str] = {}
        """``offer`` of each room that is shared, as far as its file was there so far."""
        self._sharing_turn = asyncio.Lock()
        """Whoever begins or ends sharing, one after the other."""
        self._following = Relocator(self._lost, self._moved_to)

    async def share(self, databases: Sequence[str], *, lan: bool = False, port: int | None = None) -> None:
        """Serve these databases, by their ids, in place of those served so far; until ``stop_sharing``, or the end.

        It is remembered, and goes on at the next start, at the same port.

        Args:
            lan: for the local network too, not for this machine alone.
            port: where to listen; by default where it did last, 0 for any.

        Raises:
            UsageError: a database is not known, or the port is taken. SynclineError: the certificate cannot be had.
        """
        async with self._sharing_turn:
            for database in databases:
                self._config(database)
            chosen = [known for known in self.settings.databases if known.id in databases]
            rooms = {known.room: known.id for known in chosen if known.room}
            for known in chosen:
                if not known.room:
                    rooms[room_for(known.name, rooms)] = known.id
            names = {database: room for room, database in rooms.items()}
            configs = tuple(replace(known, room=names.get(known.id, "")) for known in self.settings.databases)
            port = self.settings.share_port if port is None else port
            self._keep(replace(self.settings, databases=configs, share=True, share_lan=lan, share_port=port))
            await self._start_sharing()
            assert self._share is not None
            if self._share.port != port:
                self._keep(replace(self.settings, share_port=self._share.port))

    async def stop_sharing(self) -> None:
        """Serve nothing any more; guests are told. Which databases it was is remembered for the next time."""
        self._keep(replace(self.settings, share=False))
        await self._go_on_sharing()

    @property
    def sharing(self) -> LanServer | None:
        """What is shared now; None for nothing."""
        return self._share

    def invite(self, database: str) -> PairingLink:
        """Make a pairing link to a database that is shared: good once, and for ten minutes.

        Raises:
            UsageError: it is not shared.
        """
        config = self._config(database)
        if self._share is None or config.room not in self._share.rooms:
            raise UsageError(t("“{peer}” is not shared.", peer=config.name), hint=t("Switch sharing on for it first."))
        return self._share.invite(config.room)

    def guests(self) -> list[Guest]:
        """Return everybody who was paired with this machine and may come in; [] while nothing is shared."""
        return self._share.guests() if self._share is not None else []

    async def revoke_guest(self, name: str) -> None:
        """Take away what somebody was let in with; the connection is cut at once.

        Raises:
            UsageError: there is nobody of this name, or nothing is shared.
        """
        if self._share is None:
            raise UsageError(t("Nothing is shared, so nobody can come in."))
        await self._share.revoke_guest(name)

    async def pair(
        self, link: PairingLink, database: str, *, name: str = "", mode: Mode = Mode.LIVE, minutes: int = 15
    ) -> PeerConfig:
        """Use another machine's pairing link: trade its token, keep the lasting one, and begin to sync.

        Args:
            database: the id of the one to sync with it.
            name: what to call the peer here; by default after its room and address.
            mode, minutes: when to sync.

        A database that was paired with that room of that machine before goes on as the same peer.

        Raises:
            PeerUnreachable, PeerRefused, CertificateChanged: as in ``engine.pairing.redeem``; nothing is remembered.
            SynclineError: the lasting token could not be kept. The link is used up then.
        """
        self._config(database)
        paired = await trade(link, name=self.machine)
        known = self.paired_before(link, database)
        peer = known or _peer(link, paired.url, database)
        peer = replace(peer, url=paired.url, name=name or peer.name, mode=mode, minutes=minutes)
        if known is None:
            return await self.add_peer(peer, token=paired.token)
        await self.update_peer(peer, token=paired.token)
        return peer

    def paired_before(self, link: PairingLink, database: str) -> PeerConfig | None:
        """Return the peer as which this database syncs with the link's room already; None when it never did."""
        return next((peer for peer in self.settings.peers if _is_paired(peer, database, link)), None)

    async def pair_new(
        self, link: PairingLink, path: Path, *, name: str = "", mode: Mode = Mode.LIVE, minutes: int = 15
    ) -> PeerConfig:
        """Use a pairing link where there is no database yet: make the file, with tables like the other side's.

        They are made from a plan; no SQL of the other side is run.

        Args:
            path: where no file is yet, or one without tables (``engine.pairing.bootstrap.is_new``).
            name, mode, minutes: as in ``pair``.

        Raises:
            UsageError: the file holds tables, or cannot be made there. The link is good still.
            PeerUnreachable, PeerRefused, CertificateChanged: as in ``pair``.
            SynclineError: the tables could not be had or made, or the token not kept. The link is used up then.
        """
        path = path.expanduser().resolve()
        await asyncio.to_thread(check_place, path)
        paired = await trade(link, name=self.machine)
        peer = _peer(link, paired.url)
        await asyncio.to_thread(make_file, path, await ask_tables(peer, paired.token))
        if self.backups is not None:
            self.backups.waive(path)
        database = await self.add_database(path)
        peer = replace(peer, database=database.id, name=name or peer.name, mode=mode, minutes=minutes)
        return await self.add_peer(peer, token=paired.token)

    async def remove_database(self, database: str) -> None:
        """Forget a database, its peers, and share it no more; the file stays as it is."""
        async with self._sharing_turn:
            shared = self._share is not None and self._config(database).room in self._share.rooms
            if shared:
                await self._end_sharing()
            try:
                await super().remove_database(database)
            finally:
                if shared:
                    await self._share_what_is_wanted()

    async def _go_on_sharing(self) -> None:
        """Share what the settings say; what prevents it is told, and keeps nothing else from going on."""
        async with self._sharing_turn:
            await self._share_what_is_wanted()

    async def _share_what_is_wanted(self) -> None:
        if not self.settings.share:
            if self._share is not None:
                await self._end_sharing()
                self._emit(SharingChanged(0))
            return
        try:
            await self._start_sharing()
        except SynclineError as error:
            self._emit(SharingChanged(0, problem=error.advice))

    def discover(self, on_change: Callable[[], None] = lambda: None, *, here: bool = False) -> Discovery:
        """Look for other machines that share, inside ``async with``; see ``engine.pairing.discovery``.

        Args:
            on_change: called when one was found or went. here: look on this machine alone.

        Raises:
            UsageError: it is switched off in the settings.
        """
        if not self.settings.discover:
            raise UsageError(t("Looking for other machines is switched off."), hint=t("Switch it on in the settings."))
        return Discovery(on_change, here=here, own=self._share.fingerprint if self._share is not None else "")

    async def discovery_id(self, database: str) -> str:
        """Return what a database is offered as in the network: whoever shares one like it has this among its offers.

        Raises:
            ReplicaError: the file cannot be used.
        """
        async with self._hosts.use(self._config(database).path) as host:
            return offer(host.shapes)

    # Paired machines that moved

    def peer_changed(self, status: PeerStatus) -> None:
        super().peer_changed(status)
        self._following.look()

    def _lost(self) -> list[PeerConfig]:
        """The peers on paired machines that do not answer where they were; none while looking is switched off."""
        if not self.settings.discover:
            return []
        peers = (peer for peer in self.settings.peers if peer.fingerprint)
        return [peer for peer in peers if peer.id in self._links and self._links[peer.id].lost]

    async def _moved_to(self, peer: PeerConfig, url: str) -> None:
        named_after = peer.name == _name(peer.room, peer.url)
        await self.update_peer(replace(peer, url=url, name=_name(peer.room, url) if named_after else peer.name))

    @property
    def _sharing_wanted(self) -> tuple[bool, bool, int, bool]:
        settings = self.settings
        return settings.share, settings.share_lan, settings.share_port, settings.discover

    async def _start_sharing(self) -> None:
        await self._end_sharing()
        share = LanServer(
            self._data or data_dir(),
            self._hosts,
            {known.room: known.path for known in self.settings.databases if known.room},
            lan=self.settings.share_lan,
            port=self.settings.share_port,
            inbound=self._inbound,
            backups=self.backups,
            on_change=self._sharing_moved,
            on_paired=lambda name, words: self._emit(Paired(name, words)),
        )
        self._share = await self._share_stack.enter_async_context(share)
        if self.settings.discover:
            announcement = await self._announcement(self._share)
            self._announced = await self._share_stack.enter_async_context(announcement)
        self._sharing_moved()

    async def _announcement(self, share: LanServer) -> Announcement:
        self._offers.clear()
        for room, path in share.rooms.items():
            with contextlib.suppress(SynclineError):  # its own row says what is wrong with it
                async with self._hosts.use(path) as host:
                    self._offers[room] = offer(host.shapes)
        return Announcement(
            self.machine,
            share.addresses,
            share.port,
            share.fingerprint,
            tuple(self._offers.values()),
            moved=lambda: share.addresses,
        )

    def file_changed(self, database: DatabaseConfig, host: ReplicaHost) -> None:
        super().file_changed(database, host)
        rooms = self._share.rooms if self._share is not None else {}
        self._offers.update({room: offer(host.shapes) for room, path in rooms.items() if path == database.path})
        if self._announced is not None:
            self._announced.offer(self._offers.values())

    async def _end_sharing(self) -> None:
        self._share = self._announced = None
        await self._share_stack.aclose()

    def _sharing_moved(self) -> None:
        if self._share is not None:
            self._emit(SharingChanged(self._share.port, tuple(self._share.guests())))


def _name(room: str, url: str) -> str:
    return t("{room} at {hostname}", room=room, hostname=urlsplit(url).hostname)


def _peer(link: PairingLink, url: str, database: str = "") -> PeerConfig:
    name = _name(link.room, url)
    return PeerConfig.new(database, url, room=link.room, name=name, fingerprint=link.fingerprint)


def _is_paired(peer: PeerConfig, database: str, link: PairingLink) -> bool:
    return (peer.database, peer.room, peer.fingerprint) == (database, link.room, link.fingerprint)
