"""Clock rows written over older ones by a rule: where a peer wrote many rows at once, one statement says it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, count, pairwise
from operator import ne, sub
from typing import NamedTuple

import apsw

from engine.crr.merge.columns import alike
from engine.crr.statements import Statements

FEWEST = 8
"""Rows that are worth a statement of their own."""

_WIDEST = 16
"""Columns that SQLite tells apart one after the other sooner than their values are bound."""


class Cells(NamedTuple):
    """What one column's clock rows are to hold, a row after the other."""

    col_versions: Sequence[int]
    db_versions: Sequence[int]
    ordinals: Sequence[int]
    seqs: Sequence[int]


def write_runs(
    db: apsw.Connection,
    sql: Statements,
    columns: tuple[str, ...],
    numbers: Sequence[int],
    cells: Sequence[Cells],
    *,
    alone: bool,
) -> Sequence[int]:
    """Write the clock rows of all runs: rows whose numbers follow one another, which get one version, one stamp and one
    author, and whose seqs are as far apart from row to row.

    Args:
        columns: the columns.
        numbers: the rows, ascending; the file has a clock row of each of them for each column.
        cells: for each column, what they are to hold.
        alone: these rows have no other clock rows.

    Returns:
        The places of the rows that are not written.
    """
    left = set(range(len(numbers)))
    if len(columns) <= _WIDEST:
        put_run = sql.put_run(columns, alone=alone)
        for run in find(numbers, cells):
            db.execute(put_run, bound(numbers, cells, run))
            if db.changes() == len(run) * len(columns):  # or a trigger of somebody's meddled
                left.difference_update(run)
    return sorted(left)


def find(numbers: Sequence[int], cells: Sequence[Cells]) -> Iterator[range]:
    """The places of each run."""
    first, size = cells[0], len(numbers)
    if any(one[:3] != first[:3] for one in cells):
        return
    breaks: set[int] = set()
    for column in first[:3]:
        if not alike(column):
            breaks.update(compress(count(1), map(ne, column, column[1:])))
    if numbers[-1] - numbers[0] >= size:
        breaks.update(compress(count(1), map((1).__ne__, map(sub, numbers[1:], numbers))))
    for start, end in pairwise((0, *sorted(breaks), size)):
        yield from _even_parts(range(start, end), [one.seqs for one in cells])


def _even_parts(span: range, columns: Sequence[Sequence[int]]) -> Iterator[range]:
    """The parts of ``span`` in which the seqs are even, and long enough. (Of many transactions that were stamped with
    one version, each begins anew.)"""
    if len(span) < FEWEST:
        return
    seqs = columns[0][span.start : span.stop]
    if all(_even(column[span.start : span.stop], seqs[1] - seqs[0]) for column in columns):
        yield span
        return
    steps = list(map(sub, seqs[1:], seqs))
    ((step, _),) = Counter(steps).most_common(1)
    breaks = compress(count(span.start + 1), map(step.__ne__, steps))
    for start, end in pairwise((span.start, *breaks, span.stop)):
        if end - start >= FEWEST and all(_even(column[start:end], step) for column in columns):
            yield range(start, end)


def _even(seqs: Sequence[int], step: int) -> bool:
    first = seqs[0]
    return list(seqs) == (list(range(first, first + step * len(seqs), step)) if step else [first] * len(seqs))


def bound(numbers: Sequence[int], cells: Sequence[Cells], run: range) -> tuple[int, ...]:
    """The parameters of ``Statements.put_run``."""
    at, first = run.start, cells[0]
    seq = first.seqs[at]
    return (
        numbers[at], numbers[run.stop - 1], first.col_versions[at], first.db_versions[at], first.ordinals[at],
        seq, first.seqs[at + 1] - seq, *(one.seqs[at] - seq for one in cells[1:]),
    )  # fmt: skip
