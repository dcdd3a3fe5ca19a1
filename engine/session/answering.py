"""What a peer asks about the rows of a table, answered from a replica; for our own side of a comparison too."""

from __future__ import annotations

from engine.crr import Replica, pack_columns
from engine.crr.read import surveys
from engine.crr.read.surveys import Survey
from engine.wire import MAX_KEY, RangeRequest, Ranges, Rows, RowsRequest, Tables, TablesRequest, Values, ValuesRequest

Question = RangeRequest | RowsRequest | ValuesRequest
Answer = Ranges | Rows | Values


PAGE = 2_000
"""Rows in one answer."""

LARGEST = 1 << 20
"""Bytes of rows in one answer, and of one row."""


def answer(replica: Replica, question: Question | TablesRequest) -> Survey[Answer | Tables]:
    """Look it up, in short transactions.

    Raises:
        SchemaMismatch: the table is no CRR any more.
        InvalidChange: a key that is none of the table.
    """
    match question:
        case TablesRequest():
            name, version = replica.schema_identity()
            return Tables(name or "", version, replica.plans(), replica.merges_equal_values())
        case RangeRequest(number, table, bounds):
            found = yield from surveys.ranges(replica, table, bounds)
            return Ranges(number, found)
        case RowsRequest(number, table, low, high):
            return _rows(replica, number, table, low, high)
        case ValuesRequest(number, table, keys):
            return _values(replica, number, table, keys)


def _rows(replica: Replica, number: int, table: str, low: bytes, high: bytes) -> Rows:
    found, more = replica.rows_between(table, low, high, PAGE)
    rows: list[tuple[bytes, bytes]] = []
    size = 0
    for key, digest in found:
        size += len(key)
        if size > LARGEST:
            return Rows(number, tuple(rows), True)
        if len(key) <= MAX_KEY:
            rows.append((key, digest.to_bytes(16)))
    return Rows(number, tuple(rows), more and bool(rows))


def _values(replica: Replica, number: int, table: str, keys: tuple[bytes, ...]) -> Values:
    found: list[tuple[bool, bytes]] = []
    size = 0
    for key in keys:
        [row] = replica.values_at(table, [key])
        packed = b"" if row is None or len(row) > 255 else pack_columns(row)
        if len(packed) > LARGEST:
            packed = b""
        size += len(packed)
        if size > LARGEST and found:
            break
        found.append((row is not None, packed))
    return Values(number, tuple(found))
