"""What tables show of a merged state, worked out from scratch: the reference that random meshes are compared with.

The merged state keeps every row; a table shows those that its own rules admit together, and the others are hidden.
Which those are follows from the merged state alone, so that it is the same everywhere, whatever arrived when.

Rows are decided one after the other: parents before children (tables by their references; within a table that refers to
itself, or tables that refer to each other in a circle, by the length of the chain of parents), then by wire key. Each
in turn: by itself, by its parents, by UNIQUE and the key against the rows that are shown so far. Rows in a circle of
rows, or below one, come last.

Nothing here uses the engine. Values are those that travel: a reference is what the key of its parent is called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import apsw

Values = Mapping[str, Any]
Merged = Mapping[str, Mapping[bytes, Values]]
"""Of each table its rows that are not deleted, by wire key; the columns of the key among their values."""


Deleted = Mapping[str, Collection[tuple[Any, ...]]]
"""Of each table the keys of its rows that are deleted, as they travel."""


@dataclass(frozen=True)
class Rule:
    """Rows must differ in these columns, unless one is NULL.

    Attributes:
        nocase: those of them that ignore letter case.
        where: for which rows it holds, in SQL; "" for all.
        same: whether the later of two rows is the same as the earlier one, so that references to it lead there; else
            both are kept apart.
    """

    columns: tuple[str, ...]
    nocase: frozenset[str] = frozenset()
    where: str = ""
    same: bool = False


@dataclass(frozen=True)
class Reference:
    """Columns that hold the key of a row of another table, or of the same one, unless one is NULL.

    Attributes:
        enforced: whether rows without their parent are hidden; else they are shown as they are.
        set_null: they are shown with NULL instead.
        missing: rows without their parent are shown all the same where it is not there at all: only hidden ones count.
            Otherwise deleted ones do, too.
    """

    columns: tuple[str, ...]
    parent: str
    to: tuple[str, ...]
    enforced: bool = True
    set_null: bool = False
    missing: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its columns, each with its type, and what it demands of rows. The key is one of its ``rules``, if two
    wire keys can be one key in it."""

    name: str
    columns: Mapping[str, str] = field(hash=False)
    rules: tuple[Rule, ...] = ()
    checks: tuple[str, ...] = ()
    not_null: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


class Hidden(NamedTuple):
    """Why a row is hidden: ``not null``, ``check``, ``parent`` or ``unique``, with the row in its way; ``same``: which
    it is the same as."""

    reason: str
    way: bytes | None = None
    same: bool = False


class Shown(NamedTuple):
    """Of each table the rows that are shown, as they are shown, and those that are hidden; of these, all that are in
    their way; and whether there are circles of rows."""

    shown: dict[str, dict[bytes, Values]]
    hidden: dict[str, dict[bytes, Hidden]]
    ways: dict[str, dict[bytes, set[bytes]]]
    circles: bool


def shown(tables: Sequence[Table], merged: Merged, deleted: Deleted | None = None) -> Shown:
    """Work out what the tables show; ``deleted``: None where all that is not there was deleted."""
    model = _Model(tables, merged, deleted)
    model.decide()
    return Shown(model.shown, model.hidden, model.ways, model.circles)


Place = tuple[str, bytes]
"""A row: its table and wire key."""


