"""How this machine finds others, pairs with them, and follows them to another address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from engine.api.core import Core
from engine.api.databases import Databases
from engine.api.links import Links
from engine.api.peers import Peers
from engine.api.sharing import Sharing
from engine.errors import UsageError
from engine.ids import DatabaseId
from engine.pairing.bootstrap import check_place
from engine.pairing.discovery import Discovery, offer
from engine.pairing.pairing_link import PairingLink
from engine.pairing.redeem import trade
from engine.pairing.relocate import Relocator
from engine.settings import Mode, PeerConfig
from engine.sqlite.paths import resolved
from engine.text import t


class Pairing:
    """Pairs with machines that share.

    Args:
        core, links: the engine's.
        databases, peers: what a pairing adds to.
        sharing: what this machine shares itself.
    """

    def __init__(self, core: Core, links: Links, databases: Databases, peers: Peers, sharing: Sharing) -> None:
        self._core = core
        self._links = links
        self._databases = databases
        self._peers = peers
        self._sharing = sharing
        self._relocator = Relocator(self._lost, self._moved_to)
        links.listeners.append(self._relocator.check)

    def discover(self, on_change: Callable[[], None] = lambda: None, *, here: bool = False) -> Discovery:
        """Look for other machines that share, inside ``async with``; see ``engine.pairing.discovery``.

        Args:
            on_change: called when one is found or disappears.
            here: look on this machine only.

        Raises:
            UsageError: discovery is switched off in the settings.
        """
        if not self._core.settings.discover:
            raise UsageError(t("Discovery is switched off."), hint=t("Turn on “Discovery” in the settings."))
        server = self._sharing.server
        return Discovery(on_change, here=here, own=server.fingerprint if server is not None else "")

    async def discovery_id(self, database: DatabaseId) -> str:
        """Return the id under which a database is offered in the network: machines that share one like it offer the
        same id.

        Raises:
            ReplicaError: the file cannot be used.
        """
        async with self._core.hosts.use(self._core.database(database).path) as host:
            return offer(host.shapes)

    async def pair(
        self, link: PairingLink, database: DatabaseId, *, name: str = "", mode: Mode = Mode.LIVE, minutes: int = 15
    ) -> PeerConfig:
        """Use another machine's pairing link: exchange its token for a lasting one, store that, and start syncing.

        Args:
            database: the id of the database to sync with it.
            name: what to call the peer here; by default after its room and address.
            mode, minutes: when to sync.

        A database that was paired with the same room of that machine before continues as the same peer.

        Raises:
            PeerUnreachable, PeerRefused, CertificateChanged: as in ``engine.pairing.redeem``; nothing is stored.
            SynclineError: the lasting token could not be stored; the link is used up.
        """
        self._core.database(database)
        paired = await trade(link, name=self._sharing.machine)
        known = self.paired_before(link, database)
        peer = known or _peer(link, paired.url, database)
        peer = replace(peer, url=paired.url, name=name or peer.name, mode=mode, minutes=minutes)
        if known is None:
            return await self._peers.add(peer, token=paired.token)
        await self._peers.update(peer, token=paired.token)
        return peer

    async def pair_new(
        self, link: PairingLink, path: Path, *, name: str = "", mode: Mode = Mode.LIVE, minutes: int = 15
    ) -> PeerConfig:
        """Use a pairing link without a database: create the file, with tables like the other side's.

        They are created from a plan; no SQL from the other side is run.

        Args:
            path: where there is no file yet, or one without tables (``engine.pairing.bootstrap.is_new``).
            name, mode, minutes: as in ``pair``.

        Raises:
            UsageError: the file has tables, or cannot be created there; the link is still valid.
            PeerUnreachable, PeerRefused, CertificateChanged: as in ``pair``.
            SynclineError: the tables could not be fetched or created, or the token not stored; the link is used up.
        """
        path = resolved(path)
        await asyncio.to_thread(check_place, path)
        paired = await trade(link, name=self._sharing.machine)
        peer = _peer(link, paired.url)
        peer = replace(peer, name=name or peer.name, mode=mode, minutes=minutes)
        return await self._databases.add_from_room(path, peer, token=paired.token)

    def paired_before(self, link: PairingLink, database: DatabaseId) -> PeerConfig | None:
        """Return the peer through which this database already syncs with the link's room; None if it never did."""
        return next((peer for peer in self._core.settings.peers if _is_paired(peer, database, link)), None)

    @property
    def searching(self) -> bool:
        """Whether a paired machine that does not answer is being looked for in the network."""
        return self._relocator.searching

    async def close(self) -> None:
        """Stop following machines."""
        await self._relocator.close()

    # Paired machines that moved

    def _lost(self) -> list[PeerConfig]:
        """Return the peers on paired machines that no longer answer at their address; none while discovery is switched
        off."""
        if not self._core.settings.discover:
            return []
        peers = (peer for peer in self._core.settings.peers if peer.fingerprint)
        return [peer for peer in peers if peer.id in self._links and self._links[peer.id].lost]

    async def _moved_to(self, peer: PeerConfig, url: str) -> None:
        named_after = peer.name == _name(peer.room, peer.url)
        await self._peers.update(replace(peer, url=url, name=_name(peer.room, url) if named_after else peer.name))


NO_DATABASE = DatabaseId("")


def _name(room: str, url: str) -> str:
    return f"{room} at {urlsplit(url).hostname}"


def _peer(link: PairingLink, url: str, database: DatabaseId = NO_DATABASE) -> PeerConfig:
    name = _name(link.room, url)
    return PeerConfig.new(database, url, room=link.room, name=name, fingerprint=link.fingerprint)


def _is_paired(peer: PeerConfig, database: DatabaseId, link: PairingLink) -> bool:
    return (peer.database, peer.room, peer.fingerprint) == (database, link.room, link.fingerprint)
