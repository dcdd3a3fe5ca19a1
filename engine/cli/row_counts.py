"""How many rows of each table went which way: what ``sync`` says in place of each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.cli.output import rows, shown
from engine.events import FlowChange, FlowDirection
from engine.text import Text, joined, layout, t

TABLES = 10
"""Tables that are named in one line; the rest is counted."""

REMEMBERED = 100_000
"""Rows of a table, one way, that are known apart: a row counts once however often it comes, up to here."""


class RowCounts:
    """The rows that went each way."""

    def __init__(self) -> None:
        self._keys: dict[tuple[FlowDirection, str], set[int]] = {}

    def add(self, way: FlowDirection, changes: Iterable[FlowChange]) -> None:
        """Take in changes."""
        for change in changes:
            keys = self._keys.setdefault((way, change.table), set())
            if len(keys) <= REMEMBERED:
                keys.add(hash(change.key))

    def lines(self) -> Iterator[Text]:
        """A line for each way that something went, the tables with most rows first."""
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
