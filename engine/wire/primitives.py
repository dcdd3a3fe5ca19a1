"""The byte primitives of both dialects (cr-sqlite.md 10.1); all numbers are big-endian.

A reader never allocates by a count that it was told: it first compares the count with the bytes that are left.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from engine.change import MAX_READ, MAX_VERSION
from engine.errors import WireError
from engine.ids import SiteId
from engine.text import t

MAX_FRAME = 100 * 1024 * 1024
"""Bytes of the largest message that either side accepts, as the published packages do (cr-sqlite.md 10.5)."""

MAX_NAME = 2048
"""The longest table or column name accepted from a peer, in bytes of UTF-8."""

MAX_TABLES = 20_000
"""The most tables that a peer can describe in one message."""

MAX_SAFE = 2**53 - 1
"""The largest varint: stock peers keep them in a JavaScript number."""

_MAX_VAR_BYTES = 10
_I64 = struct.Struct(">q")


def too_short() -> WireError:
    """Return the error for a message that ends before it is complete."""
    return WireError(t("The message ends too early: it was truncated, or does not belong to this protocol."))


# Writing: each function appends to a bytearray.


def put_varuint(out: bytearray, number: int) -> None:
    """Append a varuint.

    Raises:
        WireError: the number is negative or above ``MAX_SAFE``.
    """
    if type(number) is not int or not 0 <= number <= MAX_SAFE:
        raise WireError(t("{value!r} cannot be sent: it is not an integer from 0 to 2^53 - 1.", value=number))
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def put_varint(out: bytearray, number: int) -> None:
    """Append a varint, whose sign is bit 6 of its first byte.

    Raises:
        WireError: the number is beyond ±``MAX_SAFE``.
    """
    if type(number) is not int or not -MAX_SAFE <= number <= MAX_SAFE:
        raise WireError(t("{value!r} cannot be sent: it is not an integer of at most 53 bits.", value=number))
    sign, rest = (64, -number) if number < 0 else (0, number)
    first = rest & 63 | sign
    rest >>= 6
    if not rest:
        out.append(first)
        return
    out.append(first | 128)
    put_varuint(out, rest)


def put_i64(out: bytearray, number: int) -> None:
    """Append a signed number as eight bytes.

    Raises:
        WireError: it does not fit.
    """
    if type(number) is not int or not -(2**63) <= number < 2**63:
        raise WireError(t("{value!r} cannot be sent: it is not a 64-bit integer.", value=number))
    out += _I64.pack(number)


def put_bool(out: bytearray, flag: bool) -> None:
    """Append 1 or 0, as one byte."""
    out.append(1 if flag else 0)


def put_site(out: bytearray, site: bytes) -> None:
    """Append a site id, or another value of 16 bytes.

    Raises:
        WireError: it does not have 16 bytes.
    """
    if type(site) is not bytes or len(site) != 16:
        raise WireError(t("{value!r} cannot be sent: a site id is 16 bytes.", value=site))
    out += site


def put_string(out: bytearray, text: str) -> None:
    """Append a text: its length in bytes, then UTF-8.

    Raises:
        WireError: it contains a lone surrogate.
    """
    encoded = utf8(text)
    put_varuint(out, len(encoded))
    out += encoded


def put_name(out: bytearray, name: str) -> None:
    """Append a name of at most ``MAX_NAME`` bytes.

    Raises:
        WireError: it is longer, or contains a lone surrogate.
    """
    if len(utf8(name)) > MAX_NAME:
        raise WireError(t("The name {name:.40}… is longer than {limit} bytes.", name=name, limit=MAX_NAME))
    put_string(out, name)


def put_names(out: bytearray, names: Sequence[str]) -> None:
    """Append the number of names, then the names."""
    put_varuint(out, len(names))
    for name in names:
        put_name(out, name)


def put_version(out: bytearray, version: int) -> None:
    """Append a version (own dialect).

    Raises:
        WireError: it is out of range.
    """
    put_i64(out, version)
    _check_version(version, MAX_READ)  # up to MAX_READ: the other side decides what it accepts


def take_version(reader: Reader) -> int:
    """Read a version (own dialect).

    Raises:
        WireError: it is out of range.
    """
    return _check_version(reader.i64(), MAX_VERSION)


def _check_version(version: int, limit: int) -> int:
    if not 0 <= version < limit:
        raise WireError(t("The version {version} is out of range: versions go from 0 to 2^53 - 1.", version=version))
    return version


def utf8(text: str) -> bytes:
    """Encode a text as UTF-8.

    Raises:
        WireError: it is not a str, or contains a lone surrogate.
    """
    try:
        return text.encode()
    except (UnicodeEncodeError, AttributeError):
        raise WireError(t("{value!a:.80} cannot be sent: it is not well-formed text.", value=text)) from None


class Reader:
    """Reads primitives from the front of a message. Every method raises WireError if they are missing or malformed.

    Args:
        data: the message.
        pos: where to begin.
    """

    __slots__ = ("data", "pos")

    def __init__(self, data: bytes, pos: int = 0) -> None:
        self.data = data
        self.pos = pos

    def take(self, length: int) -> bytes:
        """Read ``length`` bytes."""
        end = self.pos + length
        if end > len(self.data):
            raise too_short()
        taken = self.data[self.pos : end]
        self.pos = end
        return taken

    def varuint(self) -> int:
        """Read a varuint of at most ``MAX_SAFE``. Overlong forms are accepted, as in stock."""
        number, self.pos = read_varuint(self.data, self.pos)
        return number

    def varint(self) -> int:
        """Read a varint within ±``MAX_SAFE``."""
        number, self.pos = read_varint(self.data, self.pos)
        return number

    def i64(self) -> int:
        """Read a signed number of eight bytes."""
        return int.from_bytes(self.take(8), signed=True)

    def site(self) -> SiteId:
        """Read a site id of 16 bytes."""
        return SiteId(self.take(16))

    def flag(self) -> bool:
        """Read one byte that must be 0 or 1 (own dialect)."""
        byte = self.take(1)[0]
        if byte > 1:
            raise WireError(t("A boolean in the message is {value} instead of 0 or 1.", value=byte))
        return byte == 1

    def string(self, limit: int | None = None) -> str:
        """Read a string of at most ``limit`` bytes."""
        length = self.varuint()
        if limit is not None and length > limit:
            raise WireError(
                t("A name in the message has {size} bytes; the limit is {limit}.", size=length, limit=limit)
            )
        return from_utf8(self.take(length))

    def names(self) -> tuple[str, ...]:
        """Read a number of names, then the names, each of at most ``MAX_NAME`` bytes.

        A peer can send a message that is nothing but names, so each must cost as little as possible.
        """
        names = []
        data = self.data
        for _ in range(self.count(1)):
            end = self.pos + 1
            length = data[self.pos] if end <= len(data) else 128
            if length > 127 or end + length > len(data):
                names.append(self.string(MAX_NAME))
                continue
            self.pos = end + length
            names.append(from_utf8(data[end : self.pos]) if length else "")
        return tuple(names)

    def tables(self, smallest: int) -> int:
        """Read a number of tables, as ``count`` does, up to ``MAX_TABLES``."""
        count = self.count(smallest)
        if count > MAX_TABLES:
            raise WireError(
                t(
                    "The message describes {count:,} tables; the limit is {limit:,}.",
                    count=count,
                    limit=MAX_TABLES,
                )
            )
        return count

    def count(self, smallest: int) -> int:
        """Read a number of elements of at least ``smallest`` bytes each, refusing more than the message can hold."""
        count = self.varuint()
        if count * smallest > len(self.data) - self.pos:
            raise WireError(t("The message promises {count} elements, more than it has bytes for.", count=count))
        return count


def from_utf8(data: bytes) -> str:
    """Decode UTF-8.

    Raises:
        WireError: the data is not strict UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise WireError(t("A text in the message is not valid UTF-8.")) from None


def read_varuint(data: bytes, pos: int) -> tuple[int, int]:
    """Read the varuint at ``pos``.

    Returns:
        The number, and the position after it.

    Raises:
        WireError: it is truncated or above ``MAX_SAFE``.
    """
    number = 0
    for shift, byte in enumerate(data[pos : pos + _MAX_VAR_BYTES]):
        number |= (byte & 127) << 7 * shift
        if byte < 128:
            if number > MAX_SAFE:
                break
            return number, pos + shift + 1
    else:
        if len(data) - pos < _MAX_VAR_BYTES:
            raise too_short()
    raise WireError(t("A number in the message is larger than 2^53 - 1."))


def read_varint(data: bytes, pos: int) -> tuple[int, int]:
    """Read the varint at ``pos``.

    Returns:
        The number, and the position after it.

    Raises:
        WireError: it is truncated or beyond ±``MAX_SAFE``.
    """
    if pos >= len(data):
        raise too_short()
    first = data[pos]
    number = first & 63
    pos += 1
    if first & 128:
        rest, pos = read_varuint(data, pos)
        number |= rest << 6
        if number > MAX_SAFE:
            raise WireError(t("A number in the message is larger than 2^53 - 1."))
    return (-number if first & 64 else number), pos
