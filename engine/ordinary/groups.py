"""Decides rows of one shape together: the rules of ``stamps`` for changes that need only a comparison.

A row whose cells all come with the same col_version and author, as nearly all rows written as a whole do, is decided by
comparing stamps. All others are left to ``rowwise``, with the same outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any, TypeVar

import apsw

from engine.change import SQLiteValue
from engine.ids import SiteId
from engine.ordinary.global_keys import names_in, spelled
from engine.ordinary.hidden import Hidden
from engine.ordinary.merged_row import Key
from engine.ordinary.records import slots_of
from engine.ordinary.register import Entry, base, base_is
from engine.ordinary.rowwise import Winner
from engine.ordinary.shadow import any_digest, wire_key
from engine.ordinary.write import Writer
from engine.sqlite.sql import cursor, ident, idents, numbers
from engine.sqlite.values import Affinity, Storage, keeps, same
from engine.tables.grouping.columns import Columns, alike, ascending, pick, picker, stored
from engine.tables.grouping.shapes import Shape
from engine.tables.pack import pack_all
from engine.tables.validate import check_keys

T = TypeVar("T")
Values = Sequence[SQLiteValue]


@dataclass(slots=True)
class Group:
    """Rows for which the same columns came; every sequence is in the same order.

    Attributes:
        columns: the columns; only the sentinel for rows that are deleted.
        length: the causal length.
        firsts: the place in the batch of each row's first change.
        keys: the values of each column of the key; ``packed``: by which their records are found.
        places: for each of ``columns``, the places of its changes.
        values: likewise, what they write.
        versions: the col_version of all cells of each row.
        authors: likewise, who wrote them.
        numbers: of each row's record; empty for new rows.
        covers: the slots that these records cover.
        held: for each of ``columns``, what the table held; empty if not asked for.
        reserved: for new rows whose records exist already, to hold their number here, the numbers of these records.
        born: for new rows of an auto-numbered table otherwise, ``born`` of the records that they are to get.
    """

    columns: tuple[str, ...]
    length: int
    firsts: Sequence[int]
    keys: Sequence[Values]
    packed: Sequence[bytes]
    places: Sequence[Sequence[int]]
    values: Sequence[Values]
    versions: Sequence[int]
    authors: Sequence[SiteId]
    numbers: Sequence[int] = ()
    covers: frozenset[int] = frozenset()
    held: Sequence[Values] = ()
    reserved: Sequence[int] = ()
    born: Sequence[int | None] = ()

    @property
    def deletes(self) -> bool:
        """Whether the rows are deleted."""
        return self.length % 2 == 0

    def rows(self, chosen: Sequence[int]) -> Group:
        """Return these rows only."""
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
            held=list(map(some, self.held)),
        )

    def winners(self) -> Iterator[Winner]:
        """Yield each cell of each row."""
        keys: list[Key] = list(zip(*self.keys, strict=True))
        old = self.held or [[None] * len(keys)] * len(self.columns)
        had_old = bool(self.numbers) and not self.deletes
        for n, places in enumerate(self.places):
            for place, key, value, before in zip(places, keys, self.values[n], old[n], strict=True):
                yield Winner(place, key, value, before, had_old)


def gather(
    writer: Writer, storage: Storage, batch: Columns, shape: Shape, *, js_numbers: bool, exact: bool = False
) -> Group | None:
    """Return the rows of a shape with their keys and values, ordered by packed key.

    Args:
        exact: as for ``Rowwise``.

    Returns:
        None if they cannot be decided together: a value would be refused, or another one in the table; cells of a row
        differ in their author or their col_version, or their global keys are no names of rows that are here.

    Raises:
        InvalidChange: a key cannot be read.
    """
    affinity, entry = writer.affinity, writer.entry
    if entry.has_global_key and not entry.collection:
        return None
    versions, authors = _alike_in_each_row(batch.col_versions, shape), _alike_in_each_row(batch.sites, shape)
    if versions is None or authors is None:
        return None
    offered = [pick(batch.vals, places) for places in shape.places]
    values = [
        stored(column, affinity.get(name), storage, js_numbers=js_numbers)
        for name, column in zip(shape.columns, offered, strict=True)
    ]
    pks = pick(batch.pks, shape.firsts)
    if entry.collection:
        keys = [names_in(pks)]
    else:
        keys = [
            stored(column, affinity[name], storage, js_numbers=js_numbers)
            for name, column in zip(entry.key, check_keys(entry, pks), strict=True)
        ]
    if any(column is None for column in chain(values, keys)):
        return None
    if exact and not all(map(_kept, shape.columns, offered, values, repeat(entry))):
        return None
    packed = pks if entry.collection else pack_all([_spelled(column) for column in keys])
    group = Group(shape.columns, shape.length, shape.firsts, keys, packed, shape.places, values, versions, authors)
    return group if ascending(packed) else group.rows(sorted(range(len(packed)), key=packed.__getitem__))


def _kept(name: str, offered: Values, stored_: Values, entry: Entry) -> bool:
    """Return whether a column stores all these values as they are."""
    return stored_ is offered or name in entry.roots or all(map(keeps, offered, stored_))


def _alike_in_each_row(column: Sequence[T], shape: Shape) -> Sequence[T] | None:
    """Return what the changes of each row have in common; None if those of a row differ."""
    first, *others = (pick(column, places) for places in shape.places)
    return None if any(list(other) != list(first) for other in others) else first


def _spelled(column: Values) -> Values:
    """Return a column of keys as records have it: 1.0 is 1."""
    return wire_key(column) if float in set(map(type, column)) else column


@dataclass(slots=True)
class _Known:
    """What is known about rows that have records; every sequence is in the same order.

    Attributes:
        numbers, lengths, covers, versions: of the records.
        keys: if the key that came is a global one, the columns of the key that they have here.
        seen: the shadow of the columns that came.
        travels: the same, as it is sent.
    """

    numbers: Sequence[int]
    lengths: Sequence[int]
    covers: Sequence[bytes]
    versions: Sequence[int]
    keys: Sequence[Values]
    seen: Sequence[Values]
    travels: Sequence[Values]

    def rows(self, chosen: Sequence[int]) -> _Known:
        """Return these rows only."""
        if len(chosen) == len(self.numbers):
            return self
        some = picker(chosen)
        return _Known(
            some(self.numbers),
            some(self.lengths),
            some(self.covers),
            some(self.versions),
            list(map(some, self.keys)),
            list(map(some, self.seen)),
            list(map(some, self.travels)),
        )


class Decider:
    """Decides groups of rows of one table.

    Args:
        report_applied: whether what was overwritten may be asked for.
    """

    def __init__(self, writer: Writer, *, report_applied: bool) -> None:
        self._writer = writer
        self._db = writer.db
        self._entry = writer.entry
        self._report_applied = report_applied

    def decide(self, group: Group) -> tuple[list[Group], list[int]]:
        """Compare what came with what the file holds.

        Returns:
            groups of which every cell wins, and the rows (their positions in the group) that are left to ``rowwise``.
            All others lose.
        """
        rows, packed = f"main.{self._entry.rows}", group.packed
        some = f"SELECT 1 FROM {rows} WHERE pk >= ? AND pk <= ? LIMIT 1"
        if cursor(self._db).execute(some, (packed[0], packed[-1])).get is None:
            return self._new(group, range(len(packed)))
        known = self._known(group)
        if None not in known.numbers:
            return self._met(group, range(len(packed)), known)
        won, left = self._new(group, [n for n, r in enumerate(known.numbers) if r is None])
        met = [n for n, r in enumerate(known.numbers) if r is not None]
        if met:
            more, odd = self._met(group, met, known.rows(met))
            won += more
            left += odd
        return won, left

    def _known(self, group: Group) -> _Known:
        """Return what is known of each row; everything is None for one that has no record."""
        entry = self._entry
        keys = [f"r.{name}" for name in entry.log_key] if entry.has_global_key else []
        seen = {} if group.deletes else {name: f"r.v{entry.slots[name]}" for name in group.columns}
        names = [name for name in seen if name in entry.roots]
        fields = [*keys, *seen.values(), *(spelled(entry.roots[name], seen[name]) for name in names)]
        sql = (
            f"SELECT r.r, r.length, r.covers, r.col_version{''.join(f', {field}' for field in fields)}"
            f" FROM carray(?1) AS c LEFT JOIN main.{entry.rows} AS r ON r.pk = c.value"
        )
        found: list[Any] = cursor(self._db).execute(sql, (_blobs(group.packed),)).fetchall()
        records, lengths, covers, versions, *columns = zip(*found, strict=True)
        first, last = len(keys), len(keys) + len(seen)
        travels = dict(zip(seen, columns[first:last], strict=True)) | dict(zip(names, columns[last:], strict=True))
        return _Known(records, lengths, covers, versions, columns[:first], columns[first:last], list(travels.values()))

    def _simple(self, group: Group, slots: frozenset[int]) -> bool:
        """Return whether these rows, which cover so much, take one stamp for all cells or an entry for each new one."""
        mine = {self._entry.slots[name] for name in group.columns}
        kept = slots.intersection(self._entry.live) - mine
        return mine <= slots and not 0 < len(kept) < len(mine)

    def _new(self, group: Group, chosen: Sequence[int]) -> tuple[list[Group], list[int]]:
        """Return the groups of new rows, and the rows to look at one by one.

        What nobody sends of a row is seen as the table has it, which takes a look at each.
        """
        if not group.deletes and len(group.columns) < len(self._entry.columns):
            return [], list(chosen)
        return [group if isinstance(chosen, range) else group.rows(chosen)], []

    def _met(self, group: Group, met: Sequence[int], known: _Known) -> tuple[list[Group], list[int]]:
        """Decide the rows that have records, of which this is known."""
        found, lengths, covers, held = known.numbers, known.lengths, known.covers, known.versions
        if group.deletes:
            shorter = [n for n, length in enumerate(lengths) if length < group.length]
            nowhere = [n for n in shorter if any(column[n] is None for column in known.keys)]
            placed = sorted(set(shorter).difference(nowhere))
            return self._winning(group, met, placed, known, frozenset()), [met[n] for n in nowhere]
        usual = covers[0]
        slots = frozenset(slots_of(usual))
        if not self._simple(group, slots):
            return [], list(met)
        every = range(len(met))
        with_entries = self._with_entries(found)
        if alike(lengths) and lengths[0] == group.length and alike(covers) and not with_entries:
            plain: Sequence[int] = every
        else:
            records = enumerate(zip(found, lengths, covers, strict=True))
            usable = group.length, usual
            plain = [n for n, (r, *record) in records if tuple(record) == usable and r not in with_entries]
        hidden = Hidden(self._db, self._entry).those_of(found)
        if hidden:
            plain = [n for n in plain if found[n] not in hidden]
        odd = sorted(set(every).difference(plain)) if len(plain) < len(met) else []
        offered = pick(group.versions, met)
        won: Sequence[int]
        equal: Sequence[int]
        if alike(offered) and alike(held):
            won, equal = (plain if offered[0] > held[0] else ()), (plain if offered[0] == held[0] else ())
        else:
            won = [n for n in plain if offered[n] > held[n]]
            equal = [n for n in plain if offered[n] == held[n]]
        odd += self._differing(group, met, equal, known) if equal else ()
        return self._winning(group, met, won, known, slots), [met[n] for n in odd]

    def _any_entries(self) -> bool:
        return self._db.execute(f"SELECT 1 FROM main.{self._entry.cells} LIMIT 1").fetchone() is not None

    def _with_entries(self, found: Sequence[int]) -> set[int]:
        if not self._any_entries():
            return set()
        sql = f"SELECT DISTINCT r FROM main.{self._entry.cells} WHERE r IN carray(?)"
        return {r for (r,) in self._db.execute(sql, (numbers(found),))}

    def _winning(
        self, group: Group, met: Sequence[int], chosen: Sequence[int], known: _Known, covers: frozenset[int]
    ) -> list[Group]:
        """Return the chosen rows among those that have records, as groups."""
        if not chosen:
            return []
        won, its = self._chosen(group, met, chosen, known)
        won = replace(won, numbers=its.numbers, covers=covers)
        if self._report_applied and not won.deletes:
            won.held = self._held(won, its.seen)
        return [won]

    def _chosen(self, group: Group, met: Sequence[int], chosen: Sequence[int], known: _Known) -> tuple[Group, _Known]:
        """Return the chosen rows among those that have records, with their keys here, and what is known of them."""
        some = group if len(chosen) == len(group.packed) else group.rows(pick(met, chosen))
        its = known.rows(chosen)
        return (replace(some, keys=its.keys) if its.keys else some), its

    def _differing(self, group: Group, met: Sequence[int], chosen: Sequence[int], known: _Known) -> list[int]:
        """Return those of the chosen rows that do not hold what they are offered.

        At the same col_version, the larger value wins.
        """
        some, its = self._chosen(group, met, chosen, known)
        ours = [
            travels if name in self._entry.roots else shown
            for name, shown, travels in zip(some.columns, self._held(some, its.seen), its.travels, strict=True)
        ]
        loose = any(self._writer.affinity[name] is Affinity.NONE for name in group.columns)
        if not loose and all(map(_equal, ours, some.values)):  # 1 and 1.0 are equal, and not the same
            return []
        held, offered = zip(*ours, strict=True), zip(*some.values, strict=True)
        return [n for n, one, other in zip(chosen, held, offered, strict=True) if not all(map(same, one, other))]

    def _held(self, group: Group, seen: Sequence[Values]) -> Sequence[Values]:
        """Return what the table holds in the columns that are offered.

        All of it was captured, so that is what was seen, except for what is kept as a digest.
        """
        if not any(map(any_digest, seen)):
            return seen
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
        return list(zip(*found, strict=True))


def _equal(one: Values, other: Values) -> bool:
    return list(one) == list(other)


def _blobs(packed: Sequence[bytes]) -> Any:
    return apsw.carray(tuple(packed), flags=apsw.SQLITE_CARRAY_BLOB)


def _bound_at_once(keys: Sequence[Any]) -> Any:
    """Return the keys as one parameter, or None if SQLite cannot take them so.

    It can take integers, and text without NUL characters.
    """
    if len(keys) > 1:
        return None
    kinds = set(map(type, keys[0]))
    if kinds == {int}:
        return numbers(keys[0])
    if kinds == {str}:
        return None if "\0" in "".join(keys[0]) else apsw.carray(tuple(keys[0]))
    return None
