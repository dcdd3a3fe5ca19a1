"""Reading a range in parts, each in a short transaction and bounded in changes and bytes.

(db_version, seq) is no position: merges keep the incoming seq, so that one version can hold a million cells with one
seq. The order here is that of the tables and, in each, of the clock's index: (db_version, key, col_name). A cell that
is rewritten meanwhile leaves the range upward, and comes with the next one; none can join it from below.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from typing import NamedTuple

from engine.crr.read.change_sql import Intervals, put_in_order, table_parked
from engine.crr.read.tables import At, Fill, Shown, TableReader
from engine.crr.state import State
from engine.errors import ReplicaError
from engine.tables.types import Part, Span
from engine.text import t

SCAN = 50_000
"""Cells looked at in one transaction: where filters hide nearly all of them, a part may hold fewer than it could."""

_HEAD = struct.Struct(">8sHqq")


class _Place(NamedTuple):
    """How far a range was read: up to a cell of a table, which has this number in the span."""

    table: int
    cell: At


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
        tables = self._state.catalogue()
        for name in span.tables:
            if name in tables.parked:
                raise table_parked(name, tables.parked[name])
        newest = self._state.told_version()
        if span.until is not None and span.until > newest:
            return Part((), newest, b"", newest)
        at = self._find(span, place)
        until = newest
        if at is not None and span.until is not None:
            until = span.until
        shown = Shown(exclude_site, Intervals(exclude_versions))
        filtered = exclude_site is not None or bool(exclude_versions) or self._state.site_id is None
        fill = Fill(changes, size, SCAN)
        token = b""
        for number, name in enumerate(span.tables):
            if at is not None and number < at.table:
                continue
            crr = tables.crrs.get(name)
            if crr is None:
                raise ReplicaError(
                    t("The table “{name}” cannot be synced any more.", name=name), hint=t("Was its schema changed?")
                )
            late = name in span.late
            start = at.cell if at is not None and number == at.table else At.after(0 if late else span.since)
            reader = TableReader(self._state.db, crr, until, fill, shown if filtered and not late else None)
            stopped = reader.read(start)
            if stopped is not None:
                token = self._token(span, until, _Place(number, stopped))
                break
        put_in_order(fill.found)
        return Part(tuple(fill.found), until, token, newest, shown.hid)

    def _token(self, span: Span, until: int, place: _Place) -> bytes:
        version, key, column = place.cell
        return _HEAD.pack(self._mark(span, until), place.table, version, key) + column.encode()

    def _find(self, span: Span, place: bytes) -> _Place | None:
        """What a token stands for; None when it was not made for this range and these tables."""
        if span.until is None or len(place) < _HEAD.size:  # a place before a table's first cell names no column
            return None
        mark, table, db_version, key = _HEAD.unpack_from(place)
        if mark != self._mark(span, span.until) or table >= len(span.tables):
            return None
        try:
            return _Place(table, At(db_version, key, place[_HEAD.size :].decode()))
        except UnicodeDecodeError:
            return None

    def _mark(self, span: Span, until: int) -> bytes:
        """What a place is good for: this file, this end, these tables as they are now, the same of them late."""
        crrs = self._state.catalogue().crrs
        shapes = [(n, crrs[n].key, crrs[n].columns, n in span.late) for n in span.tables if n in crrs]
        return hashlib.blake2b(repr((self._state.site_id, until, shapes)).encode(), digest_size=8).digest()
