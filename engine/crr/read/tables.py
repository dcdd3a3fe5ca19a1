"""Reads the changes of one table from a place on, in the order of its clock's index: (db_version, key, col_name).

Rows that were written as a whole are read many at once (``engine.crr.read.whole_rows``), all others cell by cell.
"""

from __future__ import annotations

import json
import struct
from itertools import chain
from typing import Any, NamedTuple

import apsw

from engine.change import MAX_VERSION, SENTINEL, Change
from engine.crr.catalogue import Catalogue, Crr
from engine.crr.read.change_sql import Authors, cells, has_value, lost_column, packed_by
from engine.crr.read.whole_rows import LOOK, MOST, Rows, WholeRows
from engine.crr.withheld.detect import UnsendableRows, held_rows
from engine.sqlite.sql import numbers
from engine.tables.pack import unpack
from engine.tables.ranges import Share
from engine.tables.reading import BARE, LAST, Fill, Shown, new_change, weight

_ROW_END = "\U0010ffff"
"""Sorts after every column's name, as LAST does after every key."""


_HEAD = struct.Struct(">qq")
_BITS = MAX_VERSION.bit_length() - 1


class _OutOfRange(Exception):
    """A version that peers do not accept."""


class At(NamedTuple):
    """A place in a table: everything up to and including this cell has been read."""

    db_version: int
    key: int
    column: str

    @classmethod
    def after(cls, version: int) -> At:
        """Return the place after a whole version."""
        return cls(version, LAST, _ROW_END)

    @classmethod
    def of(cls, place: bytes) -> At | None:
        """Decode what ``as_bytes`` made; None if it is anything else."""
        try:
            db_version, key = _HEAD.unpack_from(place)
            return cls(db_version, key, place[_HEAD.size :].decode())
        except (struct.error, UnicodeDecodeError):
            return None

    def as_bytes(self) -> bytes:
        """Encode the place as others keep it."""
        return _HEAD.pack(self.db_version, self.key) + self.column.encode()


class Reading:
    """Reads the CRRs of a catalogue in one transaction (``engine.tables.kind.Reading``)."""

    def __init__(self, db: apsw.Connection, tables: Catalogue, until: int, fill: Fill) -> None:
        self._db = db
        self._tables = tables
        self._until = until
        self._fill = fill
        self._sites = Authors(db)

    def read(self, share: Share, place: bytes | None, since: int, shown: Shown | None) -> bytes | None:
        """Read one table from a place on, into ``fill``.

        Args:
            share: the table, and the columns to send.
            place: from ``as_bytes``; None to begin after ``since``.
            shown: which changes to send; None for all.

        Returns:
            the place to go on from; None at the table's end.

        Raises:
            Unsendable, TableBroken: as ``TableReader.read``.
        """
        at = (At.of(place) if place is not None else None) or At.after(since)
        found, crr = self._fill.found, self._tables.crrs[share.table]
        before = len(found)
        stopped = TableReader(self._db, crr, self._until, self._fill, shown, self._sites).read(at)
        if share.columns is not None:
            found[before:] = self._told(crr, share.columns, found[before:], rows=share.rows)
        return None if stopped is None else stopped.as_bytes()

    def _told(self, crr: Crr, columns: frozenset[str], found: list[Change], *, rows: bool) -> list[Change]:
        """Return what to send of changes if only some columns are shared.

        Args:
            rows: send a sentinel for a row none of whose shared cells is sent. cr-sqlite itself gives a row a sentinel
                only once it was deleted.
        """
        if not rows:
            return [change for change in found if change.cid in columns]
        told = [change for change in found if change.cid in columns or change.cid == SENTINEL]
        others = {change.pk: change for change in found if change.cl == 1 and change.cid not in columns}
        for change in told:
            others.pop(change.pk, None)
        if not others:
            return told
        names = json.dumps([SENTINEL, *columns])
        of_row = f"FROM {crr.sql.clock} WHERE key = ({crr.sql.find_key})"
        sql = f"SELECT 1 {of_row} AND col_name IN (SELECT value FROM json_each(?))"
        for pk, change in others.items():
            if self._db.execute(sql, (*unpack(pk), names)).fetchone() is None:
                told.append(change._replace(cid=SENTINEL, val=None, col_version=1))
        return told


