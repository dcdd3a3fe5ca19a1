"""Push and pull from end to end: real files, a real hub, real sockets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.events import ChangesMoved, Event, FlowDirection, PeerChanged, SyncFinished
from engine.peer_state import State
from engine.replica import Replica
from engine.settings import Direction, Mode, Pause
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_port

WRITER = "import sys; from engine.crr import connect; connect(sys.argv[1]).execute(sys.argv[2])"
"""The program that writes from a process of its own."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A room's file, and two clients' files."""
    return make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db"), make_file(tmp_path / "b.db")


@on_loop
async def test_push_reaches_everybody(files: tuple[Path, Path, Path]) -> None:
    room, a, b = files
    write(a, "INSERT INTO item VALUES (1, 'one', 1, x'ff')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        first, second = await add_peer(client, a, hub.url), await add_peer(client, b, hub.url)
        await until(lambda: rows(a) == rows(b) != [], "the first row on the other side")
        write(b, "UPDATE item SET n = 2 WHERE id = 1")
        await until(lambda: rows(a) == rows(b) == rows(room) and "2" in str(rows(a)), "an update back")
        await client.peers.wait_in_sync([first, second], timeout=PATIENCE)
        for status in client.peers.statuses():
            assert status.state is State.IN_SYNC
            assert status.to_send == status.to_receive == 0


@on_loop
async def test_another_process_writes(files: tuple[Path, Path, Path]) -> None:
    room, a, b = files
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await add_peer(client, b, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        for number in range(3):
            sql = f"INSERT INTO item (id, name) VALUES ({number}, 'from outside')"
            subprocess.run([sys.executable, "-c", WRITER, str(a), sql], check=True, timeout=PATIENCE)
            await until(lambda number=number: len(rows(b)) == number + 1, "the other process's row")  # type: ignore[misc]


@on_loop
async def test_pull_by_hand_hangs_up_when_caught_up(files: tuple[Path, Path, Path]) -> None:
    room, a, _ = files
    write(a, "INSERT INTO item (id) VALUES (1)")
    write(room, "INSERT INTO item (id) VALUES (2)")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(client, a, hub.url, mode=Mode.MANUAL)
        await until(lambda: client.peers.statuses()[0].state is State.IDLE, "idle until asked")
        assert hub.guests.total() == 0
        assert await client.peers.sync_now([peer]) == {peer: None}
        assert rows(a) == rows(room)
        assert len(rows(a)) == 2
        await until(lambda: hub.guests.total() == 0, "the link hung up")
        await until(lambda: client.peers.statuses()[0].state is State.IDLE, "idle again")
        write(room, "INSERT INTO item (id) VALUES (3)")
        assert await client.peers.sync_now() == {peer: None}
        assert len(rows(a)) == 3
        assert client.peers.statuses()[0].last_success is not None


@on_loop
async def test_pull_on_a_timer(files: tuple[Path, Path, Path]) -> None:
    room, a, _ = files
    write(room, "INSERT INTO item (id) VALUES (2)")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url, mode=Mode.EVERY, minutes=1)
        await until(lambda: len(rows(a)) == 1, "the first pull")
        await until(lambda: client.peers.statuses()[0].state is State.IDLE, "idle between pulls")
        status = client.peers.statuses()[0]
        assert status.reason.startswith("Next sync at")
        assert status.last_success is not None
        assert status.next_attempt is not None
        assert 50 < status.next_attempt - status.last_success < 61


@on_loop
async def test_receive_only(files: tuple[Path, Path, Path]) -> None:
    room, a, _ = files
    write(a, "INSERT INTO item (id) VALUES (1)")
    write(room, "INSERT INTO item (id) VALUES (2)")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url, direction=Direction.RECEIVE)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert len(rows(a)) == 2
        assert len(rows(room)) == 1


@on_loop
async def test_send_only(files: tuple[Path, Path, Path]) -> None:
    room, a, _ = files
    write(a, "INSERT INTO item (id) VALUES (1)")
    write(room, "INSERT INTO item (id) VALUES (2)")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url, direction=Direction.SEND)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert len(rows(room)) == 2
        assert len(rows(a)) == 1


