"""Reads whole versions of all kinds of tables, in one order (cr-sqlite.md 6)."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from itertools import groupby

from engine.ids import SiteId
from engine.replica.kinds import Kinds
from engine.tables import parking
from engine.tables.ranges import Share
from engine.tables.reading import Fill, Intervals, Shown, put_in_order
from engine.tables.types import ChangeSet


def _walked(versions: tuple[int, int]) -> int:
    return versions[0]


class Reader:
    """Reads whole versions, in bounded memory on request. The caller holds a read transaction around it.

    Args:
        newest: the file's db_version, as peers are told it.
    """

    def __init__(self, kinds: Kinds, newest: int) -> None:
        self._kinds = kinds
        self._newest = newest

    def changes(
        self,
        since: int,
        until: int | None,
        exclude_site: SiteId | None,
        exclude_versions: Sequence[tuple[int, int]],
        limit: int | None,
        whole: bool,
        leave_out: Collection[str],
    ) -> ChangeSet:
        """Read as ``Replica.changes`` does."""
        hidden = Intervals(exclude_versions)
        shown = Shown(exclude_site, hidden) if exclude_site is not None or hidden else None
        newest = self._newest
        bound = newest if until is None else min(until, newest)
        if limit is not None:
            bound = self._bound(since, bound, hidden, limit)
        fill = Fill()
        if bound > since:
            if whole:
                self._check_whole(since, bound, leave_out)
            read = self._kinds.reading(bound, fill)
            for name in self._kinds.catalogue().synced:
                if name not in leave_out:
                    read(Share(name), None, since, shown)
            put_in_order(fill.found)
        return ChangeSet(fill.found, bound, newest > bound)

    def _check_whole(self, since: int, until: int, leave_out: Collection[str]) -> None:
        """Refuse if changes in the range are of a parked table, as a peer's clock would pass them for good.

        Raises:
            TableBroken: names the table, and how to mend it.
        """
        for name, why in self._kinds.catalogue().parked.items():
            if name not in leave_out and self._kinds.of(name).has_changes(name, since, until):
                raise parking.parked(name, why)

    def _bound(self, since: int, until: int, hidden: Intervals, limit: int) -> int:
        """Return the last version that fits ``limit``, at least the first; the version indexes are read no further."""
        total = 0
        fitting = until
        walks = [self._kinds.of(name).versions(name, since, until) for name in self._kinds.catalogue().synced]
        for version, counts in groupby(heapq.merge(*walks), key=_walked):
            if not hidden.hold(version):
                count = sum(count for _, count in counts)
                if total and total + count > limit:
                    return fitting
                total += count
                if total >= limit:
                    return version
            fitting = version
        return until