class _Model:
    def __init__(self, tables: Sequence[Table], merged: Merged, deleted: Deleted | None) -> None:
        self._deleted = deleted
        self._tables = {table.name: table for table in tables}
        self._merged = merged
        self._sql = _Conditions(tables)
        self.shown: dict[str, dict[bytes, Values]] = {name: {} for name in self._tables}
        self.hidden: dict[str, dict[bytes, Hidden]] = {name: {} for name in self._tables}
        self.ways: dict[str, dict[bytes, set[bytes]]] = {name: {} for name in self._tables}
        self.circles = False
        self._found = {
            (reference.parent, reference.to): {
                tuple(row[column] for column in reference.to): key for key, row in merged[reference.parent].items()
            }
            for table in tables
            for reference in table.references
        }

    def decide(self) -> None:
        for group in _groups(self._tables):
            places = [(name, key) for name in group for key in self._merged[name]]
            depths = self._depths(set(places))
            for place in sorted(depths, key=lambda one: (depths[one], group.index(one[0]), one[1])):
                self._decide(place)
            rest = [place for place in places if place not in depths]
            self.circles = self.circles or bool(rest)
            self._decide_circles(sorted(rest, key=lambda one: (group.index(one[0]), one[1])))

    # One row

    def _decide(self, place: Place) -> None:
        reason = self._by_itself(place)
        values = None if reason else self._with_parents(place, set())
        if reason or values is None:
            self._hide(place, Hidden(reason or "parent"))
        elif (clash := self._clash(place, values)) is not None:
            self._hide(place, clash)
        else:
            self.shown[place[0]][place[1]] = values

    def _hide(self, place: Place, why: Hidden) -> None:
        self.hidden[place[0]][place[1]] = why

    def _by_itself(self, place: Place) -> str:
        table, values = self._tables[place[0]], self._merged[place[0]][place[1]]
        if any(values[column] is None for column in table.not_null):
            return "not null"
        if any(self._sql.holds(table, check, values) == 0 for check in table.checks):  # NULL is not false
            return "check"
        return ""

    def _with_parents(self, place: Place, undecided: set[Place]) -> dict[str, Any] | None:
        """The values of a row with references to the rows that are shown in place of its parents; None where a parent
        is missing that it cannot be without. The undecided ones count as shown."""
        table, values = self._tables[place[0]], dict(self._merged[place[0]][place[1]])
        for reference in table.references:
            parent = self._parent(reference, self._merged[place[0]][place[1]])
            if parent is None:
                continue
            at: Place | None = parent[0] if isinstance(parent[0], tuple) else None
            while at is not None and at not in undecided and at[1] not in self.shown[at[0]]:
                why = self.hidden[at[0]].get(at[1])
                at = (at[0], why.way) if why is not None and why.same and why.way is not None else None
            if at is not None:
                row = self._merged[at[0]][at[1]] if at in undecided else self.shown[at[0]][at[1]]
                for column, to in zip(reference.columns, reference.to, strict=True):
                    values[column] = row[to]
            elif not reference.enforced or (parent[0] is None and not self._is_needed(reference, values)):
                continue
            elif reference.set_null and not set(reference.columns) & set(table.not_null):
                values |= dict.fromkeys(reference.columns)
            else:
                return None
        return values

    def _is_needed(self, reference: Reference, values: Values) -> bool:
        """Whether a row waits for its parent, which is not there."""
        to = tuple(values[column] for column in reference.columns)
        return not reference.missing and (self._deleted is None or to in self._deleted[reference.parent])

    def _parent(self, reference: Reference, values: Values) -> tuple[Place | None] | None:
        """The row that is referred to, in a tuple: None for one that is not there. None: it refers to nothing."""
        to = tuple(values[column] for column in reference.columns)
        if None in to:
            return None
        key = self._found[reference.parent, reference.to].get(to)
        return (None,) if key is None else ((reference.parent, key),)

    def _clash(self, place: Place, values: Values) -> Hidden | None:
        """What is in the way of a row: of those that are shown and come before it, the first."""
        table = self._tables[place[0]]
        ways: dict[bytes, bool] = {}
        for rule in table.rules:
            mine = self._compared(table, rule, values)
            for key, other in self.shown[table.name].items() if mine is not None else ():
                if self._compared(table, rule, other) == mine:
                    ways[key] = ways.get(key, False) or rule.same
        if ways:
            self.ways[table.name][place[1]] = set(ways)
        for key in self.shown[table.name]:  # in the order in which they were decided
            if key in ways:
                return Hidden("unique", key, ways[key])
        return None

    def _compared(self, table: Table, rule: Rule, values: Values) -> tuple[Any, ...] | None:
        """What must differ; None where the rule does not hold for a row."""
        found = tuple(
            _folded(values[column]) if column in rule.nocase else _typed(values[column]) for column in rule.columns
        )
        if None in found or (rule.where and not self._sql.holds(table, rule.where, values)):
            return None
        return found

    # Chains and circles

    def _depths(self, places: set[Place]) -> dict[Place, int]:
        """How long the chain of parents is above each row, among these; rows in a circle or below one are left out."""
        above = {place: set(self._parents_of(place)) & places for place in places}
        depths: dict[Place, int] = {}
        while True:
            ready = [one for one in above if one not in depths and all(up in depths for up in above[one])]
            if not ready:
                return depths
            found = {one: 1 + max((depths[up] for up in above[one]), default=-1) for one in ready}
            depths |= found

    def _parents_of(self, place: Place) -> Iterator[Place]:
        for reference in self._tables[place[0]].references:
            parent = self._parent(reference, self._merged[place[0]][place[1]])
            decides = reference.enforced or any(rule.same for rule in self._tables[reference.parent].rules)
            if decides and parent is not None and parent[0] is not None:
                yield parent[0]

    def _decide_circles(self, places: Sequence[Place]) -> None:
        """Parents by existence, then UNIQUE, then what is left without a parent."""
        left = []
        for place in places:
            reason = self._by_itself(place)
            if reason:
                self._hide(place, Hidden(reason))
            else:
                left.append(place)
        left = self._closed(left)
        undecided = set(left)
        for place in left:
            undecided.discard(place)
            values = self._with_parents(place, undecided | {place})
            assert values is not None or not self._alive(place, undecided)
            clash = self._clash(place, values) if values is not None else Hidden("parent")
            if clash is not None:
                self._hide(place, clash)
            else:
                assert values is not None
                self.shown[place[0]][place[1]] = values
        again = [place for place in left if place[1] in self.shown[place[0]]]
        while gone := [place for place in again if self._with_parents(place, set()) is None]:
            for place in gone:
                del self.shown[place[0]][place[1]]
                self._hide(place, Hidden("parent"))
            again = [place for place in again if place not in gone]
        for place in again:
            values = self._with_parents(place, set())
            assert values is not None
            self.shown[place[0]][place[1]] = values

    def _alive(self, place: Place, undecided: set[Place]) -> bool:
        return self._with_parents(place, undecided | {place}) is not None

    def _closed(self, places: list[Place]) -> list[Place]:
        while gone := [place for place in places if self._with_parents(place, set(places)) is None]:
            for place in gone:
                self._hide(place, Hidden("parent"))
            places = [place for place in places if place not in gone]
        return places


