"""Who has asked for a sync and waits for it."""

from __future__ import annotations

import asyncio

from engine.errors import SynclineError


class SyncRequests:
    """The requests of one link: for the attempt at work, and for the next one."""

    def __init__(self) -> None:
        self._now: list[asyncio.Future[None]] = []
        self._next: list[asyncio.Future[None]] = []

    def __bool__(self) -> bool:
        """Return whether somebody waits for the attempt at work."""
        return bool(self._now)

    def add(self, *, to_next: bool) -> asyncio.Future[None]:
        """Return a future that ``resolve`` ends.

        ``to_next``: wait for the next attempt, as the one at work cannot vouch for it.
        """
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter.add_done_callback(lambda done: done.cancelled() or done.exception())
        (self._next if to_next else self._now).append(waiter)
        return waiter

    def begin(self) -> None:
        """Note that the next attempt begins, and that all requests wait for it."""
        self._now += self._next
        self._next.clear()

    def resolve(self, error: SynclineError | None, *, also_next: bool = False) -> None:
        """Tell everybody who waits for the attempt at work, and optionally for the next, how it went."""
        sync_requests, self._now = self._now, []
        if also_next:
            sync_requests += self._next
            self._next = []
        for waiter in sync_requests:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)
