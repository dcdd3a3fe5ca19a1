"""Messages of our own dialect that compare the rows of one table: by key range, row by row, value by value.

Keys and rows travel packed (cr-sqlite.md 6.3) and are opaque here. An empty key stands for the start or the end of the
table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import WireError
from engine.text import t
from engine.wire.primitives import MAX_NAME, Reader, put_bool, put_site, put_string, put_varuint, utf8

MAX_KEY = 4096
"""Bytes of the longest key that is sent; rows with longer ones count in the digests only."""

MAX_KEYS = 2_000
"""The most keys in one request, as each is looked up."""


@dataclass(frozen=True, slots=True)
class RangeRequest:
    """A request for the digests of the rows between each of these keys and the next, the lower key excluded."""

    number: int
    table: str
    bounds: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Ranges:
    """The answer to a RangeRequest: (number of rows, digest of them) of each range."""

    number: int
    ranges: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class RowsRequest:
    """A request for the keys above ``low`` and up to ``high``, each with its row's digest."""

    number: int
    table: str
    low: bytes
    high: bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a RowsRequest: (key, digest) in the order of the keys.

    ``more``: the range goes on after the last of them.
    """

    number: int
    rows: tuple[tuple[bytes, bytes], ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ValuesRequest:
    """A request for the rows with these keys."""

    number: int
    table: str
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """The answer to a ValuesRequest: (exists, packed row) of the keys asked for, from the first on, perhaps not of all.

    A row that is too large is sent empty.
    """

    number: int
    rows: tuple[tuple[bool, bytes], ...]


@dataclass(frozen=True, slots=True)
class DeletedRequest:
    """A request for the keys of deleted rows, from a place on; 0 is the beginning."""

    number: int
    table: str
    place: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """The answer to a DeletedRequest: keys, in any order, and the place to go on from, 0 after the last."""

    number: int
    keys: tuple[bytes, ...]
    place: int


RowMessage = RangeRequest | Ranges | RowsRequest | Rows | ValuesRequest | Values | DeletedRequest | Deleted


def put_rows(out: bytearray, message: RowMessage) -> None:
    """Append the tag and the body.

    Raises:
        WireError: something in the message cannot be sent.
    """
    match message:
        case RangeRequest(number, table, bounds):
            _head(out, 76, number, table)
            _put_keys(out, bounds)
        case Ranges(number, ranges):
            _head(out, 77, number)
            put_varuint(out, len(ranges))
            for rows, digest in ranges:
                put_varuint(out, rows)
                put_site(out, digest)
        case RowsRequest(number, table, low, high):
            _head(out, 78, number, table)
            _put_key(out, low)
            _put_key(out, high)
        case Rows(number, found, more):
            _head(out, 79, number)
            put_varuint(out, len(found))
            for key, digest in found:
                _put_key(out, key)
                put_site(out, digest)
            put_bool(out, more)
        case ValuesRequest(number, table, keys):
            _head(out, 80, number, table)
            _put_keys(out, keys)
        case Values(number, values):
            _head(out, 81, number)
            put_varuint(out, len(values))
            for there, row in values:
                put_bool(out, there)
                put_varuint(out, len(row))
                out += row
        case DeletedRequest(number, table, place):
            _head(out, 84, number, table)
            put_varuint(out, place)
        case Deleted(number, keys, place):
            _head(out, 85, number)
            _put_keys(out, keys)
            put_varuint(out, place)


def _head(out: bytearray, tag: int, number: int, table: str | None = None) -> None:
    """Append the tag, the number of the request, and the table if there is one."""
    out.append(tag)
    put_varuint(out, number)
    if table is not None:
        if len(utf8(table)) > MAX_NAME:
            raise WireError(t("The name {name:.40}… is longer than {limit} bytes.", name=table, limit=MAX_NAME))
        put_string(out, table)


def _put_keys(out: bytearray, keys: Sequence[bytes]) -> None:
    if len(keys) > MAX_KEYS:
        raise WireError(
            t(
                "A request for {count:,} keys cannot be sent: the limit is {limit:,}.",
                count=len(keys),
                limit=MAX_KEYS,
            )
        )
    put_varuint(out, len(keys))
    for key in keys:
        _put_key(out, key)


def _put_key(out: bytearray, key: bytes) -> None:
    if type(key) is not bytes or len(key) > MAX_KEY:
        raise WireError(t("A key that is empty or longer than {limit} bytes cannot be sent.", limit=MAX_KEY))
    put_varuint(out, len(key))
    out += key


def _key(r: Reader) -> bytes:
    length = r.varuint()
    if length > MAX_KEY:
        raise WireError(t("A key in the message has {size} bytes; the limit is {limit}.", size=length, limit=MAX_KEY))
    return r.take(length)


def _keys(r: Reader) -> tuple[bytes, ...]:
    count = r.count(1)
    if count > MAX_KEYS:
        raise WireError(
            t(
                "The message asks for {count:,} keys; the limit is {limit:,}.",
                count=count,
                limit=MAX_KEYS,
            )
        )
    return tuple(_key(r) for _ in range(count))


TAKE_ROWS: dict[int, Callable[[Reader], RowMessage]] = {
    76: lambda r: RangeRequest(r.varuint(), r.string(MAX_NAME), _keys(r)),
    77: lambda r: Ranges(r.varuint(), tuple((r.varuint(), r.site()) for _ in range(r.count(17)))),
    78: lambda r: RowsRequest(r.varuint(), r.string(MAX_NAME), _key(r), _key(r)),
    79: lambda r: Rows(r.varuint(), tuple((_key(r), r.site()) for _ in range(r.count(17))), r.flag()),
    80: lambda r: ValuesRequest(r.varuint(), r.string(MAX_NAME), _keys(r)),
    81: lambda r: Values(r.varuint(), tuple((r.flag(), r.take(r.varuint())) for _ in range(r.count(2)))),
    84: lambda r: DeletedRequest(r.varuint(), r.string(MAX_NAME), r.varuint()),
    85: lambda r: Deleted(r.varuint(), _keys(r), r.varuint()),
}
"""Reads the body, by tag; each raises WireError if it is malformed."""
