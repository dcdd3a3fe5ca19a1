"""Reading a range in parts, each in a short transaction and bounded in changes and bytes (design.md section 6).

(db_version, seq) is no position: merges keep the incoming seq, so that one version can hold a million cells with one
seq. The order here is that of the tables and, in each, of the clock's index: (db_version, key, col_name). A cell that
is rewritten meanwhile leaves the range upward, and comes with the next one; none can join it from below.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.change import SENTINEL, Change
from engine.crr.catalogue import Crr
from engine.crr.read.reading import (
    Authors,
    Intervals,
    Reader,
    cells,
    has_value,
    new_change,
    packed_by,
    put_in_order,
    unreadable,
)
from engine.crr.results import Part, Span
from engine.crr.state import State
from engine.errors import ReplicaError

SCAN = 50_000
"""Cells looked at in one transaction: where filters hide nearly all of them, a part may hold fewer than it could."""

_HEAD = struct.Struct(">8sHqq")


class _At(NamedTuple):
    """A place: everything up to this cell of this table (by its number in the span) is behind it."""

    table: int
    db_version: int
    key: int
    column: str


class RangeReader:
    """Reads parts of ranges. The caller holds a read transaction around each call."""

    def __init__(self, state: State) -> None:
        self._state = state

    def part(
        self,
        span: Span,
        place: bytes,
        exclude_site: bytes | None,
        exclude_versions: Sequence[tuple[int, int]],
        changes: int,
        size: int,
    ) -> Part:
        """As Replica.part."""
        newest = self._state.db_version()
        if span.until is not None and span.until > newest:
            return Part((), newest, b"", newest)
        at = self._find(span, place)
        until = newest
        if at is not None and span.until is not None:
            until = span.until
        else:
            Reader(self._state).check_whole(0 if span.late else span.since, until)
        shown = _Shown(exclude_site, Intervals(exclude_versions))
        filtered = exclude_site is not None or bool(exclude_versions) or self._state.site_id is None
        fill = _Fill(changes, size)
        for number, name in enumerate(span.tables):
            if at is not None and number < at.table:
                continue
            crr = self._state.catalogue().crrs.get(name)
            if crr is None:
                raise ReplicaError(f"The table “{name}” cannot be synced any more.", hint="Was its schema changed?")
            late = name in span.late
            start = at if at is not None and number == at.table else _At(number, 0 if late else span.since, _LAST, "")
            try:
                stopped = self._read_table(crr, start, until, fill, shown if filtered and not late else None)
            except UnicodeDecodeError as error:
                raise unreadable(name) from error
            if stopped is not None:
                return Part(fill.in_order(), until, self._place(span, until, stopped), newest, shown.hid)
        return Part(fill.in_order(), until, b"", newest, shown.hid)

    def _read_table(self, crr: Crr, start: _At, until: int, fill: _Fill, shown: _Shown | None) -> _At | None:
        """Read on in one table, in the order of its clock's index. Returns the last place when the part is full."""
        sites = Authors(self._state.db)
        rows, packed = packed_by(
            crr,
            self._state.db.execute(
                f"{cells(crr, '(db_version, key) >= (?1, ?2) AND db_version <= ?4')} WHERE {has_value(crr)}"
                " AND NOT (g.key = ?2 AND g.db_version = ?1 AND c.col_name <= ?3)",
                (*start[1:], until),
            ),
        )
        of, pk, name = -1, b"", crr.name
        found, most, scanned, room = fill.found, fill.changes, fill.scanned, fill.room
        add, new, kind, bare, bare_row = found.append, new_change, Change, 64 + len(name), 0
        _, at_version, at_key, at_cid = start
        for key, cid, val, col_version, db_version, ordinal, cl, seq, values in rows:
            if scanned >= SCAN or len(found) >= most:
                return _At(start.table, at_version, at_key, at_cid)
            author = sites[ordinal]
            if shown is None or shown.passes(author, cid, col_version, db_version):
                if key != of:
                    of, pk = key, packed(values)
                    bare_row = bare + len(pk)
                # as ``weight``; too large a change waits for the next part, but a single one always fits
                room -= bare_row + len(cid) + (len(val) if type(val) is str or type(val) is bytes else 0)
                if room < 0 and found:
                    return _At(start.table, at_version, at_key, at_cid)
                add(new(kind, (name, pk, cid, val, col_version, db_version, author, cl, seq)))
            scanned += 1
            at_version, at_key, at_cid = db_version, key, cid
        fill.scanned, fill.room = scanned, room
        return None

    def _place(self, span: Span, until: int, at: _At) -> bytes:
        return _HEAD.pack(self._mark(span, until), at.table, at.db_version, at.key) + at.column.encode()

    def _find(self, span: Span, place: bytes) -> _At | None:
        """The cell that a place stands for; None when it was not made for this range and these tables."""
        if span.until is None or len(place) < _HEAD.size:  # a place before a table's first cell names no column
            return None
        mark, table, db_version, key = _HEAD.unpack_from(place)
        if mark != self._mark(span, span.until) or table >= len(span.tables):
            return None
        try:
            return _At(table, db_version, key, place[_HEAD.size :].decode())
        except UnicodeDecodeError:
            return None

    def _mark(self, span: Span, until: int) -> bytes:
        """What a place is good for: this file, this end, these tables as they are now, the same of them late."""
        crrs = self._state.catalogue().crrs
        shapes = [(n, crrs[n].key, crrs[n].columns, n in span.late) for n in span.tables if n in crrs]
        return hashlib.blake2b(repr((self._state.site_id, until, shapes)).encode(), digest_size=8).digest()


_LAST = 2**63 - 1
"""No key is above it: the place after the whole version."""


class _Shown:
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


@dataclass(slots=True)
class _Fill:
    """What one part holds so far: ``found``, at most so many ``changes``, with ``room`` for so many bytes more.
    ``scanned`` counts the cells that were looked at."""

    changes: int
    room: int
    found: list[Change] = field(default_factory=list)
    scanned: int = 0

    def in_order(self) -> tuple[Change, ...]:
        put_in_order(self.found)
        return tuple(self.found)


def weight(change: Change) -> int:
    """About how many bytes a change takes on the wire and in memory."""
    table, pk, cid, val, *_ = change
    size = 64 + len(table) + len(pk) + len(cid)
    return size + len(val) if type(val) is str or type(val) is bytes else size
