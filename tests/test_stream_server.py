"""A server of the tests that closes while somebody connects loses no connection."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import warnings

import pytest

from tests.engine.live import on_loop
from tests.stream_server import stream_server

CLIENTS = 4


@pytest.mark.parametrize("turns", range(CLIENTS))
def test_at_whatever_moment(turns: int) -> None:
    """Nothing is left for the collector, which would find it in the middle of another test."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

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

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        closes()
        gc.collect()
    assert [str(one.message) for one in caught] == []
