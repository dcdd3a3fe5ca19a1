"""Defects that were there once; each test says what should hold."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as dial_raw
from websockets.asyncio.server import ServerConnection

from engine.change import Change
from engine.cli import main
from engine.crr import connect
from engine.errors import SynclineError
from engine.session import Read, SynclineSession, VlcnClientSession, VlcnHubSession
from engine.session import vlcn as stock_dialect
from engine.storage.backup import Backups
from engine.storage.replica_host import ReplicaHost
from engine.tables import pack_columns
from engine.transport.connect import dial
from engine.transport.driver import Driver
from engine.wire import Batch, Confirm, Failure, decode, encode

from .live import make_file, on_loop, plain_engine, rows, stranger_server, until, write
from .session.world import SCHEMA, End, hello, make_replica, own_pair, snapshot, want

STRANGER = bytes(range(16))
NAMED = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"


def change(row: int, version: int, *, site: bytes | None = None) -> Change:
    return Change("item", pack_columns((row,)), "name", "x", 1, version, site, 1, 0)


# Sessions


def test_a_late_confirmation_after_asking_again_is_no_offence(tmp_path: Path) -> None:
    """What was under way when the peer asked again is still confirmed, after the ask."""
    one = make_replica(tmp_path / "one.db")
    for number in range(3):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
    end.receive(encode(hello(STRANGER)))
    end.receive(encode(want(0)))
    end.work()
    sent = [message for message in map(decode, end.sent) if isinstance(message, Batch)]
    assert [batch.until for batch in sent] == [3]
    end.receive(encode(want(0, 2, resend=True)))
    end.receive(encode(Confirm(3)))  # the first batch, merged before the answer to the ask could come
    end.work()
    one.close()
    assert end.closed is None, end.closed


def test_a_peers_sentence_cannot_steer_the_terminal(tmp_path: Path) -> None:
    one = make_replica(tmp_path / "one.db")
    end = End(one, SynclineSession(snapshot(one), now=lambda: 0.0))
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
    async with ReplicaHost(room) as there, ReplicaHost(a) as here:
        write(room, NAMED)
        write(a, NAMED)

        async def hub(socket: ServerConnection) -> None:
            await Driver(socket, VlcnHubSession(await there.snapshot(), now=loop.time), there).run()

        loop = asyncio.get_running_loop()
        async with stranger_server(hub) as url:
            socket = await dial_raw(url, compression=None)
            session = VlcnClientSession(await here.snapshot(), now=loop.time)
            driver = Driver(socket, session, here)
            running = asyncio.create_task(driver.run())
            await until(lambda: session.greeted, "greeted")
            write(a, "INSERT INTO item (id) VALUES (1)")
            await until(lambda: session.outbound.position == 1, "sent")
            try:
                async with asyncio.timeout(4):
                    closed = await asyncio.shield(running)
                assert closed.regreet
            finally:
                driver.hang_up()
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
    monkeypatch.setattr("engine.sqlite.durability.os.fsync", lambda fd: (synced.append(fd), real(fd))[1])
    async with ReplicaHost(path) as host:
        app.execute(
            "INSERT INTO crsql_changes VALUES ('item', ?, 'name', 'x', 1, 1, ?, 1, 0)", (pack_columns((1,)), STRANGER)
        )
        found = await host.read(Read(0, STRANGER, (), 5000), host.generation)
    app.close()
    assert (found.changes, found.until) == ([], 1)
    assert synced


# Secrets


@on_loop
async def test_no_token_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    room = make_file(tmp_path / "hub" / "room")
    caplog.set_level(logging.DEBUG)  # SYNCLINE_LOG=DEBUG
    async with plain_engine() as hub_engine:
        hub = await hub_engine.serving.start(room.parent, token="hunter2secret")
        socket, *_ = await dial(hub.url, "room", token="hunter2secret")
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
from engine.storage.backup import Backups
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
    """The side that refuses a row says "this file"; the other one must not say so of its own."""
    one = make_replica(tmp_path / "one.db")
    two = make_replica(tmp_path / "two.db", SCHEMA.replace("n INTEGER", "n INTEGER CHECK (n < 5)"))
    one.connection.execute("INSERT INTO item (id, n) VALUES (1, 9)")
    wire = own_pair(one, two)
    wire.run()
    one.close()
    two.close()
    has = wire.ends[0].closed
    assert has is not None
    assert "“item” on the other side rejects a row of this file" in has.reason
