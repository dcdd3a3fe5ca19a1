"""Compares the rows of a table with those of a side that they have never met, one question at a time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ProtocolError
from engine.table_shape import NOTHING_FOUND, JoinCount
from engine.text import t
from engine.wire import MAX_KEY, Deleted, DeletedRequest, Rows, RowsRequest, Values, ValuesRequest

from .actions import ComparePage, FindDeleted, FindRows


@dataclass(slots=True)
class Compared:
    """What was found out about a table, and the keys of rows that differ."""

    count: JoinCount = NOTHING_FOUND
    differing: list[bytes] = field(default_factory=list)
    deleted_here: list[bytes] = field(default_factory=list)
    deleted_there: list[bytes] = field(default_factory=list)


def compare_rows(
    name: str, columns: frozenset[str], rows: Compared, *, unless_lost: bool = False
) -> Generator[Any, Any, None]:
    """Compare all rows and deletions; yields questions to the other side, and lookups to be done here.

    Args:
        columns: those that both sides have.
        rows: takes what is found.
        unless_lost: stop as soon as it is known that something would be lost.

    Raises:
        ProtocolError: the other side's answer is empty.
    """
    low, more = b"", True
    same = differ = here = only_there = 0
    while more:
        there: Rows = yield RowsRequest(0, name, low, b"")
        more = there.more
        if more and not there.rows:
            raise nothing()
        page = yield ComparePage(name, low, there.rows, more, columns)
        same, differ = same + page.found.same, differ + page.found.differ
        here, only_there = here + page.found.here, only_there + page.found.there
        rows.differing += page.differing
        low = there.rows[-1][0] if there.rows else low
        if differ and unless_lost:
            rows.count = JoinCount(differ=differ)
            return
    place: int | None = 0
    while place is not None:
        gone, place = yield FindDeleted(name, place)
        keys = tuple(key for key in gone if len(key) <= MAX_KEY)
        while keys:
            values: Values = yield ValuesRequest(0, name, keys)
            rows.deleted_here += [key for key, (is_there, _) in zip(keys, values.rows, strict=False) if is_there]
            keys = left(keys, values)
    place = 0
    while True:
        gone_there: Deleted = yield DeletedRequest(0, name, place)
        rows.deleted_there += yield FindRows(name, gone_there.keys)
        if not gone_there.place:
            break
        if gone_there.place <= place:
            raise nothing()
        place = gone_there.place
    deleted = len(rows.deleted_here) + len(rows.deleted_there)
    rows.count = JoinCount(same, differ, here, only_there, deleted)


def left(keys: tuple[bytes, ...], values: Values) -> tuple[bytes, ...]:
    """Return the keys of a question that its answer did not get to. Raises as ``compare_rows``."""
    if not values.rows:
        raise nothing()
    return keys[len(values.rows) :]


def nothing() -> ProtocolError:
    """Return the error for an empty answer where there is something to tell."""
    return ProtocolError(t("An empty answer came."))
