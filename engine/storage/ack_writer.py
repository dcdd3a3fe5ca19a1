"""Collects the clocks that peers of one file have confirmed, and writes them to it for all peers at once.

A hub with a thousand guests would otherwise commit a thousand times for each change. What has not been written yet is
known all the same: whoever reads sent clocks from the file overrides them with ``waiting``, or a peer that reconnects
at once would be sent again what it has just confirmed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from engine.errors import FileBusy, NoSuchFile, ReadOnlyFile, StorageFailed, SynclineError
from engine.ids import SiteId
from engine.replica import Replica

log = logging.getLogger(__name__)

DELAY = 0.5
"""Seconds for which clocks are collected after a quiet time. A recorded clock that lags behind is safe."""

EVERY = 5.0
"""Seconds between two writes while clocks keep coming. Only after a crash are changes sent again for it."""

TRY_AGAIN = 5.0
"""Seconds until the next try after a write failed."""

PASSING = (FileBusy, NoSuchFile, ReadOnlyFile, StorageFailed)
"""Errors after which a later try may succeed."""


class AckWriter:
    """The confirmed clocks of one file.

    If the path gets another file, that has another generation (``ReplicaHost.generation``).

    Args:
        write: records clocks, by site id, in the file of a generation; fails if another one is open.
    """

    def __init__(self, write: Callable[[Mapping[SiteId, int], int], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: dict[SiteId, int] = {}
        self._generation = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[bool] | None = None
        self._wrote = float("-inf")

    def note(self, site_id: SiteId, version: int, generation: int) -> None:
        """Note which version a peer has confirmed of a generation's file, even if it is lower than before."""
        if generation < self._generation:
            return  # of a session that has yet to hear that the file was replaced
        if generation > self._generation:
            self._waiting.clear()
            self._generation = generation
        self._waiting[site_id] = version
        if self._timer is None and self._writing is None:
            self._write_in(self._pause())

    def waiting(self, generation: int) -> Mapping[SiteId, int]:
        """Return the clocks not known to be on disk, by site id; they override what the file says."""
        return self._waiting if generation == self._generation else {}

    async def flush(self) -> None:
        """Write now what there is; return once it is written or has failed."""
        while self._waiting:
            if self._writing is None:
                self._begin()
            if self._writing is not None and not await asyncio.shield(self._writing):
                return

    async def close(self) -> None:
        """Write now what there is, for the last time."""
        await self.flush()
        self._stop_waiting()

    def _pause(self) -> float:
        """Return the seconds until the next write."""
        return max(DELAY, self._wrote + EVERY - asyncio.get_running_loop().time())

    def _write_in(self, seconds: float) -> None:
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        self._stop_waiting()
        if self._waiting:
            self._writing = asyncio.get_running_loop().create_task(self._record(dict(self._waiting), self._generation))

    async def _record(self, clocks: Mapping[SiteId, int], generation: int) -> bool:
        """Write these clocks; return False if it must be tried again."""
        done = True
        try:
            await self._write(clocks, generation)
        except SynclineError as error:  # losing them costs no data: a peer is sent again what it has
            done = not isinstance(error, PASSING)
            log.info("Sent clocks were not recorded: %s", error)
        finally:
            self._writing = None
            self._wrote = asyncio.get_running_loop().time()
        if done and generation == self._generation:
            self._waiting = {site: version for site, version in self._waiting.items() if clocks.get(site) != version}
        if self._waiting:
            self._write_in(self._pause() if done else TRY_AGAIN)
        return done


def record_shortly(replica: Replica, clocks: Mapping[SiteId, int], *, floor: int) -> None:
    """Record clocks without waiting long for a locked file, which would keep its thread busy: it is tried again.

    Args:
        clocks: confirmed versions, by site id.
        floor: a version below which the file's must never fall.
    """
    with replica.short_tries():
        replica.record_all_sent(clocks, floor=floor)
