"""The engine's peers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from engine.api.core import Core
from engine.api.links import Links
from engine.errors import PeerUnreachable, SynclineError
from engine.events import PeerRemoved
from engine.ids import DatabaseId, PeerId
from engine.peer_state import PeerStatus
from engine.settings import Pause, PeerConfig
from engine.settings.credentials import Tokens
from engine.table_shape import Join
from engine.text import layout, sentences, t


class Peers:
    """The peers that databases are kept in sync with.

    Args:
        core, links: the engine's.

    Attributes:
        tokens: the peers'.
    """

    def __init__(self, core: Core, links: Links, tokens: Tokens) -> None:
        self.tokens = tokens
        self._core = core
        self._links = links

    def statuses(self) -> list[PeerStatus]:
        """Return the row of every peer, in the order of the settings."""
        return [self._links[peer.id].status for peer in self._core.settings.peers]

    async def add(self, peer: PeerConfig, *, token: str | None = None) -> PeerConfig:
        """Add a peer, and start keeping it in sync.

        Raises:
            SynclineError: the token could not be stored; the peer was not added.
        """
        self._core.database(peer.database)
        await self.tokens.keep(peer.id, token)
        settings = self._core.settings
        self._core.save(replace(settings, peers=(*settings.peers, peer)))
        self._links.start(peer)
        return peer

    async def update(self, peer: PeerConfig, *, token: str | None = None) -> None:
        """Apply a peer's changed settings; a ``token`` of None keeps the present one, an empty one removes it."""
        await self.tokens.keep(peer.id, token)
        settings = self._core.settings
        known = tuple(peer if old.id == peer.id else old for old in settings.peers)
        self._core.save(replace(settings, peers=known))
        self._links[peer.id].configure(peer)

    async def remove(self, peer: PeerId) -> None:
        """Remove a peer. Clocks in the file stay: a peer that is added again continues where it was.

        Raises:
            SynclineError: the peer was removed, but not its token.
        """
        await self._links.remove(peer)
        settings = self._core.settings
        self._core.save(replace(settings, peers=tuple(known for known in settings.peers if known.id != peer)))
        self._core.emit(PeerRemoved(peer))
        await self.tokens.drop(peer)

    async def remove_of(self, database: DatabaseId) -> SynclineError | None:
        """Remove all peers of a database; return why a token could not be removed, if that failed."""
        trouble = None
        for peer in [peer for peer in self._core.settings.peers if peer.database == database]:
            try:
                await self.remove(peer.id)
            except SynclineError as error:
                trouble = error
        return trouble

    async def sync_now(self, peers: Sequence[PeerId] | None = None) -> dict[PeerId, SynclineError | None]:
        """Sync these peers (all by default) now, whatever their mode, and wait until it is done.

        Returns:
            for each peer None if both sides are caught up, else what prevented it.
        """
        chosen = list(self._links) if peers is None else list(peers)
        requests = [self._links[peer].sync_now() for peer in chosen]
        await asyncio.gather(*requests, return_exceptions=True)
        errors = [request.exception() for request in requests]
        return {peer: _expected(error) for peer, error in zip(chosen, errors, strict=True)}

    async def pause(self, pause: Pause | None, peers: Sequence[PeerId] | None = None) -> None:
        """Pause these peers (all by default), or resume them with None."""
        for peer in self._core.settings.peers:
            if peers is None or peer.id in peers:
                await self.update(replace(peer, paused=pause))

    async def join(self, peer: PeerId, how: Join, table: str = "") -> None:
        """Say how to join the rows of a table with the peer's if the two have never met (``PeerStatus.parked`` has what
        was found); without a name, those of all such tables. It is done once the peer is connected; *same* and
        *replace* after a backup.

        Args:
            how: keep all rows of both, and where they differ the larger value (*both*) or the peer's (*same*); or keep
                the peer's rows only (*replace*).
        """
        self._links[peer].join(table, how)

    async def suspend_auto_sync(self, reason: str) -> None:
        """Suspend auto-sync for a reason other than the person's wish (a battery, a metered connection); '' lifts that.

        ``sync_now`` still works. Nothing is stored.
        """
        self._links.suspend_auto_sync(reason)

    async def wait_in_sync(
        self, peers: Sequence[PeerId] | None = None, *, timeout: float, parked: bool = False
    ) -> None:
        """Wait until these peers (all by default) are in sync at the same time, and their rows say so.

        Args:
            parked: peers with parked tables count too, once everything else is synced.

        Raises:
            PeerUnreachable: they are not after ``timeout`` seconds; says which lags, and why.
        """
        chosen = list(self._links) if peers is None else list(peers)

        def done(peer: PeerId) -> bool:
            link = self._links[peer]
            return link.shown and (link.caught_up if parked else link.in_sync)

        try:
            async with asyncio.timeout(timeout):
                while not all(map(done, chosen)):
                    self._links.moved.clear()
                    await self._links.moved.wait()
        except TimeoutError:
            late = [self._links[peer].status for peer in chosen if not done(peer)]
            states = (
                layout("{peer}: {state}. {reason}", peer=one.name, state=one.state.value, reason=one.sentence())
                for one in late
            )
            sentence = t("Not in sync after {seconds:.0f} s.", seconds=timeout)
            raise PeerUnreachable(sentences(sentence, *states)) from None


def _expected(error: BaseException | None) -> SynclineError | None:
    if error is None or isinstance(error, SynclineError):
        return error
    raise error
