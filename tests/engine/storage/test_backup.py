"""Backups: how many are kept, who needs none, and a file that is set back to one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest

from engine.api import Engine
from engine.cli import main
from engine.errors import NotADatabase, StorageFailed
from engine.hub import HubOptions
from engine.replica import Replica
from engine.settings import HOME, Settings
from engine.storage.backup import Backups
from engine.storage.restore import restore_file
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write


@pytest.fixture
def backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backups:
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    return Backups(tmp_path / "home" / "data" / "backups")


def names(path: Path) -> list[str]:
    return [values[0][1] for _, values in rows(path)]


def test_the_last_three_are_kept(tmp_path: Path, backups: Backups) -> None:
    path, other = make_file(tmp_path / "a.db"), make_file(tmp_path / "b.db")
    lone = backups.make(other)
    made = []
    for n in range(12):
        write(path, "INSERT INTO item (id, name) VALUES (?, 'x')", n)
        made.append(backups.make(path))
    assert backups.find(path) == made[-3:]
    assert [len(rows(copy)) for copy in made[-3:]] == [10, 11, 12]
    assert [(one.path, one.copy) for one in backups.all() if one.path == other] == [(other, lone)]


def test_copies_from_a_time_when_the_clock_was_ahead(tmp_path: Path, backups: Backups) -> None:
    """They do not pass for new ones, and none is kept in place of one that was made later."""
    path = make_file(tmp_path / "a.db")
    ahead = time.time() + 60 * 86_400
    early = [backups.make(path) for _ in range(3)]
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(ahead))
    for number, copy in enumerate(early):
        os.utime(copy, (ahead, ahead))
        early[number] = copy.rename(copy.with_name(f"{stamp}-{number}.db"))
    write(path, "INSERT INTO item (id, name) VALUES (1, 'new')")
    copy = backups.ensure(path, within=60)
    assert copy is not None
    assert names(copy) == ["new"]
    assert backups.find(path) == [*early[1:], copy]
    assert backups.ensure(path, within=60) is None
    assert backups.ensure(path) is None


def test_a_file_of_our_own_making_needs_no_first_copy_and_another_in_its_place_does(
    tmp_path: Path, backups: Backups
) -> None:
    path = make_file(tmp_path / "a.db")
    backups.waive(path)
    assert backups.ensure(path) is None
    assert backups.ensure(path, within=60) is not None  # before its tables are changed
    make_file(tmp_path / "b.db").rename(path)
    for copy in backups.find(path):
        copy.unlink()
    assert backups.ensure(path) is not None


@on_loop
async def test_a_room_that_a_hub_makes_is_not_copied(tmp_path: Path, backups: Backups) -> None:
    own, a = make_file(tmp_path / "hub" / "own"), make_file(tmp_path / "a.db")
    async with Engine(Settings(), backups=backups) as server, plain_engine() as client:
        hub = await server.serving.start(own.parent, options=HubOptions(allow_create=True))
        for room in ("own", "made"):
            await add_peer(client, a, hub.url, room=room)
        await client.peers.wait_in_sync(timeout=PATIENCE)
    assert [one.path for one in backups.all()] == [own]


@on_loop
async def test_a_file_is_set_back_under_a_running_program_and_counts_as_a_new_replica(
    tmp_path: Path, backups: Backups
) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'before')")
    backups.make(a)
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        write(a, "INSERT INTO item (id, name) VALUES (2, 'after')")
        await until(lambda: rows(room) == rows(a), "in sync")
        with Replica.open(a, readonly=True) as replica:
            old = replica.site_id
        site_id, before = restore_file(a, backups.find(a)[-1], backups)
        assert before is not None
        assert names(before) == ["before", "after"]
        write(a, "INSERT INTO item (id, name) VALUES (3, 'since')")
        await until(lambda: names(a) == names(room) == ["before", "after", "since"], "peers bring back what they hold")
        with Replica.open(a, readonly=True) as replica:
            assert replica.site_id == site_id != old


def test_a_damaged_backup_changes_nothing(tmp_path: Path, backups: Backups) -> None:
    path = make_file(tmp_path / "a.db")
    write(path, "INSERT INTO item (id, name) VALUES (1, 'x')")
    copy = backups.make(path)
    copy.write_bytes(b"no database at all, but long enough to look at" * 100)
    with pytest.raises(NotADatabase):
        restore_file(path, copy, backups)
    assert names(path) == ["x"]
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []


def test_the_commands(tmp_path: Path, backups: Backups, capsys: pytest.CaptureFixture[str]) -> None:
    path = make_file(tmp_path / "a.db")
    write(path, "INSERT INTO item (id, name) VALUES (1, 'first')")
    first = backups.make(path)
    write(path, "UPDATE item SET name = 'second'")
    assert main(["backups", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backup"] == str(first)
    assert main(["backups", "list", str(path)]) == 0
    assert first.name in capsys.readouterr().out
    assert main(["backups", "restore", str(path)]) == 2
    assert "--yes" in capsys.readouterr().err
    assert main(["backups", "restore", str(path), "--backup", "none.db", "--yes"]) == 2
    assert main(["backups", "restore", str(tmp_path / "other.db"), "--yes"]) == 2
    assert names(path) == ["second"]
    assert main(["backups", "restore", str(path), "--backup", first.name, "--yes"]) == 0
    assert names(path) == ["first"]
    path.unlink()
    assert main(["backups", "restore", str(path), "--yes"]) == 0
    assert names(path) == ["second"]  # the newest is the one that was made before


def test_a_file_that_was_not_syncable_yet(tmp_path: Path, backups: Backups) -> None:
    path = tmp_path / "a.db"
    app = apsw.Connection(str(path))
    app.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY)").fetchall()
    app.close()
    backups.make(path)
    app = apsw.Connection(str(path))
    app.execute("INSERT INTO plain VALUES (1)").fetchall()
    assert restore_file(path, backups.find(path)[-1], backups)[0] == b""
    assert app.execute("SELECT count(*) FROM plain").get == 0
    app.close()


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


def test_two_backups_in_one_second_are_two(tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db")
    backups = Backups(tmp_path / "backups")
    made = [backups.make(path) for _ in range(3)]
    assert len(set(made)) == 3


def test_a_disk_without_room_is_not_filled(tmp_path: Path, backups: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_file(tmp_path / "a.db")
    kept = backups.make(path)
    size = path.stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))
    with pytest.raises(StorageFailed, match="the copy takes 0 MB, and 0 MB are free"):
        backups.make(path)
    assert [one for one in kept.parent.iterdir() if one.suffix in (".db", ".part")] == [kept]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * size))
    assert backups.make(path) != kept


def test_half_a_backup_is_none(tmp_path: Path) -> None:
    """Killed in the middle of the copy: the next start makes one that is whole."""
    path = make_file(tmp_path / "a.db")
    write(path, "INSERT INTO item (id, extra) VALUES (1, zeroblob(9000000))")
    ended = subprocess.run([sys.executable, "-c", CUT, str(path), str(tmp_path / "backups")], cwd=Path.cwd())
    assert ended.returncode == 9
    backups = Backups(tmp_path / "backups")
    backups.ensure(path)
    assert any(rows(found) == rows(path) for found in backups.find(path) if found.stat().st_size > 9_000_000)
