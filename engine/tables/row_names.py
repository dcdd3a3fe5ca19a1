"""The names by which rows travel whose number SQLite hands out (``engine.ordinary.global_keys``), as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.change import SQLiteValue

COLLECTION = 16
"""Bytes of a collection."""

NAME, BLOB = b"\1", b"\0"
"""What a name begins with, and what stands before a BLOB of an app's own in a column of such names."""

SIZE = 1 + COLLECTION + 8


def name(collection: bytes, number: int) -> bytes:
    """What a row is called that was born into a collection with this number."""
    return NAME + collection + number.to_bytes(8, "big", signed=True)


def born_as(value: SQLiteValue) -> tuple[bytes, int] | None:
    """The collection and the number at birth of a row that is called so; None where that is no name."""
    if not isinstance(value, bytes) or len(value) != SIZE or value[:1] != NAME:
        return None
    return value[1 : 1 + COLLECTION], int.from_bytes(value[1 + COLLECTION :], "big", signed=True)


def shown_number(value: SQLiteValue, here: Mapping[bytes, int]) -> SQLiteValue:
    """What a person is shown of a name: the number of the row; of any other value that.

    Args:
        here: the numbers that rows have here, by name; of any other that at birth is shown.
    """
    born = born_as(value)
    if born is None or not isinstance(value, bytes):
        return value
    return here.get(value, born[1])


def spoken(key: Iterable[SQLiteValue]) -> str:
    """The names in a key, as a person can read and compare them; empty where there are none."""
    found = [f"{born[0].hex()}:{born[1]}" for value in key if (born := born_as(value)) is not None]
    return ", ".join(found)
