"""A WebSocket client that costs a fraction of the library's, as the CPU is for the server that is measured.

It knows only what such a server sends: whole frames, and pings.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from engine.errors import SynclineError

_BINARY, _CLOSE, _PING, _PONG = 2, 8, 9, 10


class RawSocket(asyncio.Protocol):
    """One connection.

    Args:
        on_frame: called with each binary message.
        on_lost: called when the connection is over.
    """

    def __init__(self, on_frame: Callable[[bytes], None], on_lost: Callable[[], None]) -> None:
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._read = bytearray()
        self._transport: asyncio.Transport | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, url: str, subprotocol: str = "") -> None:
        """Connect and shake hands.

        Raises:
            SynclineError: the server refuses.
        """
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        await asyncio.get_running_loop().create_connection(lambda: self, parts.hostname, parts.port)
        assert self._transport is not None
        lines = [
            f"GET {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
        ]
        if subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
        await self._opened

    def send(self, data: bytes) -> None:
        """Send a binary message."""
        self._send(_BINARY, data)

    async def abort(self) -> None:
        """Hang up, and return when that is done."""
        if self._transport is not None:
            self._transport.abort()
            await self._closed

    def _send(self, opcode: int, data: bytes) -> None:
        """Send a frame. A client must mask what it sends; a mask of zeros changes nothing."""
        assert self._transport is not None
        size = len(data)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2)
        self._transport.write(b"%c%b\0\0\0\0%b" % (0x80 | opcode, length, data))

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (``asyncio.Protocol``)."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Report the end of the connection (``asyncio.Protocol``)."""
        if not self._opened.done():
            self._opened.set_exception(SynclineError("The server hung up during the handshake."))
        self._closed.set_result(None)
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived (``asyncio.Protocol``)."""
        read = self._read
        read += data
        if not self._opened.done():
            head, found, rest = bytes(read).partition(b"\r\n\r\n")
            if not found:
                return
            status = head.partition(b"\r\n")[0]
            if b" 101 " not in status:
                self._opened.set_exception(SynclineError(f"The server said: {status.decode(errors='replace')}"))
                return
            self._opened.set_result(None)
            read[:] = rest
        while len(read) >= 2:
            size, begin = read[1], 2
            if size >= 126:
                begin = 4 if size == 126 else 10
                size = int.from_bytes(read[2:begin])
            if len(read) < begin + size:
                return
            opcode, frame = read[0] & 0x0F, bytes(read[begin : begin + size])
            del read[: begin + size]
            if opcode == _BINARY:
                self._on_frame(frame)
            elif opcode == _PING:
                self._send(_PONG, frame)
            elif opcode == _CLOSE and self._transport is not None:
                self._transport.close()
