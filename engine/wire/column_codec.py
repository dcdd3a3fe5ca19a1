"""Columns of a batch as bytes: the values of one kind, packed and unpacked all at once, with no loop in Python.

How many values there are is not in it: whoever reads a column knows. Numbers are

    u8 bytes of each number + 16 * bytes of the base | base, signed | count * number, unsigned

and stand for the base and so much more: close ones are short wherever they are, and equal ones take no room at all.
Blobs are a column of their lengths and then their bytes, one after the other; so are texts, in characters and as one
string.
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
"""How ``struct`` calls a number of so many bytes."""

_MOST = 2**63 - 1


def put_integers(out: bytearray, numbers: Sequence[int], lowest: int = -_MOST - 1, highest: int = _MOST) -> None:
    """Append one number or more.

    Raises:
        WireError: one of them is not between ``lowest`` and ``highest``.
        TypeError: one of them is no whole number.
    """
    distinct = set(numbers)  # mostly few
    low, high = min(distinct), max(distinct)
    if type(sum(numbers)) is not int:  # in the set 1.0 is 1
        raise TypeError
    if low < lowest or high > highest:
        raise WireError(t("A change cannot be sent: one of its numbers is out of range."))
    width = _width(high - low)
    base = 0 if low >= 0 and width and _width(high) == width else low  # without one there is nothing to add
    based = (max(base, ~base).bit_length() + 8) // 8 if base else 0
    out.append(width | based << 4)
    out += base.to_bytes(based, signed=True)
    if width:
        offsets = map((-base).__add__, numbers) if base else numbers
        out += struct.pack(f">{len(numbers)}{_CODES[width]}", *offsets)


def _width(number: int) -> int:
    size = (number.bit_length() + 7) // 8
    return size if size < 3 else 4 if size < 5 else 8


def take_integers(reader: Reader, count: int, lowest: int = -_MOST - 1, highest: int = _MOST) -> Sequence[int]:
    """The next ``count`` numbers. Raises WireError, as all of these do, where they are missing or wrong."""
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
    """Append places in a list of this length: one byte each, or two where it is longer than 256."""
    out += bytes(places) if length <= 256 else struct.pack(f">{len(places)}H", *places)


def take_places(reader: Reader, count: int, length: int) -> Sequence[int]:
    """The next ``count`` places in a list of this length; some may lie beyond its end."""
    return reader.take(count) if length <= 256 else struct.unpack(f">{count}H", reader.take(2 * count))


def put_reals(out: bytearray, numbers: Sequence[float]) -> None:
    """Append f64."""
    out += struct.pack(f">{len(numbers)}d", *numbers)


def take_reals(reader: Reader, count: int) -> Sequence[float | None]:
    """The next ``count`` f64. A NaN becomes None: SQLite stores it so."""
    numbers = struct.unpack(f">{count}d", reader.take(8 * count))
    if any(map(ne, numbers, numbers)):
        return [None if number != number else number for number in numbers]
    return numbers


def put_texts(out: bytearray, texts: Sequence[str]) -> None:
    """Append one text or more. Raises UnicodeEncodeError for half of a surrogate pair."""
    put_integers(out, list(map(len, texts)))
    encoded = "".join(texts).encode()
    put_varuint(out, len(encoded))
    out += encoded


def take_texts(reader: Reader, count: int) -> Sequence[str]:
    """The next ``count`` texts."""
    lengths = take_lengths(reader, count)
    text = reader.string()
    if sum(lengths) != len(text):
        raise WireError(t("The texts in the message do not have the length that it says."))
    return [text[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


def put_blobs(out: bytearray, blobs: Sequence[bytes]) -> None:
    """Append one blob or more. Raises TypeError for what is none."""
    put_integers(out, list(map(len, blobs)))
    out += b"".join(blobs)


def take_blobs(reader: Reader, count: int) -> Sequence[bytes]:
    """The next ``count`` blobs."""
    lengths = take_lengths(reader, count)
    return list(map(BytesIO(reader.take(sum(lengths))).read, lengths))


def take_lengths(reader: Reader, count: int) -> Sequence[int]:
    """The next ``count`` numbers, none of them negative."""
    lengths = take_integers(reader, count)
    if min(lengths, default=0) < 0:
        raise WireError(t("A length in the message is negative."))
    return lengths
