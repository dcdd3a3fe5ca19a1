"""The clocks that peers of one file have confirmed, on their way to it: gathered, and written for all of them at once.

A hub with a thousand guests would else commit a thousand times for each change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from engine.errors import SynclineError

log = logging.getLogger(__name__)

DELAY = 0.5
"""Seconds for which they are gathered: what is recorded only ever says too little."""


class SentClocks:
    """Those of one file.

    Args:
        write: records them, by site id.
    """

    def __init__(self, write: Callable[[Mapping[bytes, int]], Awaitable[None]]) -> None:
        self._write = write
        self._gathered: dict[bytes, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    def note(self, site_id: bytes, version: int) -> None:
        """Take in what a peer has confirmed, also a lower version than before."""
        self._gathered[site_id] = version
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(DELAY, self._begin)

    def forget(self) -> None:
        """Drop what is not written yet: it was about another file."""
        self._gathered.clear()

    async def flush(self) -> None:
        """Write now what there is; return when it is done."""
        while self._gathered or self._writing is not None:
            if self._writing is None:
                self._begin()
            if self._writing is not None:
                await asyncio.shield(self._writing)

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered = self._gathered, {}
        if gathered:
            self._writing = asyncio.get_running_loop().create_task(self._record(gathered))

    async def _record(self, gathered: Mapping[bytes, int]) -> None:
        try:
            await self._write(gathered)
        except SynclineError as error:  # losing it costs nothing: the next greeting says it again
            log.info("Sent clocks were not recorded: %s", error)
        finally:
            self._writing = None
            if self._gathered and self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(DELAY, self._begin)
