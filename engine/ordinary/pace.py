"""How much a capture does at once: as long as it lasts, no program can write to the file."""

from __future__ import annotations

MOST, FIRST, FEWEST = 5_000, 1_000, 500
"""Rows of a table in one capture: at most, to begin with, and at least."""

LONGEST = 0.04
"""Seconds that a capture may take, before its transaction is committed."""


class Pace:
    """Follows how fast the machine is now.

    Attributes:
        rows: how many to take next.
    """

    def __init__(self) -> None:
        self.rows = FIRST

    def took(self, seconds: float, *, full: bool) -> None:
        """Learn from a capture; ``full``: there were more rows than it took."""
        if seconds > LONGEST:
            self.rows = max(FEWEST, self.rows // 2)
        elif full and seconds < LONGEST / 3:
            self.rows = min(MOST, self.rows * 2)
