"""Defects that were there once; each test says what should hold."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as dial_raw
from websockets.asyncio.server import ServerConnection, serve
from websockets.utils import accept_key

from engine.attempt import Ending
from engine.backup import Backups
from engine.change import Change
from engine.cli import main
from engine.crr import connect, pack_columns
from engine.dial import dial
from engine.errors import SynclineError
from engine.events import ChangesMoved, NeedsYou, State
from engine.host import Host
from engine.pump import Pump
from engine.session import OwnSession, Read, StockClientSession, StockHubSession
from engine.session import stock as stock_dialect
from engine.settings import Mode
from engine.wire import PROTOCOL, Batch, Changes, Confirm, Cursor, Failure, Hello, StartStreaming, Want, decode, encode
from engine.wire.rooms import OWN_HEADER

from .live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from .session.world import SCHEMA, End, make_replica, own_pair, snapshot

STRANGER = bytes(range(16))
NAMED = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"


def change(row: int, version: int, *, site: bytes | None = None) -> Change:
    return Change("item", pack_columns((row,)), "name", "x", 1, version, site, 1, 0)


@contextlib.asynccontextmanager
async def server(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """A WebSocket server that is not ours: it echoes the subprotocol and knows no own dialect."""
    async with serve(
        handler, "127.0.0.1", 0, select_subprotocol=lambda _, offered: offered[0] if offered else None
    ) as running:
        yield f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/sync"


# Sessions


def test_a_late_confirmation_after_asking_again_is_no_offence(tmp_path: Path) -> None:
    """What was under way when the peer asked again is still confirmed, after the ask."""
    one = make_replica(tmp_path / "one.db")
    for number in range(3):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))
    end = End(one, OwnSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(Hello(1, STRANGER, 0, "", -1, ("item",))))
    end.receive(encode(Want(0, False)))
    end.work()
    sent = [message for message in map(decode, end.sent) if isinstance(message, Batch)]
    assert [batch.until for batch in sent] == [3]
    end.receive(encode(Want(0, True)))
    end.receive(encode(Confirm(3)))  # the first batch, merged before the answer to the ask could come
    end.work()
    one.close()
    assert end.closed is None, end.closed


def test_a_peers_sentence_cannot_steer_the_terminal(tmp_path: Path) -> None:
    one = make_replica(tmp_path / "one.db")
    end = End(one, OwnSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(Failure(1, "no\x1b[2J\x1b]0;owned\x07", True)))
    end.work()
    one.close()
    assert end.closed is not None
    assert end.closed.reason.isprintable()


# Pump


@on_loop
async def test_a_deadline_that_moves_nearer_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After changes were sent to a stock server the link greets again within QUIET, not within REFRESH."""
    monkeypatch.setattr(stock_dialect, "QUIET", 0.2)
    room, a = make_file(tmp_path / "room"), make_file(tmp_path / "a.db")
    async with Host(room) as there, Host(a) as here:
        write(room, NAMED)
        write(a, NAMED)

        async def hub(socket: ServerConnection) -> None:
            await Pump(socket, StockHubSession(await there.snapshot(), now=loop.time), there).run()

        loop = asyncio.get_running_loop()
        async with server(hub) as url:
            socket = await dial_raw(url, compression=None)
            session = StockClientSession(await here.snapshot(), now=loop.time)
            pump = Pump(socket, session, here)
            running = asyncio.create_task(pump.run())
            await until(lambda: session.greeted, "greeted")
            write(a, "INSERT INTO item (id) VALUES (1)")
            await until(lambda: session.position == 1, "sent")
            try:
                async with asyncio.timeout(4):
                    closed = await asyncio.shield(running)
                assert closed.regreet
            finally:
                pump.hang_up()
                await running


# Host


