"""What ``sync`` says in place of each change."""

from __future__ import annotations

import pytest

from engine.cli import row_counts
from engine.cli.row_counts import RowCounts
from engine.events import FlowChange, FlowDirection
from engine.ids import SiteId


def lines(counts: RowCounts) -> list[str]:
    return [str(line) for line in counts.lines()]


def of(table: str, key: int) -> FlowChange:
    return FlowChange(version=1, author=SiteId(bytes(16)), table=table, key=(key,), column="name", value="x", cl=1)


def test_rows_are_counted_once_each_way() -> None:
    counts = RowCounts()
    assert lines(counts) == []
    counts.add(FlowDirection.OUT, [of("todo", 1), of("todo", 1), of("list", 1)])
    counts.add(FlowDirection.OUT, [of("todo", 1), of("todo", 2)])
    counts.add(FlowDirection.IN, [of("todo", 1)])
    assert lines(counts) == ["in    todo: 1 row", "out   todo: 2 rows, list: 1 row"]


def test_a_line_stays_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_counts, "REMEMBERED", 3)
    counts = RowCounts()
    counts.add(FlowDirection.IN, [of("many", key) for key in range(9)])
    counts.add(FlowDirection.IN, [of(f"t{number:02}", 1) for number in range(20)])
    [line] = lines(counts)
    named = ", ".join(f"t{number:02}: 1 row" for number in range(9))
    assert line == f"in    many: more than 3 rows, {named}, and 11 more tables"
