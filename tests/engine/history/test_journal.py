"""The journal: what was synced, what was overwritten, its bounds, and that nothing depends on it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import stat
import time
from pathlib import Path

import pytest

from engine.api import Engine
from engine.cli import main
from engine.errors import SynclineError
from engine.events import ChangesMoved, FlowChange, FlowDirection, SyncFailed, SyncFinished
from engine.history import activity, journal
from engine.history.export import export, read_syncs
from engine.history.journal import Journal, SyncLine
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, write


def line(number: int, when: float | None = None, error: str = "") -> SyncLine:
    """A sync."""
    return SyncLine(when or time.time(), "p", f"peer {number}", "todo", number, 0, 0, 0, 1.25, error)


def overwrote(number: int, old: object = "old", new: object = "new") -> ChangesMoved:
    """A change that overwrote something."""
    change = FlowChange("item", (number, "k"), "name", new, number, bytes(16), 1, old, had_old=True)  # type: ignore[arg-type]
    return ChangesMoved(time.time(), "d", "p", FlowDirection.IN, (change,))


@on_loop
async def test_lines_come_back_newest_first_and_stay(tmp_path: Path) -> None:
    file = tmp_path / "new" / "journal.db"
    async with Journal(file) as one:
        for number in range(5):
            one.add_sync(line(number))
            one.add_overwritten(overwrote(number), "Laptop")
        assert [sync.sent for sync in await one.syncs()] == [4, 3, 2, 1, 0]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with Journal(file) as one:
        assert [sync.sent for sync in await one.syncs(2)] == [4, 3]
        newest = (await one.overwritten())[0]
        assert (newest.key, newest.old, newest.new, newest.peer_name) == ((4, "k"), "old", "new", "Laptop")
    assert sorted(left.name for left in file.parent.iterdir()) == ["journal.db"]


@on_loop
async def test_only_what_overwrote_something_is_kept() -> None:
    async with Journal() as one:
        one.add_overwritten(overwrote(1, "same", "same"), "")
        one.add_overwritten(overwrote(2, 1, 1.0), "")
        one.add_overwritten(ChangesMoved(0.0, "d", "", FlowDirection.LOCAL, overwrote(3).changes), "")
        fresh = FlowChange("item", (4,), "name", "new", 4, bytes(16), 1)
        one.add_overwritten(ChangesMoved(time.time(), "d", "p", FlowDirection.IN, (fresh,)), "")
        assert [known.key for known in await one.overwritten()] == [(2, "k")]


@on_loop
async def test_every_kind_of_value_comes_back(tmp_path: Path) -> None:
    values = [None, 2**63 - 1, 1.5, "", "a\0b\u202e", b"", b"\0\xff"]
    async with Journal(tmp_path / "j.db") as one:
        for number, value in enumerate(values):
            one.add_overwritten(overwrote(number, value, "x"), "")
        told = [known.old for known in reversed(await one.overwritten())]
        assert [(type(value), value) for value in told] == [(type(value), value) for value in values]


@on_loop
async def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SYNCS", 10)
    monkeypatch.setattr(journal, "OVERWRITTEN", 20)
    monkeypatch.setattr(journal, "VALUE", 100)
    monkeypatch.setattr(journal, "BYTES", 1000)
    async with Journal() as one:
        old = time.time() - 31 * 86_400
        one.add_sync(line(99, old))
        assert await one.syncs() == []
        for number in range(25):
            one.add_sync(line(number))
            await one.syncs()
        assert [sync.sent for sync in await one.syncs()] == list(range(24, 14, -1))
        one.add_overwritten(overwrote(0, "x" * 101), "")
        [large] = await one.overwritten()
        assert (large.old, large.whole) == (None, False), "too large to be kept"
        for number in range(60):
            one.add_overwritten(overwrote(number, number), "")
            await one.overwritten()
        assert [known.old for known in await one.overwritten()] == list(range(59, 39, -1))
        for number in range(60):
            one.add_overwritten(overwrote(number, "x" * 90), "")
            await one.overwritten()
        kept = len(await one.overwritten())
        assert kept == 1000 // 93, "in bytes too"


DAY = 86_400
WRONG = [60 * DAY, -60 * DAY, 70 * 365 * DAY]
"""Seconds by which a clock can be wrong."""


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("meanwhile", [False, True], ids=["nothing", "lines"])
def test_a_clock_that_is_wrong_for_a_while_makes_nothing_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: float, meanwhile: bool
) -> None:
    """However often: in every other run, as on a machine whose clock has no battery, and within one run."""
    clock, told = time.time, [0]

    async def add(one: Journal) -> None:
        told[0] += 1
        one.add_sync(line(told[0]))
        one.add_overwritten(overwrote(told[0]), "")
        await one.syncs()

    async def all_there(one: Journal) -> None:
        assert [sync.sent for sync in await one.syncs()] == list(range(told[0], 0, -1))
        assert [known.new for known in await one.overwritten()] == ["new"] * told[0]

    @on_loop
    async def go() -> None:
        for _ in range(3):
            monkeypatch.setattr(time, "time", clock)
            async with Journal(tmp_path / "journal.db") as one:
                await add(one)
            monkeypatch.setattr(time, "time", lambda: clock() + wrong)
            async with Journal(tmp_path / "journal.db") as one:
                if meanwhile:
                    await add(one)
                await all_there(one)
                monkeypatch.setattr(time, "time", clock)
                await add(one)
                monkeypatch.setattr(time, "time", lambda: clock() + wrong)
                await add(one)
                monkeypatch.setattr(time, "time", clock)
                await add(one)
                await all_there(one)

    go()


@on_loop
async def test_what_is_too_old_goes_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = time.time
    for days in (0, 20, 40, 60):
        monkeypatch.setattr(time, "time", lambda days=days: clock() + days * DAY)
        async with Journal(tmp_path / "journal.db") as one:
            one.add_sync(line(days + 1))
            one.add_overwritten(overwrote(days), "")
    async with Journal(tmp_path / "journal.db") as one:
        assert [sync.sent for sync in await one.syncs()] == [61, 41]
        assert [known.key[0] for known in await one.overwritten()] == [60, 40]
        up = journal._uptime
        monkeypatch.setattr(time, "time", lambda: clock() + 75 * DAY)
        monkeypatch.setattr(journal, "_uptime", lambda: up() + 15 * DAY)
        one.add_sync(line(76))
        await one.syncs()
        assert [sync.sent for sync in await one.syncs()] == [76, 61], "and while it runs for weeks"


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b""])
def test_a_damaged_journal_is_begun_anew(tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "journal.db"
    file.write_bytes(damage)

    @on_loop
    async def go() -> None:
        async with Journal(file) as one:
            one.add_sync(line(1))
            assert len(await one.syncs()) == 1

    go()
    assert len(read_syncs(file)) == 1
    assert (tmp_path / "journal.db.damaged").exists() == bool(damage)
    warned = [record for record in caplog.records if record.name == "engine.history.journal"]
    assert bool(warned) == bool(damage)


@on_loop
async def test_one_of_a_later_version_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    async with Journal(file) as one:
        one.add_sync(line(1))
        await one.syncs()
        assert one._db is not None
        await one._run(lambda: one._db.execute("PRAGMA user_version = 9").fetchall())  # type: ignore[union-attr]
    async with Journal(file) as one:
        assert await one.syncs() == []
    assert (tmp_path / "journal.db.damaged").exists()


@on_loop
async def test_without_a_place_to_write_it_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with Journal(tmp_path / "file" / "journal.db") as one:
        one.add_sync(line(1))
        one.add_overwritten(overwrote(1), "")
        assert (await one.syncs(), await one.overwritten()) == ([], [])


@on_loop
async def test_when_a_peer_was_heard_from_is_remembered_and_its_silence_named_once(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    async with Journal(file) as one:
        assert one.last_contact("p") is None
        one.record_contact("p", 100.0)
        one.record_contact("p", 90.0)
        one.record_contact("q", 5.0)
        assert one.name_stale("p", 100.0)
        assert not one.name_stale("p", 100.0)
    async with Journal(file) as one:
        assert (one.last_contact("p"), one.last_contact("q")) == (100.0, 5.0)
        assert not one.name_stale("p", 100.0)
        one.record_contact("p", 200.0)
        assert one.name_stale("p", 200.0), "another silence"


@on_loop
async def test_who_was_heard_while_the_clock_was_ahead_is_heard_again() -> None:
    async with Journal() as one:
        ahead, now = time.time() + 60 * DAY, time.time()
        one.record_contact("p", ahead)
        assert one.name_stale("p", ahead)
        one.record_contact("p", now)
        assert one.last_contact("p") == now
        assert one.name_stale("p", now), "its silence can be named again"
        assert not one.name_stale("p", now)
        one.record_contact("p", now - 5)
        assert one.last_contact("p") == now


@on_loop
async def test_export(tmp_path: Path) -> None:
    async with Journal() as one:
        one.add_sync(line(1, time.time() - 60, error='cut, "hard"\nhere'))
        one.add_sync(line(2))
        assert await export(one, tmp_path / "out.csv") == 2
        assert await export(one, tmp_path / "out.JSON") == 2
        with pytest.raises(SynclineError, match="could not be written"):
            await export(one, tmp_path / "missing" / "out.csv")
    table = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert [(row["sent"], row["error"]) for row in table] == [("1", 'cut, "hard"\nhere'), ("2", "")]
    told = json.loads((tmp_path / "out.JSON").read_text())
    assert [(row["sent"], row["peer_name"]) for row in told] == [(1, "peer 1"), (2, "peer 2")]


# With an engine


@on_loop
async def test_a_real_sync_is_one_line_and_overwritten_values_are_kept(tmp_path: Path) -> None:
    mine, room = make_file(tmp_path / "mine.db"), make_file(tmp_path / "hub" / "room")
    write(mine, "INSERT INTO item (id, name) VALUES (1, 'mine')")
    write(room, "INSERT INTO item (id, name) VALUES (1, 'theirs')")
    write(room, "UPDATE item SET name = 'theirs again'")
    async with plain_engine() as other:
        hub = await other.serving.start(room.parent)
        database = DatabaseConfig.new(mine)
        peer = PeerConfig.new(database.id, hub.url, room="room", name="Hub", mode=Mode.MANUAL)
        settings = Settings(databases=(database,), peers=(peer,))
        async with Engine(settings, journal=Journal(tmp_path / "journal.db")) as engine:
            assert engine.history.journal is not None
            await engine.peers.sync_now()
            await engine.peers.sync_now()
            first, second = reversed(await engine.history.journal.syncs())
            assert (first.peer_name, first.database_name, first.error) == ("Hub", "mine", "")
            assert first.sent >= 1
            assert first.received >= 1
            assert first.bytes_in > 50
            heard = engine.peers.statuses()[0].last_success
            assert heard is not None
            assert (second.sent, second.received) == (0, 0), "nothing new is a sync too, when it was asked for"
            names = [known for known in await engine.history.journal.overwritten() if known.column == "name"]
            assert [(known.key, known.old, known.new) for known in names] == [((1,), "mine", "theirs again")]
        async with Engine(settings, journal=Journal(tmp_path / "journal.db")) as engine:
            assert engine.peers.statuses()[0].last_success == heard, "also after a new start"
    assert rows(mine) == rows(room)


@on_loop
async def test_bursts_on_a_live_link_are_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "QUIET", 0.2)
    mine, room = make_file(tmp_path / "mine.db"), make_file(tmp_path / "hub" / "room")
    async with plain_engine() as other:
        hub = await other.serving.start(room.parent)
        database = DatabaseConfig.new(mine)
        peer = PeerConfig.new(database.id, hub.url, room="room")
        lines: list[SyncFinished | SyncFailed] = []
        async with Engine(Settings(databases=(database,), peers=(peer,))) as engine:
            with engine.subscribe() as stream:

                async def listen() -> None:
                    async for event in stream:
                        if isinstance(event, SyncFinished | SyncFailed):
                            lines.append(event)
                        elif (
                            isinstance(event, ChangesMoved) and event.way is FlowDirection.OUT
                        ):  # somebody sets the clock back
                            monkeypatch.setattr(time, "time", lambda clock=time.time: clock() - 3600)

                listening = asyncio.create_task(listen())
                await engine.peers.wait_in_sync(timeout=PATIENCE)
                for number in (1, 2):
                    write(mine, "INSERT INTO item (id, name) VALUES (?, 'x')", number)
                    async with asyncio.timeout(PATIENCE):
                        while len(lines) < number:
                            await asyncio.sleep(0.02)
            await listening
        sent = [(line.sent, line.received) for line in lines if isinstance(line, SyncFinished)]
        assert sent == [(3, 0), (3, 0)], "one for each burst, and none for hanging up"
        assert all(0 <= line.seconds < 20 for line in lines if isinstance(line, SyncFinished))


@on_loop
async def test_what_keeps_failing_is_told_once(tmp_path: Path) -> None:
    database = DatabaseConfig.new(make_file(tmp_path / "mine.db"))
    peer = PeerConfig.new(database.id, "ws://127.0.0.1:9/sync", room="room", mode=Mode.MANUAL)
    async with Engine(Settings(databases=(database,), peers=(peer,)), journal=Journal()) as engine:
        assert engine.history.journal is not None
        await engine.change_settings(auto_sync=True)
        await engine.peers.update(PeerConfig(**{**_fields(peer), "mode": Mode.LIVE}))
        for _ in range(3):
            await engine.peers.sync_now()
        told = await engine.history.journal.syncs()
        assert len(told) == 1
        assert "127.0.0.1:9" in told[0].error


def _fields(peer: PeerConfig) -> dict[str, object]:
    return {name: getattr(peer, name) for name in peer.__slots__}


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SYNCLINE_HOME", str(tmp_path))
    assert main(["activity"]) == 0
    assert "Nothing was synced" in capsys.readouterr().out

    @on_loop
    async def fill() -> None:
        async with Journal(tmp_path / "data" / "journal.db") as one:
            one.add_sync(line(3))
            one.add_sync(line(0, error="refused"))

    fill()
    assert main(["activity"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "peer 3" in first
    assert "sent 3 changes" in first
    assert second.endswith("refused")
    assert main(["activity", "--json"]) == 0
    assert [entry["sent"] for entry in json.loads(capsys.readouterr().out)] == [3, 0]
    assert main(["activity", "--csv"]) == 0
    assert capsys.readouterr().out.startswith("time,peer,")
    (tmp_path / "data" / "journal.db").write_bytes(b"x" * 5000)
    assert main(["activity"]) == 1
    assert "cannot be read" in capsys.readouterr().err
