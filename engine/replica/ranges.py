"""Reading a range in parts, each in a short transaction and bounded in changes and bytes.

(db_version, seq) cannot serve as a position: merges keep the incoming seq, so that one version can hold a million cells
with the same seq. The order here is that of the tables and, within each, that of its kind
(``engine.tables.kind.Kind.read``). A cell that is rewritten meanwhile leaves the range upward and comes with the next
one; none can enter it from below.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from engine.errors import ReplicaError
from engine.ids import SiteId
from engine.replica.kinds import Kinds
from engine.tables import parking
from engine.tables.ranges import Part, Share, Span
from engine.tables.reading import Fill, Intervals, Secondhand, Shown, put_in_order
from engine.text import t

SCAN = 50_000
"""Cells looked at in one transaction; if filters hide most of them, a part holds fewer than it could."""

MOST_EXCLUDED = 16
"""Intervals of versions that are left out of a count, the latest; it tells a person about how much is on its way."""

_HEAD = struct.Struct(">8sH")


class _Place(NamedTuple):
    """How far a range was read: up to a place in the share with this number in the span."""

    share: int
    inside: bytes


def count_changes(kinds: Kinds, since: int, until: int) -> int:
    """Return about how many changes there are in a range of versions. The caller holds a read transaction."""
    return sum(kinds.of(name).count_changes(name, since, until) for name in kinds.catalogue().synced)


class RangeReader:
    """Reads parts of ranges. The caller holds a read transaction around each call.

    Args:
        newest: the file's db_version, as peers are told it.
    """

    def __init__(self, kinds: Kinds, site_id: SiteId | None, newest: int) -> None:
        self._kinds = kinds
        self._site_id = site_id
        self._newest = newest

    def part(
        self,
        span: Span,
        place: bytes,
        exclude_site: SiteId | None,
        exclude_versions: Sequence[tuple[int, int]],
        changes: int,
        size: int,
        secondhand: Secondhand,
        *,
        count: bool = False,
    ) -> Part:
        """Read as ``Replica.part`` does; ``secondhand``: what is recorded of that."""
        tables = self._kinds.catalogue()
        for name in span.tables:
            if name in tables.parked:
                raise parking.parked(name, tables.parked[name])
        newest = self._newest
        if span.until is not None and span.until > newest:
            return Part((), newest, b"", newest)
        at = self._find(span, place)
        until = newest
        if at is not None and span.until is not None:
            until = span.until
        shown = Shown(exclude_site, Intervals(exclude_versions), secondhand)
        filtered = exclude_site is not None or bool(exclude_versions) or self._site_id is None
        fill = Fill(changes, size, SCAN)
        read = self._kinds.reading(until, fill)
        token = b""
        shares = self._shares(span)
        for number, share in enumerate(shares):
            if at is not None and number < at.share:
                continue
            name = share.table
            if name not in tables.tables:
                raise ReplicaError(
                    t("The table “{table}” can no longer be synced.", table=name), hint=t("Was its schema changed?")
                )
            late = share.late
            inside = at.inside if at is not None and number == at.share else None
            stopped = read(share, inside, 0 if late else span.since, shown if filtered and not late else None)
            if stopped is not None:
                token = _HEAD.pack(self._mark(span, until), number) + stopped
                break
        put_in_order(fill.found)
        left = 0
        if count and token:
            behind = shares[at.share if at is not None else 0 :]
            left = max(0, self._count(behind, span.since, until, exclude_versions) - len(fill.found))
        return Part(tuple(fill.found), until, token, newest, shown.hid, secondhand, left)

    def _count(
        self, shares: Sequence[Share], since: int, until: int, exclude_versions: Sequence[tuple[int, int]]
    ) -> int:
        """Return about how many changes there are in these shares of a range, without those of the given versions."""
        total = 0
        for share in shares:
            count = partial(self._kinds.of(share.table).count_changes, share.table)
            if share.late:
                total += count(0, until)
                continue
            total += count(since, until)
            for before, after in exclude_versions[-MOST_EXCLUDED:]:
                if max(before, since) < min(after, until):
                    total -= count(max(before, since), min(after, until))
        return total

    def _shares(self, span: Span) -> list[Share]:
        tables = self._kinds.catalogue().tables
        return span.shares(lambda name: tables[name].columns if name in tables else ())

    def _find(self, span: Span, place: bytes) -> _Place | None:
        """Return the place that a token stands for; None if it was not made for this range and these tables."""
        if span.until is None or len(place) < _HEAD.size:
            return None
        mark, number = _HEAD.unpack_from(place)
        shares = self._shares(span)
        if mark != self._mark(span, span.until) or number >= len(shares):
            return None
        inside = place[_HEAD.size :]
        return _Place(number, inside) if self._kinds.of(shares[number].table).is_place(inside) else None

    def _mark(self, span: Span, until: int) -> bytes:
        """Return what a place is valid for: this file, this end, these tables as they are now, and the same shares of
        them."""
        known = self._kinds.catalogue().tables
        layouts = [
            (share.table, known[share.table].layout, share.columns and sorted(share.columns), share.late, share.rows)
            for share in self._shares(span)
            if share.table in known
        ]
        return hashlib.blake2b(repr((self._site_id, until, layouts)).encode(), digest_size=8).digest()
