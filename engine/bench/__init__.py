"""How fast the engine is, each figure beside its baseline in the same run: ``syncline bench``.

Rooms: ``timing`` measures, ``samples`` and ``files`` are what is measured on, and one module for each bench.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.bench import merge
from engine.bench.timing import Case, Figure

BENCHES: dict[str, Callable[[int], Iterator[Case]]] = {"merge": merge.cases}
"""From a bench's name to its cases for a number of rows."""

__all__ = ["BENCHES", "Case", "Figure"]
