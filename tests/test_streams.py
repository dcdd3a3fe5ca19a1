"""A server of the tests leaves no connection open, whenever it closes and whatever became of the test."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import warnings
from collections.abc import Iterator

import pytest

from tests.engine.live import PATIENCE, on_loop
from tests.streams import pass_on, stream_client, stream_server

CLIENTS = 4


@contextlib.contextmanager
def nothing_is_left() -> Iterator[None]:
    """Nothing for the collector, which would find it in the middle of another test, and no word of asyncio's."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(one.message) for one in caught] == []


@pytest.mark.parametrize("turns", range(CLIENTS))
def test_at_whatever_moment(turns: int) -> None:
    async def answer(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        pass

    @on_loop
    async def closes() -> None:
        with contextlib.ExitStack() as stack:
            async with stream_server(answer) as server:
                for _ in range(CLIENTS):
                    client = stack.enter_context(socket.socket())
                    client.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        client.connect(server.sockets[0].getsockname())
                for _ in range(turns):
                    await asyncio.sleep(0)

    with nothing_is_left():
        closes()


def test_of_a_test_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """Its handlers wait for what never comes: a client's next word, an event, another server."""
    never = asyncio.Event()

    async def read(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def wait(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await never.wait()

    @on_loop
    async def fails() -> None:
        heard = asyncio.Event()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            heard.set()
            await reader.read()

        async with stream_server(hear) as last:
            port = last.sockets[0].getsockname()[1]

            async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await pass_on(reader, writer, port, b"passed on\n")

            async with contextlib.AsyncExitStack() as stack:
                for handler in (read, wait, forward):
                    server = await stack.enter_async_context(stream_server(handler))
                    _, writer = await stack.enter_async_context(
                        stream_client("127.0.0.1", server.sockets[0].getsockname()[1])
                    )
                    writer.write(b"a word\n")
                async with asyncio.timeout(PATIENCE):
                    await heard.wait()
                raise ZeroDivisionError

    with nothing_is_left(), pytest.raises(ZeroDivisionError):
        fails()
    assert caplog.messages == []
