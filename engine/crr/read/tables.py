"""Reading the changes of one table from a place on, in the order of its clock's index: (db_version, key, col_name).

Rows that are alike come many at once (``engine.crr.read.alike``), all others cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import apsw

from engine.change import SENTINEL, Change
from engine.crr.catalogue import Crr
from engine.crr.read.alike import BARE, FEW, MOST, Alike
from engine.crr.read.reading import Authors, Intervals, cells, has_value, lost_column, new_change, packed_by, unreadable

_LAST = 2**63 - 1
_ROW_END = "\U0010ffff"
"""No key, and no column's name, is above these."""


class At(NamedTuple):
    """A place: everything up to this cell is behind it."""

    db_version: int
    key: int
    column: str

    @classmethod
    def after(cls, version: int) -> At:
        """The place after a whole version."""
        return cls(version, _LAST, _ROW_END)


class Shown:
    """What the filters let through. ``hid``: whether they have kept anything back."""

    def __init__(self, exclude_site: bytes | None, hidden: Intervals) -> None:
        self._exclude_site = exclude_site
        self._hidden = hidden
        self.hid = False

    def passes(self, author: bytes | None, cid: str, col_version: int, db_version: int) -> bool:
        """A cell at version 0 is a row's revival, not a write of its author's, and the revival's sentinel may bear
        the author of any such cell (spec 7.2): no filter by author may hide either."""
        if col_version == 0:
            return True
        shown = not self._hidden.hold(db_version) and (
            author != self._exclude_site or (cid == SENTINEL and col_version > 1 and col_version % 2 == 1)
        )
        self.hid = self.hid or not shown
        return shown

    def all_pass(self, authors: Iterable[bytes | None], first: int, last: int) -> bool:
        """Whether that can be told at once of cells by these authors in these versions."""
        return not self._hidden.meet(first, last) and self._exclude_site not in set(authors)


@dataclass(slots=True)
class Fill:
    """What one reading holds so far: ``found``, at most so many ``changes``, with ``room`` for so many bytes more, and
    for so many ``cells`` more that are looked at. It is ``full`` when there is more, and ``bounded`` if it can be."""

    changes: int = _LAST
    room: int = _LAST
    cells: int = _LAST
    found: list[Change] = field(default_factory=list)
    full: bool = False
    bounded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.bounded = min(self.changes, self.room, self.cells) < _LAST


class TableReader:
    """Reads one table into ``fill``, versions up to ``until``, only what is ``shown`` (everything, if None)."""

    def __init__(self, db: apsw.Connection, crr: Crr, until: int, fill: Fill, shown: Shown | None) -> None:
        self._db = db
        self._crr = crr
        self._until = until
        self._fill = fill
        self._shown = shown
        self._sites = Authors(db)

    def read(self, at: At) -> At | None:
        """Read on from a place. Returns the last place when ``fill`` is full, None when that was all.

        Raises:
            ReplicaError: the table holds text that nobody can read.
            TableBroken: it has records of a column that is no more.
        """
        try:
            if Alike.suits(self._crr):
                return self._by_rows(at)
            return self._by_cells(at, _LAST)
        except UnicodeDecodeError as error:
            raise unreadable(self._crr.name) from error

    def _by_rows(self, at: At) -> At | None:
        """As ``read``. Where rows are not alike, more and more of them come by the cell before the next look."""
        alike, stretch = Alike(self._db, self._crr, self._sites), FEW
        place: At | None = at
        while place is not None and not self._fill.full:
            if place.column == _ROW_END:
                left = self._fill.cells
                place = self._alike(place, alike)
                stretch = FEW if left - self._fill.cells > stretch else min(2 * stretch, 8 * MOST)
            if not self._fill.full:
                place = self._by_cells(place, stretch)
        return place

    def _alike(self, at: At, alike: Alike) -> At:
        """Read the rows that are alike. Returns the last place."""
        fill, shown, width = self._fill, self._shown, len(self._crr.columns)
        while fill.cells > 0:
            most = min(MOST, (fill.changes - len(fill.found)) // width)
            if not most:
                # a part ends with a row where it can
                fill.full = bool(fill.found) and alike.more((at.db_version, at.key), self._until)
                return at
            rows = alike.read((at.db_version, at.key), self._until, most)
            if rows is None:
                return at
            if shown is None or shown.all_pass(rows.sites, rows.versions[0], rows.versions[-1]):
                count, size = rows.fitting(fill.room) if fill.bounded else (len(rows), 0)
                changes = rows.changes(count)
            else:
                count = len(rows)
                changes = [
                    c for c in rows.changes(count) if shown.passes(c.site_id, c.cid, c.col_version, c.db_version)
                ]
                size = sum(map(weight, changes))
                if size > fill.room:
                    return at
            if count:
                at = At(rows.versions[count - 1], rows.keys[count - 1], _ROW_END)
                fill.found += changes
                fill.room -= size
                fill.cells -= count * width
            if count < len(rows):
                fill.full = bool(fill.found)
                return at
            if count < most:
                return at
        fill.full = alike.more((at.db_version, at.key), self._until)
        return at

    def _by_cells(self, at: At, most: int) -> At | None:
        """Read cell by cell, so many rows at most. Returns the last place; None when that was all."""
        crr, fill, shown, sites = self._crr, self._fill, self._shown, self._sites
        rows, packed = packed_by(
            crr,
            self._db.execute(
                f"{cells(crr, '(db_version, key) >= (?1, ?2) AND db_version <= ?4')} WHERE {has_value(crr)}"
                " AND NOT (g.key = ?2 AND g.db_version = ?1 AND c.col_name <= ?3)",
                (*at, self._until),
            ),
        )
        found, changes, left, room, bounded = fill.found, fill.changes, fill.cells, fill.room, fill.bounded
        of_version, of, pk, name, known = -1, -1, b"", crr.name, {SENTINEL, *crr.columns}
        add, new, kind, bare, bare_row = found.append, new_change, Change, BARE + len(name), 0
        at_version, at_key, at_cid = at
        for key, cid, val, col_version, db_version, ordinal, cl, seq, values in rows:
            if cid not in known:
                raise lost_column(name)
            if key != of or db_version != of_version:
                if most <= 0:
                    at_version, at_key, at_cid = of_version, of, _ROW_END
                    break
                most -= 1
                of_version, of, pk = db_version, key, packed(values)
                bare_row = bare + len(pk)
            author = sites[ordinal]
            if bounded:
                if left <= 0 or len(found) >= changes:
                    fill.full = True
                    break
                left -= 1
            if shown is None or shown.passes(author, cid, col_version, db_version):
                if bounded:
                    # as ``weight``; too large a change waits for the next part, but a single one always fits
                    room -= bare_row + len(cid) + (len(val) if type(val) is str or type(val) is bytes else 0)
                    if room < 0 and found:
                        fill.full = True
                        break
                add(new(kind, (name, pk, cid, val, col_version, db_version, author, cl, seq)))
            if bounded:
                at_version, at_key, at_cid = db_version, key, cid
        else:
            return None
        fill.cells, fill.room = left, room
        return At(at_version, at_key, at_cid)


def weight(change: Change) -> int:
    """About how many bytes a change takes on the wire and in memory."""
    table, pk, cid, val, *_ = change
    size = BARE + len(table) + len(pk) + len(cid)
    return size + len(val) if type(val) is str or type(val) is bytes else size
