"""Links that do not move over connections that live: a reason in words, and what is done about it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from engine.api import Engine
from engine.change import Change
from engine.events import PeerChanged, SyncFinished
from engine.peer_state import PeerStatus, State
from engine.replica import Replica
from engine.session import syncline
from engine.table_shape import Shape
from engine.transport import keepalive
from engine.wire import MAX_FRAME, OLDEST, PROTOCOL, Batch, Failure, FailureCode, Hello, Lineage, Want, decode, encode
from engine.wire.handshake import OWN_HEADER
from tests import budget
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.faults.proxy import Proxy
from tests.streams import take_no_more

STRANGER = bytes(range(16))
LARGE = 24_000_000
"""Bytes of a cell that is more than the system's buffers hold."""

ITEM = Shape("item", ("id",), ("name", "n", "extra"))


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepalive, "INTERVAL", 0.3)
    monkeypatch.setattr(syncline, "STALL", 1.0)
    monkeypatch.setattr(syncline, "GIVE_UP", 3.0)


def hello(version: int, *, protocol: int = PROTOCOL) -> bytes:
    return encode(Hello(protocol, STRANGER, version, "", -1, (ITEM,)))


@contextlib.asynccontextmanager
async def own_server(
    handler: Callable[[ServerConnection], Awaitable[None]], *, answer: int = PROTOCOL
) -> AsyncIterator[str]:
    """A server that greets in the own dialect, answers pings, and says what the handler says. Gives its address."""

    def greet(_: ServerConnection, __: Request, response: Response) -> None:
        response.headers[OWN_HEADER] = str(answer)

    serving = serve(
        handler,
        "127.0.0.1",
        0,
        process_response=greet,
        select_subprotocol=lambda _, offered: offered[0],
        ping_interval=0.2,
        max_size=MAX_FRAME,
        close_timeout=0.5,
    )
    async with serving as running:
        try:
            yield f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/sync"
        finally:
            await take_no_more(running.sockets)


def keys(path: Path) -> list[object]:
    """The keys alone: it is quick, whatever the rows hold."""
    with Replica.open(path, readonly=True) as replica:
        return list(replica.connection.execute("SELECT id FROM item"))


def status_of(engine: Engine) -> PeerStatus:
    return engine.peers.statuses()[0]


# Nothing moves


@on_loop
async def test_a_peer_that_announces_and_sends_nothing(tmp_path: Path) -> None:
    """Its heart beats, so the connection stays; a reason comes at once, a new greeting later."""
    dials = 0

    async def announcing(socket: ServerConnection) -> None:
        nonlocal dials
        dials += 1
        for data in (hello(9), encode(Lineage((), ())), encode(Want(1, 0, ("item",), False, 0, b""))):
            await socket.send(data)
        with contextlib.suppress(ConnectionClosed):
            async for _ in socket:
                pass

    async with own_server(announcing) as url, plain_engine() as client:
        await add_peer(client, make_file(tmp_path / "a.db"), url)
        await until(lambda: "announced more changes, but sent none for 1 s" in status_of(client).reason, "a reason")
        assert status_of(client).state is State.SYNCING
        assert dials == 1
        await until(lambda: dials >= 2, "a new greeting")
        assert "announced more changes" in status_of(client).reason or status_of(client).state is not State.WAITING


@pytest.mark.slow
@on_loop
async def test_a_peer_that_takes_nothing(tmp_path: Path) -> None:
    """It asks for changes and reads none of them: they do not even leave, and yet its pings come."""
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, extra) VALUES (1, randomblob(30000000))")

    async def full(socket: ServerConnection) -> None:
        for data in (hello(0), encode(Lineage((), ())), encode(Want(1, 0, ("item",), False, 0, b""))):
            await socket.send(data)
        await asyncio.sleep(1)  # so that it has answered the handshake; what comes now stays where it is
        socket.transport.pause_reading()
        await socket.wait_closed()

    async with own_server(full) as url, plain_engine() as client:
        await add_peer(client, a, url)
        await until(lambda: status_of(client).state is State.WAITING, "given up")


