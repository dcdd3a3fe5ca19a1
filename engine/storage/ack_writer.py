"""The clocks that peers of one file have confirmed, on their way to it: gathered, and written for all of them at once.

A hub with a thousand guests would else commit a thousand times for each change. What waits here is known all the same:
whoever reads sent clocks from the file lays ``waiting`` over them, or a peer that connects again at once would be sent
once more what it has just confirmed.
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
"""Seconds for which they are gathered after a quiet time: what is recorded only ever says too little."""

EVERY = 5.0
"""Seconds between two times that they are written, while they keep coming: only a crash has them sent once more."""

TRY_AGAIN = 5.0
"""Seconds until they are written again that could not be."""

PASSING = (FileBusy, NoSuchFile, ReadOnlyFile, StorageFailed)
"""Why they may not be written now, but later."""


class AckWriter:
    """Those of one file, or of whatever file is under its path: each has its generation (``ReplicaHost.generation``).

    Args:
        write: records them, by site id, in the file of a generation; fails when that is not the one that is open.
    """

    def __init__(self, write: Callable[[Mapping[SiteId, int], int], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: dict[SiteId, int] = {}
        self._generation = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[bool] | None = None
        self._wrote = float("-inf")

    def note(self, site_id: SiteId, version: int, generation: int) -> None:
        """Take in what a peer has confirmed of the file of a generation, also a lower version than before."""
        if generation < self._generation:
            return  # of a session that has yet to hear that the file was replaced
        if generation > self._generation:
            self._waiting.clear()
            self._generation = generation
        self._waiting[site_id] = version
        if self._timer is None and self._writing is None:
            self._write_in(self._pause())

    def waiting(self, generation: int) -> Mapping[SiteId, int]:
        """What is not known to be on disk, by site id: it holds where the file says otherwise."""
        return self._waiting if generation == self._generation else {}

    async def flush(self) -> None:
        """Write now what there is; return when it is done, or could not be."""
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
        """Seconds until they are written next."""
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
        """Write these; False when that must be tried again."""
        done = True
        try:
            await self._write(clocks, generation)
        except SynclineError as error:  # losing them costs no data: what a peer has is sent to it once more
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
    """Record them; where a program has the file locked, its thread is not kept waiting: this is tried again."""
    with replica.short_tries():
        replica.record_all_sent(clocks, floor=floor)
