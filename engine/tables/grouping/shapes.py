"""Sorts a batch into rows, and the rows by shape, as rows that are offered the same columns are merged together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from engine.change import SENTINEL
from engine.tables.grouping.columns import Columns, alike, pick

FEWEST = 8
"""The fewest rows of one shape that are worth statements of their own."""


class Shape(NamedTuple):
    """Rows that are offered the same columns, once each, at the same causal length; or rows that are deleted.

    Attributes:
        columns: their names, in the order of the clock's index; only the sentinel for rows that are deleted.
        length: the causal length.
        places: for each column, the places of its changes in the batch, row by row.
        firsts: the first place of each row.
    """

    columns: tuple[str, ...]
    length: int
    places: tuple[Sequence[int], ...]
    firsts: Sequence[int]


def sort_out(batch: Columns, spans: Sequence[range], tracked: Collection[str]) -> tuple[list[Shape], list[int]]:
    """Sort the changes of one table.

    Args:
        batch: all changes.
        spans: the places of the table's changes.
        tracked: its columns.

    Returns:
        The shapes, and the places of the changes to all other rows: those created by a sentinel, with a cell offered
        twice or a column that the table does not have, or with too little in common with others.
    """
    regular = _all_alike(batch, spans[0], tracked) if len(spans) == 1 else None
    if regular is not None:
        return [regular], []
    rows: dict[bytes, list[int]] = {}
    pks = batch.pks
    for place in chain.from_iterable(spans):
        rows.setdefault(pks[place], []).append(place)
    shapes: dict[tuple[tuple[str, ...], int], list[list[int]]] = {}
    cids, lengths = batch.cids, batch.lengths
    one_length = alike(lengths)
    for places in rows.values():
        length = lengths[places[0]]
        if not one_length and any(lengths[place] != length for place in places):
            length = 0
        shapes.setdefault((tuple([cids[place] for place in places]), length), []).append(places)
    found: list[Shape] = []
    odd: list[int] = []
    for (columns, length), group in shapes.items():
        if len(group) >= FEWEST and _plain(columns, length, tracked):
            found.append(_shape(columns, length, zip(*group, strict=True)))
        else:
            odd += chain.from_iterable(group)
    return found, sorted(odd)


def _all_alike(batch: Columns, span: range, tracked: Collection[str]) -> Shape | None:
    """Return the only shape of a table, if each row has it, with its changes side by side, as in a file's first sync.

    Slices are compared, which is many times faster than a loop.
    """
    pks, cids = pick(batch.pks, span), pick(batch.cids, span)
    first = pks[0]
    width = next((n for n, pk in enumerate(pks) if pk != first), len(pks))
    heads = pks[::width]
    columns, lengths = tuple(cids[:width]), pick(batch.lengths, span)
    if (
        len(pks) % width
        or len(heads) < FEWEST
        or not alike(lengths)
        or tuple(cids) != columns * len(heads)
        or any(pks[n::width] != heads for n in range(1, width))
        or len(set(heads)) != len(heads)
    ):
        return None
    if not _plain(columns, lengths[0], tracked):
        return None
    return _shape(columns, lengths[0], [span[n::width] for n in range(width)])


def _plain(columns: Sequence[str], length: int, tracked: Collection[str]) -> bool:
    if length % 2 == 0:
        return length > 0 and columns == (SENTINEL,)
    return len(set(columns)) == len(columns) and all(name in tracked for name in columns)


def _shape(columns: Sequence[str], length: int, places: Iterable[Sequence[int]]) -> Shape:
    listed = list(places)
    ordered = sorted(zip(columns, listed, strict=True), key=lambda pair: pair[0])
    return Shape(tuple(name for name, _ in ordered), length, tuple(places for _, places in ordered), listed[0])
