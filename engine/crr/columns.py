"""A batch of changes turned on its side: what is true of all of them is found out without a loop in Python."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import itemgetter, ne
from typing import Any, NamedTuple, TypeVar

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.crr.checking import SITE, VALUES
from engine.crr.values import Affinity, Storage

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
    sites: Sequence[bytes]
    lengths: Sequence[int]
    seqs: Sequence[int]

    @classmethod
    def of(cls, batch: Sequence[Change]) -> Columns | None:
        """Turn a batch; None if any change in it would be refused, or needs a closer look (``checking.check``)."""
        turned: Columns = cls._make(zip(*batch, strict=True))
        return turned if turned._sound() else None

    def _sound(self) -> bool:
        numbers = (self.col_versions, self.db_versions, self.lengths, self.seqs)
        return (
            _kinds(chain(*numbers)) == {int}
            and all(min(column) >= 0 and max(column) < MAX_VERSION for column in numbers)
            and _kinds(self.sites) == {bytes}
            and set(map(len, set(self.sites))) == {SITE}
            and _kinds(self.pks) == {bytes}
            and _kinds(chain(self.tables, self.cids)) == {str}
            and _kinds(self.vals) <= VALUES
        )


def pick(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """What stands at these places."""
    if isinstance(places, range):
        return column[places.start : places.stop : places.step] if places else ()
    if len(places) < 2:
        return [column[place] for place in places]
    picked: Sequence[T] = itemgetter(*places)(column)
    return picked


def stored(values: Sequence[SQLiteValue], affinity: Affinity, storage: Storage, *, js_numbers: bool) -> Any:
    """All the values of one column as the column will store them, as ``Storage.stored`` tells one by one.

    Returns:
        The sequence itself where it needs no change; None if an integer among them has more than 64 bits.
    """
    kinds = _kinds(values)
    if int in kinds:
        integers: Any = values if len(kinds) == 1 else [value for value in values if type(value) is int]
        if min(integers) < -(2**63) or max(integers) >= 2**63:
            return None
    odd = float in kinds and (js_numbers or any(map(ne, values, values)))  # no number is unlike itself but NaN
    if odd or not kinds <= _WHOLE[affinity]:
        return [storage.stored(value, affinity, js_numbers=js_numbers) for value in values]
    return values


def _kinds(values: Any) -> set[type]:
    return set(map(type, values))
