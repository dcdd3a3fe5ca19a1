"""Broken frames and greetings against programs at work: a hub, and a client that dials again and again.

What is injured is what real sessions have said (tests/faults/recordings.py), after a beginning that is whole. Every
connection must end with a close code and a reason, and the program must be what it was before.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from engine.wire import MAX_FRAME, PROTOCOL
from engine.wire.handshake import OWN_HEADER, encode_subprotocol
from tests import budget
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.faults.recordings import Recording
from tests.faults.test_processes import program
from tests.ports import free_port
from tests.streams import stream_client, take_no_more

BROKEN = budget.pick(400, 2_000)
"""Frames and greetings, against each of the two programs."""

GROWTH = 20_000_000
"""Bytes by which a program may grow after its first hundred visitors."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what another process has open")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(tmp_path_factory.mktemp("recording"))


def seeded() -> random.Random:
    seed = budget.seed()
    print("SYNCLINE_SEED", seed)
    return random.Random(seed)


@pytest.mark.slow
@on_loop
async def test_a_hub(recording: Recording, tmp_path: Path) -> None:
    rng, room, port, ends = seeded(), make_file(tmp_path / "hub" / "room"), free_port(), Counter[str]()
    with program("hub", room.parent, str(port)) as hub:
        await hub.ready()

        async def strangers(count: int) -> None:
            while count > 0:
                count -= 1 if rng.random() < 0.25 else 3
                if rng.random() < 0.25:
                    ends[await broken_request(port, rng)] += 1
                else:
                    role = rng.choice(("own", "hub"))
                    ends[await broken_session(port, role, recording.spoken(role, rng))] += 1

        async def inbound_state(count: int) -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(4):
                    group.create_task(strangers(count // 4))
            await until(lambda: hub.descriptors() <= at_rest, "all connections are closed again")

        await served(port, tmp_path / "before.db", room, 4711)
        at_rest = hub.descriptors() + 2
        await inbound_state(300)
        before = hub.memory()
        await inbound_state(BROKEN)
        grown = hub.memory() - before
        await served(port, tmp_path / "after.db", room, 4712)
    budget.count(f"fuzz: a hub grew by {grown >> 10} KB, its visitors ended with {dict(ends)}", ends.total())
    assert grown < GROWTH
    assert not ends.keys() & {"None", "1006", "1011"}


async def served(port: int, path: Path, room: Path, key: int) -> None:
    """Somebody else's sync goes well."""
    write(make_file(path), "INSERT INTO item (id) VALUES (?)", key)
    async with plain_engine() as client:
        await add_peer(client, path, f"ws://127.0.0.1:{port}/sync")
        await client.peers.wait_in_sync(timeout=PATIENCE)
    assert any(found == (key,) for found, _ in rows(room))


async def broken_session(port: int, role: str, frames: list[bytes]) -> str:
    """Greet in a handshake, say these frames, and hear the close code."""
    offer = Subprotocol(encode_subprotocol("room", own=PROTOCOL if role == "own" else None))
    options: dict[str, Any] = {"proxy": None, "max_size": None, "open_timeout": PATIENCE}
    async with connect(f"ws://127.0.0.1:{port}/sync", subprotocols=[offer], **options) as socket:
        with contextlib.suppress(ConnectionClosed):
            for frame in frames:
                await socket.send(frame)
            await socket.send("goodbye")  # text: what was no mistake so far ends here
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                async for _ in socket:
                    pass
        assert socket.close_reason, frames
        return str(socket.close_code)


async def broken_request(port: int, rng: random.Random) -> str:
    """Ask for a WebSocket in a request that is not right; return the status of the answer."""
    key = base64.b64encode(rng.randbytes(16)).decode()
    lines = [
        "GET /sync HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {encode_subprotocol('room', own=PROTOCOL)}",
    ]
    data = bytearray("\r\n".join(lines).encode() + b"\r\n\r\n")
    for _ in range(rng.choice((1, 2, 5))):
        at = rng.randrange(len(data))
        data[at : at + rng.choice((0, 1, 1, 30))] = rng.choice((b"", b"\0", b"\r\n", b"\xff", b"x" * 9_000))
    async with stream_client("127.0.0.1", port) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(data + b"\r\n\r\n")  # an end in any case
            await writer.drain()
        async with asyncio.timeout(PATIENCE):
            try:
                answer = await reader.read(1_000)
            except ConnectionError:
                return "HTTP cut"  # it hung up with some of our nonsense unread
    assert b"Traceback" not in answer
    return f"HTTP {answer[9:12].decode() or 'cut'}"


@pytest.mark.slow
@on_loop
async def test_a_link(recording: Recording, tmp_path: Path) -> None:
    """A program that dials a server that talks nonsense, in both dialects; each time it can say why it ended."""
    rng, said = seeded(), 0

    def greet(_socket: ServerConnection, _: Request, response: Response) -> None:
        if rng.random() < 0.5:
            response.headers[OWN_HEADER] = str(PROTOCOL)

    async def answer(socket: ServerConnection) -> None:
        nonlocal said
        with contextlib.suppress(ConnectionClosed):
            for frame in recording.spoken("own" if OWN_HEADER in socket.response.headers else "link", rng):
                await socket.send(frame)
                said += 1
            await socket.send("goodbye")
            async for _ in socket:
                pass

    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (4711, 'mine')")
    named(a)
    serving = serve(
        answer,
        "127.0.0.1",
        0,
        process_response=greet,
        select_subprotocol=lambda _, offered: offered[0],
        max_size=MAX_FRAME,
        close_timeout=1,
    )
    async with serving as running:
        url = f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/sync"
        with program("dialler", a, url) as client:
            await until(lambda: said >= 300, "the first dials")
            before, open_files = client.memory(), client.descriptors()
            while said < 300 + BROKEN:
                await asyncio.sleep(0.1)
                assert client.memory() > 0, "it is gone"
            grown = client.memory() - before
            assert client.descriptors() <= open_files + 5
        await take_no_more(running.sockets)
    tasks, reasons = zip(*(line.split(" ", 1) for line in client.lines), strict=True)
    assert min(map(int, tasks[-20:])) <= max(map(int, tasks[:20])), "what is left of each dial adds up"
    assert all(reason.isprintable() and reason.rstrip(")").endswith((".", "sync")) for reason in reasons), reasons
    budget.count(f"fuzz: a client grew by {grown >> 10} KB over {said} frames in so many dials", len(client.lines))
    assert grown < GROWTH
    assert any(key == (4711,) for key, _ in rows(a))


def named(path: Path) -> None:
    """Give a file the schema's name that published servers ask for."""
    write(path, "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql')")
    write(path, "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_version', 7)")
