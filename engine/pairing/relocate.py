"""Follows a paired machine to its new address when it no longer answers at the old one.

The network is searched only while a machine is lost. That somebody announces its mark proves nothing: it is followed
only to an address that shows its certificate, which nobody else can.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from engine.errors import SynclineError
from engine.pairing.addresses import own_addresses
from engine.pairing.discovery import Discovery, mark
from engine.pairing.reachability import where_it_is
from engine.settings import PeerConfig
from engine.wire.room_address import place_room, without_room

log = logging.getLogger(__name__)

RETRY = 5.0
"""Seconds after which a machine that was found but did not answer is tried again."""


class Relocator:
    """Looks for lost machines, in a task of its own while there are any.

    Args:
        lost: returns the peers whose machine does not answer at its address.
        moved: called with a peer and the address at which it answers now.
    """

    def __init__(
        self, lost: Callable[[], Sequence[PeerConfig]], moved: Callable[[PeerConfig, str], Awaitable[None]]
    ) -> None:
        self._lost = lost
        self._moved = moved
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def searching(self) -> bool:
        """Whether a machine is being looked for."""
        return self._task is not None

    def check(self) -> None:
        """Begin looking for lost machines, if there are any."""
        if self._task is None and not self._closed and self._lost():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop looking."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while self._lost():
                await self._search()
        except SynclineError as error:  # the new address could not be saved
            log.warning("%s", error)
        except Exception:  # a bug of ours must not go unnoticed
            log.exception("Looking for paired machines failed")
        finally:
            self._task = None

    async def _search(self) -> None:
        """Look while somebody is lost and this machine stays in its network, as the sockets are bound to that."""
        changed, addresses = asyncio.Event(), own_addresses()
        here = all(_is_here(peer) for peer in self._lost())
        async with Discovery(changed.set, here=here) as discovery:
            while self._lost() and own_addresses() == addresses:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RETRY):
                        await changed.wait()
                changed.clear()
                for peer in self._lost():
                    await self._follow(peer, discovery)

    async def _follow(self, peer: PeerConfig, discovery: Discovery) -> None:
        for found in discovery.found:
            if found.certificate == mark(peer.fingerprint):
                url = await where_it_is(found.addresses, found.port, peer.fingerprint)
                if url is not None and without_room(url) != without_room(peer.url) and peer in self._lost():
                    url, _ = place_room(url, peer.room)
                    log.info("%s is at %s now", peer.name, url)
                    await self._moved(peer, url)
                    return


def _is_here(peer: PeerConfig) -> bool:
    """Return whether a peer is on this machine."""
    try:
        return ipaddress.ip_address(urlsplit(peer.url).hostname or "").is_loopback
    except ValueError:
        return False
