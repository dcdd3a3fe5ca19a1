"""A batch of changes as columns, so that what holds for all of them is found out without a loop in Python."""

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
"""The types of values that a column stores unchanged, by its affinity."""


class Columns(NamedTuple):
    """The fields of the changes, each as one sequence indexed by the change's place in the batch."""

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
        """Turn a batch into columns.

        Returns:
            None if a change in it would be refused, or needs a closer look (``validate.check``). Values are not checked
            here.
        """
        fields: list[Any] = list(
            chain.from_iterable(batch)
        )  # twice as fast as zip, which visits every change nine times
        columns = cls._make(fields[n :: len(cls._fields)] for n in range(len(cls._fields)))
        try:
            return columns if columns._sound() else None
        except TypeError:  # something that has no hash, or no order
            return None

    def by_table(self) -> dict[str, list[range]]:
        """Return the places of each table's changes."""
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
        # Most of these have few distinct values, and checking those is enough.
        sites = set(self.sites)
        return (
            all(map(_counts, (self.col_versions, self.db_versions, self.lengths, self.seqs)))
            and _kinds(sites) == {bytes}
            and set(map(len, sites)) == {SITE}
            and _kinds(self.pks) == {bytes}
            and _kinds(chain(_different(self.tables), set(self.cids))) == {str}
        )


def pick(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """Return the elements at these places."""
    if isinstance(places, range):
        return column[places.start : places.stop : places.step] if places else ()
    return picker(places)(column)


def picker(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return a function that does ``pick`` for several columns, as making it takes longer than using it."""
    if len(places) < 2:
        return lambda column: [column[place] for place in places]
    picked: Callable[[Sequence[Any]], Sequence[Any]] = itemgetter(*places)
    # A range would create each number again.
    return lambda column: picked(list(column) if isinstance(column, range) else column)


def stored(values: Sequence[SQLiteValue], affinity: Affinity | None, storage: Storage, *, js_numbers: bool) -> Any:
    """Return the values of one column as it will store them, like ``Storage.stored`` for each.

    Args:
        affinity: None for a sentinel, which has no value.

    Returns:
        The sequence itself if nothing changes; None if one of the values would be refused.
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
    """Return whether all are ints that a version may have.

    Types are compared, as True equals 1; counting them is fast.
    """
    if list(map(type, column)).count(int) < len(column):
        return False
    some = _different(column)
    return min(some) >= 0 and max(some) < MAX_VERSION


def alike(values: Sequence[Any]) -> bool:
    """Return whether all are equal. Counting is many times faster than making a set."""
    return values.count(values[0]) == len(values)


def _different(values: Sequence[T]) -> set[T]:
    return {values[0]} if alike(values) else set(values)


def _kinds(values: Any) -> set[type]:
    return set(map(type, values))


def lowest(values: Sequence[int]) -> int:
    """Return the smallest of them."""
    return values[0] if alike(values) else min(values)


def ascending(values: Sequence[Any]) -> bool:
    """Return whether they are in order. Sorting a sorted list is fast, and a few elements mostly show that one is not.

    Raises:
        TypeError: they cannot be compared.
    """
    if isinstance(values, range):
        return True
    few = list(values[:16])
    return sorted(few) == few and sorted(values) == list(values)
