"""A row of an ordinary table, and what a batch does to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.change import SQLiteValue
from engine.ordinary.stamps import Row

Key = tuple[SQLiteValue, ...]


@dataclass(slots=True)
class MergedRow:
    """A row for which changes came.

    Attributes:
        key: its key in the table; ``packed``: the one by which its record is found.
        r: the number of its record; None if it has none yet.
        row: its stamps, as they become.
        there: whether the table has this row before anything is written.
        values: what that row held, by column; None if there is no row, or no longer one.
        deleted: whether that row is deleted before anything else.
        taken: what is to be written, by column.
        changed: whether it won anything.
        unfit: the columns of ``taken`` that would change its value, for which the row is hidden.
        hidden: whether it is a row that the table does not show (``hidden``); ``values`` are what it holds
            nevertheless.
    """

    key: Key
    packed: bytes
    r: int | None
    row: Row
    there: bool = False
    values: dict[str, SQLiteValue] | None = None
    deleted: bool = False
    taken: dict[str, SQLiteValue] = field(default_factory=dict)
    unfit: set[str] = field(default_factory=set)
    changed: bool = False
    hidden: bool = False

    def current(self, column: str) -> SQLiteValue:
        """Return what the row holds now in a column; NULL if there is no row."""
        if column in self.taken:
            return self.taken[column]
        return self.values[column] if self.values is not None else None
