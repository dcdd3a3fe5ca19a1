"""Merges the changes to one ordinary table row by row: the way for a few, and for rows with anything unusual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.change import SENTINEL, Change, SQLiteValue
from engine.ordinary import stamps
from engine.ordinary.merged_row import Key, MergedRow
from engine.ordinary.records import Records
from engine.ordinary.register import Entry
from engine.ordinary.shadow import wire_key
from engine.ordinary.stamps import Incoming, Row
from engine.ordinary.write import Writer
from engine.sqlite.invalid_text import shown
from engine.sqlite.values import Storage
from engine.tables import refusals
from engine.tables.pack import pack
from engine.tables.validate import check, check_key


class Winner(NamedTuple):
    """A change that won: its place in the batch, the key and the value as the table has them, and what it overwrote."""

    place: int
    key: Key
    value: SQLiteValue
    old: SQLiteValue
    had_old: bool


class Rowwise:
    """The rows of one table in a batch, and what each is offered."""

    def __init__(
        self, writer: Writer, storage: Storage, author: Callable[[bytes | None], int], *, js_numbers: bool
    ) -> None:
        self.writer = writer
        self.entry: Entry = writer.entry
        self.records = Records(writer.db, writer.entry)
        self.winners: list[Winner] = []
        self._storage = storage
        self._author = author
        self._js_numbers = js_numbers
        self._affinity = writer.affinity
        self._runs: list[tuple[bytes, int, list[int]]] = []
        self._keys: dict[bytes, tuple[Key, bytes]] = {}
        self._batch: dict[int, Change] = {}
        self._rows: dict[bytes, MergedRow] = {}

    def offer(self, place: int, change: Change) -> None:
        """Take a change; those of one row and one length that come together are merged together.

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
        """The keys of the rows, as records have them. Two encodings can mean one key."""
        for pk in dict.fromkeys(pk for pk, _, _ in self._runs):
            if pk in self._keys:
                continue
            key = tuple(
                self._storage.stored(value, self._affinity[name], js_numbers=self._js_numbers)
                for value, name in zip(check_key(self.entry, pk), self.entry.key, strict=True)
            )
            packed = pack(wire_key(key))
            self._keys[pk] = key, packed
        return {packed for _, packed in self._keys.values()}

    def decide(self, version: int) -> None:
        """Merge the stamps in memory."""
        self.packed()
        known = self.records.by_key([packed for _, packed in self._keys.values()])
        for key, packed in self._keys.values():
            if packed not in self._rows:
                r, row = known.get(packed, (None, Row()))
                self._rows[packed] = MergedRow(key, packed, r, row)
        living = [merged for merged in self._rows.values() if merged.row.alive]
        held = self.writer.held([merged.key for merged in living])
        for merged, values in zip(living, held, strict=True):
            merged.values = values
            merged.there = values is not None
        for pk, length, places in self._runs:
            self._decide_run(self._rows[self._keys[pk][1]], length, places, version)

    def changed(self) -> list[MergedRow]:
        """The rows that won anything."""
        return [merged for merged in self._rows.values() if merged.changed]

    def _decide_run(self, merged: MergedRow, length: int, places: Sequence[int], version: int) -> None:
        row, cells, at = merged.row, dict[int, Incoming](), dict[int, int]()
        for place in places:
            change = self._batch[place]
            if change.cid == SENTINEL or length % 2 == 0:
                continue
            if change.cid not in self.entry.slots:
                if length < row.length:
                    continue
                raise refusals.no_column(change)
            value = self._storage.stored(change.val, self._affinity[change.cid], js_numbers=self._js_numbers)
            slot = self.entry.slots[change.cid]
            cells[slot] = Incoming(value, change.col_version, self._author(change.site_id))
            at[slot] = place
        if not cells and not (self._batch[places[0]].cid == SENTINEL or length % 2 == 0):
            return
        site, column_of = self._author(self._batch[places[0]].site_id), self.entry.column_of
        taken = stamps.merge(
            row, length, cells, self.entry.live, version, site, lambda slot: merged.current(column_of[slot])
        )
        if taken is None:
            return
        merged.changed = True
        if not taken:
            self.winners.append(Winner(places[0], merged.key, None, None, False))
        had_old = merged.values is not None
        for slot in taken:
            column, value = column_of[slot], cells[slot].value
            old = merged.current(column) if had_old else None
            self.winners.append(Winner(at[slot], merged.key, value, shown(old), had_old))
            merged.taken[column] = value
        if not row.alive:  # what comes back in this batch is another row
            merged.deleted = merged.deleted or merged.there
            merged.values = None
            merged.taken.clear()
