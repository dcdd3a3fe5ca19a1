"""A row's stamp and its entries say of each cell what one record a cell would say, whatever happens to the row."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ordinary import stamps
from engine.sqlite.values import greater
from tests.budget import cases, pick

SLOTS = 4
EXAMPLES = pick(150, 3_000)

Cell = tuple[int, int, int]


@dataclass
class Reference:
    """cr-sqlite's rule for one row, one change at a time: a record for each cell."""

    length: int = 0
    cells: dict[int, Cell] = field(default_factory=dict)
    values: dict[int, Any] = field(default_factory=dict)

    def take(self, length: int, slot: int | None, value: Any, col_version: int, site: int, version: int) -> None:
        """Merge one change; ``slot`` None: a sentinel."""
        if length < self.length or (length == self.length and (length % 2 == 0 or slot is None)):
            return
        if length % 2 == 0:
            self.length, self.cells = length, {}
            return
        rise = length > self.length
        if rise:
            self.length = length
            self.cells = {slot: (0, version, cell[2]) for slot, cell in self.cells.items()}
        if slot is None:
            return
        mine = self.cells.get(slot)
        if not rise and mine is not None and not self._beats(mine[0], col_version, slot, value):
            return
        self.cells[slot], self.values[slot] = (col_version, version, site), value

    def _beats(self, mine: int, col_version: int, slot: int, value: Any) -> bool:
        return col_version > mine or (col_version == mine and greater(value, self.values[slot]))


class Both:
    """A row as it is kept, and the reference."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.row = module.Row()
        self.values: dict[int, Any] = {}
        self.reference = Reference()
        self.live = [0, 1, 2]
        self.version = 0

    def write(self, slots: set[int], value: int) -> None:
        """The app writes these columns, and a capture finds it."""
        self.version += 1
        reference = self.reference
        if not self.row.alive:
            reference.length += 1
            slots = set(self.live)
        for slot in sorted(slots & set(self.live)):
            mine = reference.cells.get(slot)
            reference.cells[slot] = ((mine[0] if mine else 0) + 1, self.version, stamps.OWN)
            self.values[slot] = reference.values[slot] = value
        self.module.write(self.row, sorted(slots & set(self.live)), self.live, self.version)

    def delete(self) -> None:
        """The app deletes the row."""
        if self.row.alive:
            self.version += 1
            self.reference.length += 1
            self.reference.cells = {}
            self.module.delete(self.row, self.row.length + 1, self.version, stamps.OWN)

    def merge(self, rows: list[tuple[int, dict[int, tuple[int, int, int]], int]]) -> None:
        """A merge in one transaction: of each row the length, (value, col_version, author) by slot, the sentinel's
        author."""
        self.version += 1
        for length, cells, site in rows:
            came = {slot: self.module.Incoming(*cell) for slot, cell in cells.items() if slot in self.live}
            if cells and not came:
                continue
            if not came or length % 2 == 0:
                self.reference.take(length, None, None, length, site, self.version)
                came = {}
            for slot, cell in came.items():
                self.reference.take(length, slot, cell.value, cell.col_version, cell.site, self.version)
            taken = self.module.merge(self.row, length, came, self.live, self.version, site, self.values.get)
            for slot in taken or ():
                self.values[slot] = came[slot].value

    def add_column(self) -> None:
        """The app adds a column, and nobody has written to it."""
        slot = max(self.live) + 1
        self.live.append(slot)
        self.values[slot] = self.reference.values[slot] = None

    def check(self) -> None:
        """Both say the same of every cell. At version 0 the author is nobody's business."""
        kept = {slot: self.row.cell(slot) for slot in self.live if self.row.cell(slot) is not None}
        assert self.row.length == self.reference.length
        assert {slot: _plain(cell) for slot, cell in kept.items()} == {
            slot: _plain(cell) for slot, cell in self.reference.cells.items()
        }
        if self.row.alive:
            assert all(self.values[slot] == self.reference.values[slot] for slot in kept)


def _plain(cell: Any) -> Cell:
    col_version, version, site = cell
    return (col_version, version, site if col_version else -1)


CELL = st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 2))
CELLS = st.dictionaries(st.integers(0, SLOTS), CELL, max_size=SLOTS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sets(st.integers(0, SLOTS), min_size=1), st.integers(0, 3)),
        st.tuples(st.just("delete")),
        st.tuples(st.just("merge"), st.lists(st.tuples(st.integers(1, 5), CELLS, st.integers(1, 2)), max_size=3)),
        st.tuples(st.just("add_column")),
    ),
    max_size=14,
)


