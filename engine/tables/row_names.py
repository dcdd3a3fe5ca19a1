"""The names under which rows travel whose number SQLite assigns (``engine.ordinary.global_keys``), as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.change import SQLiteValue

COLLECTION = 16
"""Bytes of a collection's id."""

NAME, BLOB = b"\1", b"\0"
"""The first byte of a name, and the byte put before an app's own BLOB in a column of such names."""

SIZE = 1 + COLLECTION + 8


def name(collection: bytes, number: int) -> bytes:
    """Return the name of a row that was created in a collection with this number."""
    return NAME + collection + number.to_bytes(8, "big", signed=True)


def born_as(value: SQLiteValue) -> tuple[bytes, int] | None:
    """Return the collection and the original number in a row's name; None if the value is not a name."""
    if not isinstance(value, bytes) or len(value) != SIZE or value[:1] != NAME:
        return None
    return value[1 : 1 + COLLECTION], int.from_bytes(value[1 + COLLECTION :], "big", signed=True)


def shown_number(value: SQLiteValue, here: Mapping[bytes, int]) -> SQLiteValue:
    """Return what a person is shown for a value: the row's number for a name, anything else unchanged.

    Args:
        here: the numbers of rows here, by name; other rows are shown with their original number.
    """
    born = born_as(value)
    if born is None or not isinstance(value, bytes):
        return value
    return here.get(value, born[1])


def spoken(key: Iterable[SQLiteValue]) -> str:
    """Return the names in a key in a form that people can read and compare; '' if there are none."""
    found = [f"{born[0].hex()}:{born[1]}" for value in key if (born := born_as(value)) is not None]
    return ", ".join(found)
