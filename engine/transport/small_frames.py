"""Small messages past the library's parser and writer, byte for byte what these would make of them.

Most of what a hub takes and sends is a few dozen bytes in a frame of its own. The library makes four objects of each,
and steps a generator; here it is a comparison and a copy. Whatever is not plainly such a message goes the library's
way.
"""

from __future__ import annotations

from typing import Any

from websockets.frames import apply_mask  # type: ignore[attr-defined]
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.streams import StreamReader

_FINAL_BINARY = 0x82
_MASKED = 0x80
_SHORT = 126
"""From here on a length takes more than seven bits."""

_MASKED_HEAD = 6
"""Bytes before the payload of such a frame from a client."""

_BETWEEN_FRAMES = StreamReader.at_eof.__code__
"""Where the library's parser stands, when it has read whole frames."""


def received(protocol: Protocol, data: bytes) -> bytes | None:
    """Return the message, if ``data`` is just one short message in one frame that a client has sent to this server,
    and nothing before it is left to be read. Else None: the library takes it.

    Args:
        protocol: of the connection. data: what has come now.
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
    """Return the frame of a binary message from a server, whose frames are not masked; None: the library makes it.

    Args:
        protocol: of the connection, which is open. message: shorter than 64 KiB.
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
