"""Captures what programs wrote to ordinary tables at a quiet moment, so that no program finds its file locked.

A program writes several times in a row, with pauses of milliseconds. Taking the lock in one of these would make its
next write wait, or fail in a program that does not wait. A program that rebuilds a table makes longer pauses, during
which most rows are missing.
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
"""Seconds without a write to wait for, and the most seconds to wait."""

REBUILT, LONGEST_REBUILT = 2.0, 20.0
"""The same after the schema was changed."""

SOON, AGAIN = 0.1, 1.0
"""Seconds until the next try if a program has the file locked, and if it has kept it locked for long."""

LOCKED = 5.0
"""Seconds after which a program is reported as keeping the file locked."""


class Clock(Protocol):
    """Tells the time, and waits."""

    def time(self) -> float:
        """Return the time in seconds, as the running loop counts it."""

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""


class LoopClock:
    """The running loop's clock."""

    def time(self) -> float:
        """Return the loop's time."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds, as asyncio does."""
        await asyncio.sleep(seconds)


class _Open(Enum):
    """What in a file is not captured yet."""

    NOTHING = auto()
    WRITES = auto()
    SCHEMA = auto()


def _capture(replica: Replica) -> None:
    """Capture, without waiting long for a lock: the thread has to be free for reads until the next try."""
    with replica.short_tries():
        replica.capture()


class Recorder:
    """Has writes to one file's ordinary tables captured. A file without such tables is not even asked.

    Args:
        run: runs work on the replica.
        last_write: returns when the file was last written to, in the loop's time.
        waits: told when a program keeps the file locked, and, with None, when it does not any more.
        clock: for tests; the running loop's by default.

    Attributes:
        needed: whether the file has ordinary tables, as far as is known.
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
        """Stop waiting for quiet or for locks."""
        self._closed = True

    async def record(self) -> None:
        """Return once everything that was written before the call is captured.

        Raises:
            ReplicaError: the file failed. A locked file raises nothing: it is waited for.
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
