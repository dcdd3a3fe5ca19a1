"""Peers that speak well and mean ill, and what they can make us hold.

Those that a hub meets in a process of its own are in tests/engine/hub/test_hostile.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from engine.change import Change
from engine.hub import Hub
from engine.peer_state import State
from engine.replica import Replica
from engine.session import base
from engine.tables import pack_columns
from engine.wire import (
    MAX_SMALL,
    PROTOCOL,
    AnnouncePresence,
    Changes,
    Cursor,
    Hello,
    Lineage,
    RejectChanges,
    Want,
    encode,
)
from engine.wire.handshake import encode_subprotocol
from tests import budget
from tests.engine.hub.guests import guest, hear, turned_away
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.engine.session.world import ITEM
from tests.faults.test_processes import program
from tests.faults.test_stuck import own_server
from tests.ports import free_port

STRANGER = bytes(range(16))
MB = 1_000_000


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return make_file(tmp_path / "hub" / "room")


async def serves(hub: Hub, room: Path, path: Path) -> None:
    """Somebody else's sync goes well."""
    write(make_file(path), "INSERT INTO item (id) VALUES (4711)")
    async with plain_engine() as client:
        await add_peer(client, path, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
    assert ((4711,),) in [(key,) for key, _ in rows(room)]


@on_loop
async def test_compression_is_refused(room: Path) -> None:
    """A bomb of a few kilobytes stays as small as it is: nobody unpacks it."""
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(bytes(50 * MB)) + packer.flush(zlib.Z_SYNC_FLUSH)[:-4]
    bomb = bytearray(Frame(Opcode.BINARY, packed).serialize(mask=True))
    bomb[0] |= 0b0100_0000  # it is compressed (RFC 7692)
    offer = [encode_subprotocol("room", own=PROTOCOL)]
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        options: dict[str, Any] = {"proxy": None, "compression": "deflate", "open_timeout": PATIENCE}
        async with connect(hub.url, subprotocols=offer, **options) as socket:
            assert socket.protocol.extensions == []
            socket.transport.write(bomb)
            assert (await turned_away(socket))[0] == 1002


@on_loop
async def test_a_large_message_before_the_greeting(room: Path, tmp_path: Path) -> None:
    """Refused for the size that it says it has; nothing of it is waited for. The same when it comes to a link."""
    large = encode(Changes(STRANGER, Cursor(0, 0), (cell(1, MAX_SMALL),)))
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        for own in (PROTOCOL, None):
            async with guest(hub, own=own) as socket:
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(large)
                assert (await turned_away(socket))[0] == 1009

        async def eager(socket: ServerConnection) -> None:
            with contextlib.suppress(ConnectionClosed):
                await socket.send(large)
                await socket.wait_closed()

        async with own_server(eager) as url:
            await add_peer(client, make_file(tmp_path / "a.db"), url)
            await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "told")
            assert "sent a message larger than 2 MB" in client.peers.statuses()[0].reason
        await serves(hub, room, tmp_path / "witness.db")


@on_loop
async def test_a_message_without_changes_that_is_large(room: Path) -> None:
    frame = b"\x41\x01" + bytes(8) + b"\xff\xff\xff\x03" + bytes(8 * MB)
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with guest(hub) as socket:
            await socket.send(encode(Hello(PROTOCOL, STRANGER, 0, "", -1, (ITEM,))))
            assert isinstance(await hear(socket), Hello)
            assert isinstance(await hear(socket), Lineage)
            await socket.send(frame)
            code, reason = await turned_away(socket)
            assert code == 1007
            assert "A message without changes has" in reason