@on_loop
async def test_a_version_is_durable_before_its_number_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a filter leaves nothing of it to send: the clock goes out, and must not be taken back."""
    path = make_file(tmp_path / "a.db")
    app = connect(path)
    app.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").fetchall()
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr("engine.crr.replica.os.fsync", lambda fd: (synced.append(fd), real(fd))[1])
    async with Host(path) as host:
        app.execute(
            "INSERT INTO crsql_changes VALUES ('item', ?, 'name', 'x', 1, 1, ?, 1, 0)", (pack_columns((1,)), STRANGER)
        )
        found = await host.read(Read(0, STRANGER, (), 5000), host.generation)
    app.close()
    assert (found.changes, found.until) == ([], 1)
    assert synced


# Links


@on_loop
async def test_sync_now_ends_when_the_settings_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.session.base.GREETING_TIMEOUT", 1.0)
    a = make_file(tmp_path / "a.db")
    arrived = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        arrived.set()
        await socket.wait_closed()

    write(a, NAMED)
    async with server(silent) as url, plain_engine() as client:
        peer = await add_peer(client, a, url, mode=Mode.MANUAL)
        asked = asyncio.create_task(client.sync_now([peer]))
        await arrived.wait()
        await client.update_peer(client.settings.peers[0])
        done, _ = await asyncio.wait([asked], timeout=5)
        asked.cancel()
        await asyncio.wait([asked])
        assert done, "sync_now waits for ever"


@on_loop
async def test_sync_now_ends_when_auto_sync_is_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.session.base.GREETING_TIMEOUT", 1.0)
    a = make_file(tmp_path / "a.db")
    arrived = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        arrived.set()
        await socket.wait_closed()

    write(a, NAMED)
    async with server(silent) as url, plain_engine() as client:
        peer = await add_peer(client, a, url)
        asked = asyncio.create_task(client.sync_now([peer]))
        await arrived.wait()
        await client.set_auto_sync(False)
        done, _ = await asyncio.wait([asked], timeout=5)
        asked.cancel()
        await asyncio.wait([asked])
        assert done, "sync_now waits for ever"


@on_loop
async def test_sync_now_sends_what_was_just_written(tmp_path: Path) -> None:
    """A live link that has not noticed a write yet must look before it says that all is done."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serve(room.parent)
        peer = await add_peer(client, a, hub.url)
        await client.wait_in_sync(timeout=PATIENCE)
        write(a, "INSERT INTO item (id) VALUES (1)")
        assert await client.sync_now([peer]) == {peer: None}
        assert len(rows(room)) == 1


