"""Digests and plans of whole tables, read in one short transaction a step (``engine.sqlite.steps``).

What is written between the steps may or may not be in the result.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from engine.sqlite.steps import Steps
from engine.table_plan import TablePlan
from engine.tables.digests import SLICE, Rank, Slice, as_bytes
from engine.tables.kind import Compared
from engine.tables.types import TableDigest

PLANS = 20
"""Tables whose plans are read in one transaction."""


class Surveyed(Protocol):
    """What is asked of a replica, one short transaction each; all may raise SchemaMismatch (``Replica``)."""

    def synced_tables(self) -> tuple[str, ...]: ...
    def plans(self, names: Iterable[str] | None = None) -> tuple[TablePlan, ...]: ...
    def key_order(self, table: str) -> Callable[[bytes], Rank]: ...
    def rows_between(
        self, table: str, low: bytes, high: bytes, limit: int = SLICE, columns: Compared = None
    ) -> Slice: ...
    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]: ...


class RangeDigest(NamedTuple):
    """How many rows a range of keys holds, and a digest of them."""

    rows: int
    live: bytes


class Stretch(NamedTuple):
    """A range of keys (above ``low``, up to ``high``; packed, empty for the table's end) and what it holds."""

    low: bytes
    high: bytes
    digest: RangeDigest


def tables(
    replica: Surveyed, names: Iterable[str], columns: Mapping[str, Collection[str]] | None = None
) -> Steps[tuple[TableDigest, ...]]:
    """Return the digests of whole tables; ``columns``: for tables of which only some columns are compared.

    A table that is not synced is left out.
    """
    found = []
    known = replica.synced_tables()
    for name in names:
        if name in known:
            rows, live = yield from _sum(replica, name, (columns or {}).get(name))
            history, above = 0, 0
            while True:
                more, next_above = replica.lengths_above(name, above)
                history += more
                yield
                if next_above is None:
                    break
                above = next_above
            found.append(TableDigest(name, rows, live, as_bytes(history)))
    return tuple(found)


def plans(replica: Surveyed) -> Steps[tuple[TablePlan, ...]]:
    """Return the plans of all tables. One that is no longer synced when its turn comes is left out."""
    found: list[TablePlan] = []
    names = replica.synced_tables()
    for at in range(0, len(names), PLANS):
        found += replica.plans(names[at : at + PLANS])
        yield
    return tuple(found)


def ranges(
    replica: Surveyed, table: str, bounds: Sequence[bytes], columns: Compared = None
) -> Steps[tuple[RangeDigest, ...]]:
    """Return the digests of the rows, or of some of their columns, between each of these packed keys and the next.

    The rows are read once, whatever is asked: a range is everything up to its end without everything up to its start.
    """
    pairs = list(pairwise(bounds))
    if not pairs:
        return ()
    place = replica.key_order(table)
    marks = sorted((place(key), key) for key in {*bounds} if key)
    start = b"" if any(not low for low, _ in pairs) else marks[0][1]
    end = b"" if any(not high for _, high in pairs) else marks[-1][1]
    up_to: dict[bytes, tuple[int, int]] = {}
    count = total = passed = 0
    more = True
    while more:
        rows, more = replica.rows_between(table, start, end, columns=columns)
        at = 0
        for mark, key in marks[passed:]:
            stop = bisect_right(rows, mark, at, key=lambda row: place(row[0]))
            if stop == len(rows) and more:  # others may follow below it
                break
            count, total, at = count + stop - at, total + _added(rows[at:stop]), stop
            up_to[key] = count, total
            passed += 1
        count, total = count + len(rows) - at, total + _added(rows[at:])
        if rows:
            start = rows[-1][0]
        yield
    return tuple(_between(up_to.get(low, (0, 0)), up_to.get(high, (count, total))) for low, high in pairs)


def _added(rows: Iterable[tuple[bytes, int]]) -> int:
    return sum(digest for _, digest in rows)


def _between(low: tuple[int, int], high: tuple[int, int]) -> RangeDigest:
    rows = high[0] - low[0]
    return RangeDigest(rows, as_bytes(high[1] - low[1])) if rows > 0 else RangeDigest(0, as_bytes(0))


def split(
    replica: Surveyed, table: str, low: bytes, high: bytes, rows: int, longest: int, columns: Compared = None
) -> Steps[list[Stretch]]:
    """Divide a range into ranges of about ``rows`` rows each.

    Args:
        longest: bytes of the longest key that may separate two of them.
        columns: those that are compared.
    """
    found: list[Stretch] = []
    start = at = low
    count = total = 0
    more = True
    while more:
        slice_, more = replica.rows_between(table, at, high, columns=columns)
        for key, digest in slice_:
            count, total = count + 1, total + digest
            if count >= rows and len(key) <= longest:
                found.append(Stretch(start, key, RangeDigest(count, as_bytes(total))))
                start, count, total = key, 0, 0
        if slice_:
            at = slice_[-1][0]
        yield
    found.append(Stretch(start, high, RangeDigest(count, as_bytes(total))))
    return found


def _sum(replica: Surveyed, table: str, columns: Compared) -> Steps[RangeDigest]:
    low = b""
    count = total = 0
    more = True
    while more:
        slice_, more = replica.rows_between(table, low, b"", columns=columns)
        count += len(slice_)
        total += _added(slice_)
        if slice_:
            low = slice_[-1][0]
        yield
    return RangeDigest(count, as_bytes(total))
