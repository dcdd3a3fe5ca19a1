"""What one room is busy with does not hold up the others."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.crr import connect
from engine.replica import Replica
from engine.session import execute
from engine.transport import driver
from engine.wire import Batch, Message, decode, encode
from tests.engine.hub.guests import guest, turned_away
from tests.engine.hub.test_limits import GREETING, changes
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write


@on_loop
async def test_a_large_message_is_read_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it ends only when a change has gone through another room."""
    went_through = threading.Event()
    read: list[Message] = []

    def slowly(data: bytes) -> Message:
        assert went_through.wait(PATIENCE)
        read.append(decode(data))
        return read[-1]

    monkeypatch.setattr(driver, "decode", slowly)
    busy, room = make_file(tmp_path / "hub" / "busy"), make_file(tmp_path / "hub" / "room")
    files = [make_file(tmp_path / f"{name}.db") for name in "ab"]
    async with plain_engine() as server, plain_engine() as clients:
        hub = await server.serving.start(room.parent)
        for file in files:
            await add_peer(clients, file, hub.url)
        async with guest(hub, "busy") as socket:
            for message in (*GREETING, Batch(1, 0, 0, 1, b"", False, changes(5_000, text="x" * 60))):
                await socket.send(encode(message))
            write(files[0], "INSERT INTO item (id, name) VALUES (1, 'x')")
            await until(lambda: rows(files[1]) == rows(files[0]) != [], "through the other room")
            assert (rows(busy), read) == ([], [])
            went_through.set()
            await until(lambda: len(rows(busy)) == 5_000, "the large one")
    assert [type(message) for message in read] == [Batch]


@on_loop
async def test_a_large_message_that_is_none(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with guest(hub) as socket:
            for message in GREETING:
                await socket.send(encode(message))
            await socket.send(encode(Batch(1, 0, 0, 1, b"", False, changes(5_000, text="x" * 60)))[:-1] + b"\xff")
            assert (await turned_away(socket))[0] == 1007
        assert rows(room) == []


@on_loop
async def test_a_room_that_waits_for_its_file_holds_up_no_other(tmp_path: Path) -> None:
    """Another program keeps one room locked, so that its merge waits."""
    busy, room = make_file(tmp_path / "hub" / "busy"), make_file(tmp_path / "hub" / "room")
    files = [make_file(tmp_path / f"{name}.db") for name in "abc"]
    async with plain_engine() as server, plain_engine() as clients:
        hub = await server.serving.start(room.parent)
        for file, name in zip(files, ("room", "room", "busy"), strict=True):
            await add_peer(clients, file, hub.url, room=name)
        await clients.peers.wait_in_sync(timeout=PATIENCE)
        other = connect(busy)
        other.execute("BEGIN IMMEDIATE")
        write(files[2], "INSERT INTO item (id, name) VALUES (1, 'waits')")
        write(files[0], "INSERT INTO item (id, name) VALUES (1, 'does not')")
        await until(lambda: rows(files[1]) == rows(files[0]) != [], "through the other room")
        with Replica.open(busy, readonly=True) as replica:
            assert list(replica.live_rows("item")) == []
        other.execute("ROLLBACK")
        other.close()
        await until(lambda: rows(busy) == rows(files[2]) != [], "the one that waited")


@on_loop
async def test_the_collector_leaves_a_large_message_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it holds is looked through neither while it is read nor while it is merged; later all is as before."""
    passes: list[int] = []

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            passes.append(len(gc.get_objects()))

    frozen: list[int] = []
    merging = execute.merging

    def watched(*arguments: Any, **options: Any) -> Any:
        frozen.append(gc.get_freeze_count())
        return merging(*arguments, **options)

    def decoding(data: bytes) -> Message:
        gc.callbacks.append(count)
        try:
            return decode(data)
        finally:
            gc.callbacks.remove(count)

    monkeypatch.setattr(execute, "merging", watched)
    monkeypatch.setattr(driver, "decode", decoding)
    room = make_file(tmp_path / "hub" / "room")
    gc.unfreeze()
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with guest(hub) as socket:
            for message in (*GREETING, Batch(1, 0, 0, 1, b"", False, changes(5_000, text="x" * 60))):
                await socket.send(encode(message))
            await until(lambda: len(rows(room)) == 5_000, "merged")
            await until(lambda: gc.get_freeze_count() == 0, "all is as before")
    assert passes == []
    assert [count > 5_000 for count in frozen] == [True]
    assert gc.isenabled()
