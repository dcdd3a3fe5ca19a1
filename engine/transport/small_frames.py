"""Handles small messages without the library's parser and writer, with byte for byte the same result.

Most of what a hub receives and sends is a few dozen bytes in a frame of its own. The library makes four objects of each
and steps a generator; here it is a comparison and a copy. Whatever is not plainly such a message goes through the
library.
"""

from __future__ import annotations

from typing import Any

from websockets.frames import apply_mask  # type: ignore[attr-defined]
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.streams import StreamReader

_FINAL_BINARY = 0x82
_MASKED = 0x80
_SHORT = 126
"""The first payload length that needs an extended length field."""

_MASKED_HEAD = 6
"""Bytes before the payload of a short frame from a client."""

_BETWEEN_FRAMES = StreamReader.at_eof.__code__
"""The code that the library's parser is suspended in when it has read whole frames."""


def received(protocol: Protocol, data: bytes) -> bytes | None:
    """Return the message if ``data`` is exactly one short message in one frame from a client to this server.

    Nothing before it may be left to parse.

    Args:
        protocol: the connection's.
        data: what has just arrived.

    Returns:
        None if the library has to take it.
    """
    size = len(data) - _MASKED_HEAD
    if not 0 < size < _SHORT or data[0] != _FINAL_BINARY or data[1] != _MASKED | size:
        return None
    largest = protocol.max_message_size
    if (
        protocol.side is not SERVER
        or protocol.state is not OPEN
        or protocol.current_size is not None
        or (largest is not None and size > largest)
        or protocol.extensions
        or protocol.debug
        or not _between_frames(protocol)
    ):
        return None
    return bytes(apply_mask(data[_MASKED_HEAD:], data[2:_MASKED_HEAD]))


def to_send(protocol: Protocol, message: bytes) -> bytes | None:
    """Return the frame of a binary message from a server, whose frames are not masked.

    Args:
        protocol: that of an open connection.
        message: shorter than 64 KiB.

    Returns:
        None if the library has to make it.
    """
    if protocol.side is not SERVER or protocol.extensions or protocol.debug or protocol.expect_continuation_frame:
        return None
    size = len(message)
    if size < _SHORT:
        return b"%c%c%b" % (_FINAL_BINARY, size, message)
    return b"%c\x7e%b%b" % (_FINAL_BINARY, size.to_bytes(2), message)


def _between_frames(protocol: Protocol) -> bool:
    if protocol.reader.buffer:
        return False
    parser: Any = protocol.parser
    while (inner := parser.gi_yieldfrom) is not None:
        parser = inner
    return parser.gi_code is _BETWEEN_FRAMES
