"""When what an app writes to ordinary tables is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.replica import Replica
from engine.session import Merge, execute
from engine.storage import recorder
from engine.storage.recorder import Recorder
from engine.storage.replica_host import ReplicaHost
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE, on_loop, until

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL)"


class Days:
    """A clock that only moves when somebody waits, and what happens meanwhile."""

    def __init__(self) -> None:
        self.now = 100.0
        self.last_write = 0.0
        self.meanwhile: Callable[[], None] = lambda: None

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        self.meanwhile()


def recording(replica: Replica, clock: Days) -> Recorder:
    async def run(work: Callable[[Replica], Any]) -> Any:
        return work(replica)

    return Recorder(run, lambda: clock.last_write, lambda _: None, clock)


def make(path: Path) -> Path:
    """A file whose table any program may write to."""
    with running(path) as app:
        app.do(NOTES)
    with Replica.open(path) as replica:
        replica.make_ordinary("notes")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make(tmp_path / "a.db")


@pytest.fixture
def replica(path: Path) -> Iterator[Replica]:
    with Replica.open(path) as replica:
        yield replica


@pytest.fixture
def app(path: Path) -> Iterator[App]:
    with running(path) as app:
        yield app


def test_a_quiet_moment_is_waited_for(replica: Replica, app: App) -> None:
    clock = Days()
    records = recording(replica, clock)

    def write_again() -> None:
        assert not replica.is_captured()
        if clock.now < 100.1:
            clock.last_write = clock.now

    app.do("INSERT INTO notes VALUES ('a', 'A')")
    clock.last_write, clock.meanwhile = clock.now, write_again
    asyncio.run(records.record())
    assert replica.is_captured()
    assert 100.1 < clock.now < 100.1 + 2 * recorder.QUIET
    clock.now += 1
    before = clock.now
    app.do("INSERT INTO notes VALUES ('b', 'B')")
    asyncio.run(records.record())
    assert (replica.is_captured(), clock.now) == (True, before), "it was quiet already"


def test_no_longer_than_a_second(replica: Replica, app: App) -> None:
    clock = Days()
    records = recording(replica, clock)

    def write_again() -> None:
        clock.last_write = clock.now

    app.do("INSERT INTO notes VALUES ('a', 'A')")
    clock.last_write, clock.meanwhile = clock.now, write_again
    asyncio.run(records.record())
    assert replica.is_captured()
    assert clock.now - 100 == pytest.approx(recorder.LONGEST)


def test_a_table_that_is_made_anew_is_left_alone_until_it_is_there(replica: Replica, app: App) -> None:
    """Between two commits of the app's, nearly all rows are gone."""
    clock = Days()
    records = recording(replica, clock)
    app.do(*(f"INSERT INTO notes VALUES ('{n}', 'T')" for n in range(30)))
    asyncio.run(records.record())
    version = replica.db_version()
    rest = [
        "CREATE TABLE new (id TEXT PRIMARY KEY, title TEXT NOT NULL, stars INTEGER)",
        "INSERT INTO new SELECT id, title, NULL FROM notes",
        "DROP TABLE notes",
        "ALTER TABLE new RENAME TO notes",
        "INSERT INTO notes VALUES ('last', 'T', 1)",
    ]

    def go_on() -> None:
        if rest:
            app.do(rest.pop(0))
            clock.last_write = clock.now

    go_on()
    clock.meanwhile = go_on
    asyncio.run(records.record())
    assert not rest
    assert clock.now - clock.last_write >= recorder.REBUILT
    assert [change.val for change in replica.changes(version).changes] == ["T", 1]
    assert replica.parked() == ()


def test_what_syncline_keeps_in_the_file_is_no_change_of_its_tables(replica: Replica) -> None:
    replica.known(bytes(16))
    replica.record_sent(bytes(16), 0)
    replica.connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY NOT NULL)")
    assert replica.schema_moved(), "a program did that"
    replica.capture()
    assert not replica.schema_moved()
    replica.make_crr("other")
    replica.park("other", "so")
    replica.repair()
    assert not replica.schema_moved()


@on_loop
async def test_an_app_that_keeps_the_file_locked_is_waited_for(
    path: Path, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "LOCKED", 0.2)
    monkeypatch.setattr(recorder, "AGAIN", 0.1)
    async with ReplicaHost(path) as host:
        app.do("INSERT INTO notes VALUES ('a', 'A')", "BEGIN IMMEDIATE")
        await until(lambda: "Waiting for the app" in str(host.trouble), "it is told")
        version = host.version
        app.do("INSERT INTO notes VALUES ('b', 'B')", "COMMIT")
        await until(lambda: host.trouble is None and host.version > version, "it went on by itself")
        until_now = await host.run(Replica.changes)
        assert [change.val for change in until_now.changes] == ["A", "B"]


@on_loop
async def test_what_reads_has_its_turn_while_an_app_has_the_file_locked(
    tmp_path: Path, path: Path, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "LOCKED", PATIENCE)
    with Replica.open(make(tmp_path / "b.db")) as other, running(tmp_path / "b.db") as writer:
        writer.do("INSERT INTO notes VALUES ('c', 'C')")
        other.capture()
        changes = tuple(other.changes().changes)
    app.do("PRAGMA journal_mode = WAL", "INSERT INTO notes VALUES ('a', 'A')")
    async with ReplicaHost(path) as host:
        await until(lambda: host.version, "it is captured")
        app.do("BEGIN IMMEDIATE", "INSERT INTO notes VALUES ('b', 'B')")
        merging = asyncio.create_task(host.merge(Merge(changes, 1, None), host.generation))
        host.sent_clocks.note(other.site_id, 1, host.generation)
        for _ in range(20):
            await host.run(Replica.changes)
            assert not merging.done()
        assert host.trouble is None, "it is only told if it lasts"
        app.do("COMMIT")
        [result] = await merging
        assert result.applied
        assert sorted(app.do("SELECT id FROM notes")) == [("a",), ("b",), ("c",)]


@on_loop
async def test_who_closes_the_file_waits_for_no_app(path: Path, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "LOCKED", 0.2)
    monkeypatch.setattr(recorder, "AGAIN", 0.1)
    async with ReplicaHost(path) as host:
        app.do("INSERT INTO notes VALUES ('a', 'A')", "BEGIN IMMEDIATE")
        await until(lambda: host.trouble is not None, "it waits")
    app.do("COMMIT")
