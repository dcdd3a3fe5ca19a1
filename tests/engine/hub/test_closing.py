"""A hub that ends while somebody connects."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from engine.hub import Hub, HubOptions, server
from engine.pairing.certificate import own_certificate
from engine.storage.host_pool import HostPool
from tests.engine.live import PATIENCE, on_loop

CLIENTS = 4
TURNS = 6
"""Turns of the loop until all of them were taken; one is taken in each."""


async def hears_the_end(client: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE):
            while await loop.sock_recv(client, 1000):
                pass


@pytest.mark.parametrize("turns", range(TURNS))
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_no_connection_outlives_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: bool, turns: int) -> None:
    """It is closed at each moment of their arrival."""
    monkeypatch.setattr(server, "GRACE", 0.1)

    @on_loop
    async def run() -> None:
        options = HubOptions(tls=own_certificate(tmp_path).tls) if tls else None
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(socket.socket()) for _ in range(CLIENTS)]
            async with Hub(tmp_path, HostPool(), options=options) as hub:
                for client in clients:
                    client.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        client.connect(("127.0.0.1", hub.port))
                for _ in range(turns):
                    await asyncio.sleep(0)
            for client in clients:
                await hears_the_end(client)

    run()
