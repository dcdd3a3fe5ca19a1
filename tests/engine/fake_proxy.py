"""What stands before a hub on a loopback port: a proxy or a login page that answers for it at times."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Self

from tests import stream_server

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

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await stream_server.close(self._server)
        self.cut()
        await self._server.wait_closed()

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
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, EOFError):
                await self._answer(reader, writer)
        finally:
            writer.close()  # also where it was given up before it had asked

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if says := self.says:
            self.asked.append(time.monotonic())
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 {says}\r\nContent-Length: {len(PAGE)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + PAGE)
            await writer.drain()
            return
        hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", self._hub)
        self._open |= {writer, hub_writer}
        await asyncio.gather(_hand_on(reader, hub_writer), _hand_on(hub_reader, writer))
        self._open -= {writer, hub_writer}


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
