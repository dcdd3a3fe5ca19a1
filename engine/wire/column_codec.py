"""Columns of a batch as bytes: all values of one kind are packed and unpacked at once, without a loop in Python.

The number of values is not part of it: whoever reads a column knows it. Numbers are

    u8 bytes of each number + 16 * bytes of the base | base, signed | count * number, unsigned

and each is an offset from the base: numbers close to each other are short however large they are, and equal ones take
no space at all. Blobs are a column of their lengths, followed by their bytes. Texts are a column of their lengths in
characters, followed by all of them as one string.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate, pairwise
from operator import ne

from engine.errors import WireError
from engine.text import t
from engine.wire.primitives import Reader, put_varuint

_CODES = {0: "", 1: "B", 2: "H", 4: "I", 8: "Q"}
"""The ``struct`` format of an unsigned number, by its size in bytes."""

_MOST = 2**63 - 1


def put_integers(out: bytearray, numbers: Sequence[int], lowest: int = -_MOST - 1, highest: int = _MOST) -> None:
    """Append a column of at least one number.

    Raises:
        WireError: one of them is not between ``lowest`` and ``highest``.
        TypeError: one of them is not an int.
    """
    distinct = set(numbers)  # mostly small
    low, high = min(distinct), max(distinct)
    if type(sum(numbers)) is not int:  # the set cannot tell 1.0 from 1
        raise TypeError
    if low < lowest or high > highest:
        raise WireError(t("A change cannot be sent: one of its numbers is out of range."))
    width = _width(high - low)
    base = 0 if low >= 0 and width and _width(high) == width else low  # base 0 saves adding it
    based = (max(base, ~base).bit_length() + 8) // 8 if base else 0
    out.append(width | based << 4)
    out += base.to_bytes(based, signed=True)
    if width:
        offsets = map((-base).__add__, numbers) if base else numbers
        out += struct.pack(f">{len(numbers)}{_CODES[width]}", *offsets)


def _width(number: int) -> int:
    """Return the bytes for each number up to this one: 0, 1, 2, 4 or 8."""
    size = (number.bit_length() + 7) // 8
    return size if size < 3 else 4 if size < 5 else 8


def take_integers(reader: Reader, count: int, lowest: int = -_MOST - 1, highest: int = _MOST) -> Sequence[int]:
    """Read ``count`` numbers.

    Raises:
        WireError: they are missing, malformed, or not between ``lowest`` and ``highest``. (All functions here raise it
            for missing or malformed data.)
    """
    head = reader.take(1)[0]
    width, based = head & 15, head >> 4
    if width not in _CODES or based > 8:
        raise WireError(t("Numbers in the message have the unknown format {format}.", format=head))
    base = int.from_bytes(reader.take(based), signed=True)
    data = reader.take(width * count)
    numbers: Sequence[int]
    if not width:
        numbers = (base,) * count
    else:
        numbers = data if width == 1 else struct.unpack(f">{count}{_CODES[width]}", data)
        if base:
            numbers = list(map(base.__add__, numbers))
    if base < lowest or (base + (1 << 8 * width) > highest and max(numbers, default=0) > highest):
        raise WireError(t("A number in the message is out of range."))
    return numbers


def put_places(out: bytearray, places: Sequence[int], length: int) -> None:
    """Append indexes into a list of this length: one byte each, or two if it is longer than 256."""
    out += bytes(places) if length <= 256 else struct.pack(f">{len(places)}H", *places)


def take_places(reader: Reader, count: int, length: int) -> Sequence[int]:
    """Read ``count`` indexes into a list of this length. They are not checked: some may lie beyond its end."""
    return reader.take(count) if length <= 256 else struct.unpack(f">{count}H", reader.take(2 * count))


def put_reals(out: bytearray, numbers: Sequence[float]) -> None:
    """Append 64-bit floats."""
    out += struct.pack(f">{len(numbers)}d", *numbers)


def take_reals(reader: Reader, count: int) -> Sequence[float | None]:
    """Read ``count`` 64-bit floats. A NaN becomes None, as SQLite stores it."""
    numbers = struct.unpack(f">{count}d", reader.take(8 * count))
    if any(map(ne, numbers, numbers)):
        return [None if number != number else number for number in numbers]
    return numbers


def put_texts(out: bytearray, texts: Sequence[str]) -> None:
    """Append at least one text.

    Raises:
        UnicodeEncodeError: one contains a lone surrogate.
    """
    put_integers(out, list(map(len, texts)))
    encoded = "".join(texts).encode()
    put_varuint(out, len(encoded))
    out += encoded


def take_texts(reader: Reader, count: int) -> Sequence[str]:
    """Read ``count`` texts."""
    lengths = take_lengths(reader, count)
    text = reader.string()
    if sum(lengths) != len(text):
        raise WireError(t("The texts in the message do not have the length that it says."))
    return [text[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


def put_blobs(out: bytearray, blobs: Sequence[bytes]) -> None:
    """Append at least one blob.

    Raises:
        TypeError: one of them is not bytes.
    """
    put_integers(out, list(map(len, blobs)))
    out += b"".join(blobs)


def take_blobs(reader: Reader, count: int) -> Sequence[bytes]:
    """Read ``count`` blobs."""
    lengths = take_lengths(reader, count)
    return list(map(BytesIO(reader.take(sum(lengths))).read, lengths))


def take_lengths(reader: Reader, count: int) -> Sequence[int]:
    """Read ``count`` numbers, none of which may be negative."""
    lengths = take_integers(reader, count)
    if min(lengths, default=0) < 0:
        raise WireError(t("A length in the message is negative."))
    return lengths
