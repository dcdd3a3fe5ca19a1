"""The shadow of a row: its values as last seen, so that comparing it with the table tells what was written since.

A value is kept as it is, except that a text or blob of more than 32 bytes is kept as a digest of 33, which no kept
value can equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary import raw_keys
from engine.sqlite.sql import ident
from engine.tables.pack import pack, unpack

_WHOLE = 2**63

SHORT = 32
"""Bytes of the longest text or blob that is kept as it is."""


def register(db: apsw.Connection) -> None:
    """Register the functions that this package's statements call on a connection; triggers do not call them."""
    functions: dict[str, Callable[..., SQLiteValue]] = {
        "crsql_syncline_shadow": _digest,
        "crsql_syncline_pack": _pack,
        "crsql_syncline_key": _key_value,
        raw_keys.READABLE: partial(_readable, db.pragma("encoding")),
    }
    for name, function in functions.items():
        with suppress(apsw.BusyError):  # it is there already, and a statement runs
            db.create_scalar_function(name, function, -1, deterministic=True, flags=apsw.SQLITE_DIRECTONLY)


def mark(value: str) -> str:
    """Return an SQL expression for what is kept of a value, itself an expression."""
    return f"CASE WHEN {_is_long(value)} THEN {_shadow(value)} ELSE {value} END"


def _is_long(value: str) -> str:
    """Return an SQL condition that only a digest of a value is kept.

    Numbers come before all texts and blobs, and are kept whatever their length: in a file in UTF-16, 0.1234567890123456
    has 36 bytes.
    """
    return f"{value} COLLATE BINARY >= '' AND octet_length({value}) > {SHORT}"


def _shadow(value: str) -> str:
    return f"crsql_syncline_shadow(typeof({value}), CAST({value} AS BLOB))"


def seen(values: Sequence[SQLiteValue], encoding: str) -> Sequence[SQLiteValue]:
    """Return what is kept of values, as ``mark`` does in SQL; ``encoding``: the file's, as SQLite names it."""
    kinds = set(map(type, values))
    if kinds.isdisjoint((str, bytes)):
        return values
    if bytes not in kinds and encoding == "UTF-8":  # most texts are short, and ASCII
        texts: Any = values if len(kinds) == 1 else [value for value in values if type(value) is str]
        if max(map(len, texts)) <= SHORT and "".join(texts).isascii():
            return values
    return [_seen(value, encoding) for value in values]


def _seen(value: SQLiteValue, encoding: str) -> SQLiteValue:
    if type(value) is str:
        data = value.encode(encoding)
        return value if len(data) <= SHORT else _digest("text", data)
    return value if type(value) is not bytes or len(value) <= SHORT else _digest("blob", value)


def any_digest(values: Sequence[SQLiteValue]) -> bool:
    """Return whether any of these kept values is only a digest."""
    return bytes in set(map(type, values)) and any(type(value) is bytes and len(value) > SHORT for value in values)


def packed(db: apsw.Connection, columns: Sequence[str]) -> str:
    """Return an SQL expression for the wire key of a row whose key columns are these expressions.

    Short ASCII texts and small numbers are packed without leaving SQLite, which takes a third of the time.
    """
    function = f"crsql_syncline_pack({', '.join(columns)})"
    if db.pragma("encoding") != "UTF-8" or len(columns) > 8:
        return function
    pieces = " || ".join(_piece(column) for column in columns)
    return f"ifnull(CAST(x'{len(columns):02x}' || {pieces} AS BLOB), {function})"


def _piece(value: str) -> str:
    """Return an SQL expression for a value's bytes in a packed key (``engine.tables.pack``); NULL if only Python can
    tell."""
    printable = f"length({value}) = octet_length({value}) AND {value} NOT GLOB '*[^ -~]*'"  # and so, valid text
    text = f"CASE WHEN octet_length({value}) BETWEEN 1 AND 127 AND {printable}"
    sizes = ((1, 1, 0xFF), (2, 0x100, 0xFFFF), (3, 0x10000, 0xFFFFFF), (4, 0x1000000, 0xFFFFFFFF))
    numbers = " ".join(
        f"WHEN {value} BETWEEN {low} AND {high} THEN unhex(printf('{size << 3 | 1:02x}%0{2 * size}x', {value}))"
        for size, low, high in sizes
    )
    return (
        f"CASE typeof({value}) WHEN 'text' THEN {text} THEN x'0b' || char(octet_length({value})) || {value} END"
        f" WHEN 'integer' THEN CASE {numbers} END END"
    )


def is_digest(seen: str) -> str:
    """Return an SQL condition that what is kept of a value is a digest of it."""
    return f"typeof({seen}) = 'blob' AND length({seen}) > {SHORT}"


def differs(column: str, seen: str) -> str:
    """Return an SQL condition that the column of the row ``t`` differs from its shadow; 1 and 1.0 differ."""
    value = f"t.{ident(column)}"
    other = f"({value} COLLATE BINARY IS NOT {seen} OR typeof({value}) != typeof({seen}))"
    return f"CASE WHEN {_is_long(value)} THEN {_shadow(value)} IS NOT {seen} ELSE {other} END"


def _digest(kind: SQLiteValue, data: SQLiteValue) -> bytes:
    assert isinstance(data, bytes)
    return (b"t" if kind == "text" else b"b") + hashlib.blake2b(data, digest_size=32).digest()


def wire_key(key: Sequence[SQLiteValue]) -> list[SQLiteValue]:
    """Return a key as it is sent. In a column without a type, 1 and 1.0 are the same."""
    return [
        int(value) if type(value) is float and value.is_integer() and abs(value) < _WHOLE else value for value in key
    ]


def _pack(*key: SQLiteValue) -> bytes:
    """Return the wire key of a row."""
    return pack(wire_key(key))


def _readable(encoding: str, *fields: Any) -> bool:
    return raw_keys.unreadable(fields, encoding) is None


def _key_value(packed: SQLiteValue, place: SQLiteValue) -> SQLiteValue:
    assert isinstance(packed, bytes)
    assert isinstance(place, int)
    return unpack(packed)[place]
