"""Rows of one shape, decided together: the rules of ``stamps`` for the changes that need no more than a comparison.

A row whose cells come with one col_version from one author, as nearly all do that are written whole, is decided by a
comparison of stamps. All others are left to ``rowwise``; what comes of it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar

import apsw

from engine.change import SQLiteValue
from engine.ordinary.merged_row import Key
from engine.ordinary.records import slots_of
from engine.ordinary.register import base, base_is
from engine.ordinary.rowwise import Winner
from engine.ordinary.write import Writer
from engine.sqlite.sql import ident, idents, numbers
from engine.sqlite.values import Affinity, Storage, same
from engine.tables.grouping.columns import Columns, alike, ascending, pick, picker, stored
from engine.tables.grouping.shapes import Shape
from engine.tables.pack import pack_all
from engine.tables.validate import check_keys

T = TypeVar("T")
Values = Sequence[SQLiteValue]


@dataclass(slots=True)
class Group:
    """Rows that are offered the same columns, every sequence in the same order.

    Attributes:
        columns: the columns; only the sentinel for rows that are deleted.
        length: the causal length.
        firsts: the place in the batch of each row's first change.
        keys: the values of each column of the key; ``packed``: by which their records are found.
        places: for each of ``columns``, the places of its changes.
        values: likewise, what they write.
        versions: the col_version of all cells of each row. authors: likewise, who wrote them.
        numbers: of each row's record; empty for new rows.
        covers: the slots that these records cover.
        held: of each row, what the table held in ``columns``; empty where nobody asked.
    """

    columns: tuple[str, ...]
    length: int
    firsts: Sequence[int]
    keys: Sequence[Values]
    packed: Sequence[bytes]
    places: Sequence[Sequence[int]]
    values: Sequence[Values]
    versions: Sequence[int]
    authors: Sequence[bytes]
    numbers: Sequence[int] = ()
    covers: frozenset[int] = frozenset()
    held: Sequence[Values] = ()

    @property
    def deletes(self) -> bool:
        """Whether the rows are deleted."""
        return self.length % 2 == 0

    def rows(self, chosen: Sequence[int]) -> Group:
        """Only these rows."""
        some = picker(chosen)
        return replace(
            self,
            firsts=some(self.firsts),
            keys=list(map(some, self.keys)),
            packed=some(self.packed),
            places=list(map(some, self.places)),
            values=list(map(some, self.values)),
            versions=some(self.versions),
            authors=some(self.authors),
            numbers=some(self.numbers) if self.numbers else (),
            held=some(self.held) if self.held else (),
        )

    def winners(self) -> Iterator[Winner]:
        """Each cell of each row."""
        keys: list[Key] = list(zip(*self.keys, strict=True))
        old: Sequence[Values] = list(zip(*self.held, strict=True)) or [[None] * len(keys)] * len(self.columns)
        had_old = bool(self.numbers) and not self.deletes
        for n, places in enumerate(self.places):
            for place, key, value, before in zip(places, keys, self.values[n], old[n], strict=True):
                yield Winner(place, key, value, before, had_old)


def gather(writer: Writer, storage: Storage, batch: Columns, shape: Shape, *, js_numbers: bool) -> Group | None:
    """The rows of a shape with their keys and values, in the order of their packed keys.

    Returns:
        None if they cannot be decided together: a value would be refused, or cells of a row differ in their author or
        their col_version.

    Raises:
        InvalidChange: a key cannot be read.
    """
    affinity = writer.affinity
    versions, authors = _alike_in_each_row(batch.col_versions, shape), _alike_in_each_row(batch.sites, shape)
    if versions is None or authors is None:
        return None
    values = [
        stored(pick(batch.vals, places), affinity.get(name), storage, js_numbers=js_numbers)
        for name, places in zip(shape.columns, shape.places, strict=True)
    ]
    keys = [
        stored(column, affinity[name], storage, js_numbers=js_numbers)
        for name, column in zip(writer.entry.key, check_keys(writer.entry, pick(batch.pks, shape.firsts)), strict=True)
    ]
    if any(column is None for column in chain(values, keys)):
        return None
    packed = pack_all([_spelled(column) for column in keys])
    group = Group(shape.columns, shape.length, shape.firsts, keys, packed, shape.places, values, versions, authors)
    return group if ascending(packed) else group.rows(sorted(range(len(packed)), key=packed.__getitem__))


def _alike_in_each_row(column: Sequence[T], shape: Shape) -> Sequence[T] | None:
    """What the changes of each row have in common; None if those of one differ."""
    first, *others = (pick(column, places) for places in shape.places)
    return None if any(list(other) != list(first) for other in others) else first


def _spelled(column: Values) -> Values:
    """A column of keys as records have it: 1.0 is 1."""
    if float not in set(map(type, column)):
        return column
    return [int(part) if type(part) is float and part.is_integer() else part for part in column]


class Decider:
    """Decides groups of rows of one table.

    Args:
        tell: whether somebody may ask what was overwritten.
    """

    def __init__(self, writer: Writer, *, tell: bool) -> None:
        self._writer = writer
        self._db = writer.db
        self._entry = writer.entry
        self._tell = tell

    def decide(self, group: Group) -> tuple[list[Group], list[int]]:
        """Compare what is offered with what the file holds.

        Returns:
            groups of which every cell wins; and the rows (the numbers of their places in the group) that are left to
            ``rowwise``. All others lose.
        """
        rows, packed = f"main.{self._entry.rows}", group.packed
        some = f"SELECT 1 FROM {rows} WHERE pk >= ? AND pk <= ? LIMIT 1"
        if self._db.execute(some, (packed[0], packed[-1])).fetchone() is None:
            return self._new(group, range(len(packed)))
        at_once = None if group.deletes else self._at_once(group)
        if at_once is not None:
            return at_once
        known: list[Any] = self._db.execute(
            f"SELECT r.r, r.length, r.covers, r.col_version {self._joined}", (_blobs(packed),)
        ).fetchall()
        new = [n for n, record in enumerate(known) if record[0] is None]
        won, left = self._new(group, new) if new else ([], [])
        met = [n for n, record in enumerate(known) if record[0] is not None] if new else range(len(known))
        if met:
            more, odd = self._met(group, met, known)
            won += more
            left += odd
        return won, left

    @property
    def _joined(self) -> str:
        return f"FROM carray(?1) AS c LEFT JOIN main.{self._entry.rows} AS r ON r.pk = c.value"

    def _at_once(self, group: Group) -> tuple[list[Group], list[int]] | None:
        """Decide all rows by one look at what their records have in common, where they do; else None."""
        count, length, longest, usual, covers, low, high, found = self._db.execute(
            "SELECT count(r.r), min(r.length), max(r.length), min(r.covers), max(r.covers), min(r.col_version),"
            f" max(r.col_version), group_concat(r.r) {self._joined}",
            (_blobs(group.packed),),
        ).get
        every = range(len(group.packed))
        if count == 0:
            return self._new(group, every)
        if count < len(every) or not length == longest == group.length or usual != covers:
            return None
        slots = frozenset(slots_of(covers))
        if not self._simple(group, slots):
            return [], list(every)
        records: list[int] = []
        lowest, highest = min(group.versions), max(group.versions)
        if lowest > high or self._any_entries():
            records = list(map(int, found.split(",")))
            if self._with_entries(records):
                return None
        if lowest > high:
            return self._winning(group, every, records, slots), []
        if lowest == highest == low == high:
            return [], self._differing(group, every)
        return ([], []) if highest < low else None

    def _simple(self, group: Group, slots: frozenset[int]) -> bool:
        """Whether these rows, which cover so much, take either one stamp for all cells or an entry for each new one."""
        mine = {self._entry.slots[name] for name in group.columns}
        kept = slots.intersection(self._entry.live) - mine
        return mine <= slots and not 0 < len(kept) < len(mine)

    def _new(self, group: Group, chosen: Sequence[int]) -> tuple[list[Group], list[int]]:
        """What nobody sends of a row is seen as the table has it: that takes a look at each."""
        if not group.deletes and len(group.columns) < len(self._entry.columns):
            return [], list(chosen)
        return [group if isinstance(chosen, range) else group.rows(chosen)], []

    def _met(
        self, group: Group, met: Sequence[int], known: Sequence[tuple[int | None, int, bytes, int]]
    ) -> tuple[list[Group], list[int]]:
        found, lengths, covers, held = zip(*pick(known, met), strict=True)
        if group.deletes:
            shorter = [n for n, length in enumerate(lengths) if length < group.length]
            return self._winning(group, [met[n] for n in shorter], [found[n] for n in shorter], frozenset()), []
        usual = covers[0]
        slots = frozenset(slots_of(usual))
        if not self._simple(group, slots):
            return [], list(met)
        with_entries = self._with_entries(found)
        if alike(lengths) and lengths[0] == group.length and alike(covers) and not with_entries:
            plain: Sequence[int] = range(len(met))
        else:
            records = enumerate(zip(found, lengths, covers, strict=True))
            usable = group.length, usual
            plain = [n for n, (r, *record) in records if tuple(record) == usable and r not in with_entries]
        odd = sorted(set(range(len(met))).difference(plain)) if len(plain) < len(met) else []
        offered = pick(group.versions, met)
        won: Sequence[int]
        equal: Sequence[int]
        if alike(offered) and alike(held):
            won, equal = (plain if offered[0] > held[0] else ()), (plain if offered[0] == held[0] else ())
        else:
            won = [n for n in plain if offered[n] > held[n]]
            equal = [n for n in plain if offered[n] == held[n]]
        differing = self._differing(group, [met[n] for n in equal]) if equal else []
        winning = self._winning(group, [met[n] for n in won], [found[n] for n in won], slots)
        return winning, [met[n] for n in odd] + differing

    def _any_entries(self) -> bool:
        return self._db.execute(f"SELECT 1 FROM main.{self._entry.cells} LIMIT 1").fetchone() is not None

    def _with_entries(self, found: Sequence[int]) -> set[int]:
        if not self._any_entries():
            return set()
        sql = f"SELECT DISTINCT r FROM main.{self._entry.cells} WHERE r IN carray(?)"
        return {r for (r,) in self._db.execute(sql, (numbers(found),))}

    def _winning(
        self, group: Group, chosen: Sequence[int], found: Sequence[int], covers: frozenset[int]
    ) -> list[Group]:
        if not chosen:
            return []
        won = group if len(chosen) == len(group.packed) else group.rows(chosen)
        won = replace(won, numbers=found, covers=covers)
        if self._tell and not won.deletes:
            won.held = self._held(won)
        return [won]

    def _differing(self, group: Group, chosen: Sequence[int]) -> list[int]:
        """Those of these rows that do not hold what they are offered: at one col_version, the larger value wins."""
        some = group if len(chosen) == len(group.packed) else group.rows(chosen)
        ours, theirs = self._held(some), list(zip(*some.values, strict=True))
        loose = any(self._writer.affinity[name] is Affinity.NONE for name in group.columns)
        if not loose and ours == theirs:  # 1 and 1.0 are equal, and not the same
            return []
        return [n for n, one, other in zip(chosen, ours, theirs, strict=True) if not all(map(same, one, other))]

    def _held(self, group: Group) -> list[Values]:
        """What the table holds in the columns that are offered; NULL where there is no row."""
        entry = self._entry
        fields = idents(group.columns, prefix="t.")
        at_once = _bound_at_once(group.keys)
        if at_once is not None:
            key = ident(entry.key[0])
            found: list[Any] = self._db.execute(
                f"SELECT {fields} FROM carray(?1) AS c LEFT JOIN {base(entry)} AS t"
                f" ON t.{key} = c.value AND t.{key} = c.value COLLATE BINARY",
                (at_once,),
            ).fetchall()
        else:
            names = tuple(f"?{n}" for n in range(1, 1 + len(entry.key)))
            sql = f"SELECT {fields} FROM {base(entry)} AS t WHERE {base_is(entry, names)}"
            nothing = (None,) * len(group.columns)
            found = [self._db.execute(sql, key).fetchone() or nothing for key in zip(*group.keys, strict=True)]
        return found


def _blobs(packed: Sequence[bytes]) -> Any:
    return apsw.carray(tuple(packed), flags=apsw.SQLITE_CARRAY_BLOB)


def _bound_at_once(keys: Sequence[Any]) -> Any:
    """The keys as one parameter, where SQLite can take them so: integers, and text without NUL characters; else
    None."""
    if len(keys) > 1:
        return None
    kinds = set(map(type, keys[0]))
    if kinds == {int}:
        return numbers(keys[0])
    if kinds == {str}:
        return None if "\0" in "".join(keys[0]) else apsw.carray(tuple(keys[0]))
    return None
