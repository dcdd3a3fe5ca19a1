"""A file that is away for a moment: a stick that is pulled, a folder that is renamed, a file that is deleted.

What is told, that nothing is written to a file without a name, and that all goes on by itself once it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from engine.api import Engine, keeper
from engine.errors import FileReplaced, NoSuchFile
from engine.events import ChangesMoved, DatabaseChanged, FlowDirection
from engine.links.retry_policy import AWAY, POLICIES
from engine.peer_state import State
from engine.replica import Replica
from engine.settings import DatabaseConfig, PeerConfig, Settings
from engine.sqlite.sqlite_errors import explained
from engine.storage import file_watch, refresher
from engine.tables import Received
from tests import budget
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.faults.bad_disk import BadDisk
from tests.faults.clock_probe import look

GONE = "is no longer there"

SLOW = replace(AWAY, first=3600.0, longest=3600.0)
"""A link tries again when it hears that the file is back, or in an hour."""


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresher, "RETRY", 0.3)
    monkeypatch.setattr(file_watch, "SAME", 0.3)
    monkeypatch.setattr(keeper, "OPEN_AGAIN", 0.3)


@dataclass
class Place:
    """A file two folders deep, and a place beside where it can go."""

    root: Path
    moved: list[tuple[Path, Path]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.root / "above" / "folder" / "mine.db"

    @property
    def at(self) -> Path:
        """Where the file is now."""
        [found] = self.root.rglob("*mine.db")
        return found

    def take(self, what: Path) -> None:
        """Take something away."""
        self.moved.append((what, what.rename(self.root / f"away-{what.name}")))

    def back(self) -> None:
        """Bring it back."""
        for before, now in self.moved:
            now.rename(before)
        self.moved.clear()

    def held(self) -> str:
        """What is in the files; by another process: whoever closes a database here drops the locks SQLite has on it."""
        names = [str(path) for path in sorted(self.root.rglob("*mine.db*")) if not path.name.endswith("-shm")]
        return subprocess.run(["sha256sum", *names], check=True, capture_output=True, text=True).stdout


WAYS: dict[str, Callable[[Place], Path]] = {
    "file": lambda place: place.path,
    "folder": lambda place: place.path.parent,
    "folder above": lambda place: place.path.parent.parent,  # of which no folder that is watched hears
}


@dataclass
class World:
    """A hub and a client in sync, and what was told of the client's database."""

    place: Place
    room: Path
    client: Engine
    problems: list[str]

    @property
    def reason(self) -> str:
        return self.client.peers.statuses()[0].reason

    async def reason_shows(self, words: str = GONE) -> None:
        """Wait until the link and the database say so."""
        await until(lambda: words in self.reason, f"the link says “{words}”")
        await until(lambda: words in self.problems[-1], f"the database says “{words}”")

    async def heals(self) -> None:
        """Wait until both are the same, by themselves."""
        await self.client.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: rows(self.place.path) == rows(self.room), "both the same")
        await until(lambda: self.problems[-1] == "", "the database is well")
        look([self.place.path, self.room])

    async def goes_on(self) -> None:
        """See that changes of both sides arrive, and that those of another program are noticed."""
        write(self.place.path, "INSERT INTO item (id, name) VALUES (70001, 'here')")
        write(self.room, "INSERT INTO item (id, name) VALUES (70002, 'there')")
        await self.heals()
        assert {(70001,), (70002,)} <= {key for key, _ in rows(self.room)}


@contextlib.asynccontextmanager
async def world(tmp_path: Path, *, journal: str = "delete") -> AsyncIterator[World]:
    place, room = Place(tmp_path / "client"), make_file(tmp_path / "hub" / "room")
    make_file(place.path)
    for number, path in enumerate((room, place.path)):
        with writing(path) as connection:
            connection.pragma("journal_mode", journal)
            connection.execute("INSERT INTO item (id, name) VALUES (?, 'first')", (number,))
    async with plain_engine() as server, plain_engine({**POLICIES, NoSuchFile: SLOW}) as client:
        hub = await server.serving.start(room.parent)
        with client.subscribe() as events:
            it = World(place, room, client, [""])

            async def listen() -> None:
                async for event in events:
                    if isinstance(event, DatabaseChanged):
                        it.problems.append(event.problem)

            listening = asyncio.create_task(listen())
            await add_peer(client, place.path, hub.url)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            await it.heals()
            yield it
        await listening


@pytest.mark.parametrize("meanwhile", [False, True], ids=["quiet", "a change comes"])
@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("way", WAYS)
@on_loop
async def test_renamed_and_back(tmp_path: Path, way: str, journal: str, meanwhile: bool) -> None:
    async with world(tmp_path, journal=journal) as it:
        it.place.take(WAYS[way](it.place))
        if meanwhile:
            write(it.room, "INSERT INTO item (id, name) VALUES (5000, 'meanwhile')")
        await it.reason_shows()
        assert it.client.peers.statuses()[0].state is State.WAITING
        held = it.place.held()
        [refusal] = (await it.client.peers.sync_now()).values()
        assert isinstance(refusal, NoSuchFile)
        assert it.place.held() == held
        it.place.back()
        await it.heals()
        await it.goes_on()