@on_loop
async def test_sync_now_asked_while_a_pull_hangs_up(tmp_path: Path) -> None:
    """The pull that is ending has not seen what was written since: it cannot answer for a new request."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serve(room.parent)
        peer = await add_peer(client, a, hub.url, mode=Mode.MANUAL)
        link = client._links[peer]
        first = asyncio.create_task(client.sync_now([peer]))
        while link._attempt is None or link._attempt._ending is not Ending.CAUGHT_UP:
            await asyncio.sleep(0)
        write(a, "INSERT INTO item (id) VALUES (1)")
        assert await client.sync_now([peer]) == {peer: None}
        await first
        assert len(rows(room)) == 1


def slow_server(ready: queue.Queue[str], ended: threading.Event) -> None:
    """A stock server whose loop stands still while it reads its backlog, as the published one's does."""

    async def slow(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
        time.sleep(1.5)
        await socket.send(encode(Changes(STRANGER, Cursor(0, 0), tuple(change(n, n) for n in range(1, 200)))))
        await socket.wait_closed()

    async def main() -> None:
        async with server(slow) as url:
            ready.put(url)
            await asyncio.to_thread(ended.wait)

    asyncio.run(main())


@on_loop
async def test_a_stock_server_that_needs_a_moment(tmp_path: Path) -> None:
    """It sends its whole backlog in one message, which takes as long as it takes: no reason to say "caught up"."""
    a = make_file(tmp_path / "a.db")
    write(a, NAMED)
    ready: queue.Queue[str] = queue.Queue()
    ended = threading.Event()
    thread = threading.Thread(target=slow_server, args=(ready, ended))
    thread.start()
    try:
        url = await asyncio.to_thread(ready.get)
        async with plain_engine() as client:
            peer = await add_peer(client, a, url, mode=Mode.MANUAL)
            await client.sync_now([peer])
            assert len(rows(a)) == 199
    finally:
        ended.set()
        await asyncio.to_thread(thread.join)


@on_loop
async def test_greeting_again_is_no_storm(tmp_path: Path) -> None:
    """A stock server that leaves a gap every time is greeted a few times, and then less and less often."""
    a = make_file(tmp_path / "a.db")
    write(a, NAMED)
    greetings = 0

    async def broken(socket: ServerConnection) -> None:
        nonlocal greetings
        greetings += 1
        await socket.recv()
        await socket.send(encode(StartStreaming(Cursor(0, 0), (STRANGER,), False)))
        await socket.send(encode(Changes(STRANGER, Cursor(5, 0), (change(1, 6),))))
        await socket.wait_closed()

    async with server(broken) as url, plain_engine() as client:
        await add_peer(client, a, url)
        await asyncio.sleep(1.5)
        assert greetings <= 12


@on_loop
async def test_a_refusal_of_ours_leaves_no_connection(tmp_path: Path) -> None:
    """A stock server and a file without a schema name: we say no, and hang up."""
    a = make_file(tmp_path / "a.db")
    gone = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()
        gone.set()

    async with server(silent) as url, plain_engine() as client:
        await add_peer(client, a, url)
        await until(lambda: client.peers()[0].state is State.NEEDS_YOU, "refused")
        async with asyncio.timeout(3):
            await gone.wait()


@on_loop
async def test_an_old_trouble_is_forgotten_when_in_sync(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as hub_engine:
        port = (await hub_engine.serve(room.parent)).port
    async with plain_engine() as client, plain_engine() as hub_engine:
        await add_peer(client, a, f"ws://127.0.0.1:{port}/sync")
        await until(lambda: client.peers()[0].state is State.WAITING, "refused")
        await hub_engine.serve(room.parent, port=port)
        await client.wait_in_sync(timeout=PATIENCE)
        await client.set_auto_sync(False)
        await until(lambda: client.peers()[0].state is State.IDLE, "idle")
        assert "refused" not in client.peers()[0].reason


@on_loop
async def test_what_is_still_to_send_is_not_forgotten_by_a_refusal(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    async with plain_engine() as client, plain_engine() as hub_engine:
        port = (await hub_engine.serve(room.parent)).port
        peer = await add_peer(client, a, f"ws://127.0.0.1:{port}/sync", mode=Mode.MANUAL)
        assert await client.sync_now([peer]) == {peer: None}
        write(a, "INSERT INTO item (id) VALUES (1)")
        await until(lambda: client.peers()[0].to_send == 1, "noticed")
        room.rename(tmp_path / "elsewhere")
        assert isinstance((await client.sync_now([peer]))[peer], SynclineError)
        assert client.peers()[0].to_send == 1


@on_loop
async def test_a_file_that_is_replaced_is_not_in_sync(tmp_path: Path) -> None:
    """An app that restores its file by renaming another over it: the old one is no database of anybody's."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    other = make_file(tmp_path / "new.db")
    write(other, "INSERT INTO item (id) VALUES (7)")
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serve(room.parent)
        peer = await add_peer(client, a, hub.url)
        await client.wait_in_sync(timeout=PATIENCE)
        other.rename(a)
        outcome = (await client.sync_now([peer]))[peer]
        await asyncio.sleep(0.5)
        assert outcome is not None or client.peers()[0].state is not State.IN_SYNC or len(rows(room)) == 1


# Secrets


@on_loop
async def test_no_token_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    room = make_file(tmp_path / "hub" / "room")
    caplog.set_level(logging.DEBUG)  # SYNCLINE_LOG=DEBUG
    async with plain_engine() as hub_engine:
        hub = await hub_engine.serve(room.parent, token="hunter2secret")
        socket, _ = await dial(hub.url, "room", token="hunter2secret")
        await socket.close()
    carried = base64.b64encode(b"auth=hunter2secret,room=room").decode()[:20]
    said = caplog.text
    assert "hunter2secret" not in said
    assert carried not in said


# Addresses


@on_loop
@pytest.mark.parametrize("url", ["ws://a..b/sync", f"ws://{'x' * 70}.example/sync"])
async def test_a_host_that_cannot_be_is_an_error_in_words(url: str) -> None:
    with pytest.raises(SynclineError):
        await dial(url, "room")


# Backups


def test_two_backups_in_one_second_are_two(tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db")
    backups = Backups(tmp_path / "backups")
    made = [backups.make(path) for _ in range(3)]
    assert len(set(made)) == 3


CUT = """
import os, sys
from pathlib import Path
from engine.backup import Backups
steps = 0
def trace(frame, event, argument):
    global steps
    if frame.f_code.co_name == "make":
        if event == "line":
            line = open(frame.f_code.co_filename).read().splitlines()[frame.f_lineno - 1]
            steps += "backup.step(" in line
            if steps == 2:
                os._exit(9)
        return trace
sys.settrace(trace)
Backups(Path(sys.argv[2])).ensure(Path(sys.argv[1]))
"""


def test_half_a_backup_is_none(tmp_path: Path) -> None:
    """Killed in the middle of the copy: the next start makes one that is whole."""
    path = make_file(tmp_path / "a.db")
    write(path, "INSERT INTO item (id, extra) VALUES (1, zeroblob(9000000))")
    ended = subprocess.run([sys.executable, "-c", CUT, str(path), str(tmp_path / "backups")], cwd=Path.cwd())
    assert ended.returncode == 9
    backups = Backups(tmp_path / "backups")
    backups.ensure(path)
    assert any(rows(found) == rows(path) for found in backups.find(path) if found.stat().st_size > 9_000_000)


def test_make_syncable_refused_leaves_the_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "plain.db"
    app = connect(tmp_path / "other.db", create=True)
    app.execute(f"ATTACH '{path}' AS plain; CREATE TABLE plain.t (id INTEGER PRIMARY KEY, u UNIQUE)").fetchall()
    app.close()
    before = path.read_bytes()
    assert main(["make-syncable", str(path), "t"]) == 1
    assert path.read_bytes() == before


# The hard rule


def test_no_clock_passes_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    """A table that is broken for a while keeps its changes: the peer may not record a clock above them."""
    other = "CREATE TABLE other (id INTEGER PRIMARY KEY NOT NULL, v); SELECT crsql_as_crr('other');"
    one, two = (make_replica(tmp_path / name, SCHEMA + other) for name in ("one.db", "two.db"))
    one.connection.execute("INSERT INTO other (id, v) VALUES (1, 'dear')")
    one.connection.execute("ALTER TABLE other RENAME TO aside")
    one.connection.execute("INSERT INTO item (id) VALUES (1)")
    own_pair(one, two).run()
    one.connection.execute("ALTER TABLE aside RENAME TO other")
    own_pair(one, two).run()
    found = two.connection.execute("SELECT v FROM other").fetchall()
    one.close()
    two.close()
    assert found == [("dear",)]


def test_no_clock_passes_a_column_that_cannot_be_read(tmp_path: Path) -> None:
    one, two = (make_replica(tmp_path / name) for name in ("one.db", "two.db"))
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'dear')")
    one.connection.execute("ALTER TABLE item RENAME COLUMN name TO aside")
    own_pair(one, two).run()
    one.connection.execute("ALTER TABLE item RENAME COLUMN aside TO name")
    own_pair(one, two).run()
    found = two.connection.execute("SELECT name FROM item").fetchall()
    one.close()
    two.close()
    assert found == [("dear",)]


# Sentences


def test_a_sentence_names_the_right_side(tmp_path: Path) -> None:
    """The side that lacks a table says "this file"; the other one must not say so of its own."""
    one = make_replica(tmp_path / "one.db", SCHEMA + "CREATE TABLE more (id INTEGER PRIMARY KEY NOT NULL, v);"
                       " SELECT crsql_as_crr('more');")  # fmt: skip
    two = make_replica(tmp_path / "two.db")
    one.connection.execute("INSERT INTO more (id, v) VALUES (1, 1)")
    wire = own_pair(one, two)
    wire.run()
    one.close()
    two.close()
    has = wire.ends[0].closed
    assert has is not None
    assert "more" in has.reason
    assert "This file has no" not in has.reason


# Ending


@on_loop
async def test_removing_a_peer_at_work_bothers_nobody(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    app = connect(a)
    for start in range(0, 40_000, 1_000):
        app.execute(f"WITH n(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM n WHERE i < {start + 999})"
                    " INSERT INTO item (id) SELECT i FROM n")  # fmt: skip
    app.close()
    async with plain_engine() as hub_engine, plain_engine() as client:
        hub = await hub_engine.serve(room.parent)
        with client.subscribe() as events:
            peer = await add_peer(client, a, hub.url)
            async for event in events:
                if isinstance(event, ChangesMoved):
                    break
            await client.remove_peer(peer)
            assert [event for event in events.drain() if isinstance(event, NeedsYou)] == []


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
        writer.close()

    listening = await asyncio.start_server(hang, "127.0.0.1", 0)
    before = asyncio.all_tasks()
    async with plain_engine() as client:
        await add_peer(client, a, f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/sync")
        await until(lambda: "greeting" in client.peers()[0].reason, "connected")
    left = [task for task in asyncio.all_tasks() - before if task.get_coro().__qualname__.endswith("_read_frames")]  # type: ignore[union-attr]
    resting.set()
    listening.close()
    await listening.wait_closed()
    await asyncio.gather(*left, return_exceptions=True)
    assert not left
