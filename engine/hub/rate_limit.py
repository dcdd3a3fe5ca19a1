"""Enforces the limits of a hub for one peer, and says in words which one it exceeded."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from engine.errors import LimitExceeded, ProtocolError
from engine.hub.limits import MB, Limits
from engine.session import Merge
from engine.session.close_codes import CloseCode
from engine.text import t
from engine.transport.driver import Driver
from engine.transport.limits import PeerLimits
from engine.wire import MAX_SMALL

BURST = 5
"""Seconds over which messages are counted; so many times the limit may come in one burst."""


class RateLimiter(PeerLimits):
    """The limiter of one peer.

    Args:
        path: the room's file.
        small: whether only small messages are expected, as the peer sends no changes.
    """

    def __init__(self, limits: Limits, path: Path, *, small: bool = False) -> None:
        self.largest = min(limits.frame, limits.incoming, MAX_SMALL if small else limits.frame)
        self._limits = limits
        self._path = path
        self._spare = float(limits.messages * BURST)
        self._counted_at = time.monotonic()
        self._moved_at: float | None = None
        """When it was last seen to take something, while anything waits for it."""
        self._departed = 0

    def frame(self, data: bytes) -> None:
        limit = self._limits.messages
        if not limit:
            return
        now = time.monotonic()
        self._spare = min(limit * BURST, self._spare + (now - self._counted_at) * limit) - 1
        self._counted_at = now
        if self._spare < 0:
            raise ProtocolError(
                t("More than {limit:,} messages per second came; this hub accepts no more.", limit=limit),
                code=CloseCode.POLICY_VIOLATION,
            )

    def merge(self, action: Merge) -> None:
        if len(action.changes) > self._limits.batch:
            raise LimitExceeded(
                t(
                    "{count:,} changes came in one message; this hub accepts at most {limit:,}.",
                    count=len(action.changes),
                    limit=self._limits.batch,
                )
            )
        limit = self._limits.room_size
        if limit and action.changes and size_of(self._path) > limit:
            raise LimitExceeded(t("This room is full: the hub's limit is {limit:,.0f} MB.", limit=limit / MB))

    def slow(self, driver: Driver) -> str:
        """Return why a peer that takes too little is to be dropped; '' if it is not. Call about once a second."""
        now, waiting = time.monotonic(), driver.waiting
        if not waiting:
            self._moved_at = None
            return ""
        if self._moved_at is None or driver.departed != self._departed:
            self._departed, self._moved_at = driver.departed, now
        if waiting > self._limits.waiting:
            return t(
                "{size:,.0f} MB are waiting to be received; this hub keeps at most {limit:,.0f} MB.",
                size=waiting / MB,
                limit=self._limits.waiting / MB,
            )
        if now - self._moved_at > self._limits.patience:
            return t("Nothing that was sent has been received for {seconds} s.", seconds=self._limits.patience)
        return ""


def size_of(path: Path) -> int:
    """Return the bytes of the file and of its log."""
    total = 0
    for file in (path, path.with_name(path.name + "-wal")):
        with contextlib.suppress(OSError):
            total += file.stat().st_size
    return total