@pytest.mark.parametrize("journal", budget.variants(["delete", "wal"], "wal"))
@pytest.mark.parametrize("way", WAYS)
@on_loop
async def test_during_a_long_merge(tmp_path: Path, way: str, journal: str) -> None:
    async with world(tmp_path, journal=journal) as it:
        with it.client.subscribe() as events:
            with writing(it.room) as connection, connection:
                new = [(n, "x" * 3_000) for n in range(10_000, 12_000)]
                connection.executemany("INSERT INTO item (id, name) VALUES (?, ?)", new)
            async for event in events:
                if isinstance(event, ChangesMoved) and event.way is FlowDirection.IN:
                    break
        it.place.take(WAYS[way](it.place))
        await it.reason_shows()
        if way != "file":  # which has left its log behind
            assert len(rows(it.place.at)) < 2_002
        held = it.place.held()
        write(it.room, "INSERT INTO item (id, name) VALUES (50000, 'last')")
        await it.client.peers.sync_now()
        assert it.place.held() == held
        it.place.back()
        look([it.place.path, it.room])
        await it.heals()


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("way", WAYS)
@on_loop
async def test_at_the_hub(tmp_path: Path, way: str, journal: str) -> None:
    place, mine = Place(tmp_path / "hub"), make_file(tmp_path / "mine.db")
    with writing(make_file(place.path)) as connection:
        connection.pragma("journal_mode", journal)
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(place.path.parent)
        await add_peer(client, mine, hub.url, room="mine.db")
        for number in range(2):
            write(mine, "INSERT INTO item (id) VALUES (?)", number)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            place.take(WAYS[way](place))
            if number:
                write(mine, "INSERT INTO item (id) VALUES (500)")
            await until(lambda: "room's file" in client.peers.statuses()[0].reason, "told")
            held = place.held()
            await client.peers.sync_now()
            assert place.held() == held
            place.back()
            await client.peers.wait_in_sync(timeout=PATIENCE)
            await until(lambda: rows(place.path) == rows(mine), "both the same")
        look([mine, place.path])


@on_loop
async def test_deleted_and_restored(tmp_path: Path) -> None:
    """From a copy: another file, with the same in it."""
    async with world(tmp_path) as it:
        copy = tmp_path / "copy"
        subprocess.run(["cp", it.place.path, copy], check=True)
        it.place.path.unlink()
        write(it.room, "INSERT INTO item (id, name) VALUES (5000, 'meanwhile')")
        await it.reason_shows()
        shutil.copyfile(copy, it.place.path.with_name("part"))
        it.place.path.with_name("part").rename(it.place.path)
        await it.heals()
        await it.goes_on()


@on_loop
async def test_half_of_it_is_back(tmp_path: Path) -> None:
    """While it is copied back it is no database, or a damaged one; that is told, and passes."""
    async with world(tmp_path) as it:
        it.place.take(it.place.path)
        await it.reason_shows()
        whole = subprocess.run(["cat", it.place.at], check=True, capture_output=True).stdout
        it.place.path.write_bytes(b"?" * 5000)
        await until(lambda: "is not a SQLite database" in it.problems[-1], "the database says so")
        it.place.path.write_bytes(whole)
        await it.heals()
        await it.goes_on()


@on_loop
async def test_another_file_has_its_place_meanwhile(tmp_path: Path) -> None:
    """It is used as any file that takes another's place; when the first is back, so is that."""
    async with world(tmp_path) as it:
        it.place.take(it.place.path)
        await it.reason_shows()
        make_file(it.place.path)
        write(it.place.path, "INSERT INTO item (id, name) VALUES (6000, 'stand-in')")
        await it.heals()
        it.place.path.unlink()
        await it.reason_shows()
        it.place.back()
        await it.heals()
        await it.goes_on()


@on_loop
async def test_a_disk_that_is_pulled_and_back(tmp_path: Path) -> None:
    """What was open works no more; the same path, opened anew, does."""
    disk = BadDisk(tmp_path / "client")
    with disk.plugged():
        async with world(tmp_path) as it:
            disk.pull()
            write(it.room, "INSERT INTO item (id, name) VALUES (5000, 'meanwhile')")
            await it.heals()
            disk.pull()
            await it.goes_on()


