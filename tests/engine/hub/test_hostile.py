"""Peers that speak well and mean ill, against a hub in a process of its own: it stays small, quick and of service."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from engine.change import MAX_VERSION, Change
from engine.replica import Replica
from engine.table_shape import Shape
from engine.tables import pack_columns
from engine.wire import (
    PROTOCOL,
    AnnouncePresence,
    Batch,
    Changes,
    Cursor,
    Hello,
    Lineage,
    Message,
    Status,
    Want,
    encode,
)
from engine.wire.handshake import encode_subprotocol
from tests import budget
from tests.engine.hub.guests import turned_away
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.programs import Command
from tests.engine.session.world import ITEM
from tests.streams import stream_client

STRANGER = bytes(range(16))
GREETING = (Hello(PROTOCOL, STRANGER, 2**40, "", -1, (ITEM,)), Lineage((), ()))

LONG = 200.0
"""Seconds for what takes long on a busy machine."""

MANY = budget.pick(100_000, 1_000_000)
"""Tiny frames in one flood."""
TAKEN = budget.pick(50_000, 250_000)
"""As many where the hub works on each of them, which takes it minutes when its coverage is measured."""


class Target:
    """The hub's address, room and process."""

    def __init__(self, url: str, room: Path, pid: int) -> None:
        self.url, self.room, self.pid = url, room, pid

    @property
    def memory(self) -> int:
        """Resident MB of the hub."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() >> 20

    @asynccontextmanager
    async def guest(self, *, own: int | None = PROTOCOL) -> AsyncIterator[ClientConnection]:
        offer = [Subprotocol(encode_subprotocol("room", own=own))]
        options: dict[str, Any] = {"proxy": None, "max_size": None, "open_timeout": PATIENCE, "ping_interval": None}
        async with connect(self.url, subprotocols=offer, **options) as socket:
            yield socket

    async def serves(self, tmp_path: Path) -> float:
        """Sync a row through it; return how many seconds that took."""
        began, number = time.monotonic(), time.time_ns() % 10**9
        path = make_file(tmp_path / f"witness-{number}.db")
        write(path, "INSERT INTO item (id, name) VALUES (?, 'still of service')", number)
        async with plain_engine() as client:
            await add_peer(client, path, self.url)
            await until(lambda: any(key == (number,) for key, _ in rows(self.room)), "the witness's row")
        return time.monotonic() - began


@contextmanager
def hub(tmp_path: Path, *options: str) -> Iterator[Target]:
    room = make_file(tmp_path / "hub" / "room")
    command = Command(tmp_path / "home")
    with command.running("serve", room.parent, "--port", "0", *options) as program:
        yield Target(program.line.split(" at ")[1].split(";")[0], room, program.process.pid)
        assert program.process.poll() is None
    assert (program.process.returncode, program.err) == (0, "")


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
@on_loop
async def test_a_thousand_greetings_that_never_go_on(tmp_path: Path, many_files: None) -> None:
    with hub(tmp_path, "--limit", "per-address=0") as target:
        address = urlsplit(target.url)
        before = target.memory
        async with AsyncExitStack() as stack:
            dialled = [stream_client(address.hostname, address.port) for _ in range(1000)]
            silent = [await stack.enter_async_context(one) for one in dialled]
            for number, (_, writer) in enumerate(silent):  # a third each: nothing, half a line, and all but the end
                writer.write((b"", b"GET /sy", b"GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n")[number % 3])
            await target.serves(tmp_path)
            assert target.memory - before < 100
            for reader, _ in silent:
                async with asyncio.timeout(PATIENCE):
                    await reader.read()  # the hub gives each of them up
        await target.serves(tmp_path)


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=True)


STATUS = masked(Opcode.BINARY, encode(Status(1)))
FLOODS = {
    "messages": (STATUS, (1008, "messages per second")),
    "messages with nothing in them": (masked(Opcode.BINARY, b""), (1007, "an empty frame")),
    "fragments": (masked(Opcode.CONT, b"x", fin=False), (1009, "too many fragments")),
    "fragments with nothing in them": (masked(Opcode.CONT, b"", fin=False), (1009, "too many fragments")),
    "pings": (masked(Opcode.PING, b"x"), None),
}
"""Frames of a few bytes, and how the hub ends a connection on which a million of them come."""


@pytest.mark.slow
def test_a_million_tiny_frames(tmp_path: Path) -> None:
    on_loop(_floods, seconds=2 * LONG)(tmp_path)


async def _floods(tmp_path: Path) -> None:
    with hub(tmp_path) as target:
        await target.serves(tmp_path)
        before = target.memory
        for name, (frame, answer) in FLOODS.items():
            async with target.guest() as socket:
                for message in GREETING:
                    await socket.send(encode(message))
                if name.startswith("fragments"):
                    socket.transport.write(masked(Opcode.BINARY, b"\x44", fin=False))
                ending = asyncio.create_task(turned_away(socket, patience=LONG))
                await flood(socket, frame, ending)
                if answer is None:  # each of them was answered
                    await (await socket.ping())
                    await socket.close()
                else:
                    code, reason = await ending
                    assert (code, answer[1] in reason) == (answer[0], True), (name, code, reason)
                await ending
            assert target.memory - before < 50, name
        await target.serves(tmp_path)


@pytest.mark.slow
def test_tiny_messages_that_are_taken(tmp_path: Path) -> None:
    """Without a limit of messages a hub works all of them off, and others get their turn meanwhile: they come on until
    a row of somebody else's is synced."""
    on_loop(_all_taken, seconds=3 * LONG)(tmp_path)


