"""Digests of rows and of history, by which replicas are compared, whatever kind of table holds them.

A row's digest is of its typed key and the typed value of each tracked column, with -0.0 as 0.0. The digest of many rows
is the sum of theirs. The history's is of the causal length of every key, tombstones included. Authors, db_version, seq,
col_version and whether a clock row exists may legitimately differ between converged replicas, so they are left out.
``engine.replica.table_digests`` adds the digests up.

Invalid text differs from every other text. A row with such a key is left out, as no other side can have it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from engine.change import SQLiteValue

SIZE = 16
"""Bytes of a digest."""

SLICE = 10_000
BYTES = 16 << 20
"""The most rows, and bytes of texts and blobs in them, that are read in one transaction; a single row may be larger."""

DELETED = 500
"""How many deleted rows are listed at a time, so that their keys fit into one message."""

Slice = tuple[list[tuple[bytes, int]], bool]
"""(packed key, digest) of rows, ordered by key, and whether others follow."""

Rank = tuple[tuple[int, int | float | bytes], ...]
"""A sort key for a table's key: for each value its storage class, then what it is compared by."""

_CODECS = {"UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}


def row_digest(row: Sequence[SQLiteValue]) -> int:
    """Return the digest of a row: its key, then its columns by name."""
    # repr distinguishes storage classes and the ends of texts, and also represents invalid text
    return _hashed([0.0 if type(value) is float and value == 0 else value for value in row])


def length_digest(key: Sequence[SQLiteValue], length: int) -> int:
    """Return the digest of a key and its causal length."""
    # cr-sqlite's table of keys has no affinity: 1 and 1.0 are one key there (cr-sqlite.md 2.3)
    plain = [int(value) if type(value) is float and value.is_integer() else value for value in key]
    return _hashed([*plain, length])


def rank(value: SQLiteValue, encoding: str) -> tuple[int, int | float | bytes]:
    """Return the sort key of one value of a key.

    Args:
        encoding: the file's, as SQLite names it.
    """
    if isinstance(value, str):
        return 1, value.encode(_CODECS.get(encoding, "utf-8"))
    return (2, value) if isinstance(value, bytes) else (0, value or 0)


def as_bytes(total: int) -> bytes:
    """Return a sum of digests as it is sent and compared."""
    return (total % (1 << 8 * SIZE)).to_bytes(SIZE)


def _hashed(row: list[SQLiteValue]) -> int:
    return int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=SIZE).digest())
