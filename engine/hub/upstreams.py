"""Other hubs that serve the same rooms, and the links to them: changes that they may lack are sent there, and theirs
fetched.

A room is linked while somebody is in it, and while the other hub may lack something of it. So that two hubs do not keep
each other's rooms open, a hub that connects for its guests does not count as somebody (``Upstreams.attend``), and an
idle room has no link.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.change import Change
from engine.errors import SynclineError
from engine.events import SyncFinished
from engine.hub.rooms import Rooms
from engine.ids import DatabaseId, PeerId, SiteId
from engine.links.inbound import InboundConnections, Purpose
from engine.links.link import Link
from engine.peer_state import PeerStatus, State
from engine.session import SynclineSession
from engine.settings import PeerConfig
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Dataset, Parked, Shape
from engine.tables import Applied
from engine.transport.driver import Driver

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Empty rooms that are linked at a time, to send what the other hub may lack of them."""

LATER = 60.0
"""Seconds for which a room is left alone that the other hub refused, or that could not be delivered for long."""

TROUBLED = 10.0
"""Seconds of trouble after which an empty room makes place for the next."""

Follow = Callable[[ReplicaHost, Sequence[Shape]], Coroutine[Any, Any, None]]

LINGER = 30.0
"""Seconds for which a link stays when a room has become idle, as its guests tend to come back."""


@dataclass(slots=True)
class _Line:
    """A running link: since when it has been in trouble, and since when there has been nothing left to do; which of
    the other hub's tables the room has been given what it lacked of, and what does that."""

    link: Link
    followed: Sequence[Shape] = ()
    following: asyncio.Task[None] | None = None
    troubled_at: float | None = None
    rests_since: float | None = None


class Upstream:
    """One other hub.

    Args:
        url: its address.
        token: what to show there.
        hosts: where replicas are opened.
        path: where a room's file is.
        people: returns whether somebody other than a hub is in a room.
        follow: gives a room what only the other hub's tables have.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        hosts: HostPool,
        inbound: InboundConnections,
        *,
        path: Callable[[str], Path],
        people: Callable[[str], bool],
        follow: Follow,
    ) -> None:
        self.url = url
        self.name = urlsplit(url).netloc
        self._token = token
        self._hosts = hosts
        self._inbound = inbound
        self._path = path
        self._people = people
        self._follow = follow
        self._owed: dict[str, int] = {}  # the version of each room that it may lack
        self._lines: dict[str, _Line] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._later: dict[str, float] = {}  # rooms that are left alone, and until when
        self._sites: dict[str, SiteId] = {}  # the site id of its file of each room
        self._logged: dict[str, str] = {}  # what was last logged of each room
        self._listener = _LinkListener(self)

    @property
    def linked(self) -> int:
        """How many rooms are linked and in sync."""
        return sum(line.link.in_sync for line in self._lines.values())

    def owe(self, room: str, version: int) -> None:
        """Note that it may lack what a room's file holds up to ``version``."""
        self._owed[room] = max(version, self._owed.get(room, 0))

    def guest_joined(self, room: str) -> None:
        """Note that somebody has entered a room."""
        self._later.pop(room, None)
        if room not in self._lines and self._dialled_us(room) is None:
            self._begin(room)

    def tidy(self, rooms: Collection[str]) -> None:
        """Start and end links as needed now; ``rooms`` are those that somebody is in."""
        now = time.monotonic()
        others_wait = any(room not in self._lines and self._later.get(room, 0.0) <= now for room in self._owed)
        for room, line in tuple(self._lines.items()):
            self._review(room, line, now, 0.0 if others_wait else LINGER)
        free = AT_ONCE - sum(not self._people(room) for room in self._lines)
        for room in rooms:
            if self._may_begin(room, now):
                self._begin(room)
        for room in tuple(self._owed):
            if free <= 0:
                break
            if self._may_begin(room, now):
                self._begin(room)
                free -= 1

    async def close(self) -> None:
        """End every link cleanly."""
        for room in tuple(self._lines):
            self._end(room)
        await asyncio.gather(*self._ending.values())

    # One room

    def _may_begin(self, room: str, now: float) -> bool:
        if room in self._lines or self._later.get(room, 0.0) > now:
            return False
        inbound = self._dialled_us(room)
        if inbound is not None:
            self._forget_if_delivered(room, inbound)
        return inbound is None

    def _begin(self, room: str) -> None:
        config = PeerConfig.new(DatabaseId(""), self.url, room=room, name=self.name)
        link = Link(
            config,
            self._path(room),
            self._hosts,
            self._listener,
            inbound=self._inbound,
            token=self._given_token,
            as_hub=True,
        )
        self._lines[room] = _Line(link)
        link.start()

    async def _given_token(self, _: bool) -> str | None:
        return self._token

    def _end(self, room: str) -> None:
        if room not in self._ending:
            self._ending[room] = asyncio.create_task(self._stop(room))

    async def _stop(self, room: str) -> None:
        try:
            following = self._lines[room].following
            if following is not None:
                await asyncio.gather(following, return_exceptions=True)
            await self._lines[room].link.stop()
        finally:
            del self._lines[room], self._ending[room]

    def _review(self, room: str, line: _Line, now: float, linger: float) -> None:
        """End a link that has done its work, for ``linger`` seconds, or gets nowhere."""
        link = line.link
        driver = link.attempt.driver if link.attempt is not None else None
        if driver is not None and driver.session.peer is not None:
            self._sites[room] = driver.session.peer
            self._follow_tables(line, driver)
        self._forget_if_delivered(room, driver)
        people = self._people(room)
        line.troubled_at = line.troubled_at or now if link.trouble else None
        line.rests_since = None if people or room in self._owed else line.rests_since or now
        if line.troubled_at is not None and not people and now - line.troubled_at > TROUBLED:
            self._put_off(room)
        elif line.rests_since is not None and now - line.rests_since >= linger:
            self._end(room)

    def _follow_tables(self, line: _Line, driver: Driver) -> None:
        """Give the room what only the other hub's tables have, after which the link greets again."""
        session = driver.session
        idle = line.following is None or line.following.done()
        if idle and isinstance(session, SynclineSession) and session.tables_there != line.followed:
            line.followed = session.tables_there
            line.following = asyncio.create_task(self._follow(driver.host, line.followed))

    def _dialled_us(self, room: str) -> Driver | None:
        """Return the session in which this very hub is our guest, if it is known to be one."""
        site = self._sites.get(room)
        if site is None:
            return None
        inbound = self._inbound.of(self._path(room).resolve(), site, Purpose.GUESTS)
        return inbound.driver if inbound is not None else None

    def _forget_if_delivered(self, room: str, driver: Driver | None) -> None:
        """Forget what was owed once it has arrived there, and the other hub's changes here."""
        owed = self._owed.get(room)
        if owed is not None and driver is not None and driver.session.in_sync and driver.session.local_version >= owed:
            del self._owed[room]
            self._logged.pop(room, None)

    def _put_off(self, room: str) -> None:
        self._later[room] = time.monotonic() + LATER
        if not os.path.isfile(self._path(room)):
            self._owed.pop(room, None)
        elif room in self._owed:
            self._owed[room] = self._owed.pop(room)  # the others first
        if room in self._lines:
            self._end(room)

    def _refused(self, room: str) -> None:
        """Leave a room alone for a while, unless somebody is in it."""
        if not self._people(room):
            self._put_off(room)

    def _room_of(self, peer: PeerId) -> str:
        return next(room for room, line in self._lines.items() if line.link.config.id == peer)


