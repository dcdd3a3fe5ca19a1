"""Long looks at a table, for comparing it: generators that take one short transaction at each step.

Whoever runs one may let others have the replica between the steps; ``at_once`` does not. What is written meanwhile may
be in the result or not.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from engine.crr.read.digests import as_bytes
from engine.crr.results import TableDigest

if TYPE_CHECKING:
    from engine.crr.replica import Replica

T = TypeVar("T")
Survey = Generator[None, None, T]


class RangeDigest(NamedTuple):
    """How many rows a range of keys holds, and a digest of them."""

    rows: int
    live: bytes


class Stretch(NamedTuple):
    """A range of keys (above ``low``, up to ``high``; packed, empty for the table's end) and what it holds."""

    low: bytes
    high: bytes
    digest: RangeDigest


def at_once(survey: Survey[T]) -> T:
    """Run a survey to its end and return what it found."""
    while True:
        try:
            next(survey)
        except StopIteration as end:
            result: T = end.value
            return result


def tables(replica: Replica, names: Iterable[str]) -> Survey[tuple[TableDigest, ...]]:
    """The digests of whole tables. One that is no CRR is left out."""
    found = []
    known = replica.crr_tables()
    for name in names:
        if name in known:
            rows, live = yield from _sum(replica, name, b"", b"")
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


def ranges(replica: Replica, table: str, bounds: Sequence[bytes]) -> Survey[tuple[RangeDigest, ...]]:
    """The digests of the rows between each of these packed keys and the next."""
    found = []
    for low, high in pairwise(bounds):
        found.append((yield from _sum(replica, table, low, high)))
    return tuple(found)


def split(replica: Replica, table: str, low: bytes, high: bytes, rows: int, longest: int) -> Survey[list[Stretch]]:
    """Ranges of about ``rows`` rows each, which together are the one that is given.

    Args:
        longest: bytes of the longest key that may stand between two of them.
    """
    found: list[Stretch] = []
    start = at = low
    count = total = 0
    more = True
    while more:
        slice_, more = replica.rows_between(table, at, high)
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


def _sum(replica: Replica, table: str, low: bytes, high: bytes) -> Survey[RangeDigest]:
    count = total = 0
    more = True
    while more:
        slice_, more = replica.rows_between(table, low, high)
        count += len(slice_)
        total += sum(digest for _, digest in slice_)
        if slice_:
            low = slice_[-1][0]
        yield
    return RangeDigest(count, as_bytes(total))
