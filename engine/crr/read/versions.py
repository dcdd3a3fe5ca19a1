"""Reading whole versions (cr-sqlite.md 6)."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby

from engine.crr.catalogue import Crr
from engine.crr.read.change_sql import Intervals, put_in_order, table_parked
from engine.crr.read.tables import At, Fill, Shown, TableReader
from engine.crr.state import State
from engine.sqlite.sql import main
from engine.tables.names import CLOCK
from engine.tables.types import ChangeSet


def _walked(versions: tuple[int, int]) -> int:
    return versions[0]


class Reader:
    """Reads whole versions, in bounded memory when asked for. The caller holds a read transaction around
    it."""

    def __init__(self, state: State) -> None:
        self._state = state

    def changes(
        self,
        since: int,
        until: int | None,
        exclude_site: bytes | None,
        exclude_versions: Sequence[tuple[int, int]],
        limit: int | None,
        whole: bool,
    ) -> ChangeSet:
        """As Replica.changes."""
        hidden = Intervals(exclude_versions)
        shown = Shown(exclude_site, hidden) if exclude_site is not None or hidden else None
        newest = self._state.told_version()
        bound = newest if until is None else min(until, newest)
        if limit is not None:
            bound = self._bound(since, bound, hidden, limit)
        fill = Fill()
        if bound > since:
            if whole:
                self._check_whole(since, bound)
            for crr in self._state.catalogue().synced.values():
                TableReader(self._state.db, crr, bound, fill, shown).read(At.after(since))
            put_in_order(fill.found)
        return ChangeSet(fill.found, bound, newest > bound)

    def _check_whole(self, since: int, until: int) -> None:
        """Refuse when changes in the range are of a parked table: a peer's clock would pass them for good.

        Raises:
            TableBroken: names the table, and how to mend it.
        """
        tables = self._state.catalogue()
        in_range = "WHERE db_version > ? AND db_version <= ?"
        for name, why in tables.parked.items():
            if self._any(f"FROM {main(name + CLOCK)} {in_range}", since, until):
                raise table_parked(name, why)

    def _any(self, rows: str, since: int, until: int) -> bool:
        return self._state.db.execute(f"SELECT 1 {rows} LIMIT 1", (since, until)).fetchone() is not None

    def _bound(self, since: int, until: int, hidden: Intervals, limit: int) -> int:
        """The last version that still fits ``limit``, and at least one; walks the version indexes no
        further."""
        total = 0
        fitting = until
        walks = [self._versions(crr, since, until) for crr in self._state.catalogue().synced.values()]
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

    def _versions(self, crr: Crr, since: int, until: int) -> Iterator[tuple[int, int]]:
        rows: Iterator[tuple[int, int]] = self._state.db.execute(
            f"SELECT db_version, count(*) FROM {main(crr.name + CLOCK)} WHERE db_version > ?"
            " AND db_version <= ? GROUP BY db_version ORDER BY db_version",
            (since, until),
        )
        return rows
