"""Packed primary keys: a tuple of SQLite values as one blob (cr-sqlite.md 6.3)."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import cast

from engine.change import SQLiteValue
from engine.errors import InvalidChange
from engine.text import t

MAX_VALUES = 255
"""The most values in a key, as their count is one byte."""

_INTEGER, _REAL, _TEXT, _BLOB, _NULL = 1, 2, 3, 4, 5
_REAL_BYTES = struct.Struct(">d")
# The bytes before an integer, by its size, and before a text, by its length.
_SIZED = [bytes((size << 3 | _INTEGER,)) for size in range(9)]
_SHORTS = [bytes((_TEXT,)), *(bytes((1 << 3 | _TEXT, length)) for length in range(1, 256))]
# The first bytes of keys of one value: of an integer, by its size, and of a text whose length is one byte.
_INTEGERS = [bytes((1, size << 3 | _INTEGER)) for size in range(9)]
_SMALL = {head: 2 + size for size, head in enumerate(_INTEGERS[:8])}
_SHORT = bytes((1, 1 << 3 | _TEXT))


def pack_one(value: SQLiteValue) -> bytes:
    """Pack one value as ``pack`` does. Most keys are one integer or short text, which is packed in one step."""
    if type(value) is int and 0 <= value < 1 << 63:
        size = (value.bit_length() + 7) >> 3
        return _INTEGERS[size] + value.to_bytes(size, "big")
    if type(value) is str:
        data = value.encode()
        if 0 < len(data) < 256:
            return _SHORT + bytes((len(data),)) + data
    return _pack((value,))


def pack(values: Sequence[SQLiteValue]) -> bytes:
    """Pack ``values`` in their order.

    Integers and lengths take the fewest bytes that hold them as an unsigned 64-bit number, big-endian, so that a
    negative integer always takes eight.

    Raises:
        InvalidChange: more than 255 values.
    """
    return pack_one(values[0]) if len(values) == 1 else _pack(values)


def pack_all(columns: Sequence[Sequence[SQLiteValue]]) -> list[bytes]:
    """Pack many keys as ``pack`` does, given as columns: all first values, all second ones, and so on."""
    if len(columns) == 1:
        return _pieces(columns[0], b"\1")
    if len(columns) > MAX_VALUES:
        return list(map(pack, zip(*columns, strict=True)))  # raises the error
    first, *others = columns
    return list(map(b"".join, zip(_pieces(first, bytes((len(columns),))), *map(_pieces, others), strict=True)))


def _pieces(values: Sequence[SQLiteValue], before: bytes = b"") -> list[bytes]:
    """Return the bytes of each value within a key, preceded by ``before``."""
    kinds = set(map(type, values))
    if kinds == {int}:
        numbers = cast("Sequence[int]", values)
        least = min(numbers)
        size = (max(numbers).bit_length() + 7) >> 3
        if least >= 0 and (least.bit_length() + 7) >> 3 == size:
            head, data = before + _SIZED[size], struct.pack(f">{len(numbers)}q", *numbers)
            return [head + data[end - size : end] for end in range(8, len(data) + 1, 8)]
        if least >= 0:
            heads = [before + sized for sized in _SIZED]
            return [heads[size := (n.bit_length() + 7) >> 3] + n.to_bytes(size, "big") for n in numbers]
    elif kinds == {str}:
        texts = [value.encode() for value in cast("Sequence[str]", values)]
        if max(map(len, texts)) < len(_SHORTS):
            heads = [before + short for short in _SHORTS] if before else _SHORTS
            return [heads[len(text)] + text for text in texts]
    return [before + _pack((value,))[1:] for value in values]


def _pack(values: Sequence[SQLiteValue]) -> bytes:
    if len(values) > MAX_VALUES:
        raise InvalidChange(
            t(
                "A key of {count} values cannot be packed; the limit is {limit}.",
                count=len(values),
                limit=MAX_VALUES,
            )
        )
    out = [bytes((len(values),))]
    for value in values:
        if type(value) is int:
            bits = value if value >= 0 else value & 0xFFFF_FFFF_FFFF_FFFF
            size = (bits.bit_length() + 7) >> 3
            out += _SIZED[size], bits.to_bytes(size, "big")
        elif type(value) is str:
            data = value.encode()
            out += _SHORTS[len(data)] if len(data) < 256 else _before(data, _TEXT), data
        elif type(value) is bytes:
            out += _before(value, _BLOB), value
        elif type(value) is float:
            out += bytes((_REAL,)), _REAL_BYTES.pack(value)
        else:
            out.append(bytes((_NULL,)))
    return b"".join(out)


def _before(data: bytes, kind: int) -> bytes:
    """Return the bytes before a text or a blob."""
    size = (len(data).bit_length() + 7) >> 3
    return bytes((size << 3 | kind,)) + len(data).to_bytes(size, "big")


def unpack(packed: bytes) -> tuple[SQLiteValue, ...]:
    """Return the values of a packed key, read as stock does.

    Integers of less than eight bytes are zero-extended, bytes after the last value are ignored, and a REAL that is NaN
    becomes NULL, as SQLite binds it.

    Raises:
        InvalidChange: empty, truncated, an unknown type or size, or TEXT that is not UTF-8.
    """
    if not packed:
        raise InvalidChange(t("A change has an empty key."))
    values: list[SQLiteValue] = []
    at = 1
    try:
        for _ in range(packed[0]):
            header = packed[at]
            at += 1
            size, kind = header >> 3, header & 7
            if size > 8:
                raise InvalidChange(t("A change has a key that cannot be read: a size of {size} bytes.", size=size))
            if kind == _INTEGER:
                end = at + size
                number = int.from_bytes(packed[at:end], "big")
                values.append(number - (1 << 64) if number >> 63 else number)
            elif kind in (_TEXT, _BLOB):
                start = at + size
                end = start + int.from_bytes(packed[at:start], "big")
                data = packed[start:end]
                values.append(data if kind == _BLOB else data.decode())
            elif kind == _REAL:
                end = at + 8
                real: float = _REAL_BYTES.unpack_from(packed, at)[0]
                values.append(None if math.isnan(real) else real)
            elif kind == _NULL:
                end = at
                values.append(None)
            else:
                raise InvalidChange(t("A change has a key that cannot be read: value type {type}.", type=kind))
            if end > len(packed):
                raise InvalidChange(t("A change has a truncated key."))
            at = end
    except (IndexError, struct.error):
        raise InvalidChange(t("A change has a truncated key.")) from None
    except UnicodeDecodeError:
        raise InvalidChange(t("A change has a key with text that is not UTF-8.")) from None
    return tuple(values)


def unpack_plain(packed: Sequence[bytes]) -> Sequence[SQLiteValue] | None:
    """Unpack many keys of one value each, if all are integers of at least 0, or all TEXT under 256 bytes.

    Returns:
        None for any other keys, which need ``unpack``.
    """
    if packed[0][:2] in _SMALL:
        if len(set(map(len, packed))) == 1:
            return _integers(packed)
        integers = [int.from_bytes(key[2:], "big") for key in packed if _SMALL.get(key[:2]) == len(key)]
        return integers if len(integers) == len(packed) else None
    if packed[0][:2] == _SHORT and len(set(map(len, packed))) == 1:
        texts = _texts(packed)
        if texts:
            return texts
    try:
        texts = [key[3:].decode() for key in packed if key[:2] == _SHORT and len(key) == 3 + key[2]]
    except (UnicodeDecodeError, IndexError):
        return None
    return texts if len(texts) == len(packed) else None


def _integers(packed: Sequence[bytes]) -> Sequence[int] | None:
    """Unpack integers from keys of equal length, one byte position at a time: struct has no three-byte format."""
    joined, width = b"".join(packed), len(packed[0])
    if _SMALL.get(packed[0][:2]) != width or not _begin_alike(joined, packed, 2):
        return None
    words = bytearray(8 * len(packed))
    for n in range(width - 2):
        words[n::8] = joined[width - 1 - n :: width]
    return struct.unpack(f"<{len(packed)}q", words)


def _texts(packed: Sequence[bytes]) -> list[str]:
    """Unpack texts from keys of equal length; empty unless all of them are ASCII."""
    joined, width = b"".join(packed), len(packed[0])
    if width < 4 or width != 3 + packed[0][2] or not joined.isascii() or not _begin_alike(joined, packed, 3):
        return []
    text = joined.decode("ascii")
    return [text[at + 3 : at + width] for at in range(0, len(text), width)]


def _begin_alike(joined: bytes, packed: Sequence[bytes], size: int) -> bool:
    width = len(packed[0])
    return all(joined[n::width] == packed[0][n : n + 1] * len(packed) for n in range(size))
