"""Compares rows of two sides that have never met, by the keys and digests that one side was sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from engine.replica import Replica
from engine.sqlite.steps import Steps
from engine.table_shape import JoinCount
from engine.tables import digest_bytes

AT_A_TIME = 100
"""Keys that are looked up in one step, before others get their turn."""


class Page(NamedTuple):
    """The outcome for a page: counts of rows, and the keys of those that differ."""

    found: JoinCount
    differing: tuple[bytes, ...]


def compare(
    replica: Replica,
    table: str,
    low: bytes,
    rows: Sequence[tuple[bytes, bytes]],
    *,
    more: bool,
    columns: Collection[str] | None = None,
) -> Steps[Page]:
    """Compare a page of the peer's rows, or of some of their columns, with ours above ``low``; with those up to its
    last key if there is ``more``.

    Raises:
        SchemaMismatch: the table is not synced any more.
        InvalidChange: a key that does not fit it.
    """
    there = dict(rows)
    high = rows[-1][0] if more and rows else b""
    same = here = 0
    differing: list[bytes] = []
    going = True
    while going:
        ours, going = replica.rows_between(table, low, high, columns=columns)
        for key, digest in ours:
            theirs = there.pop(key, None)
            if theirs is None:
                here += 1
            elif theirs == digest_bytes(digest):
                same += 1
            else:
                differing.append(key)
        low = ours[-1][0] if ours else low
        yield
    # a file with another encoding has them in another order: such a row may be on another page of ours
    elsewhere = yield from found(replica, table, [key for key in there if not key.isascii()])
    differing += elsewhere
    return Page(JoinCount(same, len(differing), here, len(there) - len(elsewhere)), tuple(differing))


def found(replica: Replica, table: str, keys: Sequence[bytes]) -> Steps[tuple[bytes, ...]]:
    """Return those of these keys that have a row. Raises as ``compare``."""
    there: list[bytes] = []
    for at in range(0, len(keys), AT_A_TIME):
        some = keys[at : at + AT_A_TIME]
        there += [key for key, row in zip(some, replica.values_at(table, some, 0), strict=True) if row is not None]
        yield
    return tuple(there)
