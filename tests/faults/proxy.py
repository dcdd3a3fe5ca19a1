"""A TCP proxy on loopback that makes trouble: it cuts, delays, throttles and freezes each direction alone."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from tests import streams

CHUNK = 16 * 1024
"""Bytes taken at a time."""

DEPTH = 4
"""Chunks that wait inside for one direction of one connection; then its sender is held up, as by a full pipe."""


class FlowDirection:
    """One direction of every connection through the proxy.

    Attributes:
        delay: seconds from one end to the other.
        rate: bytes a second for each connection; None for as many as there are.
        chunk: bytes handed on at a time; small ones take frames apart.
        moved: how many bytes were handed on, of all connections together.
        freezes_at: freeze by itself once so many were, in the middle of whatever that is; None for never.
    """

    def __init__(self) -> None:
        self.delay = 0.0
        self.rate: float | None = None
        self.chunk = CHUNK
        self.moved = 0
        self.freezes_at: float | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._flows: set[_Flow] = set()

    @property
    def frozen(self) -> bool:
        return not self._open.is_set()

    def count(self, data: bytes) -> None:
        """Count what was handed on."""
        self.moved += len(data)
        if self.freezes_at is not None and self.moved >= self.freezes_at:
            self.freezes_at = None
            self.freeze()

    def freeze(self) -> None:
        """Hand on nothing more, not even the end of a connection, on connections old and new."""
        self._open.clear()

    def thaw(self) -> None:
        """Go on, with all that was held."""
        self._open.set()

    def cut(self) -> None:
        """End this direction of every connection: the receiver sees the end, the sender is not told."""
        for flow in tuple(self._flows):
            flow.cut()

    async def flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what comes, until it ends."""
        flow = _Flow(reader, writer)
        self._flows.add(flow)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(flow.take(self))
                both.create_task(flow.hand_on(self, self._open))
        finally:
            self._flows.discard(flow)


@dataclass(eq=False)
class _Flow:
    """One direction of one connection: (when it is due, bytes) in a pipe; no bytes for the end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    pipe: asyncio.Queue[tuple[float, bytes]] = field(default_factory=lambda: asyncio.Queue(DEPTH))
    is_cut: bool = False

    def cut(self) -> None:
        self.is_cut = True
        with contextlib.suppress(OSError, RuntimeError):
            self.writer.write_eof()

    async def take(self, way: FlowDirection) -> None:
        loop = asyncio.get_running_loop()
        data = b"-"
        while data:
            try:
                data = await self.reader.read(way.chunk)
            except OSError:
                data = b""
            await self.pipe.put((loop.time() + way.delay, data))

    async def hand_on(self, way: FlowDirection, is_open: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await self.pipe.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if data and way.rate is not None:
                await asyncio.sleep(len(data) / way.rate)
            await is_open.wait()
            try:
                if data and not self.is_cut:
                    self.writer.write(data)
                    way.count(data)
                    await self.writer.drain()
                elif not self.is_cut:
                    self.writer.write_eof()
            except (OSError, RuntimeError):
                self.is_cut = True  # the receiver has hung up: what still comes goes nowhere
            if not data:
                return


class Proxy:
    """Stands between those who dial it and ``port`` on loopback. Async context manager.

    Attributes:
        up: the direction from those who dial. down: towards them.
        dials: how many connections have come.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.up = FlowDirection()
        self.down = FlowDirection()
        self.dials = 0
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, ...]] = {}

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await streams.close(self._server)
        tasks = tuple(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The address to dial."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/sync"

    def reset(self) -> None:
        """Drop every connection at once, in both directions, with all that is under way."""
        for writers in self._connections.values():
            for writer in writers:
                writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.dials += 1
        self._connections[task] = (writer,)
        writers: tuple[asyncio.StreamWriter, ...] = (writer,)
        try:
            other_reader, other = await asyncio.open_connection("127.0.0.1", self.target)
            self._connections[task] = writers = (writer, other)
            async with asyncio.TaskGroup() as both:
                both.create_task(self.up.flow(reader, other))
                both.create_task(self.down.flow(other_reader, writer))
        except OSError:
            pass  # nobody listens: whoever dialled is cut off
        except asyncio.CancelledError:
            pass  # the proxy closes; the stream server would print it
        finally:
            del self._connections[task]
            for one in writers:
                one.transport.abort()
