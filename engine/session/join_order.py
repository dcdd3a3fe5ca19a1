"""The order in which to join tables whose rows refer to each other by number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping


def roots_first(names: Collection[str], refers: Callable[[str], Mapping[str, str]]) -> list[str]:
    """Order tables so that each comes after those whose rows it refers to.

    Args:
        refers: returns the columns of a table that hold such numbers, each with the table that it refers to.
    """
    ordered: list[str] = []

    def add(name: str, above: frozenset[str]) -> None:
        for root in sorted({*refers(name).values()}.intersection(names) - above):
            add(root, above | {root})
        if name not in ordered:
            ordered.append(name)

    for name in names:
        add(name, frozenset({name}))
    return ordered
