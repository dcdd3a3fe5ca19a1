"""Guests of a hub that speak its wire by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from engine.hub import Hub
from engine.text import unpacked
from engine.wire import PROTOCOL, Message, decode
from engine.wire.handshake import encode_subprotocol
from tests.engine.live import PATIENCE


@asynccontextmanager
async def guest(
    hub: Hub, room: str = "room", token: str | None = None, *, own: int | None = PROTOCOL
) -> AsyncIterator[ClientConnection]:
    """Somebody connected to the hub, who has said nothing yet."""
    offer = [Subprotocol(encode_subprotocol(room, token, own=own))]
    options: dict[str, Any] = {"proxy": None, "max_size": None, "open_timeout": PATIENCE}
    async with connect(hub.url, subprotocols=offer, **options) as socket:
        yield socket


async def hear(socket: ClientConnection) -> Message:
    """The next message."""
    async with asyncio.timeout(PATIENCE):
        frame = await socket.recv()
    assert isinstance(frame, bytes)
    return decode(frame)


async def turned_away(socket: ClientConnection, *, patience: float = PATIENCE) -> tuple[int | None, str]:
    """Read until the hub closes; return the code and the reason, in English."""
    async with asyncio.timeout(patience):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed:
            return socket.close_code, unpacked(socket.close_reason or "")
