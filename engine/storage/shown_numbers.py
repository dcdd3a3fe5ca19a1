"""Remembers which rows have other numbers here than on the machine that created them, for showing a file's changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from engine.change import Change
from engine.replica import Replica
from engine.table_shape import Shape
from engine.tables import born_as

MOST = 50_000
"""How many rows are remembered: more than there can be changes in progress. The oldest are forgotten."""


class ShownNumbers(dict[bytes, int]):
    """Row numbers that differ here from those the rows were created with, by the row's global key."""

    async def look_up(
        self, changes: Sequence[Change], shapes: Iterable[Shape], run: Callable[..., Awaitable[dict[bytes, int]]]
    ) -> None:
        """Note the numbers of all rows that these changes name, if the file has such tables.

        Args:
            shapes: the file's tables.
            run: runs work on the replica.
        """
        if changes and any(shape.refers for shape in shapes):
            self._note(await run(_numbers, changes))

    def _note(self, numbers: Mapping[bytes, int]) -> None:
        """Take note of the rows' current numbers."""
        for name, number in numbers.items():
            self.pop(name, None)
            born = born_as(name)
            if born is not None and born[1] != number:
                self[name] = number
        while len(self) > MOST:
            del self[next(iter(self))]


def _numbers(replica: Replica, changes: Sequence[Change]) -> dict[bytes, int]:
    return replica.numbers_here(change[:4] for change in changes)
