"""Servers that answer something else than a sync server does, and what dialling them says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from engine.errors import SynclineError
from engine.language import catalogue
from engine.text import Text
from engine.transport.connect import dial
from engine.wire.handshake import HUB_HEADER
from tests.streams import stream_server

HTML = "<html><body>Please log in, or try later.</body></html>"


def http(status: str, *headers: str, body: str = HTML) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def by_hub(status: str, body: str) -> bytes:
    return http(status, f"{HUB_HEADER}: 1", "Content-Type: text/plain; charset=utf-8", body=body)


@contextlib.asynccontextmanager
async def server(answer: bytes, *, reset: bool = False) -> AsyncIterator[int]:
    """Whatever is asked, answer so and hang up; ``reset``: without a word more, as a firewall does. Gives the port."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read(65_536)
            if reset:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.write(answer)
            await writer.drain()
        if reset:
            writer.transport.abort()

    async with stream_server(serve_one) as running:
        yield running.sockets[0].getsockname()[1]


async def refused(url: str, *, fingerprint: str = "") -> SynclineError:
    """The error of dialling; it has a sentence, and German for all of it."""
    with pytest.raises(SynclineError) as raised:
        await dial(url, "room", token="secret", fingerprint=fingerprint)
    error = raised.value
    for text in (error.sentence, error.hint):
        assert "secret" not in text
        assert not text or (isinstance(text, Text) and text.said(catalogue("de")) != text), text
    assert error.sentence.endswith("."), error.sentence
    assert ": ." not in error.sentence
    return error
