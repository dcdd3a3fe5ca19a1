"""SIGTERM ends a hub within five seconds, whatever it does and whoever keeps it waiting; what it leaves is whole."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from engine.replica import Replica
from engine.table_plan import MAX_TABLES, ColumnPlan, Kind, TablePlan
from engine.wire import PROTOCOL, Batch, DigestRequest, Message, Tables, Want, encode
from engine.wire.handshake import encode_subprotocol
from tests.engine.hub.test_limits import GREETING, STRANGER, changes
from tests.engine.live import PATIENCE, make_file, on_loop, until, write, writing
from tests.engine.programs import Command
from tests.streams import stream_client

SOON = 7.0
"""Seconds: five, and some to end a process in; a busy machine takes longer for that, as for anything else."""

OPTIONS: dict[str, Any] = {"proxy": None, "max_size": None, "open_timeout": PATIENCE, "ping_interval": None}
BATCH = Batch(1, 0, 0, 1, b"", False, changes(5_000))
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
SLOW_TRIGGER = f"""CREATE TRIGGER slow AFTER INSERT ON item BEGIN
  SELECT count(*) FROM ({NUMBERS.format(200_000)} SELECT i FROM n);
END"""


@asynccontextmanager
async def guest(url: str, *messages: Message, room: str = "room") -> AsyncIterator[ClientConnection]:
    """Somebody who has said this and that, and been heard."""
    offer = [Subprotocol(encode_subprotocol(room, own=PROTOCOL))]
    socket = await connect(url, subprotocols=offer, **OPTIONS)
    for message in messages:
        await socket.send(encode(message))
    await (await socket.ping())
    yield socket
    socket.transport.abort()


def is_written_to(path: Path) -> bool:
    db = apsw.Connection(str(path))
    try:
        db.execute("BEGIN IMMEDIATE; ROLLBACK")
    except apsw.BusyError:
        return True
    finally:
        db.close()
    return False


@asynccontextmanager
async def merging(url: str, room: Path) -> AsyncIterator[None]:
    """One transaction that takes a minute and more, in an app's trigger."""
    write(room, SLOW_TRIGGER)
    async with guest(url, *GREETING, BATCH):
        await until(lambda: is_written_to(room), "the merge has begun")
        yield


@asynccontextmanager
async def waiting_for_the_lock(url: str, room: Path) -> AsyncIterator[None]:
    """Another program has the file to itself."""
    with writing(room) as other:
        other.execute("BEGIN IMMEDIATE")
        async with guest(url, *GREETING, BATCH), guest(url, *GREETING):
            yield


@asynccontextmanager
async def answering(url: str, room: Path) -> AsyncIterator[None]:
    write(room, f"{NUMBERS.format(30_000)} INSERT INTO item (id) SELECT i FROM n")
    async with guest(url, *GREETING, *(DigestRequest(n) for n in range(1, 12))):
        yield


@asynccontextmanager
async def making(url: str, room: Path) -> AsyncIterator[None]:
    columns = (ColumnPlan("k", Kind.ANY, key=1), *(ColumnPlan(f"{n:x}", Kind.ANY) for n in range(400)))
    plans = tuple(TablePlan(f"t{n}", columns) for n in range(MAX_TABLES))
    async with guest(url, Tables("", 0, plans), room="large"):
        await until(lambda: room.with_name(".large.unfinished").exists(), "it is begun")
        yield
    assert not room.with_name("large").exists()


@asynccontextmanager
async def taking_nothing(url: str, room: Path) -> AsyncIterator[None]:
    """A peer that asked for much and reads nothing more, the goodbye least of all."""
    write(room, "INSERT INTO item (id, extra) VALUES (1, zeroblob(30000000))")
    async with guest(url, *GREETING, Want(1, 0, ("item",), False, 0, b"")) as socket:
        socket.transport.pause_reading()
        yield


@asynccontextmanager
async def saying_nothing(url: str, _: Path) -> AsyncIterator[None]:
    """Connections that never become WebSockets."""
    address = urlsplit(url)
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(stream_client(address.hostname, address.port))
        yield


Busy = Callable[[str, Path], AbstractAsyncContextManager[None]]


@pytest.mark.parametrize(
    "busy",
    [merging, waiting_for_the_lock, answering, making, taking_nothing, saying_nothing],
    ids=lambda one: one.__name__,
)
@on_loop
async def test_it_ends_soon(tmp_path: Path, busy: Busy) -> None:
    room, command = make_file(tmp_path / "hub" / "room"), Command(tmp_path / "home")
    command("--version")  # what programs are forked from is loaded now
    began = time.monotonic()
    command("--version")
    slow = time.monotonic() - began
    with command.running("serve", room.parent, "--port", "0", "--allow-create") as hub:
        async with busy(hub.line.split(" at ")[1].split(";")[0], room):
            began = time.monotonic()
            hub.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(hub.process.wait, 4 * PATIENCE)
            assert time.monotonic() - began < SOON + 10 * slow
    assert hub.process.returncode == 0
    with Replica.open(room, recover=True) as replica:
        assert replica.received_clock(STRANGER) == 0
        assert replica.check() == []
        assert replica.connection.execute("SELECT count(*) FROM item WHERE name = 'x'").get == 0