def cell(row: int, size: int) -> Change:
    return Change("item", pack_columns((row,)), "extra", bytes(size), 1, row, STRANGER, 1, 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory another process has used")
@on_loop
async def test_large_messages_in_a_row(room: Path) -> None:
    """Faster than they can be merged: one waits, the others stay where they are."""
    size, count, port = 15 * MB, 24, free_port()
    with program("hub", room.parent, str(port), "15") as hub:
        await hub.ready()
        before = hub.peak()
        offer = [encode_subprotocol("room")]
        options: dict[str, Any] = {"proxy": None, "open_timeout": PATIENCE}
        async with connect(f"ws://127.0.0.1:{port}/sync", subprotocols=offer, **options) as socket:
            await socket.send(encode(AnnouncePresence(STRANGER, (), "", -1)))
            await socket.recv()
            with writing(room) as other, other:  # so that the first of them cannot be merged for a while
                sending = asyncio.create_task(send_cells(socket, size, count))
                await asyncio.sleep(2)
            await sending
            await until(lambda: received(room) == count, "all of them")
        grown = hub.peak() - before
    budget.count(f"{count} messages of {size // MB} MB at once: the hub grew by {grown // MB} MB", count)
    assert grown < count * size * 2 / 3, "ten to twelve copies of one are between the socket and the disk"


async def send_cells(socket: ClientConnection, size: int, count: int) -> None:
    for row in range(1, count + 1):
        await socket.send(encode(Changes(STRANGER, Cursor(row - 1, 0), (cell(row, size),))))


def received(room: Path) -> int:
    with Replica.open(room, readonly=True) as replica:
        return replica.received_clock(STRANGER)


@on_loop
async def test_clocks_of_ours_that_cannot_be(room: Path, tmp_path: Path) -> None:
    """A published client says what it holds of our history; nothing that is not so is kept."""
    write(room, "INSERT INTO item (id) VALUES (1)")
    with Replica.open(room, readonly=True) as replica:
        site, version = replica.site_id, replica.db_version()
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        refused = dict.fromkeys((2**63 - 1, 2**53, -1, -(2**63)), 1008)
        for clock, code in (*refused.items(), (2**53 - 1, 4005), (version + 1, 4005)):
            async with guest(hub, own=None) as socket:
                await socket.send(encode(AnnouncePresence(STRANGER, ((site, Cursor(clock, 0)),), "", -1)))
                assert (await turned_away(socket))[0] == code
        async with guest(hub, own=None) as socket:
            await socket.send(encode(AnnouncePresence(STRANGER, (), "", -1)))
            await socket.send(encode(RejectChanges(STRANGER, Cursor(-(2**63), 0))))
            assert (await turned_away(socket))[0] == 1008
        await serves(hub, room, tmp_path / "witness.db")
    with Replica.open(room, readonly=True) as replica:
        assert replica.sent_clock(STRANGER) <= version
        assert replica.received_clock(STRANGER) == 0


@on_loop
async def test_the_site_id_of_somebody_else(room: Path, tmp_path: Path) -> None:
    """It cannot show the tokens that go with it: nothing is taken of it, and the true one goes on."""
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'mine')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        with Replica.open(a, readonly=True) as replica:
            site = replica.site_id
        async with guest(hub) as socket:
            hello = Hello(PROTOCOL, site, 2**40, "", -1, (ITEM,))
            for message in (hello, Lineage((), ()), Want(1, 0, (), False, 0, b"")):
                await socket.send(encode(message))
            code, reason = await turned_away(socket)
            assert (code, "was copied" in reason) == (4005, True)
        write(a, "INSERT INTO item (id, name) VALUES (2, 'mine too')")
        await until(lambda: rows(room) == rows(a), "the true one's next row")
    with Replica.open(room, readonly=True) as replica:
        assert replica.received_clock(site) == 2


@on_loop
async def test_guests_who_say_nothing(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred of them, in both dialects: each is told why it has to go."""
    monkeypatch.setattr(base, "GREETING_TIMEOUT", 2.0)
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)

        async def silent(own: int | None) -> tuple[int | None, str]:
            async with guest(hub, own=own) as socket:
                return await turned_away(socket)

        ends = asyncio.gather(*(silent(own) for own in (PROTOCOL, None) for _ in range(50)))
        # a busy machine may be so slow that the first have to go before the last are in
        await until(lambda: hub.guests.total() > 50 or ends.done(), "they are in")
        await serves(hub, room, tmp_path / "witness.db")
        for code, reason in await ends:
            assert (code, reason) == (1002, "No answer to the greeting within 2 s.")
        await until(lambda: hub.guests.total() == 0, "all gone")
