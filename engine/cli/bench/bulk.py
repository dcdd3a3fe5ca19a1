"""A guest that sends very much, in a process of its own, while others are in other rooms of the hub.

    python -m engine.cli.bench.bulk message|brings URL ROOM

It prepares its data, prints a line, and begins when it reads one; it ends when everything is confirmed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from engine.change import Change, SQLiteValue
from engine.cli.bench.guests import TABLE
from engine.ids import SiteId
from engine.session.batch_limits import BATCH_CHANGES, WINDOW
from engine.tables import pack_columns
from engine.wire import MAX_CHANGES, PROTOCOL, Batch, Confirm, Hello, Lineage, Want, decode, encode
from engine.wire.handshake import encode_subprotocol

SMALL = bool(os.environ.get("SYNCLINE_BENCH_SMALL"))
"""Whether the run is only a test that it works."""

MESSAGE = MAX_CHANGES
"""How many changes are in one message: as many as allowed."""

EACH = 50 if SMALL else 5_000
"""Bytes of each value in it: 50 MB in all."""

BACKLOG = 10_000 if SMALL else 1_000_000
"""How many changes are in a backlog, which takes many messages."""


async def _greet(socket: ClientConnection, site: SiteId) -> None:
    """Greet, and wait until the hub has asked for our changes."""
    await socket.send(encode(Hello(PROTOCOL, site, 0, "", -1, (TABLE,))))
    async for frame in socket:
        assert isinstance(frame, bytes)
        match decode(frame):
            case Hello(db_version=version):
                await socket.send(encode(Lineage((), ())))
                await socket.send(encode(Want(1, version, (TABLE.name,), False, 0, b"")))
            case Want():
                return


def _frames(site: SiteId, count: int, each: int, value: Callable[[int], SQLiteValue]) -> Iterator[bytes]:
    """Yield batches of new rows with a value from ``value`` for each, and a version for each batch."""
    for number, first in enumerate(range(0, count, each)):
        changes = tuple(
            Change(TABLE.name, pack_columns((row,)), "at", value(row), 1, number + 1, site, 1, 0)
            for row in range(first, min(first + each, count))
        )
        yield encode(Batch(1, number, number, number + 1, b"", first + each < count, changes))


async def _bring(socket: ClientConnection, frames: list[bytes]) -> None:
    """Send the frames, a window at a time, until all are confirmed."""
    under_way = 0
    for frame in frames:
        await socket.send(frame)
        under_way += 1
        while under_way >= WINDOW:
            under_way -= await _confirmed(socket)
    while under_way:
        under_way -= await _confirmed(socket)


async def _confirmed(socket: ClientConnection) -> int:
    frame = await socket.recv()
    assert isinstance(frame, bytes)
    return isinstance(decode(frame), Confirm)


async def _main(kind: str, url: str, room: str) -> None:
    site = SiteId(os.urandom(16))
    if kind == "message":
        frames = list(_frames(site, MESSAGE, MESSAGE, lambda row: f"{row:0{EACH}}"))
    else:
        stamp = time.monotonic_ns()
        frames = list(_frames(site, BACKLOG, BATCH_CHANGES, lambda row: stamp + row))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    offer = Subprotocol(encode_subprotocol(room, own=PROTOCOL))
    async with connect(url, subprotocols=[offer], proxy=None, max_size=None, ping_interval=None) as socket:
        await _greet(socket, site)
        await _bring(socket, frames)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
