"""Messages and their bytes: ``encode`` and ``decode``, one message for each WebSocket binary frame.

This package knows nothing of its callers: no socket, no file, no clock.

- ``messages``: the messages of both dialects; ``primitives``: the byte primitives of both
- ``syncline``, ``hello``, ``batch_codec``, ``column_codec``, ``row_messages``, ``plans``: our own dialect (PROTOCOL.md)
- ``vlcn``: the published dialect; ``change_codec``: changes in its format; ``schema_hash``: how it identifies a schema
- ``handshake``: what a client says before the first frame; ``hostname``: hosts in addresses, with brackets and zones
- ``room_address``: the room in an address
- ``encoded_cache``: encodes once what goes to several peers
"""

from __future__ import annotations

from engine.errors import WireError
from engine.text import t
from engine.wire.batch_codec import MAX_CHANGES
from engine.wire.encoded_cache import EncodedChanges, MaskedChanges
from engine.wire.messages import (
    COLUMNS,
    COUNTING,
    JOINING,
    LEADING,
    LOOSE,
    OLDEST,
    PROTOCOL,
    TEMPLATES,
    TYPED,
    AnnouncePresence,
    ApplyChangesOnPrimary,
    ApplyChangesOnPrimaryResponse,
    Batch,
    Changes,
    Coming,
    Confirm,
    CreateDbOnPrimary,
    CreateDbOnPrimaryResponse,
    Cursor,
    Digest,
    DigestRequest,
    Err,
    Failure,
    FailureCode,
    Hello,
    Joined,
    Leads,
    Lineage,
    Message,
    OwnMessage,
    Ping,
    Pong,
    RejectChanges,
    Renewal,
    Renewed,
    SendAgain,
    StartStreaming,
    Status,
    StockMessage,
    Tables,
    TablesRequest,
    Want,
    spoken,
)
from engine.wire.primitives import MAX_FRAME, MAX_NAME, Reader
from engine.wire.row_messages import (
    MAX_KEY,
    Deleted,
    DeletedRequest,
    RangeRequest,
    Ranges,
    RowMessage,
    Rows,
    RowsRequest,
    Values,
    ValuesRequest,
)
from engine.wire.syncline import FIRST_OWN_TAG, TAKE_OWN, put_own
from engine.wire.vlcn import TAKE_STOCK, put_stock

MAX_SMALL = 2 * 1024 * 1024
"""Bytes of the largest message without changes, greetings among them: enough for 20,000 tables."""

_CARRIERS = (2, 6, 66)
"""The tags of the messages with changes: Changes, ApplyChangesOnPrimary and Batch."""

__all__ = [
    "COLUMNS",
    "COUNTING",
    "JOINING",
    "LEADING",
    "LOOSE",
    "MAX_CHANGES",
    "MAX_FRAME",
    "MAX_KEY",
    "MAX_NAME",
    "MAX_SMALL",
    "OLDEST",
    "PROTOCOL",
    "TEMPLATES",
    "TYPED",
    "AnnouncePresence",
    "ApplyChangesOnPrimary",
    "ApplyChangesOnPrimaryResponse",
    "Batch",
    "Changes",
    "Coming",
    "Confirm",
    "CreateDbOnPrimary",
    "CreateDbOnPrimaryResponse",
    "Cursor",
    "Deleted",
    "DeletedRequest",
    "Digest",
    "DigestRequest",
    "EncodedChanges",
    "Err",
    "Failure",
    "FailureCode",
    "Hello",
    "Joined",
    "Leads",
    "Lineage",
    "MaskedChanges",
    "Message",
    "OwnMessage",
    "Ping",
    "Pong",
    "RangeRequest",
    "Ranges",
    "RejectChanges",
    "Renewal",
    "Renewed",
    "RowMessage",
    "Rows",
    "RowsRequest",
    "SendAgain",
    "StartStreaming",
    "Status",
    "StockMessage",
    "Tables",
    "TablesRequest",
    "Values",
    "ValuesRequest",
    "Want",
    "decode",
    "encode",
    "spoken",
]


def encode(message: Message) -> bytes:
    """Encode a message as one frame.

    Args:
        message: of either dialect.

    Raises:
        WireError: something in it cannot be sent: a lone surrogate, a bool as a value, a number out of range, a site id
            that is not 16 bytes, a change without an author in a Batch, or a message without changes above
            ``MAX_SMALL``.
    """
    out = bytearray()
    if isinstance(message, OwnMessage):
        put_own(out, message)
    elif isinstance(message, StockMessage):
        put_stock(out, message)
    else:
        raise WireError(t("{type} is not a message and cannot be sent.", type=type(message).__name__))
    if len(out) > MAX_SMALL and out[0] not in _CARRIERS:
        raise WireError(
            t(
                "{type} with {size:,} bytes cannot be sent: the limit is {limit:,}.",
                type=type(message).__name__,
                size=len(out),
                limit=MAX_SMALL,
            )
        )
    return bytes(out)


def decode(data: bytes) -> Message:
    """Decode the message in one frame, of either dialect: the caller decides which ones it accepts.

    Args:
        data: a whole binary frame. Bytes after a stock message are ignored (cr-sqlite.md 10.1); in our own dialect they
            are an error.

    Raises:
        WireError: the bytes are not a message. Nothing else is ever raised.
    """
    if not isinstance(data, bytes):
        raise WireError(t("The peer sent text instead of a binary message."))
    if not data:
        raise WireError(t("The peer sent an empty frame."))
    tag = data[0]
    if len(data) > MAX_SMALL and tag not in _CARRIERS:
        raise WireError(
            t(
                "A message without changes has {size:,} bytes; the limit is {limit:,}.",
                size=len(data),
                limit=MAX_SMALL,
            )
        )
    if tag < FIRST_OWN_TAG:
        take_stock = TAKE_STOCK.get(tag)
        if take_stock:
            return take_stock(Reader(data, 1))
    elif take_own := TAKE_OWN.get(tag):
        reader = Reader(data, 1)
        message = take_own(reader)
        if reader.pos != len(data):
            extra = len(data) - reader.pos
            raise WireError(t("The message is followed by {count} extra bytes.", count=extra))
        return message
    raise WireError(t("The peer sent a message of the unknown type {type}.", type=tag))
