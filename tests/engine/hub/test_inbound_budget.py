"""What all guests together have under way is bounded, and no message may trickle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from engine.hub import Hub, HubOptions, Limits
from engine.hub import inbound_budget as intakes
from engine.hub import server as servers
from engine.hub.inbound_budget import InboundBudget
from engine.hub.tokens import make
from engine.wire import MAX_SMALL, Batch, Confirm, Lineage, encode
from tests.engine.hub.guests import guest, hear, turned_away
from tests.engine.hub.test_limits import GREETING, changes
from tests.engine.live import make_file, on_loop, plain_engine, rows, until

MB = 1 << 20
CROWDED = (1013, "This hub is at its limit for incoming messages; try again later.")
MESSAGE = encode(Batch(1, 0, 0, 1, b"", False, changes(1, text="x" * MB)))


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return make_file(tmp_path / "hub" / "room")


@asynccontextmanager
async def greeted(hub: Hub, token: str | None = None) -> AsyncIterator[ClientConnection]:
    async with guest(hub, token=token) as socket:
        for message in GREETING:
            await socket.send(encode(message))
        while not isinstance(await hear(socket), Lineage):
            pass
        yield socket


def inbound_budget(hub: Hub) -> InboundBudget:
    return hub._handshake.present.inbound_budget


def begin(socket: ClientConnection, data: bytes, *, whole: bool) -> None:
    """Send the first part of a message: of one in a single frame, or in several."""
    if whole:
        frame = Frame(Opcode.BINARY, data + bytes(MB)).serialize(mask=True)
        socket.transport.write(frame[: len(data)])
    else:
        socket.transport.write(Frame(Opcode.BINARY, data, fin=False).serialize(mask=True))


@pytest.mark.parametrize("whole", [True, False], ids=["one frame", "fragments"])
@on_loop
async def test_all_together_are_bounded(room: Path, whole: bool) -> None:
    async with plain_engine() as server, AsyncExitStack() as stack:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(incoming=4 * MB)))
        sockets = [await stack.enter_async_context(greeted(hub)) for _ in range(5)]
        largest, *others = sockets
        begin(largest, bytes(MB + 500_000), whole=whole)
        await until(lambda: inbound_budget(hub).total > MB, "the first")
        for number, socket in enumerate(others[:3], 1):
            begin(socket, bytes(650_000), whole=whole)
            before = MB + 500_000 + (number - 1) * 650_000
            await until(lambda before=before: inbound_budget(hub).total > before, "the next")  # type: ignore[misc]
        assert not any(socket.close_code for socket in sockets)
        begin(others[3], bytes(900_000), whole=whole)
        assert await turned_away(largest) == CROWDED
        assert inbound_budget(hub).total <= 4 * MB
        socket = await stack.enter_async_context(greeted(hub))
        await socket.send(MESSAGE)
        while not isinstance(await hear(socket), Confirm):
            pass
        assert len(rows(room)) == 1
        for one in sockets:  # a goodbye within a frame would not be heard, and waited for
            one.transport.abort()


@on_loop
async def test_what_is_done_with_counts_no_more(room: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(incoming=2 * MB)))
        async with greeted(hub) as socket:
            for number in range(6):
                message = Batch(1, number, number, number + 1, b"", False, changes(1, number + 1, "x" * MB))
                await socket.send(encode(message))
                while not isinstance(await hear(socket), Confirm):
                    pass
            begin(socket, bytes(100_000), whole=False)
        await until(lambda: inbound_budget(hub).total == 0, "all gone")


@on_loop
async def test_those_who_only_read_or_have_not_greeted_have_less(room: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    writer, reader = make(tokens, "writer"), make(tokens, "reader", write=False)
    limits = Limits(incoming=50 * MB, incoming_small=3 * MB)
    async with plain_engine() as server, AsyncExitStack() as stack:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens, limits=limits))
        one = await stack.enter_async_context(greeted(hub, writer))
        begin(one, bytes(10 * MB), whole=False)
        await until(lambda: inbound_budget(hub).total >= 10 * MB, "a writer's")
        readers = [await stack.enter_async_context(greeted(hub, reader)) for _ in range(2)]
        strangers = [await stack.enter_async_context(guest(hub, token=writer)) for _ in range(2)]
        small = [*readers, *strangers]
        for number, socket in enumerate(small):
            begin(socket, bytes(900_000 - number), whole=False)
        ends = [asyncio.create_task(turned_away(socket)) for socket in small]
        done, left = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        assert [await end for end in done] == [CROWDED]
        assert one.close_code is None
        for end in left:
            end.cancel()
        large = await stack.enter_async_context(greeted(hub, reader))
        await large.send(bytes(MAX_SMALL + 1))
        assert (await turned_away(large))[0] == 1009


@on_loop
async def test_a_message_that_trickles(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intakes, "SPAN", 1.0)
    monkeypatch.setattr(servers, "LOOK_EVERY", 0.1)
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(pace=1_000)))
        async with greeted(hub) as slow, greeted(hub) as steady, greeted(hub) as silent:
            begin(slow, bytes(100_000), whole=True)
            ending = asyncio.create_task(turned_away(slow))
            frame = Frame(Opcode.BINARY, MESSAGE).serialize(mask=True)
            at = 0
            while not ending.done():
                slow.transport.write(b"x")
                steady.transport.write(frame[at : at + 5_000])
                at += 5_000
                await asyncio.sleep(0.1)
            assert await ending == (1008, "A message came more slowly than 1,000 bytes per second.")
            assert steady.close_code is None
            assert silent.close_code is None
            steady.transport.write(frame[at:])
            while not isinstance(await hear(steady), Confirm):
                pass
