"""The other hubs that serve the same rooms, so that one can stand in for another."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.errors import SynclineError
from engine.hub.rooms import Rooms
from engine.hub.upstream import Upstream
from engine.links.inbound import InboundConnections
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Parked, Shape


class Upstreams:
    """All of them. Async context manager: each gets what it may lack, also what came while it could not be reached.

    Args:
        urls: their addresses. token: what to show to each.
        hosts: where replicas are opened. inbound: who has dialled this hub. rooms: of this hub.
    """

    def __init__(
        self, urls: Sequence[str], token: str | None, hosts: HostPool, inbound: InboundConnections, rooms: Rooms
    ) -> None:
        self._rooms = rooms
        self._people: Counter[str] = Counter()
        self._all = [
            Upstream(
                url,
                token,
                hosts,
                inbound,
                path=rooms.path,
                people=lambda room: bool(self._people[room]),
            )
            for url in dict.fromkeys(urls)
        ]

    async def __aenter__(self) -> Upstreams:
        if self._all:
            for room in self._rooms.names():
                self.owe(room, 0)
            self.tidy()
        return self

    async def __aexit__(self, *_: object) -> None:
        for upstream in self._all:
            await upstream.close()

    @property
    def linked(self) -> int:
        """How many links are in sync."""
        return sum(upstream.linked for upstream in self._all)

    @contextlib.contextmanager
    def attend(self, room: str, host: ReplicaHost, *, is_hub: bool) -> Iterator[None]:
        """While somebody is in a room: link it, unless it is only another hub, and bring over what changes in it."""
        if not self._all:
            yield
            return
        stop_listening = host.listen(_Watcher(self, room, host))
        if not is_hub:
            self._people[room] += 1
            for upstream in self._all:
                upstream.came(room)
            self.owe(room, host.version)
        try:
            yield
        finally:
            stop_listening()
            if not is_hub:
                self._people -= Counter([room])

    def owe(self, room: str, version: int) -> None:
        """Note that the others may lack what a room's file holds up to ``version``."""
        for upstream in self._all:
            upstream.owe(room, version)

    def tidy(self) -> None:
        """Begin and end links, as it takes now; call about once a second."""
        for upstream in self._all:
            upstream.tidy(self._people.keys())


@dataclass(frozen=True, slots=True)
class _Watcher:
    """Hears when a room's file moves (``engine.storage.replica_host.Listener``)."""

    upstreams: Upstreams
    room: str
    host: ReplicaHost

    def version_moved(self, version: int) -> None:
        self.upstreams.owe(self.room, version)

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        self.upstreams.owe(self.room, self.host.version)

    def replaced(self) -> None:
        self.upstreams.owe(self.room, 0)

    def troubled(self, error: SynclineError | None) -> None:
        """What is owed is owed all the same."""
