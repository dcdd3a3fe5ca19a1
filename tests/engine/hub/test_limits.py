"""What a hub answers a peer that goes beyond its limits: each in words, and nobody else notices."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from engine.change import Change
from engine.errors import UsageError
from engine.hub import Hub, HubOptions, Limits
from engine.hub.limits import parse
from engine.peer_state import State
from engine.peer_text import from_peer
from engine.tables import pack_columns
from engine.wire import (
    PROTOCOL,
    AnnouncePresence,
    Batch,
    Changes,
    Cursor,
    Failure,
    Hello,
    Lineage,
    Status,
    Want,
    encode,
)
from tests.engine.hub.guests import guest, hear, turned_away
from tests.engine.live import add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.session.world import ITEM
from tests.streams import stream_client

STRANGER = bytes(range(16))
GREETING = (Hello(PROTOCOL, STRANGER, 2**40, "", -1, (ITEM,)), Lineage((), ()))


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return make_file(tmp_path / "hub" / "room")


def changes(count: int, version: int = 1, text: str = "x") -> tuple[Change, ...]:
    return tuple(Change("item", pack_columns((n,)), "name", text, 1, version, STRANGER, 1, n) for n in range(count))


async def said(socket: ClientConnection) -> tuple[str, int | None]:
    """Read on until the hub says why it hangs up; return the sentence and the close code."""
    sentence = ""
    try:
        while True:
            message = await hear(socket)
            if isinstance(message, Failure):
                sentence = from_peer(message.sentence)
    except ConnectionClosed:
        return sentence, socket.close_code


async def refused(hub: Hub) -> str:
    with pytest.raises(InvalidStatus) as error:
        async with guest(hub):
            pass
    assert error.value.response.status_code == 503
    return (error.value.response.body or b"").decode().strip()


@on_loop
async def test_a_message_with_too_many_changes(room: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(batch=10)))
        async with guest(hub) as socket:
            for message in (*GREETING, Batch(1, 0, 0, 1, b"", False, changes(11))):
                await socket.send(encode(message))
            assert await said(socket) == ("11 changes came in one message; this hub accepts at most 10.", 1009)
        async with guest(hub, own=None) as socket:
            for stock in (AnnouncePresence(STRANGER, (), "", -1), Changes(STRANGER, Cursor(0, 0), changes(11))):
                await socket.send(encode(stock))
            assert await turned_away(socket) == (1009, "11 changes came in one message; this hub accepts at most 10.")
        assert rows(room) == []
        async with guest(hub, own=None) as socket:
            for stock in (AnnouncePresence(STRANGER, (), "", -1), Changes(STRANGER, Cursor(0, 0), changes(10))):
                await socket.send(encode(stock))
            await until(lambda: len(rows(room)) == 10, "what is allowed")


@on_loop
async def test_a_message_that_is_too_large(room: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(frame=10_000)))
        async with guest(hub) as socket:
            await socket.send(b"\x40" * 10_001)
            assert (await turned_away(socket))[0] == 1009


@on_loop
async def test_too_many_messages(room: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(messages=20)))
        async with guest(hub) as socket:
            try:
                for message in GREETING:
                    await socket.send(encode(message))
                for version in range(10_000):
                    await socket.send(encode(Status(version)))
            except ConnectionClosed:
                pass
            code, reason = await turned_away(socket)
            assert code == 1008
            assert "More than 20 messages per second" in reason


@on_loop
async def test_a_full_room_takes_nothing_and_says_so(room: Path, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'x')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(
            room.parent, options=HubOptions(limits=Limits(room_size=room.stat().st_size - 1))
        )
        await add_peer(client, a, hub.url)
        await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "told")
        assert "This room is full" in client.peers.statuses()[0].reason
    assert rows(room) == []


@on_loop
async def test_too_many_connections(room: Path) -> None:
    make_file(room.parent / "other")
    async with plain_engine() as server:
        options = HubOptions(limits=Limits(per_address=2, per_room=0))
        hub = await server.serving.start(room.parent, options=options)
        async with guest(hub) as one, guest(hub, "other") as other:
            assert isinstance(await hear(one), Hello)
            assert isinstance(await hear(other), Hello)
            assert await refused(hub) == "This hub's limit of connections from one address is reached: 2."
        hub = await server.serving.start(room.parent, options=replace(options, limits=Limits(per_room=1)))
        async with guest(hub) as one, guest(hub, "other") as other:
            assert isinstance(await hear(one), Hello)
            assert isinstance(await hear(other), Hello)
            assert await refused(hub) == "This hub's limit of peers in one room is reached: 1."
        await until(lambda: not hub.guests, "gone")
        async with guest(hub) as one:
            assert isinstance(await hear(one), Hello)


@on_loop
async def test_connections_that_never_greet_are_given_up_and_counted_off(room: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(per_address=20)))
        async with AsyncExitStack() as silent:
            for _ in range(20):
                await silent.enter_async_context(stream_client(hub.host, hub.port))
            await until(lambda: hub.connections == 20, "all counted")
            assert "from one address is reached: 20." in await refused(hub)
        await until(lambda: hub.connections == 0, "all gone")
        async with guest(hub) as socket:
            assert isinstance(await hear(socket), Hello)


@pytest.mark.slow
@on_loop
async def test_a_peer_that_takes_nothing_is_dropped(room: Path) -> None:
    write(room, "INSERT INTO item (id, name) VALUES (1, ?)", "x" * 20_000_000)  # more than the system takes for it
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(patience=1)))
        async with guest(hub) as socket:
            for message in (*GREETING, Want(1, 0, ("item",), False, 0, b"")):
                await socket.send(encode(message))
            await until(lambda: bool(hub.guests), "in")
            socket.transport.pause_reading()
            await until(lambda: not hub.guests, "dropped")
            socket.transport.abort()
        async with guest(hub) as socket:
            assert isinstance(await hear(socket), Hello)


@pytest.mark.slow
@on_loop
async def test_too_much_waits_for_a_slow_peer(room: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(room, "INSERT INTO item (id, name) VALUES (1, ?)", "x" * 20_000_000)
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(limits=Limits(waiting=5_000_000)))
        async with guest(hub) as socket:
            socket.transport.pause_reading()
            for message in (*GREETING, Want(1, 0, ("item",), False, 0, b"")):
                await socket.send(encode(message))
            await until(
                lambda: "are waiting to be received; this hub keeps at most 5 MB" in caplog.text, "a reason in the log"
            )
            await until(lambda: not hub.guests, "dropped")
            socket.transport.abort()


def test_limits_as_a_person_writes_them() -> None:
    assert parse([]) == Limits()
    assert parse(["room-size=2g", "per-address=0", "frame=64k"]) == Limits(
        room_size=2 * 1024**3, per_address=0, frame=65536
    )
    for wrong in ("size=1", "room-size", "room-size=-1", "room-size=lots", "batch=0"):
        with pytest.raises(UsageError):
            parse([wrong])
