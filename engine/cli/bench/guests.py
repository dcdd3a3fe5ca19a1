"""Guests of a server that cost next to nothing themselves: they speak the wire format and keep no file.

They write the time, so that whoever receives it knows how long it took, including the commit on the hub's disk. Each
time goes into a row of its own: of two written to one cell, the hub might send only the later one.
"""

from __future__ import annotations

import asyncio
import os
import time
from enum import Enum, auto

from engine.change import Change
from engine.cli.bench.raw_socket import RawSocket
from engine.ids import SiteId
from engine.table_shape import Shape
from engine.tables import pack_columns
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


class Dialect(Enum):
    """What a guest speaks."""

    OWN = auto()
    STOCK = auto()
    BARE = auto()
    """The batches and confirmations of our own dialect, without a greeting, for a server that only passes them on
    (``broadcast``)."""


class Guest:
    """One guest. ``delays`` are the seconds that each value from others took to arrive.

    Args:
        url, room: where to connect.
    """

    def __init__(self, url: str, room: str, dialect: Dialect = Dialect.OWN) -> None:
        self.delays: list[float] = []
        self.lost = False
        self._url = url
        self._room = room
        self._dialect = dialect
        self._site = SiteId(os.urandom(16))
        self._version = 0
        self._asked = asyncio.Event()
        self._socket: RawSocket | None = None

    async def join(self) -> None:
        """Connect, and greet until the hub asks for our changes."""
        self._socket = RawSocket(self._took_frame, self._lose)
        if self._dialect is Dialect.BARE:
            await self._socket.open(f"{self._url}/{self._room}")
            return
        own = self._dialect is Dialect.OWN
        await self._socket.open(self._url, encode_subprotocol(self._room, own=PROTOCOL if own else None))
        if own:
            hello: Message = Hello(PROTOCOL, self._site, 0, "", -1, (TABLE,))
        else:
            hello = AnnouncePresence(self._site, (), SCHEMA_NAME, cryb64(SCHEMA))
        self._send(hello)
        await self._asked.wait()

    async def write(self) -> None:
        """Write the time into a new row."""
        self._version += 1
        version, key = self._version, pack_columns(((int.from_bytes(self._site[:5]) << 20) + self._version,))
        stock = self._dialect is Dialect.STOCK
        author = None if stock else self._site
        change = Change(TABLE.name, key, "at", time.monotonic_ns(), 1, version, author, 1, 0)
        if stock:
            self._send(Changes(self._site, Cursor(version - 1, 0), (change,)))
        else:
            self._send(Batch(1, version - 1, version - 1, version, b"", False, (change,)))

    async def leave(self) -> None:
        """Hang up."""
        if self._socket is not None:
            await self._socket.abort()

    def _send(self, message: Message) -> None:
        assert self._socket is not None
        self._socket.send(encode(message))

    def _lose(self) -> None:
        self.lost = True
        self._asked.set()

    def _took_frame(self, frame: bytes) -> None:
        now = time.monotonic_ns()
        match decode(frame):
            case Hello():
                self._send(Lineage((), ()))
                self._send(Want(1, 0, (TABLE.name,), False, 0, b""))
            case Renewal(token):
                self._send(Renewed(token))
            case Batch(since=since, until=until, place=place, changes=changes):
                self._took(changes, now)
                self._send(Confirm(since if place else until))
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
