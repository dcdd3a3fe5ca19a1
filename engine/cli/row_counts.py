"""How many rows of each table went which way, which ``sync`` prints in place of each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.cli.output import rows, shown
from engine.events import FlowChange, FlowDirection
from engine.text import Text, joined, layout, t

TABLES = 10
"""How many tables are named in one line; the rest are counted."""

REMEMBERED = 100_000
"""How many rows of a table are told apart, for each direction: up to this many, a row counts only once."""


class RowCounts:
    """The rows that went each way."""

    def __init__(self) -> None:
        self._keys: dict[tuple[FlowDirection, str], set[int]] = {}

    def add(self, way: FlowDirection, changes: Iterable[FlowChange]) -> None:
        """Count the rows of changes."""
        for change in changes:
            keys = self._keys.setdefault((way, change.table), set())
            if len(keys) <= REMEMBERED:
                keys.add(hash(change.key))

    def lines(self) -> Iterator[Text]:
        """Yield a line for each direction in which something went, with the tables with most rows first."""
        for way in FlowDirection:
            counts = {table: len(keys) for (one, table), keys in self._keys.items() if one is way}
            if counts:
                order = sorted(counts, key=lambda table: (-counts[table], table))
                named = [layout("{table}: {rows}", table=shown(one), rows=_rows(counts[one])) for one in order[:TABLES]]
                if len(order) > TABLES:
                    named.append(t("and {count:,} more tables", count=len(order) - TABLES))
                yield layout("{direction:<5} {tables}", direction=way.value, tables=joined(", ", named))


def _rows(number: int) -> Text:
    return t("more than {count:,} rows", count=REMEMBERED) if number > REMEMBERED else rows(number)