class _LinkListener:
    """Logs what the links to one other hub report (``engine.links.reporter.Reporter``)."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._reached: bool | None = None

    def peer_changed(self, status: PeerStatus) -> None:
        reached = {State.WAITING: False, State.IN_SYNC: True}.get(status.state, self._reached or bool(status.parked))
        if reached is not self._reached:
            self._reached = reached
            if reached:
                log.info("Linked with another hub", extra={"hub": self._upstream.name})
            else:
                place = {"hub": self._upstream.name, "room": status.room}
                log.warning("Another hub: %s", status.reason, extra=place)

    def needs_you(self, peer: PeerId, sentence: str, hint: str) -> None:
        upstream, room = self._upstream, self._upstream._room_of(peer)
        if upstream._logged.get(room) != sentence:
            upstream._logged[room] = sentence
            log.warning("Another hub: %s", sentence, extra={"hub": upstream.name, "room": room})
        upstream._refused(room)

    def tables_parked(self, peer: PeerId, sentence: str, hint: str) -> None:
        place = {"hub": self._upstream.name, "room": self._upstream._room_of(peer)}
        log.warning("Another hub: %s", sentence, extra=place)

    def merged(self, peer: PeerId, applied: Sequence[Applied]) -> None:
        pass

    def sent(self, peer: PeerId, changes: Sequence[Change]) -> None:
        pass

    def sync_finished(self, finished: SyncFinished) -> None:
        pass


class Upstreams:
    """All other hubs.

    An async context manager: each gets what it may lack, including what came while it could not be reached.

    Args:
        urls: their addresses.
        token: what to show to each.
        hosts: where replicas are opened.
        inbound: who has dialled this hub.
        rooms: of this hub.
        follow: as in ``Upstream``.
    """

    def __init__(
        self,
        urls: Sequence[str],
        token: str | None,
        hosts: HostPool,
        inbound: InboundConnections,
        rooms: Rooms,
        *,
        follow: Follow,
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
                follow=follow,
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
        """Link a room while somebody is in it, unless it is only another hub, and bring over what changes in it."""
        if not self._all:
            yield
            return
        stop_listening = host.listen(_Watcher(self, room, host))
        if not is_hub:
            self._people[room] += 1
            for upstream in self._all:
                upstream.guest_joined(room)
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
    """Hears when a room's file moves (``engine.storage.file_news.Listener``)."""

    upstreams: Upstreams
    room: str
    host: ReplicaHost

    def version_moved(self, version: int) -> None:
        self.upstreams.owe(self.room, version)

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        self.upstreams.owe(self.room, self.host.version)

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Do nothing: what is owed stays owed."""

    def replaced(self) -> None:
        self.upstreams.owe(self.room, 0)

    def troubled(self, error: SynclineError | None) -> None:
        """Do nothing: what is owed stays owed."""
