"""Parser for changesets: what a statement did to rows, as recorded by SQLite's session extension
(https://sqlite.org/session/c_changesets.html)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import apsw

from engine.change import SQLiteValue
from engine.sqlite.invalid_text import from_utf8

INSERT, UPDATE, DELETE = apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE

_TABLE = 0x54
_NUMBER = {1: struct.Struct(">q"), 2: struct.Struct(">d")}
_UNDEFINED, _TEXT, _BLOB, _NULL = 0, 3, 4, 5


class RowChange(NamedTuple):
    """One row, and the net change to it.

    Attributes:
        table: the table's name.
        kind: ``INSERT``, ``UPDATE`` or ``DELETE``.
        key: the values of the primary key's columns, in table order.
        changed: for an update, the indexes of the changed columns among those of the table; key columns are not in it.
    """

    table: str
    kind: int
    key: tuple[SQLiteValue, ...]
    changed: tuple[int, ...]


def parsed(changeset: bytes, encoding: str) -> Iterator[RowChange]:
    """Parse a changeset, table by table.

    Args:
        changeset: as the session extension gave it.
        encoding: the file's. Text that is not valid in it becomes a ``NoText``.
    """
    reader = _Reader(changeset, encoding)
    table, keyed = "", b""
    while reader.left():
        kind = reader.byte()
        if kind == _TABLE:
            keyed = reader.take(reader.varint())
            table = reader.name()
            continue
        reader.byte()  # whether a trigger did it
        row = reader.record(len(keyed))
        changed: tuple[int, ...] = ()
        if kind == UPDATE:
            now = enumerate(reader.record(len(keyed)))
            changed = tuple(n for n, value in now if value is not None and not keyed[n])
        key = tuple(value[0] for value, is_key in zip(row, keyed, strict=True) if value is not None and is_key)
        yield RowChange(table, kind, key, changed)


class _Reader:
    def __init__(self, data: bytes, encoding: str) -> None:
        self._data = data
        self._encoding = encoding
        self._at = 0

    def left(self) -> bool:
        return self._at < len(self._data)

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def name(self) -> str:
        end = self._data.index(0, self._at)
        name = self.take(end - self._at).decode()
        self._at += 1
        return name

    def varint(self) -> int:
        """Read a varint of SQLite's: seven bits a byte, highest first; a ninth byte has eight."""
        number = 0
        for _ in range(8):
            byte = self.byte()
            number = number << 7 | byte & 127
            if byte < 128:
                return number
        return number << 8 | self.byte()

    def record(self, width: int) -> list[tuple[SQLiteValue] | None]:
        """Read ``width`` values, each in a tuple; None for a value that the changeset leaves undefined."""
        return [self._value() for _ in range(width)]

    def _value(self) -> tuple[SQLiteValue] | None:
        kind = self.byte()
        if kind == _UNDEFINED:
            return None
        if kind == _NULL:
            return (None,)
        if kind in _NUMBER:
            (number,) = _NUMBER[kind].unpack(self.take(8))
            return (number,)
        data = self.take(self.varint())
        return (from_utf8(data, self._encoding),) if kind == _TEXT else (data,)