class _Conditions:
    """Conditions in SQL over one row, by SQLite itself."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._db = apsw.Connection(":memory:")
        for table in tables:
            columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
            self._db.execute(f"CREATE TABLE {table.name} ({columns})")

    def holds(self, table: Table, condition: str, values: Values) -> Any:
        """What it says of a row."""
        self._db.execute(f"DELETE FROM {table.name}")
        names, marks = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        row = [values[column] for column in table.columns]
        self._db.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", row)
        return self._db.execute(f"SELECT {condition} FROM {table.name}").get


def _groups(tables: Mapping[str, Table]) -> list[list[str]]:
    """The tables, parents first; those that refer to each other in a circle together."""
    reach = {name: {reference.parent for reference in table.references} for name, table in tables.items()}
    for _ in tables:
        reach = {name: found.union(*(reach[one] for one in found)) for name, found in reach.items()}
    groups: list[list[str]] = []
    left = list(tables)
    while left:
        first = next(one for one in left if all(one in reach[up] for up in reach[one] if up in left and up != one))
        groups.append([one for one in left if one == first or (one in reach[first] and first in reach[one])])
        left = [one for one in left if one not in groups[-1]]
    return groups


def _typed(value: Any) -> Any:
    return (type(value) is bytes, type(value) is str, value) if value is not None else None


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        value = "".join(one.lower() if one.isascii() else one for one in value)
    return _typed(value)
