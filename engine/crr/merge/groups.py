"""Rows of one shape, decided together: the rules of ``row`` for changes that need no more than a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import gt

import apsw

from engine.crr.catalogue import Crr
from engine.crr.merge.lookup import (
    all_new,
    bound_at_once,
    differing,
    held,
    keep_held,
    known_numbers,
    known_versions,
    look_up,
    settled,
)
from engine.crr.merge.row_group import Group, Values
from engine.crr.state import State
from engine.sqlite.values import greater
from engine.tables.grouping.columns import Columns, ascending, lowest, pick, stored
from engine.tables.grouping.shapes import Shape
from engine.tables.validate import check_keys


def gather(state: State, crr: Crr, batch: Columns, shape: Shape, *, js_numbers: bool) -> Group | None:
    """Collect the rows of a shape with their keys and values, ordered by key.

    In that order the table and its indexes are visited in their own order.

    Returns:
        None if a value would be refused, or if the keys are of several types.

    Raises:
        InvalidChange: a key cannot be read.
    """
    values = [
        stored(pick(batch.vals, places), crr.affinity.get(name), state.storage, js_numbers=js_numbers)
        for name, places in zip(shape.columns, shape.places, strict=True)
    ]
    if None in values:
        return None
    keys = check_keys(crr, pick(batch.pks, shape.firsts))
    group = Group(crr, shape.columns, shape.length, shape.firsts, keys, shape.places, values)
    names = group.names
    try:
        if not ascending(names):
            group = group.rows(sorted(range(len(names)), key=names.__getitem__))  # type: ignore[arg-type]
    except TypeError:
        return None
    return group


def decide(
    db: apsw.Connection, group: Group, batch: Columns, *, report_applied: bool
) -> Iterator[Group | Sequence[int]]:
    """Compare what is offered with what the file holds.

    Args:
        report_applied: whether somebody may ask what was overwritten.

    Yields:
        groups in which every cell wins, and lists of places in the batch whose rows have to be decided one by one.
    """
    new = all_new(db, group)
    if group.deletes:
        yield from [group] if new else _deleted(db, group)
        return
    keys = bound_at_once(group)
    numbers = () if new else known_numbers(db, group, keys)
    if numbers is not None and not numbers:
        yield group if group.length == 1 else _changes(group)
        return
    found = settled(db, group, numbers) if numbers is not None else None
    if numbers is None or found is None:
        yield from _compared(db, group, batch)
        return
    met = replace(group, numbers=numbers)
    offered = [pick(batch.col_versions, places) for places in group.places]
    if all(lowest(column) > found.high for column in offered):
        yield replace(met, held=keep_held(db, group, keys)) if report_applied else met
        return
    versions = known_versions(db, group, numbers, found)
    if versions is None:
        yield from _compared(db, group, batch)
    elif all(list(theirs) == list(mine) for theirs, mine in zip(offered, versions, strict=True)):
        odd = differing(db, group)  # nothing, if all of it is here already
        if odd:
            yield from _compared(db, group.rows(odd), batch)
    else:
        present, old = held(db, group, keys)
        yield from _winners(replace(met, present=present, old=old), versions, batch)


def _compared(db: apsw.Connection, group: Group, batch: Columns) -> Iterator[Group | Sequence[int]]:
    size = len(group.firsts)
    tags, numbers, present, sentinels, *rest = look_up(db, group)
    width = len(group.columns)
    versions, old = rest[:width], rest[width:]
    if len(tags) < size:
        new = group.rows(sorted(set(range(size)).difference(tags)))
        yield new if new.length == 1 else _changes(new)
    met = replace(group.rows(tags) if len(tags) < size else group, numbers=numbers, present=present, old=old)
    lengths = _lengths(sentinels, versions)
    if set(lengths) != {group.length}:
        # Not known to be seen (its other columns may be), or a row that is revived.
        other = [n for n, length in enumerate(lengths) if length < group.length]
        if other:
            yield _changes(met.rows(other))
        equal = [n for n, length in enumerate(lengths) if length == group.length]
        met = met.rows(equal)
        versions = [pick(column, equal) for column in versions]
    if met.firsts:
        yield from _winners(met, versions, batch)


def _deleted(db: apsw.Connection, group: Group) -> Iterator[Group]:
    """Yield the rows that are deleted: those with a shorter causal length, or without a sentinel."""
    tags, numbers, _, sentinels = look_up(db, group)
    new = sorted(set(range(len(group.firsts))).difference(tags))
    if new:
        yield group.rows(new)
    won = [n for n, sentinel in enumerate(sentinels) if sentinel < group.length]
    if won:
        yield replace(group.rows(pick(tags, won)), numbers=pick(numbers, won))


def _lengths(sentinels: Sequence[int], versions: Sequence[Sequence[int]]) -> Sequence[int]:
    """Return causal lengths, as far as these clock rows tell: without a sentinel, 1 for a row that has any other."""
    if set(sentinels) == {-1} and min(versions[0]) >= 0:
        return [1] * len(sentinels)
    return [
        sentinel if sentinel >= 0 else int(max(row) >= 0)
        for sentinel, row in zip(sentinels, zip(*versions, strict=True), strict=True)
    ]


def _winners(met: Group, versions: Sequence[Sequence[int]], batch: Columns) -> Iterator[Group]:
    """Yield groups of the cells that win, one for each combination of columns."""
    verdicts = [
        _compare(pick(batch.col_versions, places), mine, values, old, met.present)
        for places, mine, values, old in zip(met.places, versions, met.values, met.old, strict=True)
    ]
    if all(isinstance(verdict, bool) for verdict in verdicts):
        if any(verdicts):
            yield met.cells([n for n, won in enumerate(verdicts) if won])
        return
    size = len(met.firsts)
    lists = [[verdict] * size if isinstance(verdict, bool) else verdict for verdict in verdicts]
    kinds: dict[tuple[bool, ...], list[int]] = {}
    for n, kind in enumerate(zip(*lists, strict=True)):
        kinds.setdefault(kind, []).append(n)
    for kind, rows in kinds.items():
        if any(kind):
            yield met.rows(rows).cells([n for n, won in enumerate(kind) if won])


def _compare(
    offered: Sequence[int], mine: Sequence[int], values: Values, old: Values, present: Sequence[int]
) -> bool | list[bool]:
    """Decide which cells of one column win (cr-sqlite.md 7.3).

    Args:
        offered: the incoming col_versions.
        mine: ours, -1 where there is no cell.
        values, old: the incoming values, and ours.
        present: whether we have a base row.

    Returns:
        One answer if it is the same for all of them.
    """
    if all(map(gt, offered, mine)):
        return True
    if list(offered) == list(mine) and list(values) == list(old) and all(present):
        kinds = list(map(type, values))
        if kinds == list(map(type, old)):
            return False
    return [
        theirs > ours or (theirs == ours and (not there or greater(value, held)))
        for theirs, ours, value, held, there in zip(offered, mine, values, old, present, strict=True)
    ]


def _changes(group: Group) -> list[int]:
    """Return the places in the batch of all changes of a group."""
    return [place for places in group.places for place in places]