async def _all_taken(tmp_path: Path) -> None:
    with hub(tmp_path, "--limit", "messages=0") as target:
        await target.serves(tmp_path)
        before = target.memory
        async with target.guest() as socket:
            for message in GREETING:
                await socket.send(encode(message))
            ending = asyncio.create_task(turned_away(socket, patience=2 * LONG))
            serving = asyncio.create_task(target.serves(tmp_path))
            sent = 0
            while (sent < TAKEN or not serving.done()) and not ending.done():
                await flood(socket, STATUS, ending, 1_000)
                sent += 1_000
                await asyncio.sleep(0)
            await serving
            socket.transport.write(masked(Opcode.BINARY, b""))  # the last one, so that it is known when all are done
            assert (await ending)[0] == 1007
        assert target.memory - before < 50


async def flood(socket: ClientConnection, frame: bytes, ending: asyncio.Task[Any], count: int = MANY) -> None:
    """Send so many of a frame as fast as they are taken, or until the connection ends."""
    for _ in range(count // 1_000):
        socket.transport.write(frame * 1_000)
        while socket.transport.get_write_buffer_size() > 100_000 and not ending.done():
            await asyncio.sleep(0.001)
        if ending.done() or socket.transport.is_closing():
            return


def change(pk: int, version: int, author: bytes = STRANGER, table: str = "item", column: str = "name") -> Change:
    return Change(table, pack_columns((pk,)), column, "x", 1, version, author, 1, 0)


def batch(*changes: Change, until: int = 1) -> Batch:
    return Batch(1, 0, 0, until, b"", False, changes)


@pytest.mark.slow
@on_loop
async def test_messages_that_are_well_formed_and_mean_ill(tmp_path: Path) -> None:
    """Each is answered by a close code and a reason, or by nothing at all; no clock of the hub's moves."""
    with hub(tmp_path) as target:
        with Replica.open(target.room, readonly=True) as replica:
            own_site = replica.site_id
        many = tuple(Shape(f"t{n}", ("k",), ("v",)) for n in range(10_000))
        cases: dict[str, tuple[int | None, tuple[Message, ...]]] = {
            "our own site id": (PROTOCOL, (Hello(PROTOCOL, own_site, 1, "", -1, (ITEM,)),)),
            "ten thousand tables": (PROTOCOL, (Hello(PROTOCOL, STRANGER, 1, "", -1, many),)),
            "a clock near 2^62": (PROTOCOL, (*GREETING, batch(change(1, 2**62), until=MAX_VERSION - 1))),
            "a version of 2^63-1": (PROTOCOL, (*GREETING, batch(change(1, 2**63 - 1)))),
            "a table that looks like SQL": (PROTOCOL, (*GREETING, batch(change(1, 1, table='"; DROP TABLE item; --')))),
            "a column that looks like SQL": (PROTOCOL, (*GREETING, batch(change(1, 1, column='x" = 1; --')))),
            "a Want from beyond": (PROTOCOL, (*GREETING, Want(1, 2**61, ("item",), False, 0, b""))),
            "stock: our own site id": (None, (AnnouncePresence(own_site, (), "", -1),)),
            "stock: a version of 2^63-1": (
                None,
                (AnnouncePresence(STRANGER, (), "", -1), Changes(STRANGER, Cursor(0, 0), (change(1, 2**63 - 1),))),
            ),
            "stock: a clock of 2^63-1": (
                None,
                (AnnouncePresence(STRANGER, (), "", -1), Changes(STRANGER, Cursor(2**63 - 1, 0), (change(1, 1),))),
            ),
        }
        for name, (own, messages) in cases.items():
            async with target.guest(own=own) as socket:
                for message in messages:
                    await socket.send(encode(message))
                if name != "stock: a clock of 2^63-1":  # taken for a gap: asked for anew
                    code, reason = await turned_away(socket)
                    assert code not in (None, 1000, 1006, 1011), (name, code, reason)
                    assert reason, name
        assert rows(target.room) == []
        with Replica.open(target.room, readonly=True) as replica:
            assert replica.received_clock(STRANGER) == 0
        await target.serves(tmp_path)


@pytest.mark.slow
@on_loop
async def test_more_connections_than_one_address_may_have(tmp_path: Path) -> None:
    with hub(tmp_path, "--limit", "per-address=50") as target:
        inside = []
        refused = 0
        for _ in range(80):
            offer = [Subprotocol(encode_subprotocol("room", own=PROTOCOL))]
            try:
                inside.append(await connect(target.url, subprotocols=offer, proxy=None, open_timeout=PATIENCE))
            except InvalidStatus as error:
                refused += error.response.status_code == 503
        assert (len(inside), refused) == (50, 30)
        for socket in inside:
            await socket.close()
        await target.serves(tmp_path)
