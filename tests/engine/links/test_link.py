"""How a link behaves when things go wrong, and what it says. ``test_retry_policy`` has what ends by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.utils import accept_key

from engine.api import Engine
from engine.crr import connect
from engine.events import AttentionNeeded, ChangesMoved, PeerChanged
from engine.links.peer_status import Board
from engine.peer_state import PeerStatus, State
from engine.settings import Mode, PeerConfig
from engine.transport.connect import OPEN_TIMEOUT
from engine.wire import PROTOCOL
from engine.wire.handshake import OWN_HEADER
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, until
from tests.ports import free_port
from tests.streams import stream_server


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")


async def needs_you(engine: Engine) -> str:
    """Wait until the only peer needs a person; return the sentence."""
    await until(lambda: engine.peers.statuses()[0].state is State.NEEDS_YOU, "a person is needed")
    return engine.peers.statuses()[0].reason


@on_loop
async def test_a_copied_file_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    room, _ = files
    copy = tmp_path / "copy.db"
    copy.write_bytes(room.read_bytes())
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, copy, hub.url)
        assert "same site id" in await needs_you(client)


@on_loop
async def test_a_refused_port_is_tried_again_ever_more_slowly(files: tuple[Path, Path]) -> None:
    _, a = files
    async with plain_engine() as client:
        with client.subscribe() as events:
            await add_peer(client, a, f"ws://127.0.0.1:{free_port()}/sync")
            waits: list[float] = []
            async for event in events:
                if isinstance(event, PeerChanged) and event.status.state is State.WAITING:
                    assert "connection refused" in event.status.reason
                    assert event.status.sentence().startswith("Next try in")
                    waits.append(event.status.next_attempt or 0.0)
                    if len(waits) == 3:
                        break
                elif isinstance(event, PeerChanged):
                    assert not waits, "a try that fails at once is told once, when it has failed"
        assert waits == sorted(set(waits))


@on_loop
async def test_a_try_that_takes_longer_shows() -> None:
    told: list[PeerStatus] = []
    board = Board(PeerConfig.new("database", "ws://127.0.0.1:9/sync", room="room"), told.append)
    board.show(State.WAITING, "Refused.", next_attempt=0.0)
    board.trying(again=False, asked=False)
    assert [status.state for status in told] == [State.WAITING]
    await until(lambda: told[-1].state is State.CONNECTING, "the try shows")
    board.show(State.WAITING, "Refused.", next_attempt=0.0)
    board.trying(again=False, asked=True)
    assert [status.state for status in told[1:]] == [State.CONNECTING, State.WAITING, State.CONNECTING]
    board.close()


def test_how_long_a_peer_waits_is_counted_down() -> None:
    status = PeerStatus("p", "hub", "d", "ws://127.0.0.1:9", "room", State.WAITING, "Refused.", next_attempt=100.0)
    assert status.sentence(60.4) == "Next try in 40 s: Refused."
    assert status.sentence(200.0) == "Next try in 1 s: Refused."
    assert replace(status, state=State.CONNECTING).sentence(60.4) == "Refused."


@on_loop
async def test_a_peer_that_is_no_hub(files: tuple[Path, Path]) -> None:
    _, a = files

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    async def letters(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-something\r\n" * 10)

    for answer, words, state in (
        (page, "returned a web page and is not a hub (HTTP 200)", State.NEEDS_YOU),
        (letters, "neither a web server nor a hub", State.NEEDS_YOU),
    ):
        async with stream_server(answer) as server, plain_engine() as client:
            await add_peer(client, a, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/sync")
            await until(lambda state=state: client.peers.statuses()[0].state is state, f"{state}")  # type: ignore[misc]
            assert words in client.peers.statuses()[0].reason


@on_loop
async def test_a_file_without_syncable_tables(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    connection = connect(path, create=True)
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name)")
    connection.close()
    async with plain_engine() as client:
        peer = await add_peer(client, path, "ws://127.0.0.1:9/sync", mode=Mode.MANUAL)
        outcome = (await client.peers.sync_now([peer]))[peer]
        assert "no syncable table" in str(outcome)
        assert outcome is not None
        assert "make-syncable" in outcome.hint


@on_loop
async def test_removing_what_is_at_work(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.databases.remove(client.settings.databases[0].id)
        assert client.peers.statuses() == []
        await until(lambda: hub.guests.total() == 0, "hung up")
        again = await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync([again], timeout=PATIENCE)


@on_loop
async def test_other_settings_do_not_wait_for_an_address_where_nobody_answers(files: tuple[Path, Path]) -> None:
    """A server that takes the connection and says nothing holds the handshake up for as long as it may last."""
    room, a = files
    came = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        came.set()
        await reader.read()

    async with stream_server(say_nothing) as silent, plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(client, a, f"ws://127.0.0.1:{silent.sockets[0].getsockname()[1]}/sync")
        async with asyncio.timeout(OPEN_TIMEOUT / 2):
            await came.wait()
            await client.peers.update(replace(client.settings.peers[0], url=hub.url))
            await client.peers.wait_in_sync([peer], timeout=PATIENCE)


@on_loop
async def test_removing_a_peer_at_work_bothers_nobody(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    app = connect(a)
    for start in range(0, 40_000, 1_000):
        app.execute(f"WITH n(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM n WHERE i < {start + 999})"
                    " INSERT INTO item (id) SELECT i FROM n")  # fmt: skip
    app.close()
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serving.start(room.parent)
        with client.subscribe() as events:
            peer = await add_peer(client, a, hub.url)
            async for event in events:
                if isinstance(event, ChangesMoved):
                    break
            await client.peers.remove(peer)
            assert [event for event in events.drain() if isinstance(event, AttentionNeeded)] == []


@pytest.mark.slow
@on_loop
async def test_quitting_beside_a_peer_that_hangs(tmp_path: Path) -> None:
    """It does not answer the close frame (asleep, say): nothing of ours may stay behind."""
    a = make_file(tmp_path / "a.db")
    resting = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head.split("\r\n"))}
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(fields['sec-websocket-key'])}\r\n"
            f"Sec-WebSocket-Protocol: {fields['sec-websocket-protocol']}\r\n{OWN_HEADER}: {PROTOCOL}\r\n\r\n".encode()
        )
        await resting.wait()

    async with stream_server(hang) as listening:
        before = asyncio.all_tasks()
        async with plain_engine() as client:
            await add_peer(client, a, f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/sync")
            await until(lambda: "waiting for the other side" in client.peers.statuses()[0].reason, "connected")
        left = [task for task in asyncio.all_tasks() - before if task.get_coro().__qualname__.endswith("_read_frames")]  # type: ignore[union-attr]
        resting.set()
    await asyncio.gather(*left, return_exceptions=True)
    assert not left
