"""When what programs wrote to ordinary tables is recorded: at a quiet moment, so that no program finds its file locked
while it writes.

A program writes several times in a row, with pauses of milliseconds; whoever took the lock in one of these would make
the next write wait, or fail in a program that does not wait. Whoever makes a table anew takes longer pauses, in which
most rows are missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Any, Protocol

from engine.errors import FileBusy, SynclineError
from engine.replica import Replica
from engine.text import t

QUIET, LONGEST = 0.04, 1.0
"""Seconds without a write that are waited for, and how long for them at most."""

REBUILT, LONGEST_REBUILT = 2.0, 20.0
"""Likewise, when the schema was changed."""

SOON, AGAIN = 0.1, 1.0
"""Seconds until the next try, where a program has the file locked, and where it keeps it so."""

LOCKED = 5.0
"""Seconds after which a program is said to keep the file locked."""


class Clock(Protocol):
    """What tells the time and waits."""

    def time(self) -> float:
        """Seconds, as the running loop counts them."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class LoopClock:
    """The running loop's."""

    def time(self) -> float:
        """Its time."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """As asyncio does."""
        await asyncio.sleep(seconds)


class _Open(Enum):
    """What of a file is not recorded yet."""

    NOTHING = auto()
    WRITES = auto()
    SCHEMA = auto()


def _capture(replica: Replica) -> None:
    """The thread is not kept waiting: what reads has its turn until the next try."""
    with replica.short_tries():
        replica.capture()


class Recorder:
    """Has written to ordinary tables of one file recorded; a file without such tables is not even asked.

    Args:
        run: runs work on the replica.
        last_write: when the file was last written to, as the loop counts the time.
        waits: told that a program keeps the file locked, and, with None, that it does not any more.

    Attributes:
        needed: the file has ordinary tables, as far as is known.
    """

    def __init__(
        self,
        run: Callable[..., Awaitable[Any]],
        last_write: Callable[[], float],
        waits: Callable[[SynclineError | None], None],
        clock: Clock | None = None,
    ) -> None:
        self._run = run
        self._last_write = last_write
        self._waits = waits
        self._clock = clock or LoopClock()
        self._turn = asyncio.Lock()
        self.needed = True
        self._closed = False

    def close(self) -> None:
        """Wait for nobody any more."""
        self._closed = True

    async def record(self) -> None:
        """Return when all is recorded that was written before.

        Raises:
            ReplicaError: the file, but for one that is locked: that is waited for.
        """
        locked_since: float | None = None
        while self.needed and not self._closed:
            async with self._turn:
                found = await self._run(self._look)
                if found is _Open.NOTHING:
                    return
                await self._wait_for_quiet(*((REBUILT, LONGEST_REBUILT) if found is _Open.SCHEMA else (QUIET, LONGEST)))
                try:
                    await self._run(_capture)
                except FileBusy as error:
                    locked_since = self._clock.time() if locked_since is None else locked_since
                    keeps = self._clock.time() - locked_since >= LOCKED
                    if keeps:
                        self._waits(FileBusy(t("Waiting for the app that has the file locked."), hint=error.hint))
                else:
                    self._waits(None)
                    return
            await self._clock.sleep(AGAIN if keeps else SOON)

    def _look(self, replica: Replica) -> _Open:
        self.needed = replica.has_ordinary()
        if replica.is_captured():
            return _Open.NOTHING
        return _Open.SCHEMA if replica.schema_moved() else _Open.WRITES

    async def _wait_for_quiet(self, quiet: float, longest: float) -> None:
        begun = self._clock.time()
        while (now := self._clock.time()) - begun < longest and now - self._last_write() < quiet:
            await self._clock.sleep(min(self._last_write() + quiet, begun + longest) - now)
