"""The rooms of a hub: files in its folder, opened when somebody connects.

An empty room stays open for a while, as its peers tend to come back; their number is limited, and those that were left
longest ago are closed first. A room that nobody uses costs nothing: the folder is never listed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import NoSuchFile, SynclineError, UsageError
from engine.hub.limits import Busy, Limits
from engine.hub.withheld_log import WithheldLog
from engine.sqlite.steps import to_the_end
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.text import t
from engine.wire.handshake import check_room

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Room:
    context: contextlib.AbstractAsyncContextManager[ReplicaHost]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    host: ReplicaHost | None = None
    users: int = 0
    left_at: float = 0.0


class Rooms:
    """Opens rooms, and closes empty ones.

    Args:
        places: a folder in which each file is a room, by its name; or the files of the rooms, by room.
        hosts: where replicas are opened.
        limits: how many may be open, and how long an empty one stays open.
    """

    def __init__(self, places: Path | Mapping[str, Path], hosts: HostPool, limits: Limits) -> None:
        self._places = places
        self._hosts = hosts
        self._limits = limits
        self._open: dict[str, _Room] = {}  # in the order of their last use
        self._served: set[str] = set()
        self._waiting = WithheldLog()

    @property
    def open(self) -> int:
        """How many are open now."""
        return len(self._open)

    def path(self, room: str) -> Path:
        """Return where the room's file is, or would be.

        Raises:
            UsageError: a room may not have this name, or there can be no rooms.
        """
        check_room(room)
        if isinstance(self._places, Path):
            return self._places / room
        if room not in self._places:
            raise UsageError(t("This hub has no room “{room}”.", room=room))
        return self._places[room]

    def exists(self, room: str) -> bool:
        """Return whether there is such a room."""
        if not isinstance(self._places, Path) and room not in self._places:
            return False
        return os.path.isfile(self.path(room))

    def names(self) -> Iterator[str]:
        """Return the names of all rooms; lists the whole folder."""
        if not isinstance(self._places, Path):
            yield from self._places
            return
        for path in sorted(self._places.iterdir()):
            with contextlib.suppress(UsageError):  # other files
                if self.exists(path.name):
                    yield path.name

    @contextlib.asynccontextmanager
    async def use(self, room: str) -> AsyncIterator[ReplicaHost]:
        """Open a room, or share it.

        Raises:
            UsageError: there is none.
            Busy: too many are open.
            ReplicaError: its file cannot be used, or has disappeared.
        """
        path = self.path(room)
        if not os.path.isfile(path):
            if room in self._served:
                raise NoSuchFile(t("The file of the room “{room}” is gone.", room=room), hint=t("Move it back."))
            raise UsageError(t("This hub has no room “{room}”.", room=room))
        one = self._open.pop(room, None) or _Room(self._hosts.use(path))
        self._open[room] = one
        one.users += 1
        try:
            async with one.lock:
                if one.host is None:
                    await self._make_place()
                    one.host = await one.context.__aenter__()
                    self._served.add(room)
            yield one.host
        finally:
            one.users -= 1
            one.left_at = time.monotonic()
            self._log_waiting(room, one)
            if one.host is None and not one.users:
                self._open.pop(room, None)

    def log_waiting(self) -> None:
        """Log which rows of the open rooms cannot be sent, if that has changed."""
        for room, one in self._open.items():
            self._log_waiting(room, one)

    def _log_waiting(self, room: str, one: _Room) -> None:
        if one.host is not None:
            self._waiting.update(room, one.host.waiting)

    async def close_idle(self, *, older_than: float | None = None) -> None:
        """Close the rooms that have been empty for so many seconds (by default, what the limits say)."""
        before = time.monotonic() - (self._limits.idle if older_than is None else older_than)
        for room, one in tuple(self._open.items()):
            if not one.users and one.left_at <= before:
                await self._close(room)

    async def _make_place(self) -> None:
        """Close the empty rooms that were left longest ago, as many as needed to open one more."""
        while len(self._open) > self._limits.open_rooms:
            room = next((room for room, one in self._open.items() if not one.users), None)
            if room is None:
                raise Busy(
                    t(
                        "This hub's limit of open rooms is reached: {limit}. Try again later.",
                        limit=self._limits.open_rooms,
                    )
                )
            await self._close(room)

    async def _close(self, room: str) -> None:
        one = self._open.pop(room)
        self._log_waiting(room, one)
        try:
            await to_the_end(one.context.__aexit__(None, None, None))
        except SynclineError as error:
            log.warning("The room %r could not be closed well: %s", room, error)
