"""Changes one by one (cr-sqlite.md 10.2): in the published dialect, and in ours for small batches (``batch_codec``).

Both directions are one loop with everything in local variables. Names and site ids repeat, so each message keeps a memo
of them. A slice past the end is merely short, but every change ends in fields of fixed size, and unpacking those past
the end raises: no check is needed before each slice.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from engine.change import Change, SQLiteValue
from engine.errors import WireError
from engine.ids import SiteId
from engine.text import t
from engine.wire.primitives import (
    MAX_NAME,
    Reader,
    from_utf8,
    put_site,
    put_varint,
    put_varuint,
    read_varint,
    read_varuint,
    too_short,
    utf8,
)

NULL, BIGINT, NUMBER, STRING, BOOL, BLOB = range(6)
"""Type bytes of a value (cr-sqlite.md 10.2). BOOL is never sent: stock receivers throw on it (cr-sqlite.md 10.3)."""

SMALLEST = 30
"""Bytes of the smallest change: empty names, empty key, NULL, no author."""

SMALLEST_AUTHORED = SMALLEST + 16

_INT = struct.Struct(">Bq")
_REAL = struct.Struct(">Bd")
# col_version, db_version, marker, author, cl: the same for many changes, so these bytes are packed and unpacked once.
_AUTHORED = struct.Struct(">qqB16sq")
_ANONYMOUS = struct.Struct(">qqBq")
_I64 = struct.Struct(">q")
_F64 = struct.Struct(">d")
_AUTHOR = BLOB  # the marker before an author; stock reads 16 bytes after any marker but 0


new_change: Callable[[type[Change], tuple[Any, ...]], Change] = tuple.__new__
"""Makes a Change in half the time of calling it, which only adds argument names."""


class Names(dict[str, bytes]):
    """Table and column names as they are sent: a length, then UTF-8; each is encoded once."""

    def __missing__(self, name: str) -> bytes:
        encoded = utf8(name)
        if len(encoded) > MAX_NAME:
            raise WireError(
                t(
                    "The name {name:.40}… is longer than {limit} bytes and cannot be sent.",
                    name=name,
                    limit=MAX_NAME,
                )
            )
        out = bytearray()
        put_varuint(out, len(encoded))
        self[name] = sent = bytes(out + encoded)
        return sent


def unknown_value(kind: type, table: str) -> WireError:
    """Return the error for a value that is of no SQLite storage class."""
    return WireError(
        t("A value of {table} cannot be sent: SQLite has no type {type}.", type=kind.__name__, table=table)
    )


def no_author(table: str) -> WireError:
    """Return the error for a change without an author, which our own dialect does not send."""
    return WireError(t("A change of {table} cannot be sent: it names no author.", table=table))


def put_changes(out: bytearray, changes: Sequence[Change], *, authored: bool) -> None:
    """Append the number of changes, then the changes.

    Args:
        out: where to append.
        changes: in the order to send.
        authored: for our own dialect, in which each change must name its author.

    Raises:
        WireError: a change cannot be sent: a bool, a lone surrogate, a number beyond 64 bits, or a wrong site id.
    """
    put_varuint(out, len(changes))
    try:
        _put_all(out, changes, authored)
    except UnicodeEncodeError:
        raise WireError(t("A change cannot be sent: its text holds half of a surrogate pair.")) from None
    except (struct.error, TypeError):
        raise WireError(t("A change cannot be sent: one of its fields is of the wrong type or size.")) from None


def _put_all(out: bytearray, changes: Sequence[Change], authored: bool) -> None:
    names = Names()
    sites: set[bytes] = set()
    append, pack_int, pack_real = out.append, _INT.pack, _REAL.pack
    pack_authored, pack_anonymous = _AUTHORED.pack, _ANONYMOUS.pack
    author: object = names  # equal to no site id
    at = version = length_of_row = 0
    write = b""
    for table, pk, cid, val, col_version, db_version, site, cl, seq in changes:
        out += names[table]
        length = len(pk)
        if length < 128:
            append(length)
        else:
            put_varuint(out, length)
        out += pk
        out += names[cid]
        kind = type(val)
        if kind is int:
            out += pack_int(BIGINT, val)
        elif kind is str:
            encoded = val.encode()  # type: ignore[union-attr]
            length = len(encoded)
            append(STRING)
            if length < 128:
                append(length)
            else:
                put_varuint(out, length)
            out += encoded
        elif val is None:
            append(NULL)
        elif kind is float:
            out += pack_real(NUMBER, val)
        elif kind is bytes:
            append(BLOB)
            put_varuint(out, len(val))  # type: ignore[arg-type]
            out += val  # type: ignore[arg-type]
        else:
            raise unknown_value(kind, table)
        # ^ rather than !=: it refuses floats, while 1.0 != 1 is false
        if site is not author or db_version ^ at or col_version ^ version or cl ^ length_of_row:
            if site is not None:
                if site not in sites:
                    put_site(bytearray(), site)
                    sites.add(site)
                write = pack_authored(col_version, db_version, _AUTHOR, site, cl)
            elif authored:
                raise no_author(table)
            else:
                write = pack_anonymous(col_version, db_version, 0, cl)
            at, author, version, length_of_row = db_version, site, col_version, cl
        out += write  # mostly the same as for the change before
        if 0 <= seq < 64:
            append(seq)
        elif 0 <= seq < 8192:
            append(seq & 63 | 128)
            append(seq >> 6)
        elif 0 <= seq < 1 << 20:
            append(seq & 63 | 128)
            append(seq >> 6 & 127 | 128)
            append(seq >> 13)
        else:
            put_varint(out, seq)


def take_changes(reader: Reader, *, authored: bool) -> tuple[Change, ...]:
    """Read the number of changes and the changes, and move the reader past them.

    Args:
        reader: at the number of changes.
        authored: for our own dialect, in which a change without an author is refused.

    Returns:
        The changes as sent. A NaN becomes None, as SQLite stores it; a bool becomes 0 or 1; a float stays a float.

    Raises:
        WireError: truncated, malformed, or a name longer than ``MAX_NAME``.
    """
    count = reader.count(SMALLEST_AUTHORED if authored else SMALLEST)
    try:
        changes, reader.pos = _take_all(reader.data, reader.pos, count, authored)
    except (struct.error, IndexError):
        raise too_short() from None
    except UnicodeDecodeError:
        raise WireError(t("A text in the message is not valid UTF-8.")) from None
    return tuple(changes)


def _take_all(data: bytes, pos: int, count: int, authored: bool) -> tuple[list[Change], int]:
    names: dict[bytes, str] = {}
    cells: dict[bytes, tuple[str, int]] = {}  # length, cid and type byte -> the last two
    sites: dict[SiteId, SiteId] = {}
    changes: list[Change] = []
    add, new, change_type = changes.append, new_change, Change
    unpack_authored, unpack_anonymous = _AUTHORED.unpack_from, _ANONYMOUS.unpack_from
    unpack_i64, unpack_f64 = _I64.unpack_from, _F64.unpack_from
    begins = data.startswith
    row: bytes | tuple[()] = ()  # table and key of the change before; nothing begins with ()
    write: bytes | tuple[()] = ()  # versions, author and causal length of the change before
    size = written = col_version = db_version = cl = 0
    site: SiteId | None = None
    for _ in range(count):
        if begins(row, pos):  # mostly the changes to a row come together
            pos += size
        else:
            start = pos
            length = data[pos]
            pos += 1
            if length > 127:
                length, pos = read_varuint(data, pos - 1)
            raw = data[pos : pos + length]
            known = names.get(raw)
            if known is None:
                known = names[raw] = _name(raw)
            table = known
            pos += length

            length = data[pos]
            pos += 1
            if length > 127:
                length, pos = read_varuint(data, pos - 1)
            pk = data[pos : pos + length]
            pos += length
            row, size = data[start:pos], pos - start

        length = data[pos]
        cell = cells.get(data[pos : pos + length + 2])
        if cell is not None:
            cid, kind = cell
            pos += length + 2
        else:
            start = pos
            pos += 1
            if length > 127:
                length, pos = read_varuint(data, start)
            cid = _name(data[pos : pos + length])
            pos += length
            kind = data[pos]
            pos += 1
            if length < 128:
                cells[data[start:pos]] = cid, kind

        val: SQLiteValue
        if kind == STRING:
            length = data[pos]
            pos += 1
            if length > 127:
                length, pos = read_varuint(data, pos - 1)
            val = data[pos : pos + length].decode()
            pos += length
        elif kind == BIGINT:
            (val,) = unpack_i64(data, pos)
            pos += 8
        elif kind == NUMBER:
            (val,) = unpack_f64(data, pos)
            if val != val:
                val = None
            pos += 8
        elif kind == NULL:
            val = None
        elif kind == BLOB:
            length, pos = read_varuint(data, pos)
            val = data[pos : pos + length]
            pos += length
        elif kind == BOOL:
            val = 1 if data[pos] == 1 else 0
            pos += 1
        else:
            raise WireError(t("A value in the message has the unknown type {type}.", type=kind))

        if begins(write, pos):  # and those of a transaction mostly have the same versions and author
            pos += written
        else:
            start = pos
            marker = data[pos + 16]
            if marker:
                if authored and marker != _AUTHOR:
                    raise WireError(t("A change in the message has {marker} in place of its author.", marker=marker))
                col_version, db_version, _, author, cl = unpack_authored(data, pos)
                site = sites.setdefault(author, author)
                pos += 41
            elif authored:
                raise WireError(t("A change in the message names no author."))
            else:
                col_version, db_version, _, cl = unpack_anonymous(data, pos)
                site = None
                pos += 25
            write, written = data[start:pos], pos - start

        seq = data[pos]
        pos += 1
        if seq > 63:
            if seq & 64:
                seq, pos = read_varint(data, pos - 1)
            elif data[pos] < 128:
                seq = seq & 63 | data[pos] << 6
                pos += 1
            elif data[pos + 1] < 128:  # the place in a transaction of thousands of rows
                seq = seq & 63 | (data[pos] & 127) << 6 | data[pos + 1] << 13
                pos += 2
            else:
                seq, pos = read_varint(data, pos - 1)
        add(new(change_type, (table, pk, cid, val, col_version, db_version, site, cl, seq)))
    return changes, pos


def _name(raw: bytes) -> str:
    if len(raw) > MAX_NAME:
        raise WireError(
            t(
                "A name in the message has {size} bytes; the limit is {limit}.",
                size=len(raw),
                limit=MAX_NAME,
            )
        )
    return from_utf8(raw)
