"""What a file got after another side's tables."""

from __future__ import annotations

from typing import NamedTuple


class Addition(NamedTuple):
    """A table, or a column of one; ``column`` is empty for a whole table."""

    table: str
    column: str = ""
