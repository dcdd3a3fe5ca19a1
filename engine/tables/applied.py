"""What a merge did, made only when it is asked for: most merges are of many changes, and nobody looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from engine.tables.types import Applied


class AppliedLog(Sequence[Applied]):
    """The changes that won, in order. All of them are made when the first one is read."""

    def __init__(self) -> None:
        self._count = 0
        self._parts: list[Callable[[], list[Applied]]] = []
        self._all: list[Applied] = []

    def add(self, count: int, make: Callable[[], list[Applied]]) -> None:
        """Add ``count`` changes, which ``make`` returns."""
        self._count += count
        self._parts.append(make)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Applied: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Applied]: ...

    def __getitem__(self, at: int | slice) -> Applied | Sequence[Applied]:
        for make in self._parts:
            self._all += make()
        self._parts.clear()
        return self._all[at]
