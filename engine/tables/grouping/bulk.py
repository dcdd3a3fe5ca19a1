"""Statements for many rows: ``VALUES (?, ?), (?, ?), ...`` is several times faster than one row at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.sqlite.sql import ROWS

_MOST_ROWS = 256
_MOST_VALUES = 4096
_LONGEST = 15_000  # APSW caches prepared statements whose text has less than 16 KiB

Rows = Sequence[tuple[SQLiteValue, ...]]


def _executed(db: apsw.Connection, sql: str, bindings: tuple[SQLiteValue, ...]) -> Iterable[Any]:
    return db.execute(sql, bindings)


def each_block(
    db: apsw.Connection, sql: str, rows: Rows, run: Callable[..., Iterable[Any]] = _executed
) -> Iterator[tuple[Any, ...]]:
    """Run ``sql`` for ``rows``, a block at a time and in order; yield the rows that it returns.

    Args:
        db: the connection.
        sql: with ``ROWS`` where the list after VALUES belongs.
        rows: all of one width.
        run: runs a block; ``invalid_text.each`` also reads invalid text.
    """
    at, width = 0, len(rows[0]) if rows else 1
    size = _largest(width, "")
    while at < len(rows):
        # Sizes are powers of two, so that few different statements are ever prepared.
        while size > len(rows) - at:
            size //= 2
        block = rows[at] if size == 1 else tuple(chain.from_iterable(rows[at : at + size]))
        yield from run(db, _text(sql, size, width, ""), block)
        at += size


def run(db: apsw.Connection, sql: str, rows: Rows) -> list[tuple[Any, ...]]:
    """Run a statement that writes for all rows, as ``each_block`` does; return the rows that it returns."""
    return run_columns(db, sql, list(zip(*rows, strict=True))) if rows else []


def run_columns(
    db: apsw.Connection,
    sql: str,
    columns: Sequence[Sequence[SQLiteValue]],
    template: str = "",
    shared: tuple[SQLiteValue, ...] = (),
) -> list[tuple[Any, ...]]:
    """Run a statement like ``run``, for rows given as columns; arguments as for ``each_of_columns``."""
    return list(each_of_columns(db, sql, columns, template, shared))


def each_of_columns(
    db: apsw.Connection,
    sql: str,
    columns: Sequence[Sequence[SQLiteValue]],
    template: str = "",
    shared: tuple[SQLiteValue, ...] = (),
) -> Iterator[tuple[Any, ...]]:
    """Run a statement like ``each_block``, for rows given as columns.

    Args:
        template: what stands after VALUES for one row, with ``{0}``, ``{1}`` for its values; by default ``({0}, {1})``
            and so on.
        shared: values that all rows share: ``?1``, ``?2`` in ``template``.
    """
    width, count = len(columns), len(columns[0])
    values: list[SQLiteValue] = [None] * (width * count)
    for n, column in enumerate(columns):
        values[n::width] = column
    at, size = 0, _largest(width, template)
    while at < len(values):
        while size > count - at // width:
            size //= 2
        step = size * width
        end = len(values) - (len(values) - at) % step
        # One call for all blocks of a size, as APSW hashes the whole text each time that it looks up a statement.
        yield from db.executemany(
            _text(sql, size, width, template, len(shared)),
            ((*shared, *values[start : start + step]) for start in range(at, end, step)),
        )
        at = end


@lru_cache(maxsize=512)
def _largest(width: int, template: str) -> int:
    most = min(_MOST_ROWS, _MOST_VALUES // width)
    if template:
        most = min(most, _LONGEST // (len(template) + 3 * width))  # numbers have about five digits and a mark
    return 1 << (max(1, most).bit_length() - 1)


@lru_cache(maxsize=512)
def _text(sql: str, size: int, width: int, template: str, shared: int = 0) -> str:
    if not template:
        rows = ["(" + ", ".join("?" * width) + ")"] * size
    else:
        firsts = range(1 + shared, 1 + shared + size * width, width)
        rows = [template.format(*(f"?{n}" for n in range(at, at + width))) for at in firsts]
    return sql.replace(ROWS, ",".join(rows))
