"""Tells of what other programs wrote to an open file, for the change flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from engine.change import Change
from engine.replica import Replica
from engine.tables import MergeResult

LIMIT = 5_000
"""Changes reported at a time, about; what is beyond is synced, but not listed."""

Spans = tuple[tuple[int, int], ...]
"""Versions (before, after] that hold what was merged."""


class LocalNews(Protocol):
    """Wants to know what other programs wrote to open files."""

    def wants_local(self, path: Path) -> bool:
        """Whether anybody looks at this file's local changes now; if not, they are not read."""

    def local_changes(self, path: Path, changes: Sequence[Change]) -> None:
        """Other programs made these changes in the file."""


class LocalChanges:
    """Those of one file, each reported once.

    Args:
        path: the file. news: told of them; may be None.
        read: runs ``read`` of this module on the replica; returns None if the file was replaced meanwhile.
    """

    def __init__(
        self, path: Path, news: LocalNews | None, read: Callable[[int, int, Spans], Awaitable[list[Change] | None]]
    ) -> None:
        self._path = path
        self._news = news
        self._read = read
        self._reported = 0
        self._merged: list[tuple[int, int]] = []

    @property
    def wanted(self) -> bool:
        """Whether anybody looks at the file's changes now."""
        return self._news is not None and self._news.wants_local(self._path)

    def begin(self, version: int) -> None:
        """The file was opened, at ``version``: what it holds is no news."""
        self._reported = version
        self._merged.clear()

    def leave_out(self, results: Sequence[MergeResult]) -> None:
        """What these merges wrote is not local."""
        self._merged.extend((result.before, result.after) for result in results if result.after > result.before)

    async def report(self, until: int) -> None:
        """Report what was written since the last report, up to version ``until``."""
        since = self._reported
        if until <= since:
            return
        self._reported = until
        merged, self._merged = tuple(self._merged), [span for span in self._merged if span[1] > until]
        if self._news is not None and self.wanted:
            found = await self._read(since, until, merged)
            if found:
                self._news.local_changes(self._path, found)


def read(replica: Replica, since: int, until: int, merged: Spans) -> list[Change]:
    """Return what was written here above version ``since``, up to ``until``, but for what was merged."""
    local: list[Change] = []
    while since < until and len(local) < LIMIT:
        found = replica.changes(since, until=until, exclude_versions=merged, limit=LIMIT, whole=False)
        local += [change for change in found.changes if change.site_id == replica.site_id]
        if found.until <= since:
            break  # the file went back meanwhile
        since = found.until
    return local
