"""Servers of asyncio's streams that lose no connection when they close."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]

TURNS = 5
"""Turns of the loop until all connections that were taken are with their handlers."""


@asynccontextmanager
async def stream_server(
    handler: Handler, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[asyncio.Server]:
    """Serve on loopback, on any port unless one is named."""
    server = await asyncio.start_server(handler, host, port, ssl=tls)
    try:
        yield server
    finally:
        await close(server)
        await server.wait_closed()


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
