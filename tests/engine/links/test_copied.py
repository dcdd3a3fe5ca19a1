"""Copied and restored files: noticed, explained, mended in one step, and nothing that anybody wrote is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.api import Engine
from engine.errors import CopiedFile, SynclineError
from engine.session import Verdict
from engine.settings import Mode, Settings
from engine.storage.backup import Backups
from engine.tables import TrackedPeer
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, write
from tests.engine.programs import Command


async def sync(path: Path, url: str, *, new_id: bool = False, backups: Path | None = None) -> SynclineError | None:
    """Sync once, as a program of its own would; with ``new_id`` after the mend."""
    async with Engine(Settings(), backups=Backups(backups) if backups else None) as engine:
        peer = await add_peer(engine, path, url, mode=Mode.MANUAL)
        if new_id:
            await engine.databases.new_site_id(engine.settings.databases[0].id)
        return (await engine.peers.sync_now())[peer]


def insert(path: Path, *keys: int) -> None:
    for key in keys:
        write(path, "INSERT INTO item (id, name) VALUES (?, ?)", key, f"{path.stem} {key}")


@on_loop
async def test_two_copies_that_both_wrote_and_synced_with_others(tmp_path: Path) -> None:
    """Each with a hub of its own; then a third replica carries everything between the hubs."""
    one, copy, other = tmp_path / "one.db", tmp_path / "copy.db", make_file(tmp_path / "other.db")
    make_file(one)
    rooms = [make_file(tmp_path / hub / "room") for hub in ("x", "y")]
    async with plain_engine() as hub_x, plain_engine() as hub_y:
        x, y = (await hub_x.serving.start(rooms[0].parent)).url, (await hub_y.serving.start(rooms[1].parent)).url
        insert(one, 1)
        assert await sync(one, x) is None
        assert await sync(one, y) is None
        shutil.copyfile(one, copy)
        insert(one, 2, 3)
        insert(copy, 102, 103)
        write(copy, "UPDATE item SET n = 7 WHERE id = 1")
        assert await sync(one, x) is None
        assert await sync(copy, y) is None
        refused = [await sync(one, y), await sync(copy, x)]
        assert [type(error) for error in refused] == [CopiedFile, CopiedFile], refused
        assert "older copy" in str(refused[0])
        assert refused[0] is not None
        assert "new-id" in refused[0].hint
        for path, url in ((one, y), (copy, x)):
            before = rows(path)
            assert await sync(path, url, new_id=True, backups=tmp_path / "backups") is None
            assert Backups(tmp_path / "backups").find(path)
            assert [row for row in rows(path) if row in before] == [row for row in before if row in rows(path)]
        for path, url in ((other, x), (other, y), (other, x), (one, x), (copy, y), (one, y), (copy, x)):
            assert await sync(path, url) is None
    assert [key for key, _ in rows(one)] == [(1,), (2,), (3,), (102,), (103,)]
    assert (int, 7) in rows(one)[0][1]
    assert rows(one) == rows(copy) == rows(other) == rows(rooms[0]) == rows(rooms[1])


@on_loop
async def test_a_restored_backup(tmp_path: Path) -> None:
    one, room, backup = make_file(tmp_path / "one.db"), make_file(tmp_path / "hub" / "room"), tmp_path / "backup.db"
    async with plain_engine() as server:
        url = (await server.serving.start(room.parent)).url
        insert(one, 1)
        assert await sync(one, url) is None
        shutil.copyfile(one, backup)
        insert(one, 2, 3)
        assert await sync(one, url) is None
        shutil.copyfile(backup, one)
        insert(one, 4)
        assert isinstance(await sync(one, url), CopiedFile)
        assert await sync(one, url, new_id=True) is None
        assert await sync(one, url) is None
    assert [key for key, _ in rows(one)] == [(1,), (2,), (3,), (4,)]
    assert rows(one) == rows(room)


@on_loop
async def test_a_file_that_moved_is_no_copy(tmp_path: Path) -> None:
    one, room = make_file(tmp_path / "one.db"), make_file(tmp_path / "hub" / "room")
    moved = tmp_path / "new machine" / "other name.db"
    async with plain_engine() as server:
        url = (await server.serving.start(room.parent)).url
        for number in range(3):
            insert(one, number)
            assert await sync(one, url) is None
        moved.parent.mkdir()
        one.rename(moved)
        insert(moved, 10)
        assert await sync(moved, url) is None
    assert rows(moved) == rows(room)
    assert len(rows(room)) == 4


@on_loop
async def test_window_and_command_line_on_one_file_are_no_copies(tmp_path: Path) -> None:
    one, room = make_file(tmp_path / "one.db"), make_file(tmp_path / "hub" / "room")
    syncline = Command(tmp_path / "home")
    async with plain_engine() as server, plain_engine() as window:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(window, one, hub.url)
        for number in range(3):
            insert(one, number)
            process = syncline.start("sync", one, hub.url, "--room", "room")
            insert(one, 100 + number)
            while process.poll() is None:
                await window.peers.wait_in_sync(timeout=PATIENCE)
                await window.checks.verify(peer, timeout=PATIENCE)
            out, err = process.communicate()
            assert process.returncode == 0, out + err
        assert (await window.checks.verify(peer, timeout=PATIENCE)).verdict is Verdict.IDENTICAL
    assert rows(one) == rows(room)
    assert len(rows(room)) == 6


@pytest.mark.parametrize("connected", [True, False])
def test_a_new_id_while_it_is_connected(tmp_path: Path, connected: bool) -> None:
    one, room = make_file(tmp_path / "one.db"), make_file(tmp_path / "hub" / "room")

    @on_loop
    async def go() -> None:
        insert(one, 1)
        async with plain_engine() as server, plain_engine() as client:
            hub = await server.serving.start(room.parent)
            peer = await add_peer(client, one, hub.url, mode=Mode.LIVE if connected else Mode.MANUAL)
            assert (await client.peers.sync_now())[peer] is None
            [database] = client.settings.databases
            new = await client.databases.new_site_id(database.id)
            insert(one, 2)
            assert (await client.peers.sync_now())[peer] is None
            assert any(clock.site_id == new and clock.received for clock in await _clocks(server, room))
        assert rows(one) == rows(room)

    go()


async def _clocks(server: Engine, room: Path) -> list[TrackedPeer]:
    database = await server.databases.add(room)
    return await server.databases.clocks(database.id)
