"""Answers from a replica what a peer asks about the rows of a table; also used for our own side of a comparison."""

from __future__ import annotations

from collections.abc import Collection

from engine.replica import Replica, table_digests
from engine.sqlite.steps import Steps
from engine.tables import pack_columns
from engine.wire import (
    MAX_KEY,
    Deleted,
    DeletedRequest,
    RangeRequest,
    Ranges,
    Rows,
    RowsRequest,
    Tables,
    TablesRequest,
    Values,
    ValuesRequest,
)

Question = RangeRequest | RowsRequest | ValuesRequest | DeletedRequest
Answer = Ranges | Rows | Values | Deleted


PAGE = 2_000
"""Rows in one answer."""

AT_A_TIME = 100
"""Rows that are looked up by key in one step, before others get their turn."""

LARGEST = 1 << 20
"""Bytes of rows in one answer, and of one row."""


def answer(
    replica: Replica, question: Question | TablesRequest, columns: Collection[str] | None = None
) -> Steps[Answer | Tables]:
    """Answer a question, one short transaction a step. No question costs more than reading its table once.

    Args:
        columns: those of the table that both sides have.

    Raises:
        SchemaMismatch: the table is not synced any more.
        InvalidChange: a key that does not fit the table.
    """
    match question:
        case TablesRequest():
            name, version = replica.schema_identity()
            plans = yield from table_digests.plans(replica)
            return Tables(name or "", version, plans, replica.merges_equal_values())
        case RangeRequest(number, table, bounds):
            ranges = yield from table_digests.ranges(replica, table, bounds, columns)
            return Ranges(number, ranges)
        case RowsRequest(number, table, low, high):
            return _rows(replica, number, table, low, high, columns)
        case ValuesRequest(number, table, keys):
            found = yield from _values(replica, table, keys, columns)
            return Values(number, found)
        case DeletedRequest(number, table, place):
            deleted, next_place = replica.deleted_above(table, place)
            return Deleted(number, tuple(key for key in deleted if len(key) <= MAX_KEY), next_place or 0)


def _rows(replica: Replica, number: int, table: str, low: bytes, high: bytes, columns: Collection[str] | None) -> Rows:
    found, more = replica.rows_between(table, low, high, PAGE, columns)
    rows: list[tuple[bytes, bytes]] = []
    size = 0
    for key, digest in found:
        size += len(key)
        if size > LARGEST:
            return Rows(number, tuple(rows), True)
        if len(key) <= MAX_KEY:
            rows.append((key, digest.to_bytes(16)))
    return Rows(number, tuple(rows), more and bool(rows))


def _values(
    replica: Replica, table: str, keys: tuple[bytes, ...], columns: Collection[str] | None
) -> Steps[tuple[tuple[bool, bytes], ...]]:
    found: list[tuple[bool, bytes]] = []
    size = 0
    for key in keys:
        [row] = replica.values_at(table, [key], LARGEST, columns)
        packed = pack_columns(row) if row and len(row) <= 255 else b""
        if len(packed) > LARGEST:
            packed = b""
        size += len(packed)
        if size > LARGEST and found:
            break
        found.append((row is not None, packed))
        if len(found) % AT_A_TIME == 0:
            yield
    return tuple(found)
