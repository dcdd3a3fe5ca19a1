"""Guests of a hub that cost next to nothing themselves: they speak the wire and keep no file.

What they write is the time; whoever gets it knows how long it took, commit on the hub's disk included. Each time goes
into a row of its own: of two that are written to one cell the hub may have only the later one to send.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from engine.change import Change
from engine.ids import SiteId
from engine.table_shape import Shape
from engine.tables import pack_columns
from engine.transport.sockets import SOCKET_OPTIONS
from engine.wire import (
    PROTOCOL,
    AnnouncePresence,
    Batch,
    Changes,
    Confirm,
    Cursor,
    Hello,
    Lineage,
    Message,
    Renewal,
    Renewed,
    StartStreaming,
    Want,
    decode,
    encode,
)
from engine.wire.handshake import encode_subprotocol
from engine.wire.schema_hash import cryb64

SCHEMA = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, at);\nSELECT crsql_as_crr('item');\n"
SCHEMA_NAME = "main.sql"
TABLE = Shape("item", ("id",), ("at",))


class Guest:
    """One of them. ``delays`` is how long each value of others took to get here, in seconds.

    Args:
        url, room: where to.
        own: whether to speak our own dialect, or the published one.
    """

    def __init__(self, url: str, room: str, *, own: bool) -> None:
        self.delays: list[float] = []
        self.lost = False
        self._url = url
        self._room = room
        self._own = own
        self._site = SiteId(os.urandom(16))
        self._version = 0
        self._asked = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def join(self) -> None:
        """Connect, and greet until the hub asks for what we write."""
        offer = Subprotocol(encode_subprotocol(self._room, own=PROTOCOL if self._own else None))
        options: dict[str, Any] = {**SOCKET_OPTIONS, "proxy": None, "max_size": None, "open_timeout": 60}
        self._socket = await connect(self._url, subprotocols=[offer], user_agent_header=None, **options)
        if self._own:
            hello: Message = Hello(PROTOCOL, self._site, 0, "", -1, (TABLE,))
        else:
            hello = AnnouncePresence(self._site, (), SCHEMA_NAME, cryb64(SCHEMA))
        await self._socket.send(encode(hello))
        self._task = asyncio.create_task(self._listen(self._socket))
        await self._asked.wait()

    async def write(self) -> None:
        """Write the time into a new row."""
        assert self._socket is not None
        self._version += 1
        version, key = self._version, pack_columns(((int.from_bytes(self._site[:5]) << 20) + self._version,))
        author = self._site if self._own else None
        change = Change(TABLE.name, key, "at", time.monotonic_ns(), 1, version, author, 1, 0)
        message: Message = Changes(self._site, Cursor(version - 1, 0), (change,))
        if self._own:
            message = Batch(1, version - 1, version - 1, version, b"", False, (change,))
        await self._socket.send(encode(message))

    async def leave(self) -> None:
        """Hang up."""
        if self._socket is not None and self._task is not None:
            self._socket.transport.abort()
            await self._task

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                now = time.monotonic_ns()
                assert isinstance(frame, bytes)
                await self._on_message(socket, decode(frame), now)
        except ConnectionClosed:
            pass
        finally:
            self.lost = True

    async def _on_message(self, socket: ClientConnection, message: Message, now: int) -> None:
        match message:
            case Hello():
                await socket.send(encode(Lineage((), ())))
                await socket.send(encode(Want(1, 0, (TABLE.name,), False, 0, b"")))
            case Renewal(token):
                await socket.send(encode(Renewed(token)))
            case Batch(since=since, until=until, place=place, changes=changes):
                self._took(changes, now)
                await socket.send(encode(Confirm(since if place else until)))
            case Changes(changes=changes):
                self._took(changes, now)
            case Want() | StartStreaming():
                self._asked.set()
            case _:
                pass

    def _took(self, changes: tuple[Change, ...], now: int) -> None:
        for change in changes:
            if isinstance(change.val, int) and change.site_id != self._site:
                self.delays.append((now - change.val) / 1e9)