@pytest.mark.slow
@pytest.mark.parametrize("direction", budget.variants(["up", "down"], "down"))
@on_loop
async def test_a_large_cell_on_a_slow_line_is_no_stall(
    tmp_path: Path, direction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes longer than any limit, and the connection is left in peace as long as bytes move."""
    monkeypatch.setattr(keepalive, "INTERVAL", 3 * PATIENCE)
    monkeypatch.setattr(syncline, "GIVE_UP", 3 * PATIENCE)
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    source = a if direction == "up" else room
    reasons = set()
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        async with Proxy(hub.port) as proxy:
            await add_peer(client, a, proxy.url)
            await client.peers.wait_in_sync(timeout=PATIENCE)

            async def moved(key: int) -> None:
                write(source, "INSERT INTO item (id, extra) VALUES (?, randomblob(?))", key, LARGE)

                def arrived() -> bool:
                    reasons.add(status_of(client).reason)
                    return len(keys(a)) == len(keys(room)) == key

                await until(arrived, "the cell on the other side", patience=3 * PATIENCE)

            began = time.monotonic()
            await moved(1)
            # a busy machine may keep quiet for as long as it takes, and the system's buffers take some time to empty
            limit = 8.0 + 1.5 * (time.monotonic() - began)
            monkeypatch.setattr(keepalive, "INTERVAL", limit / keepalive.MISSES)
            monkeypatch.setattr(syncline, "GIVE_UP", limit)
            way = proxy.up if direction == "up" else proxy.down
            way.rate = LARGE / (1.25 * limit)
            reasons.clear()
            await moved(2)
            assert proxy.dials == 1
    assert rows(a) == rows(room)
    # Who sends cannot see how the last of it leaves the system's buffers, so it may say that it waits.
    assert direction == "up" or not [reason for reason in reasons if " for 1 s" in reason]


# Refusals


async def refused(engine: Engine) -> str:
    """Wait until a person is needed, and see that this stays so over a few more tries; return the sentence."""
    await until(lambda: status_of(engine).state is State.NEEDS_YOU, "a person is needed")
    sentence = status_of(engine).reason
    with engine.subscribe() as events:
        tries = {status_of(engine).last_attempt}
        async for event in events:
            assert isinstance(event, PeerChanged | SyncFinished), event
            if isinstance(event, PeerChanged):
                assert (event.status.state, event.status.reason) == (State.NEEDS_YOU, sentence)
                tries.add(event.status.last_attempt)
                if len(tries) > 3:
                    break
    return sentence


@on_loop
async def test_a_newer_protocol(tmp_path: Path) -> None:
    async def newer(socket: ServerConnection) -> None:
        await socket.send(hello(0, protocol=PROTOCOL + 1))
        await socket.wait_closed()

    async with own_server(newer, answer=PROTOCOL + 1) as url, plain_engine(HASTY) as client:
        await add_peer(client, make_file(tmp_path / "a.db"), url)
        assert f"speaks version {PROTOCOL + 1} of the protocol, this Syncline {PROTOCOL}" in await refused(client)
    async with own_server(newer) as url, plain_engine(HASTY) as client:
        await add_peer(client, make_file(tmp_path / "b.db"), url)
        assert "Update the older Syncline" in await refused(client)


@on_loop
async def test_an_older_protocol(tmp_path: Path) -> None:
    """What this side says is in the layout of protocol 2, byte by byte, and it takes what comes in it."""
    heard: list[bytes] = []

    async def older(socket: ServerConnection) -> None:
        await socket.send(hello(1, protocol=OLDEST))
        await socket.send(encode(Lineage((), ())))
        heard.append(await socket.recv())  # type: ignore[arg-type]
        while not isinstance(decode(await socket.recv()), Want):  # type: ignore[arg-type]
            pass
        change = Change("item", b"\x01\x09\x01", "name", "from an older one", 1, 1, STRANGER, 1, 0)
        await socket.send(encode(Batch(1, 0, 0, 1, b"", False, (change,))))
        await socket.wait_closed()

    a = make_file(tmp_path / "a.db")
    with Replica.open(a) as replica:
        site = replica.site_id
    async with own_server(older, answer=OLDEST) as url, plain_engine(HASTY) as client:
        await add_peer(client, a, url)
        await until(lambda: keys(a) == [(1,)], "the row is here")
        body = "0000000000000000 00 ffffffffffffffff 01 046974656d 01 026964 03 046e616d65 016e 056578747261"
        assert heard == [bytes.fromhex("40 02" + site.hex() + body)]


@on_loop
async def test_a_restored_file(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        for row in range(3):
            write(a, "INSERT INTO item (id) VALUES (?)", row)
            async with plain_engine() as client:
                await add_peer(client, a, hub.url)
                await client.peers.wait_in_sync(timeout=PATIENCE)
            if row == 0:
                shutil.copyfile(a, tmp_path / "backup")
        shutil.copyfile(tmp_path / "backup", a)
        async with plain_engine(HASTY) as client:
            await add_peer(client, a, hub.url)
            assert "restored from an older copy" in await refused(client)
        assert len(rows(room)) == 3


# Faults that pass do not


@pytest.mark.parametrize("fault", ["busy", "not ready", "hangs up"])
@on_loop
async def test_faults_that_pass_are_tried_again(tmp_path: Path, fault: str) -> None:
    dials = 0

    async def failing(socket: ServerConnection) -> None:
        nonlocal dials
        dials += 1
        if fault == "busy":
            await socket.send(encode(Failure(int(FailureCode.BUSY), "Too many at once.", retry=True)))
        if fault != "hangs up":
            await socket.wait_closed()

    def not_ready(connection: ServerConnection, _: Request) -> Response | None:
        nonlocal dials
        dials += 1
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")

    serving = serve(failing, "127.0.0.1", 0, process_request=not_ready) if fault == "not ready" else None
    async with contextlib.AsyncExitStack() as stack:
        if serving is not None:
            running = await stack.enter_async_context(serving)
            url = f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/sync"
        else:
            url = await stack.enter_async_context(own_server(failing))
        client = await stack.enter_async_context(plain_engine())
        await add_peer(client, make_file(tmp_path / "a.db"), url)
        await until(lambda: dials >= 3, "tried again and again")
        await until(lambda: status_of(client).state is State.WAITING, "waiting")
        assert status_of(client).next_attempt is not None
        words = {
            "busy": "The other side says “Too many at once”.",
            "not ready": "(HTTP 503)",
            "hangs up": "closed the connection",
        }
        assert words[fault] in status_of(client).reason
