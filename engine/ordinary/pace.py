"""How much a capture does at once: while it lasts, no program can write to the file."""

from __future__ import annotations

MOST, FIRST, FEWEST = 5_000, 1_000, 500
"""Rows of a table in one capture: the maximum, the first value, and the minimum."""

LONGEST = 0.04
"""Seconds that a capture may take before its transaction is committed."""


class Pace:
    """Adapts to the machine's present speed.

    Attributes:
        rows: how many to take next.
    """

    def __init__(self) -> None:
        self.rows = FIRST

    def took(self, seconds: float, *, full: bool) -> None:
        """Adapt to how long a capture took; ``full``: there were more rows than it took."""
        if seconds > LONGEST:
            self.rows = max(FEWEST, self.rows // 2)
        elif full and seconds < LONGEST / 3:
            self.rows = min(MOST, self.rows * 2)
