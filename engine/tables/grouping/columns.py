"""A batch of changes turned on its side: what is true of all of them is found out without a loop in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, groupby
from operator import itemgetter, ne
from typing import Any, NamedTuple, TypeVar

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.ids import SiteId
from engine.sqlite.values import Affinity, Storage
from engine.tables.validate import SITE, VALUES

T = TypeVar("T")

_WHOLE = {
    Affinity.NONE: VALUES,
    Affinity.TEXT: frozenset((type(None), str, bytes)),
    Affinity.REAL: frozenset((type(None), float, bytes)),
    Affinity.INTEGER: frozenset((type(None), int, bytes)),
    Affinity.NUMERIC: frozenset((type(None), int, bytes)),
}
"""The values that a column stores as they are."""


class Columns(NamedTuple):
    """The fields of the changes, each as one sequence; what belongs to one change stands at its place in the batch."""

    tables: Sequence[str]
    pks: Sequence[bytes]
    cids: Sequence[str]
    vals: Sequence[SQLiteValue]
    col_versions: Sequence[int]
    db_versions: Sequence[int]
    sites: Sequence[SiteId]
    lengths: Sequence[int]
    seqs: Sequence[int]

    @classmethod
    def of(cls, batch: Sequence[Change]) -> Columns | None:
        """Turn a batch; None if a change in it would be refused, or needs a closer look (``checking.check``). The
        values are not looked at here."""
        fields: list[Any] = list(
            chain.from_iterable(batch)
        )  # twice as fast as zip, which visits every change nine times
        columns = cls._make(fields[n :: len(cls._fields)] for n in range(len(cls._fields)))
        try:
            return columns if columns._sound() else None
        except TypeError:  # something that has no hash, or no order
            return None

    def by_table(self) -> dict[str, list[range]]:
        """Where the changes of each table stand."""
        if alike(self.tables):
            return {self.tables[0]: [range(len(self.tables))]}
        spans: dict[str, list[range]] = {}
        at = 0
        for name, run in groupby(self.tables):
            end = at + sum(1 for _ in run)
            spans.setdefault(name, []).append(range(at, end))
            at = end
        return spans

    def _sound(self) -> bool:
        # Most of these have few different values: to look at those is to look at all.
        sites = set(self.sites)
        return (
            all(map(_counts, (self.col_versions, self.db_versions, self.lengths, self.seqs)))
            and _kinds(sites) == {bytes}
            and set(map(len, sites)) == {SITE}
            and _kinds(self.pks) == {bytes}
            and _kinds(chain(_different(self.tables), set(self.cids))) == {str}
        )


def pick(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """What stands at these places."""
    if isinstance(places, range):
        return column[places.start : places.stop : places.step] if places else ()
    return picker(places)(column)


def picker(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """``pick`` for several columns: to make it takes longer than to use it."""
    if len(places) < 2:
        return lambda column: [column[place] for place in places]
    picked: Callable[[Sequence[Any]], Sequence[Any]] = itemgetter(*places)
    # A range would make each number anew.
    return lambda column: picked(list(column) if isinstance(column, range) else column)


def stored(values: Sequence[SQLiteValue], affinity: Affinity | None, storage: Storage, *, js_numbers: bool) -> Any:
    """All the values of one column as the column will store them, as ``Storage.stored`` tells one by one. No affinity
    means a sentinel, which has no value.

    Returns:
        The sequence itself where it needs no change; None if one of them would be refused.
    """
    kinds = _kinds(values)
    if not kinds <= VALUES or (affinity is None and kinds != {type(None)}):
        return None
    if int in kinds:
        integers: Any = values if len(kinds) == 1 else [value for value in values if type(value) is int]
        if min(integers) < -(2**63) or max(integers) >= 2**63:
            return None
    odd = float in kinds and (js_numbers or any(map(ne, values, values)))  # no number is unlike itself but NaN
    if affinity is not None and (odd or not kinds <= _WHOLE[affinity]):
        return [storage.stored(value, affinity, js_numbers=js_numbers) for value in values]
    return values


def _counts(column: Sequence[int]) -> bool:
    """Are all of them integers that a version may have? (Each type is looked at: True equals 1. To count them takes
    half as long as to make a set of them.)"""
    if list(map(type, column)).count(int) < len(column):
        return False
    some = _different(column)
    return min(some) >= 0 and max(some) < MAX_VERSION


def alike(values: Sequence[Any]) -> bool:
    """Are all of them equal? (To count is many times faster than to make a set.)"""
    return values.count(values[0]) == len(values)


def _different(values: Sequence[T]) -> set[T]:
    return {values[0]} if alike(values) else set(values)


def _kinds(values: Any) -> set[type]:
    return set(map(type, values))


def lowest(values: Sequence[int]) -> int:
    """The least of them."""
    return values[0] if alike(values) else min(values)


def ascending(values: Sequence[Any]) -> bool:
    """Are they in order? (To sort what is sorted is quick; what is not mostly shows at once.)

    Raises:
        TypeError: they cannot be compared.
    """
    if isinstance(values, range):
        return True
    few = list(values[:16])
    return sorted(few) == few and sorted(values) == list(values)