@on_loop
async def test_the_hub_goes_away_and_comes_back(files: tuple[Path, Path, Path]) -> None:
    room, a, _ = files
    async with plain_engine() as server, plain_engine() as client:
        port = free_port()  # nobody else's while it is let go
        hub = await server.serving.start(room.parent, port=port)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await server.serving.stop()
        await until(lambda: client.peers.statuses()[0].state is State.WAITING, "waiting for the hub")
        assert "Next try in" in client.peers.statuses()[0].sentence()
        write(a, "INSERT INTO item (id) VALUES (1)")
        await server.serving.start(room.parent, port=port)
        await until(lambda: len(rows(room)) == 1, "the write made meanwhile")
        await client.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_pause_and_auto_sync(files: tuple[Path, Path, Path]) -> None:
    room, a, _ = files
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await client.peers.pause(Pause.FOREVER)
        await until(lambda: client.peers.statuses()[0].state is State.PAUSED, "paused")
        write(a, "INSERT INTO item (id) VALUES (1)")
        await client.peers.pause(None)
        await until(lambda: len(rows(room)) == 1, "resumed")
        await client.change_settings(auto_sync=False)
        await until(lambda: client.peers.statuses()[0].state is State.IDLE, "auto-sync off")
        write(a, "INSERT INTO item (id) VALUES (2)")
        assert set((await client.peers.sync_now()).values()) == {None}
        assert len(rows(room)) == 2


@on_loop
async def test_sync_now_on_a_live_link(files: tuple[Path, Path, Path]) -> None:
    room, a, _ = files
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        write(a, "INSERT INTO item (id) VALUES (1)")
        assert set((await client.peers.sync_now()).values()) == {None}


@on_loop
async def test_events_tell_the_whole_story(files: tuple[Path, Path, Path]) -> None:
    room, a, b = files
    events: list[Event] = []
    write(a, "INSERT INTO item (id, name) VALUES (1, 'old')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        with client.subscribe() as stream:
            first = await add_peer(client, a, hub.url)
            await add_peer(client, b, hub.url)
            await until(lambda: len(rows(b)) == 1, "the row")
            write(b, "UPDATE item SET name = 'new' WHERE id = 1")
            await until(lambda: rows(a) == rows(b), "the update")
            await client.peers.wait_in_sync(timeout=PATIENCE)

            def local_told() -> bool:  # at a late look, where the app wrote while we did
                events.extend(stream.drain())
                return any(isinstance(event, ChangesMoved) and event.way is FlowDirection.LOCAL for event in events)

            await until(local_told, "the app's write is in the flow")
            await client.peers.remove(first)
            events += stream.drain()
    moved = [event for event in events if isinstance(event, ChangesMoved)]
    assert {event.way for event in moved} == {FlowDirection.IN, FlowDirection.OUT, FlowDirection.LOCAL}
    overwritten = [
        change for event in moved if event.way is FlowDirection.IN and event.peer == first for change in event.changes
    ]
    assert [(change.column, change.old, change.value, change.had_old) for change in overwritten] == [
        ("name", "old", "new", True)
    ]
    with Replica.open(b, readonly=True) as replica:
        assert overwritten[0].author == replica.site_id
    finished = [event for event in events if isinstance(event, SyncFinished) and event.peer == first]
    # one line, or two where the machine was so busy that the second burst came after a pause
    assert (sum(event.sent for event in finished), sum(event.received for event in finished)) == (3, 1)
    assert all(not event.error and event.bytes_in > 0 < event.bytes_out for event in finished)
    states = [event.status.state for event in events if isinstance(event, PeerChanged)]
    assert State.CONNECTING in states
    assert State.IN_SYNC in states


@on_loop
async def test_one_file_on_two_hubs(tmp_path: Path) -> None:
    """A file between two hubs carries changes from the one to the other, with their authors."""
    left, right = make_file(tmp_path / "left" / "room"), make_file(tmp_path / "right" / "room")
    middle = make_file(tmp_path / "middle.db")
    write(left, "INSERT INTO item (id) VALUES (1)")
    async with plain_engine() as one, plain_engine() as other, plain_engine() as client:
        await add_peer(client, middle, (await one.serving.start(left.parent)).url)
        await add_peer(client, middle, (await other.serving.start(right.parent)).url)
        await until(lambda: len(rows(right)) == 1, "a change through the middle")
        write(right, "INSERT INTO item (id) VALUES (2)")
        await until(lambda: rows(left) == rows(right) == rows(middle), "and back")
    with Replica.open(left, readonly=True) as author, Replica.open(right, readonly=True) as reader:
        assert author.site_id in {change.site_id for change in reader.changes().changes}