@pytest.mark.parametrize("way", WAYS)
@on_loop
async def test_away_when_the_program_starts(tmp_path: Path, way: str) -> None:
    place, room = Place(tmp_path / "client"), make_file(tmp_path / "hub" / "room")
    make_file(place.path)
    write(place.path, "INSERT INTO item (id, name) VALUES (1, 'mine')")
    write(room, "INSERT INTO item (id, name) VALUES (2, 'theirs')")
    place.take(WAYS[way](place))
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        database = DatabaseConfig("d", "mine", place.path)
        peer = PeerConfig.new("d", hub.url, room="room")
        client = Engine(Settings(databases=(database,), peers=(peer,)), policies={**POLICIES, NoSuchFile: SLOW})
        with client.subscribe() as events:
            async with client:
                it = World(place, room, client, [])
                local: list[ChangesMoved] = []

                async def listen() -> None:
                    async for event in events:
                        if isinstance(event, DatabaseChanged):
                            it.problems.append(event.problem)
                        elif isinstance(event, ChangesMoved) and event.way is FlowDirection.LOCAL:
                            local.append(event)

                listening = asyncio.create_task(listen())
                await until(lambda: "does not exist" in it.reason, "the link says it")
                await until(lambda: any("does not exist" in problem for problem in it.problems), "the database, too")
                with pytest.raises(NoSuchFile):
                    await client.databases.tables("d")
                place.back()
                await it.heals()
                assert len(rows(place.path)) == 2
                await it.goes_on()
                await until(lambda: bool(local), "what other programs write is listed")
                assert [table.name for table in await client.databases.tables("d")] == ["item"]
            await listening


@on_loop
async def test_a_file_that_is_no_database_yet_when_the_program_starts(tmp_path: Path) -> None:
    good, path = make_file(tmp_path / "good"), tmp_path / "folder" / "mine.db"
    path.parent.mkdir()
    path.write_bytes(b"?" * 5000)
    client = Engine(Settings(databases=(DatabaseConfig("d", "mine", path),)))
    with client.subscribe() as events:
        async with client:
            told: list[DatabaseChanged] = []

            async def listen() -> None:
                async for event in events:
                    if isinstance(event, DatabaseChanged):
                        told.append(event)

            listening = asyncio.create_task(listen())
            await until(lambda: bool(told), "it is told")
            good.rename(path)
            await until(lambda: told[-1].problem == "" and told[-1].site_id is not None, "it is opened")
            await client.databases.remove("d")
        await listening
    assert [event.problem.split("” ")[-1] for event in told[:1]] == ["is not a SQLite database."]


# Below the engine


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_written_to_a_file_that_has_lost_its_name(tmp_path: Path, way: str, journal: str) -> None:
    """Be it before a transaction or within: nothing of it is there later, and the replica can be used again."""
    place, other = Place(tmp_path), make_file(tmp_path / "other.db")
    make_file(place.path)
    write(other, "INSERT INTO item (id, name) VALUES (1, 'one')")
    with Replica.open(other) as replica:
        site, changes = replica.site_id, replica.changes().changes
    with Replica.open(place.path) as replica:
        replica.connection.pragma("journal_mode", journal)
        clock = Received(site, changes[-1].db_version, 0, ("item",))
        place.take(WAYS[way](place))
        with pytest.raises(NoSuchFile, match=GONE):
            replica.merge(changes, received=clock)
        for record in (
            lambda: replica.record_sent(site, 1),
            lambda: replica.renew_lineage(site, False),
            lambda: replica.ask_again(site, 0),
        ):
            with pytest.raises(NoSuchFile, match=GONE):
                record()
        place.back()

        def leave(*_: object) -> None:
            if not place.moved:
                place.take(WAYS[way](place))

        replica.connection.set_update_hook(leave)  # in the midst of what follows
        with pytest.raises(NoSuchFile, match=GONE):
            replica.merge(changes, received=clock)
        replica.connection.set_update_hook(None)
        assert place.moved
        place.back()
        assert rows(place.path) == []
        assert replica.tracked_peers() == []
        replica.merge(changes, received=clock)
    assert rows(place.path) == rows(other)


def test_another_file_in_its_place_is_not_written_to_either(tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.db")
    with Replica.open(path) as replica:
        other = make_file(tmp_path / "b.db")
        other.replace(path)
        with pytest.raises(FileReplaced, match="was replaced by another file"):
            replica.record_sent(bytes(16), 1)


@pytest.mark.parametrize("way", WAYS)
def test_what_sqlite_says_of_it(tmp_path: Path, way: str) -> None:
    """“Database was moved” is one of its read-only errors; a journal that cannot be made is another kind."""
    place = Place(tmp_path)
    make_file(place.path)
    with Replica.open(place.path) as replica:
        place.take(WAYS[way](place))
        with pytest.raises(NoSuchFile, match=GONE), explained(place.path):
            replica.connection.execute("INSERT INTO item (id) VALUES (1)")
        place.back()
        replica.connection.execute("INSERT INTO item (id) VALUES (1)")
