"""Column versions and causal lengths to which nobody counts: what tells them and what mends them, in SQL."""

from __future__ import annotations

from engine.change import FAR


def odd(number: str) -> str:
    """A condition that a column of sync records holds none that anybody counts to."""
    return f"(typeof({number}) != 'integer' OR {number} NOT BETWEEN 0 AND {FAR - 1})"


def lowered(length: str) -> str:
    """A causal length made lower: odd or even as before, and in the order of those near it, also around a power of
    two."""
    return f"(((CAST({length} AS INTEGER) & 4294967295) + 2147483648) & 4294967295) + 4294967296"