def run(module: ModuleType, steps: list[Any]) -> None:
    """Take these steps, and compare after each."""
    both = Both(module)
    for name, *arguments in steps:
        if name != "add_column" or len(both.live) <= SLOTS:
            getattr(both, name)(*arguments)
            both.check()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_as_one_record_a_cell(steps: list[Any]) -> None:
    run(stamps, steps)


FAULTS = {
    "an entry goes back under an old stamp": (
        "        else:\n            row.entries[slot] = Cell(cell[0], version, cell[1])",
        "        elif cell == (row.stamp.col_version, row.stamp.site):\n            row.entries.pop(slot, None)\n"
        "        else:\n            row.entries[slot] = Cell(cell[0], version, cell[1])",
    ),
    "cells share a stamp whoever wrote them": (
        "    group: tuple[int, int] | None = None\n",
        "    changed = {slot: (cell[0], site) for slot, cell in changed.items()}\n"
        "    group: tuple[int, int] | None = None\n",
    ),
    "what is left behind gets the new version": (
        "            row.entries[slot] = row.stamp\n",
        "            row.entries[slot] = Cell(row.stamp.col_version, version, row.stamp.site)\n",
    ),
    "what is left behind is forgotten": ("        for slot in kept:\n            row.entries[slot] = row.stamp\n", ""),
    "a new column is covered": (
        "        return self.entries.get(slot) or (self.stamp if slot in self.covers else None)",
        "        return self.entries.get(slot) or (self.stamp if self.covers else None)",
    ),
    "a revival keeps the versions": ("changed[slot] = (0, mine.site)", "changed[slot] = (mine.col_version, mine.site)"),
    "the cell that raises the length need not win": ("if rise and not taken:", "if False:"),
    "all cells that come with a revival win": ("if rise and not taken:", "if rise:"),
    "equal versions go by arrival": (
        "(col_version == held and greater(value, current(slot)))",
        "col_version == held",
    ),
    "a col_version is raised to share": (
        "        row.stamp = Cell(group[0], version, group[1]) if group else",
        "        row.stamp = Cell(group[0] + bool(kept), version, group[1]) if group else",
    ),
    "a tombstone keeps its cells": (
        "row.length, row.covers, row.stamp = length, set(),",
        "row.length, _, row.stamp = length, set(),",
    ),
    "a deletion of the same length wins over a row": ("if length < row.length or", "if length < row.length - 1 or"),
    "cells join a stamp of another version": ("elif row.stamp.db_version == version:", "elif row.alive:"),
}  # fmt: skip


def drawn(choose: random.Random) -> list[Any]:
    """Steps as ``STEPS`` has them, drawn in a fraction of the time."""
    steps: list[Any] = []
    for _ in range(choose.randrange(1, 9)):
        slots = [slot for slot in range(SLOTS + 1) if choose.random() < 0.5]
        match choose.randrange(6):
            case 0:
                steps.append(("write", set(slots), choose.randrange(4)))
            case 1:
                steps.append(("delete",))
            case 2:
                steps.append(("add_column",))
            case _:
                rows = []
                for _ in range(choose.randrange(1, 4)):
                    cells = {n: (choose.randrange(4), choose.randrange(5), choose.choice((1, 2))) for n in slots}
                    rows.append((choose.choice((1, 1, 1, 2, 3, 3, 4, 5)), cells, choose.choice((1, 2))))
                steps.append(("merge", rows))
    return steps


def test_drawn_steps_are_clean() -> None:
    for case in cases("stamps", seconds=2):
        for _ in range(50):
            run(stamps, drawn(case.random))


def run_many(module: ModuleType, choose: random.Random) -> None:
    """Run so many that a fault has to show."""
    for _ in range(20_000):
        run(module, drawn(choose))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_rule_left_out_is_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(stamps.__file__).read_text("utf-8")
    old, new = FAULTS[fault]
    assert source.count(old) == 1
    module = ModuleType("faulty_stamps")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # where dataclasses look for it
    exec(compile(source.replace(old, new), fault, "exec"), module.__dict__)
    choose = random.Random(1)
    with pytest.raises((AssertionError, KeyError, TypeError)):
        run_many(module, choose)
