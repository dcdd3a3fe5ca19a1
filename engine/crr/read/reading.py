"""Reading changes out of a file (spec 6)."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import apsw

from engine.change import Change
from engine.crr.catalogue import CLOCK, PKS, Crr
from engine.crr.pack import pack
from engine.crr.results import ChangeSet
from engine.crr.sql import ident, idents, literal, main
from engine.crr.state import State
from engine.errors import ReplicaError, TableBroken

new_change: Callable[[type[Change], tuple[Any, ...]], Change] = tuple.__new__
"""Half the time of calling ``Change``, which only adds names for the arguments."""

_by_position = itemgetter(Change._fields.index("db_version"), Change._fields.index("seq"))


def _version(walked: tuple[int, int]) -> int:
    return walked[0]


def source(crr: Crr) -> str:
    """FROM and the joins that make changes of one CRR: ``c`` the clock row, ``p`` its key, ``t`` the row,
    ``s`` the sentinel, which says the causal length. The clock comes first: its index on db_version leads."""
    same_row = " AND ".join(f"t.{ident(name)} = p.{ident(name)}" for name in crr.key)
    return (
        f"FROM {main(crr.name + CLOCK)} AS c CROSS JOIN {main(crr.name + PKS)} AS p ON p.__crsql_key = c.key"
        f" LEFT JOIN {main(crr.table.name)} AS t ON {same_row}"
        f" LEFT JOIN {main(crr.name + CLOCK)} AS s ON s.key = c.key AND s.col_name = '-1'"
    )


def value_of(crr: Crr) -> str:
    """The expression for ``val``: the value now in the column that the clock row names."""
    cases = "".join(f" WHEN {literal(name)} THEN t.{ident(name)}" for name in crr.columns)
    return f"CASE c.col_name{cases} END" if cases else "NULL"


def known_cells(crr: Crr) -> str:
    """A condition that leaves out cells of columns that are no more."""
    return f"c.col_name IN ({', '.join(literal(name) for name in ('-1', *crr.columns))})"


def has_value(crr: Crr) -> str:
    """A condition that leaves out cells whose row is gone without a record: nobody knows their values any more, and the
    NULL that stock sends would replace older ones at the peers."""
    return f"(c.col_name = '-1' OR t.{ident(crr.key[0])} IS NOT NULL)"


def site_ids(db: apsw.Connection) -> dict[int, bytes]:
    """The authors, by the small number that stands for each in this file."""
    return dict(db.execute("SELECT ordinal, site_id FROM main.crsql_site_id"))


def unreadable(table: str) -> ReplicaError:
    """The error for a table with text that SQLite stores and nobody can read."""
    return ReplicaError(
        f"The table “{table}” holds text that is not valid UTF-8, which cannot be sent.",
        hint="Correct the text, or store it as a BLOB.",
    )


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
    ) -> ChangeSet:
        """As Replica.changes."""
        hidden = Intervals(exclude_versions)
        newest = self._state.db_version()
        bound = newest if until is None else min(until, newest)
        if limit is not None:
            bound = self._bound(since, bound, hidden, limit)
        found: list[Change] = []
        if bound > since:
            self.check_whole(since, bound)
            sites = site_ids(self._state.db)
            for crr in self._state.catalogue().crrs.values():
                try:
                    found += self._of_table(crr, since, bound, exclude_site, hidden, sites)
                except UnicodeDecodeError as error:
                    raise unreadable(crr.name) from error
            found.sort(key=_by_position)
        return ChangeSet(found, bound, newest > bound)

    def check_whole(self, since: int, until: int) -> None:
        """Refuse when changes in the range cannot be read: a peer's clock would pass them for good.

        Raises:
            TableBroken: names the table, and how to mend it.
        """
        tables = self._state.catalogue()
        in_range = "WHERE db_version > ? AND db_version <= ?"
        for name, why in tables.broken.items():
            if name in tables.clocks and self._any(f"FROM {main(name + CLOCK)} {in_range}", since, until):
                raise TableBroken(
                    f"The table “{name}” cannot be synced: {why}.",
                    hint=f"Undo that; or, if it is meant, give it up: SELECT crsql_as_table('{name}').",
                )
        for crr in tables.crrs.values():
            if self._any(f"FROM {main(crr.name + CLOCK)} AS c {in_range} AND NOT {known_cells(crr)}", since, until):
                raise TableBroken(
                    f"The table “{crr.name}” has sync records of a column that it does not have any more.",
                    hint="Bring the column back, or let crsql_begin_alter and crsql_commit_alter finish the change.",
                )

    def _any(self, rows: str, since: int, until: int) -> bool:
        return self._state.db.execute(f"SELECT 1 {rows} LIMIT 1", (since, until)).fetchone() is not None

    def _bound(self, since: int, until: int, hidden: Intervals, limit: int) -> int:
        """The last version that still fits ``limit``, and at least one; walks the version indexes no
        further."""
        total = 0
        fitting = until
        walks = [self._versions(crr, since, until) for crr in self._state.catalogue().crrs.values()]
        for version, counts in groupby(heapq.merge(*walks), key=_version):
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

    def _of_table(
        self,
        crr: Crr,
        since: int,
        until: int,
        exclude_site: bytes | None,
        hidden: Intervals,
        sites: dict[int, bytes],
    ) -> Iterator[Change]:
        excluded = next((n for n, site in sites.items() if site == exclude_site), None)
        # A cell at version 0 is a row's revival, not a write of its author's. Where it comes before the revival's
        # sentinel, that is recorded in the same author's name (spec 7.2, 6). No filter may hide either.
        revival = "c.col_version = 0 OR c.col_name = '-1' AND c.col_version > 1 AND c.col_version % 2 = 1"
        where = "" if excluded is None else f" AND (c.site_id != {int(excluded)} OR {revival})"
        # An ordinal that names no site (spec 12.18) is sent as ours: a change must have an author.
        own, unfiltered, name = sites.get(0), not hidden, crr.name
        new, kind = new_change, Change
        of, pk = None, b""
        for key, cid, val, col_version, db_version, ordinal, cl, seq, *columns in self._state.db.execute(
            f"SELECT c.key, c.col_name, {value_of(crr)}, c.col_version, c.db_version, c.site_id,"
            f" ifnull(s.col_version, 1), c.seq, {idents(crr.key, prefix='p.')} {source(crr)}"
            f" WHERE c.db_version > ? AND c.db_version <= ? AND {has_value(crr)}{where}",
            (since, until),
        ):
            if not (unfiltered or col_version == 0 or not hidden.hold(db_version)):
                continue
            if key != of:
                of, pk = key, pack(columns)
            yield new(kind, (name, pk, cid, val, col_version, db_version, sites.get(ordinal, own), cl, seq))


class Intervals:
    """Half-open intervals (before, after] of versions to leave out."""

    def __init__(self, intervals: Sequence[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for before, after in sorted(intervals):
            if self._ends and before <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], after)
            elif after > before:
                self._starts.append(before)
                self._ends.append(after)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def hold(self, version: int) -> bool:
        """Is ``version`` inside one of them?"""
        if not self._starts:
            return False
        at = bisect_left(self._starts, version) - 1
        return at >= 0 and version <= self._ends[at]
