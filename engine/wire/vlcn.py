"""The messages of the stock dialect as bytes (cr-sqlite.md 10.2). Trailing bytes are ignored, as in stock."""

from __future__ import annotations

from collections.abc import Callable

from engine.wire.change_codec import take_changes
from engine.wire.encoded_cache import put_shared
from engine.wire.messages import (
    AnnouncePresence,
    ApplyChangesOnPrimary,
    ApplyChangesOnPrimaryResponse,
    Changes,
    CreateDbOnPrimary,
    CreateDbOnPrimaryResponse,
    Cursor,
    Err,
    Ping,
    Pong,
    RejectChanges,
    StartStreaming,
    StockMessage,
)
from engine.wire.primitives import (
    Reader,
    put_bool,
    put_i64,
    put_site,
    put_string,
    put_varint,
    put_varuint,
)

_SITE_AND_CURSOR = 16 + 8 + 1


def _put_cursor(out: bytearray, cursor: Cursor) -> None:
    put_i64(out, cursor.version)
    put_varint(out, cursor.seq)


def _take_cursor(reader: Reader) -> Cursor:
    return Cursor(reader.i64(), reader.varint())


def put_stock(out: bytearray, message: StockMessage) -> None:
    """Append the tag and the body.

    Raises:
        WireError: something in the message cannot be sent.
    """
    match message:
        case AnnouncePresence(sender, last_seens, schema_name, schema_version):
            out.append(1)
            put_site(out, sender)
            put_varuint(out, len(last_seens))
            for site, cursor in last_seens:
                put_site(out, site)
                _put_cursor(out, cursor)
            put_string(out, schema_name)
            put_i64(out, schema_version)
        case Changes(sender, since, changes):
            out.append(2)
            put_site(out, sender)
            _put_cursor(out, since)
            put_shared(out, changes, own=False)
        case RejectChanges(whose, since):
            out.append(3)
            put_site(out, whose)
            _put_cursor(out, since)
        case StartStreaming(since, exclude_sites, local_only):
            out.append(4)
            _put_cursor(out, since)
            put_varuint(out, len(exclude_sites))
            for site in exclude_sites:
                put_site(out, site)
            put_bool(out, local_only)
        case CreateDbOnPrimary(request_id, room, schema_name, schema_version):
            out.append(5)
            put_varint(out, request_id)
            put_string(out, room)
            put_string(out, schema_name)
            put_i64(out, schema_version)
        case ApplyChangesOnPrimary(request_id, sender, changes, room, new_last_seen):
            out.append(6)
            put_varint(out, request_id)
            put_site(out, sender)
            put_shared(out, changes, own=False)
            put_string(out, room)
            _put_cursor(out, new_last_seen)
        case Ping():
            out.append(7)
        case Pong():
            out.append(8)
        case CreateDbOnPrimaryResponse(request_id, txid):
            out.append(9)
            put_varint(out, request_id)
            put_i64(out, txid)
        case Err(request_id, error):
            out.append(10)
            put_varint(out, request_id)
            put_string(out, error)
        case ApplyChangesOnPrimaryResponse(request_id):
            out.append(11)
            put_varint(out, request_id)


def _announce(r: Reader) -> AnnouncePresence:
    sender = r.site()
    seens = tuple((r.site(), _take_cursor(r)) for _ in range(r.count(_SITE_AND_CURSOR)))
    return AnnouncePresence(sender, seens, r.string(), r.i64())


def _changes(r: Reader) -> Changes:
    return Changes(r.site(), _take_cursor(r), take_changes(r, authored=False))


def _start(r: Reader) -> StartStreaming:
    since = _take_cursor(r)
    sites = tuple(r.site() for _ in range(r.count(16)))
    # Stock reads a missing or odd last byte as false.
    return StartStreaming(since, sites, r.data[r.pos : r.pos + 1] == b"\x01")


def _apply(r: Reader) -> ApplyChangesOnPrimary:
    request_id, sender, changes = r.varint(), r.site(), take_changes(r, authored=False)
    return ApplyChangesOnPrimary(request_id, sender, changes, r.string(), _take_cursor(r))


TAKE_STOCK: dict[int, Callable[[Reader], StockMessage]] = {
    1: _announce,
    2: _changes,
    3: lambda r: RejectChanges(r.site(), _take_cursor(r)),
    4: _start,
    5: lambda r: CreateDbOnPrimary(r.varint(), r.string(), r.string(), r.i64()),
    6: _apply,
    7: lambda r: Ping(),
    8: lambda r: Pong(),
    9: lambda r: CreateDbOnPrimaryResponse(r.varint(), r.i64()),
    10: lambda r: Err(r.varint(), r.string()),
    11: lambda r: ApplyChangesOnPrimaryResponse(r.varint()),
}
"""Reads the body, by tag; each raises WireError if it is malformed."""
