"""Checks a file whenever it may have changed: one check at a time, and another one if something happened meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine.errors import SynclineError

RETRY = 5.0
"""Seconds until the next check after one failed: what was written meanwhile may cause no further event."""


class Refresher:
    """The checks of one file.

    Args:
        refresh: checks the file.
        on_trouble: called with the error if that failed, and with None if it did not.
    """

    def __init__(
        self, refresh: Callable[[], Awaitable[None]], on_trouble: Callable[[SynclineError | None], None]
    ) -> None:
        self._refresh = refresh
        self._on_trouble = on_trouble
        self._under_way = False
        self._again = False
        self._task: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._ended = False

    def soon(self) -> None:
        """Check soon. Can be called at any time, on the loop."""
        if self._ended:
            return
        if self._under_way:
            self._again = True
            return
        self._under_way = True
        self._task = asyncio.get_running_loop().create_task(self._run())

    def end(self) -> None:
        """Begin no more checks; one in progress goes on."""
        self._ended = True
        if self._retry is not None:
            self._retry.cancel()

    async def ended(self) -> None:
        """Wait for the last check."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                self._again = False
                await self._refresh()
                self._on_trouble(None)
                if not self._again:
                    break
        except SynclineError as error:
            self._on_trouble(error)
            if not self._ended:
                if self._retry is not None:
                    self._retry.cancel()
                self._retry = asyncio.get_running_loop().call_later(RETRY, self.soon)
        finally:
            self._under_way = False
