"""What every kind of table needs for reading changes: filters, the size of a part, the order of versions."""

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
"""About how many bytes a change has beside its table, key, column and value."""

LAST = 2**63 - 1
"""The highest possible version, row number or measure."""

new_change: Callable[[type[Change], tuple[Any, ...]], Change] = tuple.__new__
"""Makes a Change in half the time of calling it, which only adds argument names."""

_version = itemgetter(Change._fields.index("db_version"))
_seq = itemgetter(Change._fields.index("seq"))


class Unsendable(Exception):
    """A row of a table cannot be sent, and is to be withheld (``engine.tables.kind.Withheld``) before the next try.

    Attributes:
        table: the table's wire name.
        cause: the error that reading it raised.
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
        """Return whether any version from ``low`` to ``high`` is in one of them."""
        at = bisect_left(self._starts, high) - 1
        return at >= 0 and low <= self._ends[at]

    def hold(self, version: int) -> bool:
        """Return whether ``version`` is in one of them."""
        return self.meet(version, version)


class Secondhand:
    """Up to which version of the file an author's changes may have come from somebody else
    (``engine.clocks.secondhand``).

    The author ``ANYBODY`` stands for all authors.
    """

    ANYBODY = SiteId(b"")

    def __init__(self, versions: Mapping[SiteId, int]) -> None:
        self._versions = versions

    def up_to(self, author: SiteId | None) -> int:
        """Return that version; 0 if everything that the file has of this author came from it."""
        anybody = self._versions.get(self.ANYBODY, 0)
        return anybody if author is None else max(anybody, self._versions.get(author, 0))


FIRSTHAND = Secondhand({})
"""For a file that has every change from its author."""


class Shown:
    """What the filters let through. ``hid`` is whether they have left anything out."""

    def __init__(self, exclude_site: SiteId | None, hidden: Intervals, secondhand: Secondhand = FIRSTHAND) -> None:
        self._exclude_site = exclude_site
        self._hidden = hidden
        self._secondhand = secondhand.up_to(exclude_site)
        self.hid = False

    def passes(self, author: SiteId | None, cid: str, col_version: int, db_version: int) -> bool:
        """Return whether a cell is sent, and note in ``hid`` if not.

        A cell at version 0 comes from a row's revival, not from a write of its author's, and the revival's sentinel may
        bear the author of any such cell (cr-sqlite.md 7.2), so the filter by author must hide neither. Nor may it hide
        what did not come from the author itself.
        """
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
        """Return whether all cells by these authors in these versions certainly pass."""
        return not self._hidden.meet(first, last) and self._exclude_site not in set(authors)


@dataclass(slots=True)
class Fill:
    """What one reading has found so far, and how much more it may take.

    Attributes:
        changes: the most changes.
        room: how many more bytes.
        cells: how many more cells to look at.
        full: whether there is more to read.
        bounded: whether there is any limit.
    """

    changes: int = LAST
    room: int = LAST
    cells: int = LAST
    found: list[Change] = field(default_factory=list)
    full: bool = False
    bounded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.bounded = min(self.changes, self.room, self.cells) < LAST


def put_in_order(changes: list[Change]) -> None:
    """Sort changes by (db_version, seq).

    Those of one table are ordered by version already, and sorting each version by one number takes half the time of
    sorting all by two.
    """
    changes.sort(key=_version)
    at = 0
    for _, run in groupby(changes, _version):
        version = list(run)
        if len(version) > 1:
            version.sort(key=_seq)
            changes[at : at + len(version)] = version
        at += len(version)


def weight(change: Change) -> int:
    """Return about how many bytes a change takes on the wire and in memory."""
    table, pk, cid, val, *_ = change
    size = BARE + len(table) + len(pk) + len(cid)
    return size + len(val) if type(val) is str or type(val) is bytes else size
