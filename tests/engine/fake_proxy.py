"""What stands before a hub on a loopback port: a proxy or a login page that answers for it at times."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Self

from tests.streams import pass_on, stream_server

PAGE = b"<html>Please log in, or try later</html>"


class FakeProxy:
    """Hands connections on to the ``hub`` at a port, or answers each request itself. Async context manager.

    Attributes:
        says: a status line and headers to answer with, as ``404 Not Found``; empty to hand on.
        asked: when each request came that was answered here.
    """

    def __init__(self, hub: int) -> None:
        self.says = ""
        self.asked: list[float] = []
        self._hub = hub
        self._open: set[asyncio.StreamWriter] = set()
        self._running = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._server = await self._running.enter_async_context(stream_server(self._serve))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    @property
    def port(self) -> int:
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/sync"

    def answer(self, says: str) -> None:
        """Answer so from now on; '' hands on again. Whoever is connected is cut off."""
        self.says = says
        self.asked.clear()
        self.cut()

    def cut(self) -> None:
        """Cut off whoever is connected to the hub; one that is just being answered here gets its answer."""
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            if self.says:
                await self._answer(reader, writer)
            else:
                self._open.add(writer)
                try:
                    await pass_on(reader, writer, self._hub)
                finally:
                    self._open.remove(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(time.monotonic())
        head = f"HTTP/1.1 {self.says}\r\nContent-Length: {len(PAGE)}\r\nConnection: close\r\n\r\n"
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + PAGE)
        await writer.drain()
