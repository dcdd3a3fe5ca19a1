"""What was added to a file to match another side's tables."""

from __future__ import annotations

from typing import NamedTuple


class Addition(NamedTuple):
    """A table that was added, or a column of one; ``column`` is '' for a whole table."""

    table: str
    column: str = ""
