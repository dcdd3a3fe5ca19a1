"""Takes over the other side's rows of a table that has never met them, where the two differ."""

from __future__ import annotations

import enum
from collections.abc import Generator
from typing import Any

from engine.wire import Values, ValuesRequest

from .actions import TakeRows
from .join_comparison import Compared, left
from .join_pairs import unpacked

AT_A_TIME = 100
"""Rows that are taken over at a time."""


class Takeover(enum.Enum):
    """The outcome."""

    DONE = enum.auto()
    TOO_LARGE = enum.auto()
    """A row is too large to be sent in this way."""
    WRITTEN = enum.auto()
    """The app has written to one of the rows since the backup."""


def take_over(name: str, rows: Compared, columns: frozenset[str], kept: int) -> Generator[Any, Any, Takeover]:
    """Take over all rows and deletions that differ; yields questions to the other side, and writes to be done here.

    Args:
        rows: how the table ``name`` compares.
        columns: those that both sides have.
        kept: the version that is in the backup, as ``BackUp`` tells it.
    """
    keys = tuple(dict.fromkeys((*rows.differing, *rows.deleted_here)))
    while keys:
        values: Values = yield ValuesRequest(0, name, keys[:AT_A_TIME])
        if columns and any(is_there and not row for is_there, row in values.rows):
            return Takeover.TOO_LARGE
        found = zip(keys, values.rows, strict=False)
        taken = tuple((key, unpacked(row) if is_there else None) for key, (is_there, row) in found)
        if not (yield TakeRows(name, taken, kept, columns)):
            return Takeover.WRITTEN
        keys = left(keys, values)
    gone = rows.deleted_there
    for at in range(0, len(gone), AT_A_TIME):
        if not (yield TakeRows(name, tuple((key, None) for key in gone[at : at + AT_A_TIME]), kept)):
            return Takeover.WRITTEN
    return Takeover.DONE
