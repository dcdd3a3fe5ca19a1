"""Rows of one shape that are decided together, and what the file holds for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from engine.change import SQLiteValue
from engine.crr.catalogue import Crr
from engine.tables.grouping.columns import picker

Values = Sequence[SQLiteValue]


@dataclass(slots=True)
class Group:
    """Rows with the changes that they are offered, or that won. Every sequence has the rows in the same order.

    With an even causal length the rows are deleted, and the only column is the sentinel.

    Attributes:
        crr: their table.
        columns: the columns of the changes.
        length: the causal length.
        firsts: the place in the batch of each row's first change.
        keys: the values of each column of the key.
        places: for each of ``columns``, the places of its changes.
        values: for each of ``columns``, the values of its changes.
        numbers: the __crsql_key of each row; empty as long as they are new to the file.
        present: whether each has a base row.
        old: the values of that row, for each of ``columns``.
        held: returns these two, in a group that is known to win as it is.
    """

    crr: Crr
    columns: tuple[str, ...]
    length: int
    firsts: Sequence[int]
    keys: Sequence[Values]
    places: Sequence[Sequence[int]]
    values: Sequence[Values]
    numbers: Sequence[int] = ()
    present: Sequence[int] = ()
    old: Sequence[Values] = ()
    held: Callable[[], Held] | None = None

    @property
    def deletes(self) -> bool:
        """Whether the rows are deleted."""
        return self.length % 2 == 0

    @property
    def names(self) -> Values | list[tuple[SQLiteValue, ...]]:
        """The keys, each as one comparable value."""
        return self.keys[0] if len(self.keys) == 1 else list(zip(*self.keys, strict=True))

    def rows(self, chosen: Sequence[int]) -> Group:
        """Return a group of only these rows, in this order."""
        some = picker(chosen)

        def of(columns: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
            return list(map(some, columns))

        return Group(
            self.crr, self.columns, self.length, some(self.firsts), of(self.keys), of(self.places), of(self.values),
            some(self.numbers) if self.numbers else (),
            some(self.present) if self.present else (), of(self.old),
        )  # fmt: skip

    def cells(self, chosen: Sequence[int]) -> Group:
        """Return a group of only these columns."""
        return replace(
            self,
            columns=tuple(self.columns[n] for n in chosen),
            places=[self.places[n] for n in chosen],
            values=[self.values[n] for n in chosen],
            old=[self.old[n] for n in chosen] if self.old else (),
        )


class Settled(NamedTuple):
    """The clock rows of rows that have every offered cell and no sentinel.

    Attributes:
        low, high: the lowest and the highest col_version among them.
        numbers: the rows' key numbers, in order.
        between: whether these are all numbers between the first and the last.
    """

    low: int
    high: int
    numbers: Sequence[int]
    between: bool


Held = tuple[Sequence[int], Sequence[Sequence[Any]]]
"""Whether each row has a base row, and the values of these, column by column."""
