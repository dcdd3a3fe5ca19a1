"""The order in which tables are joined whose rows refer to each other's numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping


def roots_first(names: Collection[str], refers: Callable[[str], Mapping[str, str]]) -> list[str]:
    """Order tables, each behind those of them to whose rows it refers.

    Args:
        refers: gives the columns of a table that hold such numbers, each with the table that they are of.
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
