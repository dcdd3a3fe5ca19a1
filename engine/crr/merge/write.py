"""Writes groups of rows and their clocks, and reports what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import apsw

from engine.change import Change, SQLiteValue
from engine.crr.merge import verify_writes
from engine.crr.merge.row_group import Group
from engine.tables.grouping import bulk
from engine.tables.grouping.columns import Columns, alike, ascending, pick, picker
from engine.tables.types import Applied

T = TypeVar("T")


def write_rows(db: apsw.Connection, group: Group) -> None:
    """Write the base rows, while the triggers are quiet.

    Raises:
        TableBroken: an app's trigger kept a row out.
    """
    crr = group.crr
    if group.deletes:
        bulk.run_columns(db, crr.sql.delete_rows, group.keys)
        if crr.app_triggers:
            verify_writes.check_deleted(db, crr, list(zip(*group.keys, strict=True)))
        return
    columns = [*group.keys, *group.values]
    told = bulk.run_columns(db, crr.sql.write_row(group.columns), columns)
    if crr.app_triggers:
        verify_writes.check_written(db, crr, group.columns, list(zip(*columns, strict=True)), told)


def write_clocks(
    db: apsw.Connection, group: Group, batch: Columns, versions: Sequence[int], ordinals: Sequence[int]
) -> None:
    """Write a clock row for each cell, in the order of the clock's index.

    Args:
        versions: for each place in the batch, the db_version to stamp its change with.
        ordinals: for each place in the batch, the author's ordinal.
    """
    numbers, all_places = group.numbers, group.places
    if not ascending(numbers):
        order = sorted(range(len(numbers)), key=numbers.__getitem__)
        ordered = picker(order)
        numbers, all_places = ordered(numbers), list(map(ordered, all_places))
    sql = group.crr.sql
    col_versions = batch.col_versions
    if group.deletes:
        bulk.run_columns(db, sql.drop_cells_of, [numbers])
        col_versions = batch.lengths  # as in ``Row``: a sentinel's col_version is the causal length
    fields = (col_versions, versions, ordinals, batch.seqs)
    cells = [tuple(pick(field, places) for field in fields) for places in all_places]
    columns: list[Sequence[SQLiteValue]] = [numbers]
    shared: list[SQLiteValue] = []
    bound: list[str] = []
    for *few, seqs in cells:
        # A value that all rows share is bound once for the statement; one that several columns share, once for the row.
        for column in few:
            if alike(column):
                bound.append(f"?{_place(column[0], shared, 0) + 1}")
            else:
                bound.append(f"{{{_place(column, columns, 1)}}}")
        bound.append(f"{{{_place(seqs, columns, 1)}}}")
    bulk.run_columns(db, sql.put_cell, columns, sql.cells(group.columns, tuple(bound)), tuple(shared))


def _place(wanted: T, among: list[T], start: int) -> int:
    """Return the index of ``wanted`` in a list, searching from ``start`` on; append it if it is not there."""
    for n in range(start, len(among)):
        if among[n] == wanted:
            return n
    among.append(wanted)
    return len(among) - 1


def applied(group: Group, batch: Sequence[Change], versions: Sequence[int]) -> Iterator[tuple[int, Applied]]:
    """Iterate over the cells that won, each with its place in the batch."""
    keys, size = list(zip(*group.keys, strict=True)), len(group.firsts)
    present, held = group.held() if group.held else (group.present or [0] * size, group.old)
    for n, places in enumerate(group.places):
        for place, key, value, old, had_old in zip(
            places, keys, group.values[n], held[n] if held else [None] * size, present, strict=True
        ):
            change = batch[place]
            if value is not change.val:
                change = change._replace(val=value)
            yield place, Applied(change, key, old, bool(had_old), versions[place])
