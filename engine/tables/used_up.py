"""Column versions and causal lengths that nobody reaches by counting: SQL that finds and repairs them."""

from __future__ import annotations

from engine.change import FAR


def odd(number: str) -> str:
    """Return a condition that a column of sync records has a number that nobody reaches by counting."""
    return f"(typeof({number}) != 'integer' OR {number} NOT BETWEEN 0 AND {FAR - 1})"


def lowered(length: str) -> str:
    """Return an expression that lowers a causal length.

    It stays odd or even, and in the same order with lengths near it, even around a power of two.
    """
    return f"(((CAST({length} AS INTEGER) & 4294967295) + 2147483648) & 4294967295) + 4294967296"
