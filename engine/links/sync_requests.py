"""Who asked for a sync and waits until it is done."""

from __future__ import annotations

import asyncio

from engine.errors import SynclineError


class SyncRequests:
    """Those of one link: who waits for the attempt at work, and who waits for the next one."""

    def __init__(self) -> None:
        self._now: list[asyncio.Future[None]] = []
        self._next: list[asyncio.Future[None]] = []

    def __bool__(self) -> bool:
        """Whether somebody waits for the attempt at work."""
        return bool(self._now)

    def add(self, *, to_next: bool) -> asyncio.Future[None]:
        """Return a future that ``settle`` ends. ``to_next``: what is at work now does not answer for it."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter.add_done_callback(lambda done: done.cancelled() or done.exception())
        (self._next if to_next else self._now).append(waiter)
        return waiter

    def begin(self) -> None:
        """The next attempt begins, and answers for all."""
        self._now += self._next
        self._next.clear()

    def resolve(self, error: SynclineError | None, *, also_next: bool = False) -> None:
        """Tell everybody who waits for the attempt at work, and on demand for the next, how it went."""
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
