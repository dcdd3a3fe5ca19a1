"""The stamp of a row, and of the cells that differ from it: records who wrote what and when.

Rows are nearly always written as a whole. So a row has one stamp for most of its cells, and an entry for each other
cell. A cell is (col_version, db_version, author), as in cr-sqlite, and merges by the same rule: causal length, then
col_version, then the larger value.

This is equivalent to one record for each cell because:

- Cells share a stamp only if their col_version is equal and they were written in one capture, or came in one merge from
  one author. Cells at version 0, which a revival sets, may share a stamp whoever wrote them, as no filter asks for
  their author.
- A cell may go from its row's stamp to an entry, under its old version; it never goes back under an old one.
- A slot that a row does not cover has no cell. It is never sent, and loses to any cell, so that the default of a new
  column beats nobody's value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.change import SQLiteValue
from engine.sqlite.values import greater

OWN = 0
"""The number of this file among the authors."""


class Cell(NamedTuple):
    """A cell's version, the file's version when it was written here, and its author's number in the file."""

    col_version: int
    db_version: int
    site: int


NO_CELL = Cell(0, 0, OWN)


class Incoming(NamedTuple):
    """A cell of a row that came in."""

    value: SQLiteValue
    col_version: int
    site: int


@dataclass(slots=True)
class Row:
    """The record of a row.

    Attributes:
        length: its causal length; even if it is deleted.
        covers: the slots that have a cell.
        stamp: that of all cells without an entry; if there are none, that of the row itself, its sentinel.
        entries: the cells that differ, by slot.
    """

    length: int = 0
    covers: set[int] = field(default_factory=set)
    stamp: Cell = NO_CELL
    entries: dict[int, Cell] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether the row exists."""
        return self.length % 2 == 1

    @property
    def latest(self) -> int:
        """The file's version when anything of it was last written."""
        return max(self.stamp.db_version, *(cell.db_version for cell in self.entries.values()), 0)

    def cell(self, slot: int) -> Cell | None:
        """Return the cell in a slot; None if there is none."""
        return self.entries.get(slot) or (self.stamp if slot in self.covers else None)

    def under_stamp(self, slots: Iterable[int]) -> list[int]:
        """Return those of these slots whose cell has the row's stamp."""
        return [slot for slot in slots if slot in self.covers and slot not in self.entries]


def delete(row: Row, length: int, version: int, site: int) -> None:
    """Make a row a tombstone of an even length."""
    row.length, row.covers, row.stamp = length, set(), Cell(length, version, site)
    row.entries.clear()


def write(row: Row, slots: Iterable[int], live: Iterable[int], version: int) -> None:
    """Stamp cells that were written here.

    Args:
        slots: those whose values changed; all of them for a new row.
        live: the slots of all columns that the table has.
        version: the file's, above all versions of the row except those of this transaction.
    """
    if not row.alive:
        row.length += 1
        changed = dict.fromkeys(slots, (1, OWN))
        _encode(row, changed, live, version, rise=True, site=OWN)
        return
    changed = {}
    for slot in slots:
        mine = row.cell(slot)
        changed[slot] = ((mine.col_version if mine else 0) + 1, OWN)
    if changed:
        _encode(row, changed, live, version, rise=False, site=OWN)


def merge(
    row: Row,
    length: int,
    cells: Mapping[int, Incoming],
    live: Iterable[int],
    version: int,
    site: int,
    current: Callable[[int], SQLiteValue],
) -> list[int] | None:
    """Merge a batch's changes of one row, all with the same length.

    Args:
        length: the causal length that came.
        cells: by slot, in the order they came; none for a sentinel alone.
        live: the slots of all columns that the table has.
        version: the file's, above all versions of the row except those of this transaction.
        site: the author of the sentinel, or of the first cell.
        current: returns the value that a slot of the live row has now.

    Returns:
        the slots that take the value that came; None if nothing was won.
    """
    if length < row.length or (length == row.length and (length % 2 == 0 or not cells)):
        return None
    if length % 2 == 0:
        delete(row, length, version, site)
        return []
    rise = length > row.length
    changed: dict[int, tuple[int, int]] = {}
    if rise:  # every cell that it has goes to version 0
        for slot in live:
            mine = row.cell(slot)
            if mine is not None:
                changed[slot] = (0, mine.site)
    row.length = length
    taken: list[int] = []
    for slot, (value, col_version, author) in cells.items():
        if rise and not taken:  # the cell that raises the length wins; the others meet what it has set to 0
            wins = True
        else:
            held = changed[slot][0] if slot in changed else None
            if held is None and not rise:
                mine = row.cell(slot)
                held = None if mine is None else mine.col_version
            wins = held is None or col_version > held or (col_version == held and greater(value, current(slot)))
        if wins:
            changed[slot] = (col_version, author)
            taken.append(slot)
    if not changed and not rise:
        return None
    _encode(row, changed, live, version, rise=rise, site=site)
    return taken


def _encode(
    row: Row, changed: dict[int, tuple[int, int]], live: Iterable[int], version: int, *, rise: bool, site: int
) -> None:
    """Store cells that changed in this transaction, the larger group of them under the row's stamp.

    Args:
        changed: (col_version, author) by slot; if the length rose, all that the row has.
    """
    changed = {slot: (0, site) if cell[0] == 0 else cell for slot, cell in changed.items()}
    if rise:
        row.covers.clear()
        row.entries.clear()
    elif row.stamp.db_version == version:  # made in this transaction: cells may still join
        for slot in [slot for slot, cell in changed.items() if cell == (row.stamp.col_version, row.stamp.site)]:
            row.entries.pop(slot, None)
            row.covers.add(slot)
            del changed[slot]
    kept = [slot for slot in row.under_stamp(live) if slot not in changed]
    group: tuple[int, int] | None = None
    most = 0
    for cell, count in Counter(changed.values()).items():
        if count > most:
            group, most = cell, count
    if rise or most > len(kept):
        for slot in kept:
            row.entries[slot] = row.stamp
        row.stamp = Cell(group[0], version, group[1]) if group else Cell(row.length, version, site)
    else:
        group = None
    row.covers.update(changed)
    for slot, cell in changed.items():
        if cell == group:
            row.entries.pop(slot, None)
        else:
            row.entries[slot] = Cell(cell[0], version, cell[1])
