"""Which numbers rows have here that others call otherwise, for whoever looks at the changes of a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from engine.change import Change
from engine.replica import Replica
from engine.table_shape import Shape
from engine.tables import born_as

MOST = 50_000
"""Rows that are remembered, more than there can be changes under way; those that were noted first are forgotten."""


class ShownNumbers(dict[bytes, int]):
    """The numbers of rows, by name, that have others here than they were born with."""

    async def look_up(
        self, changes: Sequence[Change], shapes: Iterable[Shape], run: Callable[..., Awaitable[dict[bytes, int]]]
    ) -> None:
        """Note the numbers of all rows that changes name, if the file has such tables; ``run`` runs something on the
        replica."""
        if changes and any(shape.refers for shape in shapes):
            self._note(await run(_numbers, changes))

    def _note(self, numbers: Mapping[bytes, int]) -> None:
        """These rows have these numbers now."""
        for name, number in numbers.items():
            self.pop(name, None)
            born = born_as(name)
            if born is not None and born[1] != number:
                self[name] = number
        while len(self) > MOST:
            del self[next(iter(self))]


def _numbers(replica: Replica, changes: Sequence[Change]) -> dict[bytes, int]:
    return replica.numbers_here(change[:4] for change in changes)