class TableReader:
    """Reads one table into ``fill``, leaving out rows that are withheld.

    Args:
        until: read versions up to this one.
        shown: which changes to read; None for all.
    """

    def __init__(
        self,
        db: apsw.Connection,
        crr: Crr,
        until: int,
        fill: Fill,
        shown: Shown | None,
        sites: Authors | None = None,
    ) -> None:
        self._db = db
        self._crr = crr
        self._until = until
        self._fill = fill
        self._shown = shown
        self._sites = Authors(db) if sites is None else sites
        others = held_rows(db).is_none(crr.name, "k.key")
        self._others_only = f" AND {others}" if others else ""

    def read(self, at: At) -> At | None:
        """Read on from a place.

        Returns:
            the last place read if ``fill`` is full; None at the table's end.

        Raises:
            Unsendable: a row holds text that is not valid, or a version that peers do not accept.
            TableBroken: the table has records of a dropped column.
        """
        try:
            if WholeRows.suits(self._crr):
                return self._by_rows(at)
            return self._by_cells(at, LAST)
        except (UnicodeDecodeError, TypeError, _OutOfRange) as error:
            place = at.db_version, at.key
            raise UnsendableRows(self._crr.name, place, self._until, bounded=self._fill.bounded, cause=error) from error

    def _by_rows(self, at: At) -> At | None:
        """Read on like ``read``, whole rows where possible.

        The fewer there are, the more is read by the cell before the next try.
        """
        # the few changes after a commit take one query
        place = self._by_cells(at, LOOK) if at.key == LAST else at
        alike, stretch = WholeRows(self._db, self._crr, self._sites, self._others_only), LOOK
        while place is not None and not self._fill.full:
            if place.column == _ROW_END:
                left = self._fill.cells
                place = self._alike(place, alike)
                stretch = LOOK if left - self._fill.cells > stretch else min(4 * stretch, 4 * MOST)
            if not self._fill.full:
                place = self._by_cells(place, stretch)
        return place

    def _alike(self, at: At, alike: WholeRows) -> At:
        """Read whole rows, and a few others among them; return the last place."""
        fill, shown, width, together = self._fill, self._shown, len(self._crr.columns), LOOK
        while fill.cells > 0:
            most = min(together, (fill.changes - len(fill.found)) // width)
            if not most:  # a part ends with a row where it can
                fill.full = bool(fill.found) and alike.more((at.db_version, at.key), self._until)
                return at
            rows = alike.read((at.db_version, at.key), self._until, most)
            if rows is None:
                return at
            others = self._others(at, rows)
            everything = shown is None or shown.all_pass(
                chain(rows.sites, (change.site_id for change in others)), at.db_version, rows.last[0]
            )
            changes = _together(rows, others)
            count, size = len(rows), 0
            if shown is not None and not everything:
                changes = [c for c in changes if shown.passes(c.site_id, c.cid, c.col_version, c.db_version)]
                size = sum(map(weight, changes)) if fill.bounded else 0
            elif fill.bounded:
                count, size = rows.fitting(fill.room)
                size += sum(map(weight, others))
            if size > fill.room or len(changes) > fill.changes - len(fill.found) or (rows.others and count < len(rows)):
                together = most // 2
                continue
            fill.found += changes if count == len(rows) else changes[: count * width]
            fill.room -= size
            fill.cells -= count * width + len(rows.others)
            if count < len(rows):
                fill.full = bool(fill.found)
                return At(rows.versions[count - 1], rows.keys[count - 1], _ROW_END) if count else at
            at = At(*rows.last, _ROW_END)
            if count + len(rows.others) < most:
                return at
            together = min(8 * together, MOST)
        fill.full = alike.more((at.db_version, at.key), self._until)
        return at

    def _others(self, at: At, rows: Rows) -> list[Change]:
        """Return the changes of the rows after a place that lie among these and are not whole."""
        fill = Fill()
        if rows.others:
            only = numbers([key for _, (_, key, _) in rows.others]), *rows.last
            TableReader(self._db, self._crr, self._until, fill, None, self._sites)._by_cells(at, LAST, only)
        return fill.found

    def _by_cells(self, at: At, most: int, only: tuple[Any, int, int] | None = None) -> At | None:
        """Read cell by cell.

        Args:
            most: how many rows to read at most.
            only: restricts it to the rows with these key numbers, up to a (db_version, key).

        Returns:
            the last place read; None at the table's end.
        """
        crr, fill, shown, sites = self._crr, self._fill, self._shown, self._sites
        places = f"(db_version, key) >= (?1, ?2) AND db_version <= ?4{self._others_only}"
        if only is not None:
            places += " AND key IN carray(?5) AND (db_version, key) <= (?6, ?7)"
        rows, packed = packed_by(
            crr,
            self._db.execute(
                f"{cells(crr, places)} WHERE {has_value(crr)}"
                " AND NOT (g.key = ?2 AND g.db_version = ?1 AND c.col_name <= ?3)",
                (*at, self._until, *(only or ())),
            ),
        )
        found, changes, left, room, bounded = fill.found, fill.changes, fill.cells, fill.room, fill.bounded
        of_version, of, pk, name, known = -1, -1, b"", crr.name, {SENTINEL, *crr.columns}
        add, new, kind, bare, bare_row = found.append, new_change, Change, BARE + len(name), 0
        at_version, at_key, at_cid = at
        ended = False
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
            if (col_version | cl | seq) >> _BITS:
                raise _OutOfRange(name)
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
            ended = True
        fill.cells, fill.room = left, room
        return None if ended else At(at_version, at_key, at_cid)


def _together(rows: Rows, others: list[Change]) -> list[Change]:
    """Return the changes of whole rows and of the others among them, in order."""
    made = rows.changes(len(rows))
    if not others:
        return made
    before = {(version, pk): count * len(rows.cids) for count, (version, _, pk) in rows.others}
    merged: list[Change] = []
    done = 0
    for change in others:
        until = before[change.db_version, change.pk]
        if done != until:
            merged += made[done:until]
            done = until
        merged.append(change)
    return merged + made[done:]
