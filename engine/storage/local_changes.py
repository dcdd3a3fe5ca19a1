"""Reports what other programs wrote to an open file, for the change flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from engine.change import Change
from engine.replica import Replica
from engine.tables import MergeResult

LIMIT = 5_000
"""About how many changes are reported at a time; any beyond that are synced but not listed."""

Spans = tuple[tuple[int, int], ...]
"""Ranges of versions (before, after] that were written by merges."""


class LocalNews(Protocol):
    """Wants to know what other programs wrote to open files."""

    def wants_local(self, path: Path) -> bool:
        """Return whether anybody looks at this file's local changes now; if not, they are not read."""

    def local_changes(self, path: Path, changes: Sequence[Change]) -> None:
        """Hear that other programs made these changes in the file."""


class LocalChanges:
    """The local changes of one file, each reported once.

    Args:
        path: the file.
        news: told of them; may be None.
        read: runs this module's ``read`` on the replica; returns None if the file was replaced meanwhile.
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
        """Note that the file was opened at ``version``: what it holds by then is not news."""
        self._reported = version
        self._merged.clear()

    def leave_out(self, results: Sequence[MergeResult]) -> None:
        """Leave out what these merges wrote, as it is not local."""
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
    """Return what was written here above version ``since`` and up to ``until``, except for what was merged."""
    local: list[Change] = []
    while since < until and len(local) < LIMIT:
        found = replica.changes(since, until=until, exclude_versions=merged, limit=LIMIT, whole=False)
        local += [change for change in found.changes if change.site_id == replica.site_id]
        if found.until <= since:
            break  # the file was set back meanwhile
        since = found.until
    return local
