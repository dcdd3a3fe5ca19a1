"""What every kind of table needs to give out changes: filters, the measure of a part, the order of versions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from engine.change import SENTINEL, Change
from engine.ids import SiteId

BARE = 64
"""Bytes of a change, about, beside its table, key, column and value."""

LAST = 2**63 - 1
"""No version, no row's number and no measure is above this."""

new_change: Callable[[type[Change], tuple[Any, ...]], Change] = tuple.__new__
"""Half the time of calling ``Change``, which only adds names for the arguments."""

_version = itemgetter(Change._fields.index("db_version"))
_seq = itemgetter(Change._fields.index("seq"))


class Unsendable(Exception):
    """A row of a table cannot be sent: it is to be withheld (``engine.tables.kind.Withheld``) before the next try.

    Attributes:
        table: the table's wire name.
        cause: what came of reading it.
    """

    def __init__(self, table: str, cause: Exception) -> None:
        super().__init__(table)
        self.table = table
        self.cause = cause


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

    def meet(self, low: int, high: int) -> bool:
        """Is any version from ``low`` to ``high`` inside one of them?"""
        at = bisect_left(self._starts, high) - 1
        return at >= 0 and low <= self._ends[at]

    def hold(self, version: int) -> bool:
        """Is ``version`` inside one of them?"""
        return self.meet(version, version)


class Secondhand:
    """Up to which version of the file changes of an author may have come from somebody else
    (``engine.clocks.secondhand``); those of the author ``ANYBODY`` are anybody's."""

    ANYBODY = SiteId(b"")

    def __init__(self, versions: Mapping[SiteId, int]) -> None:
        self._versions = versions

    def up_to(self, author: SiteId | None) -> int:
        """That version; 0 if all that the file has of this author came from it."""
        anybody = self._versions.get(self.ANYBODY, 0)
        return anybody if author is None else max(anybody, self._versions.get(author, 0))


FIRSTHAND = Secondhand({})
"""Of a file that has every change from its author."""


class Shown:
    """What the filters let through. ``hid``: whether they have kept anything back."""

    def __init__(self, exclude_site: SiteId | None, hidden: Intervals, secondhand: Secondhand = FIRSTHAND) -> None:
        self._exclude_site = exclude_site
        self._hidden = hidden
        self._secondhand = secondhand.up_to(exclude_site)
        self.hid = False

    def passes(self, author: SiteId | None, cid: str, col_version: int, db_version: int) -> bool:
        """A cell at version 0 is a row's revival, not a write of its author's, and the revival's sentinel may bear
        the author of any such cell (cr-sqlite.md 7.2): no filter by author may hide either. Nor what did not come
        from its author itself."""
        if col_version == 0:
            return True
        shown = not self._hidden.hold(db_version) and (
            author != self._exclude_site
            or db_version <= self._secondhand
            or (cid == SENTINEL and col_version > 1 and col_version % 2 == 1)
        )
        self.hid = self.hid or not shown
        return shown

    def all_pass(self, authors: Iterable[SiteId | None], first: int, last: int) -> bool:
        """Whether that can be told at once of cells by these authors in these versions."""
        return not self._hidden.meet(first, last) and self._exclude_site not in set(authors)


@dataclass(slots=True)
class Fill:
    """What one reading holds so far: ``found``, at most so many ``changes``, with ``room`` for so many bytes more, and
    for so many ``cells`` more that are looked at. It is ``full`` when there is more, and ``bounded`` if it can be."""

    changes: int = LAST
    room: int = LAST
    cells: int = LAST
    found: list[Change] = field(default_factory=list)
    full: bool = False
    bounded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.bounded = min(self.changes, self.room, self.cells) < LAST


def put_in_order(changes: list[Change]) -> None:
    """Sort by (db_version, seq). Those of one table are in the order of their versions already, and to sort each
    version by one number takes half the time of sorting all by two."""
    changes.sort(key=_version)
    at = 0
    for _, run in groupby(changes, _version):
        version = list(run)
        if len(version) > 1:
            version.sort(key=_seq)
            changes[at : at + len(version)] = version
        at += len(version)


def weight(change: Change) -> int:
    """About how many bytes a change takes on the wire and in memory."""
    table, pk, cid, val, *_ = change
    size = BARE + len(table) + len(pk) + len(cid)
    return size + len(val) if type(val) is str or type(val) is bytes else size
