"""Servers and clients of asyncio's streams: whatever happens to a test, none of their connections stays open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

TURNS = 5
"""Turns of the loop until all connections that were taken are with their handlers."""


@asynccontextmanager
async def stream_server(
    handler: Handler, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[asyncio.Server]:
    """Serve on loopback, on any port unless one is named.

    A connection is closed when its handler returns or fails. Those that are still open at the end are cut off, and
    their handlers cancelled, so that a test that fails or runs out of time leaves none open either.
    """
    taken: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        taken[task] = writer
        try:
            if (answering := handler(reader, writer)) is not None:
                await answering
        except asyncio.CancelledError:
            writer.transport.abort()  # and no word of it: asyncio would print it
        finally:
            writer.close()
            del taken[task]

    server = await asyncio.start_server(serve_one, host, port, ssl=tls)
    try:
        yield server
    finally:
        await close(server)
        for task, writer in tuple(taken.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*taken, return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def stream_client(host: str | None, port: int | None) -> AsyncIterator[Stream]:
    """Connect to a server, and close the connection at the end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes = b"") -> None:
    """Hand on what a client and a server on a port of loopback say to each other, until both have ended.

    Args:
        reader: of the client.
        writer: to the client.
        port: the server's.
        first: what the client has said already.
    """
    async with stream_client("127.0.0.1", port) as (there_reader, there_writer):
        there_writer.write(first)
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # one of the two hung up
    finally:
        writer.close()


async def close(server: asyncio.Server) -> None:
    """Take no more connections, and close; those that are there go on."""
    await take_no_more(server.sockets)
    server.close()


async def take_no_more(sockets: Iterable[Any]) -> None:
    """Take no more connections on the sockets of a server that is about to close.

    asyncio hands those that it has taken over a moment later, and loses them if their server is closed by then: their
    sockets stay open until the collector finds them, in the middle of some other test.
    """
    for one in sockets:
        asyncio.get_running_loop().remove_reader(one.fileno())
    for _ in range(TURNS):
        await asyncio.sleep(0)
