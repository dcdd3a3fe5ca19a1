"""Merges the changes to one ordinary table row by row: for a few rows, and for rows with anything unusual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.change import SENTINEL, Change, SQLiteValue
from engine.ids import SiteId
from engine.ordinary import stamps
from engine.ordinary.hidden import Hidden
from engine.ordinary.leading import shown_value
from engine.ordinary.local_numbers import LocalNumbers
from engine.ordinary.merged_row import Key, MergedRow
from engine.ordinary.records import Records
from engine.ordinary.refused import RowsGone
from engine.ordinary.register import Entry
from engine.ordinary.shadow import wire_key
from engine.ordinary.stamps import Incoming, Row
from engine.ordinary.write import Writer
from engine.sqlite.invalid_text import shown
from engine.sqlite.values import Storage, keeps
from engine.tables import refusals
from engine.tables.pack import pack, unpack
from engine.tables.validate import check, check_key


class Winner(NamedTuple):
    """A change that won: its position in the batch, the key and the value as the table has them, and what it
    overwrote."""

    place: int
    key: Key
    value: SQLiteValue
    old: SQLiteValue
    had_old: bool


class Rowwise:
    """The rows of one table in a batch, and the changes that came for each."""

    def __init__(
        self,
        writer: Writer,
        storage: Storage,
        author: Callable[[SiteId | None], int],
        *,
        js_numbers: bool,
        exact: bool = False,
    ) -> None:
        """
        Args:
            exact: whether to hide a row if a column would convert its value; otherwise it takes the converted value.
        """
        self.writer = writer
        self.entry: Entry = writer.entry
        self.records = Records(writer.db, writer.entry)
        self.winners: list[Winner] = []
        self._storage = storage
        self._author = author
        self._js_numbers = js_numbers
        self._exact = exact
        self._affinity = writer.affinity
        self._runs: list[tuple[bytes, int, list[int]]] = []
        self._keys: dict[bytes, tuple[Key, bytes]] = {}
        self._batch: dict[int, Change] = {}
        self._rows: dict[bytes, MergedRow] = {}
        self._won: list[MergedRow] = []
        self.local = LocalNumbers(writer.db, writer.entry) if writer.entry.refers else None

    def offer(self, place: int, change: Change) -> None:
        """Add a change; those of one row and one length that come together are merged together.

        Raises:
            InvalidChange: no well-behaved peer sends it.
        """
        check(change, exact=True)
        self._batch[place] = change
        if self._runs and self._runs[-1][:2] == (change.pk, change.cl) and change.cid != SENTINEL:
            first = self._batch[self._runs[-1][2][0]]
            cids = {self._batch[at].cid for at in self._runs[-1][2]}
            if first.cid != SENTINEL and change.cl % 2 and change.cid not in cids:
                self._runs[-1][2].append(place)
                return
        self._runs.append((change.pk, change.cl, [place]))

    def packed(self) -> set[bytes]:
        """Return the keys of the rows, as records have them. Two encodings can mean the same key."""
        for pk in dict.fromkeys(pk for pk, _, _ in self._runs):
            if pk in self._keys:
                continue
            key = tuple(
                self._storage.stored(value, self._affinity[name], js_numbers=self._js_numbers)
                for value, name in zip(check_key(self.entry, pk), self.entry.key, strict=True)
            )
            if self.local is not None:
                self.local.check_key(key)
            packed = pack(wire_key(key))
            self._keys[pk] = key, packed
        return {packed for _, packed in self._keys.values()}

    def decide(self, version: int) -> None:
        """Merge the stamps in memory."""
        self.packed()
        known = self.records.by_key([packed for _, packed in self._keys.values()])
        local = self.local.keys(list(known)) if self.local is not None and self.entry.has_global_key else None
        for key, packed in self._keys.values():
            if packed not in self._rows:
                r, row = known.get(packed, (None, Row()))
                self._rows[packed] = MergedRow(key if local is None else local.get(packed, ()), packed, r, row)
        living = [merged for merged in self._rows.values() if merged.row.alive]
        rows = Hidden(self.writer.db, self.entry)
        hidden = rows.those_of([merged.r for merged in living])
        for merged in living if hidden else ():
            if merged.r in hidden:
                merged.hidden, merged.values = True, rows.values(merged.r)
        shown_ = [merged for merged in living if not merged.hidden] if hidden else living
        held = self.writer.held([merged.key for merged in shown_])
        for merged, values in zip(shown_, held, strict=True):
            merged.values = values
            merged.there = values is not None
            if values is None and self.local is None and merged.row.latest < version:
                raise RowsGone(self.entry.name)
        if self.writer.leads:
            self._put_merged([merged for merged in shown_ if merged.values is not None])
        for pk, length, places in self._runs:
            self._decide_run(self._rows[self._keys[pk][1]], length, places, version)

    def _put_merged(self, rows: Sequence[MergedRow]) -> None:
        """Replace references in rows that were read by the merged ones, as the table shows others if they are
        redirected."""
        slots = {column: self.entry.slots[column] for column in self.writer.leads}
        sql = f"SELECT {', '.join(f'v{slot}' for slot in slots.values())} FROM main.{self.entry.rows} WHERE r = ?"
        for merged in rows:
            seen = self.writer.db.execute(sql, (merged.r,)).fetchone()
            for column, value in zip(slots, seen or (), strict=seen is not None):
                if merged.values is not None and shown_value(self.writer.leads[column], value) != value:
                    merged.values[column] = value

    def place(self) -> None:
        """Translate what won into the numbers that rows have here, before it is written."""
        if self.local is None:
            return
        self.local.place(self.changed(), self.records)
        for n, (winner, merged) in enumerate(zip(self.winners, self._won, strict=True)):
            key = merged.key or unpack(merged.packed)
            value = merged.taken.get(self._batch[winner.place].cid, winner.value)
            self.winners[n] = winner._replace(key=key, value=value)

    def _current(self, merged: MergedRow, column: str) -> SQLiteValue:
        """Return what the row holds now in a column, as it is sent."""
        value = merged.current(column)
        return value if self.local is None or column in merged.taken else self.local.name_of(column, value)

    def changed(self) -> list[MergedRow]:
        """Return the rows that won anything."""
        return [merged for merged in self._rows.values() if merged.changed]

    def _decide_run(self, merged: MergedRow, length: int, places: Sequence[int], version: int) -> None:
        row, cells, at, unfit = merged.row, dict[int, Incoming](), dict[int, int](), set[int]()
        for place in places:
            change = self._batch[place]
            if change.cid == SENTINEL or length % 2 == 0:
                continue
            if change.cid not in self.entry.slots:
                if length < row.length:
                    continue
                raise refusals.no_column(change)
            slot, value = self.entry.slots[change.cid], change.val
            held = self._storage.stored(value, self._affinity[change.cid], js_numbers=self._js_numbers)
            if self._exact and change.cid not in self.entry.roots and not keeps(value, held):
                unfit.add(slot)
            else:
                value = held
            cells[slot] = Incoming(value, change.col_version, self._author(change.site_id))
            at[slot] = place
        if not cells and not (self._batch[places[0]].cid == SENTINEL or length % 2 == 0):
            return
        site, column_of = self._author(self._batch[places[0]].site_id), self.entry.column_of
        taken = stamps.merge(
            row, length, cells, self.entry.live, version, site, lambda slot: self._current(merged, column_of[slot])
        )
        if taken is None:
            return
        merged.changed = True
        if not taken:
            self.winners.append(Winner(places[0], merged.key, None, None, False))
            self._won.append(merged)
        had_old = merged.values is not None
        for slot in taken:
            column, value = column_of[slot], cells[slot].value
            old = merged.current(column) if had_old else None
            self.winners.append(Winner(at[slot], merged.key, value, shown(old), had_old))
            self._won.append(merged)
            merged.taken[column] = value
            (merged.unfit.add if slot in unfit else merged.unfit.discard)(column)
        if not row.alive:  # what comes back in this batch is another row
            merged.deleted = merged.deleted or merged.there
            merged.values = None
            merged.taken.clear()
            merged.unfit.clear()
