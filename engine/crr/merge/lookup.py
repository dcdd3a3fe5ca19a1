"""Reads what the file holds for the rows of a group: their numbers, the versions of their cells, their values."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.crr.merge.row_group import Group, Held, Settled
from engine.sqlite.values import Affinity
from engine.tables.grouping.bulk import each_block, each_of_columns
from engine.tables.grouping.columns import ascending, picker

_JOINED = 50
"""How many columns are looked up at once: SQLite joins at most 64 tables."""

_COMPARED = 200
"""How many columns are compared at once: SQLite's expressions are at most 1000 deep."""

_ONE_CLASS = (Affinity.TEXT, Affinity.REAL)
"""Affinities of columns in which equal values are of one storage class."""


def all_new(db: apsw.Connection, group: Group) -> bool:
    """Return whether it is plain that none of the keys can be known, as with numbers above all known ones."""
    if len(group.keys) > 1:
        return bool(db.execute(group.crr.sql.last_key).get == 0)
    highest, first = db.execute(group.crr.sql.highest).get, group.keys[0][0]
    if type(highest) in (int, float) and type(first) in (int, float):
        return bool(first > highest)
    return highest is None


def known_numbers(db: apsw.Connection, group: Group, keys: apsw.CArrayBinding | None) -> Sequence[int] | None:
    """Return the numbers of the rows if all of them are known, nothing if none is.

    Returns:
        None if only some are known, or if the keys cannot be bound at once.
    """
    if keys is None:
        return None
    size, first, last = len(group.firsts), group.keys[0][0], group.keys[0][-1]
    if isinstance(first, int) and isinstance(last, int) and last - first == size - 1:
        count, low, high = db.execute(group.crr.sql.numbers_between, (first, last)).get
        if count == size and low == high and type(low) is int:
            return range(first + low, last + low + 1)
    count, text = db.execute(group.crr.sql.find_numbers, (keys,)).get
    if count in (0, size):
        return list(map(int, text.split(","))) if count else ()
    return None


# Rows of which the file has every cell that is offered, and no sentinel


def settled(db: apsw.Connection, group: Group, numbers: Sequence[int]) -> Settled | None:
    """Look at the clock rows of the rows with these numbers.

    Returns:
        None unless each row has every cell that it is offered and no sentinel, as nearly all have; also if it is
        offered another causal length than 1, or very many columns.
    """
    width = len(group.columns)
    if group.length > 1 or width > _COMPARED:
        return None
    ordered = numbers if ascending(numbers) else sorted(numbers)
    between = ordered[-1] - ordered[0] == len(numbers) - 1
    sql = group.crr.sql.span_versions(group.columns, between=between)
    count, named, low, high = db.execute(sql, _bounds(ordered, between)).get
    # No row has a name twice, so this count means that each row has each name.
    return Settled(low, high, ordered, between) if count == named == len(numbers) * width else None


def known_versions(
    db: apsw.Connection, group: Group, numbers: Sequence[int], found: Settled
) -> list[Sequence[int]] | None:
    """Return the col_version of each cell of such rows, column by column; None if they cannot be told from one text."""
    size, width = len(numbers), len(group.columns)
    if found.low == found.high:
        return [[found.low] * size] * width
    sql = group.crr.sql.find_versions(group.columns, between=found.between)
    text, names = db.execute(sql, _bounds(found.numbers, found.between)).get
    if names != ",".join((",".join(group.columns),) * size):  # a comma in a name, or another order: of UTF-16
        return None
    versions = list(map(int, text.split(",")))
    columns: list[Sequence[int]] = [versions[n::width] for n in range(width)]
    if found.numbers is not numbers:
        places = dict(zip(found.numbers, range(size), strict=True))
        ordered = picker([places[number] for number in numbers])
        columns = [list(ordered(column)) for column in columns]
    return columns


def _bounds(numbers: Sequence[int], between: bool) -> tuple[SQLiteValue | apsw.CArrayBinding, ...]:
    return (numbers[0], numbers[-1]) if between else (_integers(numbers),)


def held(db: apsw.Connection, group: Group, keys: apsw.CArrayBinding | None) -> Held:
    """Return what the base rows of such rows hold."""
    present, *old = zip(*db.execute(group.crr.sql.held(group.columns), (keys,)), strict=True)
    return present, old


def keep_held(db: apsw.Connection, group: Group, keys: apsw.CArrayBinding | None) -> Callable[[], Held]:
    """Return a function with the result of ``held``, for somebody who may ask later but mostly does not.

    SQLite makes JSON faster than Python objects.
    """
    size, affinity = len(group.firsts), group.crr.affinity
    loose = tuple(name for name in group.columns if affinity[name] is Affinity.NONE)
    try:
        count, odd, *texts = db.execute(group.crr.sql.held_at_once(group.columns, loose), (keys,)).get
    except (apsw.SQLError, apsw.TooBigError):  # a blob, or longer than a text can be
        odd = 1
    if odd or count < size:
        found = held(db, group, keys)
        return lambda: found
    return lambda: ([1] * size, list(map(json.loads, texts)))


def differing(db: apsw.Connection, group: Group) -> list[int]:
    """Return which of such rows have no base row, or one that does not hold what is offered.

    Binding values is faster than reading them.
    """
    affinity = group.crr.affinity
    mixed = tuple(name for name in group.columns if affinity[name] not in _ONE_CLASS)
    sql = group.crr.sql.differ(group.columns, mixed)
    found = {key for (key,) in each_of_columns(db, sql, [*group.keys, *group.values])}
    return [n for n, key in enumerate(group.keys[0]) if key in found] if found else []


# Any rows


def look_up(db: apsw.Connection, group: Group) -> list[Sequence[Any]]:
    """Return what ``Queries.meet`` gives for the rows, column by column."""
    columns = () if group.deletes else group.columns
    head: list[Any] = []
    versions: list[Any] = []
    values: list[Any] = []
    for at in range(0, max(1, len(columns)), _JOINED):
        some = columns[at : at + _JOINED]
        found = list(zip(*_met(db, group, some), strict=True)) or [()] * (4 + 2 * len(some))
        head = found[:4]
        versions += found[4 : 4 + len(some)]
        values += found[4 + len(some) :]
    return [*head, *versions, *values]


def _met(db: apsw.Connection, group: Group, columns: tuple[str, ...]) -> list[tuple[SQLiteValue, ...]]:
    sql, keys = group.crr.sql, bound_at_once(group)
    if keys is not None:
        return db.execute(sql.meet(columns, at_once=True), (keys,)).fetchall()
    tagged = list(zip(range(len(group.firsts)), *group.keys, strict=True))
    return list(each_block(db, sql.meet(columns), tagged))


def bound_at_once(group: Group) -> apsw.CArrayBinding | None:
    """Return the keys as one parameter if SQLite can take them so: integers, and TEXT without NUL characters."""
    if len(group.keys) > 1:
        return None
    kinds = set(map(type, group.keys[0]))
    if kinds == {int}:
        return _integers(group.keys[0])
    if kinds == {str}:
        texts: Any = tuple(group.keys[0])
        return None if "\0" in "".join(texts) else apsw.carray(texts)
    return None


def _integers(numbers: Sequence[Any]) -> apsw.CArrayBinding:
    return apsw.carray(array("q", numbers), flags=apsw.SQLITE_CARRAY_INT64)
