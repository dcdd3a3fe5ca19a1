"""Strangers at the hub: broken greetings, garbage frames, silence. The hub answers in words and stays up."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from engine.api import Engine
from engine.hub import Hub
from engine.wire import PROTOCOL, AnnouncePresence, Batch, Changes, Cursor, Hello, Lineage, Renewal, Want, encode
from engine.wire.handshake import encode_subprotocol
from tests import budget
from tests.engine.hub.guests import turned_away
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.session.world import ITEM
from tests.streams import stream_client

STRANGER = bytes(range(16))


@asynccontextmanager
async def hub_and_witness(tmp_path: Path) -> AsyncIterator[tuple[Engine, Hub]]:
    """A hub, and after the test the proof that it still works: a client syncs through it."""
    room, witness = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "witness.db")
    make_file(tmp_path / "x")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        yield server, hub
        write(witness, "INSERT INTO item (id, name) VALUES (4711, 'still here')")
        async with plain_engine() as client:
            await add_peer(client, witness, hub.url)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            await until(lambda: any(key == (4711,) for key, _ in rows(room)), "the witness's row")


def greeting(text: str) -> str:
    return base64.b64encode(text.encode("latin-1")).decode().rstrip("=")


@asynccontextmanager
async def guest(hub: Hub, subprotocol: str) -> AsyncIterator[ClientConnection]:
    options: dict[str, Any] = {"proxy": None, "max_size": None, "open_timeout": PATIENCE}
    async with connect(hub.url, subprotocols=[Subprotocol(subprotocol)], **options) as socket:
        yield socket


@on_loop
async def test_rooms_that_are_not_to_be_had(tmp_path: Path) -> None:
    async with hub_and_witness(tmp_path) as (_, hub):
        for own in ("", ",syncline=1"):
            async with guest(hub, greeting(f"room=nobody{own}")) as socket:
                code, reason = await turned_away(socket)
                assert (code, reason) == (4004, "This hub has no room “nobody”.")
            for room in ("../x", "..", "a\\b", "/etc/passwd", "room-journal", ".hidden", "a" * 500):
                with pytest.raises(InvalidStatus) as refused:
                    async with guest(hub, greeting(f"room={room}{own}")):
                        pass
                assert refused.value.response.status_code == 400
                assert "room name" in (refused.value.response.body or b"").decode()
        assert rows(tmp_path / "x") == []


@on_loop
async def test_broken_greetings(tmp_path: Path) -> None:
    async with hub_and_witness(tmp_path) as (_, hub):
        for subprotocol in ("garbage!", greeting("auth=only"), greeting("room="), "A", greeting("\x00" * 50)):
            with pytest.raises(InvalidStatus) as refused:
                async with guest(hub, subprotocol):
                    pass
            assert refused.value.response.status_code == 400
        with pytest.raises(InvalidStatus) as refused:
            async with connect(hub.url, proxy=None, open_timeout=PATIENCE):
                pass
        assert refused.value.response.status_code == 400
        for raw in (b"\x00" * 300, b"GET / HTTP/1.1\r\n\r\n", b"GET /sync HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000):
            async with stream_client(hub.host, hub.port) as (reader, writer):
                writer.write(raw)
                writer.write_eof()
                async with asyncio.timeout(PATIENCE):
                    answer = await reader.read()
                assert b"Traceback" not in answer


@on_loop
async def test_a_token_is_asked_for(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, token="right")
        for token in (None, "wrong"):
            with pytest.raises(InvalidStatus) as refused:
                async with guest(hub, encode_subprotocol("room", token)):
                    pass
            assert refused.value.response.status_code == 401
        async with guest(hub, encode_subprotocol("room", "right", own=PROTOCOL)) as socket:
            assert isinstance(await socket.recv(), bytes)


@on_loop
async def test_messages_that_may_not_come(tmp_path: Path) -> None:
    hello = encode(Hello(PROTOCOL, STRANGER, 3, "", -1, (ITEM,)))
    lineage = encode(Lineage((), ()))
    announce = encode(AnnouncePresence(STRANGER, (), "", -1))
    stock: list[list[bytes | str]] = [
        [b""],
        [b"\xff" * 40],
        ["text"],
        [encode(Changes(STRANGER, Cursor(0, 0), ()))],
        [announce, announce],
        [announce, encode(Changes(bytes(16), Cursor(0, 0), ()))],
        [hello],
    ]
    own: list[list[bytes | str]] = [
        [b""],
        ["text"],
        [encode(Want(1, 0, ("item",), False, 0, b""))],
        [hello, hello],
        [hello, encode(Want(1, 0, (), False, 2**61, b"any"))],
        [hello, lineage, encode(Batch(2, 0, 0, 4, b"", False, ()))],
        [hello, lineage, encode(Batch(1, 1, 0, 4, b"", False, ()))],
        [hello, encode(Batch(1, 0, 0, 4, b"", False, ()))],
        [hello, lineage, lineage],
        [hello, encode(Renewal(STRANGER))],
        [hello, lineage, encode(Batch(1, 0, 3, 4, b"", False, ()))],
        [hello, encode(Want(1, 2**61, (), False, 0, b""))],
        [encode(Hello(9, STRANGER, 3, "", -1, ()))],
        [announce],
    ]
    async with hub_and_witness(tmp_path) as (_, hub):
        for cases, suffix in ((stock, ""), (own, f",syncline={PROTOCOL}")):
            for frames in cases:
                async with guest(hub, greeting(f"room=room{suffix}")) as socket:
                    for frame in frames:
                        await socket.send(frame)
                    code, reason = await turned_away(socket)
                    assert code not in (None, 1006, 1011), (frames, code, reason)
                    assert reason, frames


@on_loop
async def test_garbage_frames(tmp_path: Path) -> None:
    """Mutated and random frames, in both dialects; none changes the room or leaves anything open."""
    good = [
        encode(Hello(PROTOCOL, STRANGER, 3, "", -1, (ITEM,))),
        encode(AnnouncePresence(STRANGER, ((STRANGER, Cursor(1, 1)),), "main.sql", 5)),
        encode(Want(1, 0, ("item",), False, 0, b"")),
        encode(Lineage((), ())),
        encode(Renewal(STRANGER)),
        encode(Batch(1, 0, 0, 0, b"", True, ())),
    ]

    def broken(rng: random.Random) -> bytes:
        if rng.random() < 0.3:
            return rng.randbytes(rng.randrange(0, 200))
        frame = bytearray(rng.choice(good))
        for _ in range(rng.randrange(1, 4)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        return bytes(frame[: rng.randrange(1, len(frame) + 1)])

    async with hub_and_witness(tmp_path) as (_, hub):
        for case in budget.cases("hub: garbage frames", seconds=4, at_least=20):
            own = case.random.random() < 0.5
            async with guest(hub, greeting("room=room" + (f",syncline={PROTOCOL}" if own else ""))) as socket:
                try:
                    for _ in range(5):
                        await socket.send(broken(case.random))
                except ConnectionClosed:
                    assert socket.close_code not in (None, 1006, 1011)
        await until(lambda: hub.guests.total() == 0, "all strangers gone")
        assert rows(tmp_path / "hub" / "room") == []


@on_loop
async def test_a_file_that_is_no_database_is_no_room(tmp_path: Path) -> None:
    async with hub_and_witness(tmp_path) as (_, hub):
        (tmp_path / "hub" / "letter").write_text("Dear friend, " * 1000)
        (tmp_path / "hub" / "folder").mkdir()
        for room in ("letter", "folder"):
            async with guest(hub, greeting(f"room={room},syncline={PROTOCOL}")) as socket:
                code, reason = await turned_away(socket)
                assert code == 4004
                assert str(tmp_path) not in reason  # the hub's paths are nobody's business
