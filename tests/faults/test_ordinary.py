"""An app that knows nothing of Syncline, and what happens to its file while it is synced: nothing is lost, and no clock
is ahead of its data."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.api import Engine
from engine.events import DatabaseChanged
from engine.replica import Replica, database
from engine.storage import recorder, refresher
from tests import budget
from tests.engine.apps import App, running
from tests.engine.live import HASTY, PATIENCE, add_peer, on_loop, plain_engine, until
from tests.engine.ordinary.test_synced import make_ordinary
from tests.engine.ordinary.writers import killed
from tests.faults.bad_disk import BadDisk
from tests.faults.programs import sync
from tests.faults.sim.truth import Eye

ALL = "SELECT * FROM notes ORDER BY id"
MANY = (
    "WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT {rows})"
    " INSERT INTO notes SELECT '{who}' || v, 'T', zeroblob(30), v FROM n"
)
TABLE = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER NOT NULL DEFAULT 0)"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of minutes and seconds that are waited for an app, or for a disk."""
    monkeypatch.setattr(refresher, "RETRY", 0.5)
    monkeypatch.setattr(database, "BUSY_MS", 100)
    monkeypatch.setattr(recorder, "AGAIN", 0.1)
    monkeypatch.setattr(recorder, "REBUILT", 0.5)


def check_clocks(*paths: Path) -> None:
    """No clock that one of these files keeps of another is ahead of what it holds."""
    for path in paths:
        with running(path) as app:
            app.do("SELECT 1 FROM notes LIMIT 1")  # takes back what a program that was killed has left half done
    with contextlib.ExitStack() as opened:
        eyes = [opened.enter_context(closing(Eye(path))) for path in paths]
        for eye in eyes:
            clocks = dict(eye.received_clocks())
            for other in eyes:
                covered = eye.covered(other.site_id)
                for cell in other.cells(0, clocks.get(other.site_id, 0)):
                    assert (cell.table, cell.column) not in covered or eye.holds(cell), (
                        f"{eye.db.filename} lacks {cell}"
                    )


class Machine:
    """A machine with an app at work on a file that is synced, and another app's file behind the hub's room."""

    def __init__(self, path: Path, app: App, room: Path, there: App, engine: Engine) -> None:
        self.path, self.app, self.room, self.there, self.engine = path, app, room, there, engine
        self.problem = ""

    async def listen(self, events: AsyncIterator[object]) -> None:
        """Keep what the person is told of the file."""
        async for event in events:
            if isinstance(event, DatabaseChanged):
                self.problem = event.problem

    @property
    def reason(self) -> str:
        return self.engine.peers.statuses()[0].reason

    async def heals(self) -> None:
        """Wait until both are the same, and in sync."""
        await until(lambda: self.app.do(ALL) == self.there.do(ALL), "both the same")
        await self.engine.peers.wait_in_sync(timeout=PATIENCE)
        assert self.app.do("PRAGMA integrity_check") == self.there.do("PRAGMA integrity_check") == [("ok",)]
        check_clocks(self.path, self.room)


@contextlib.asynccontextmanager
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    for folder in ("hub", "client"):
        (tmp_path / folder).mkdir()
    room, path = make_ordinary(tmp_path / "hub" / "room"), make_ordinary(tmp_path / "client" / "a.db")
    with running(path) as app, running(room) as there:
        app.do(MANY.format(rows=30, who="a"))
        there.do(MANY.format(rows=30, who="b"))
        async with plain_engine() as server, plain_engine(HASTY) as client:
            hub = await server.serving.start(room.parent)
            await add_peer(client, path, hub.url)
            it = Machine(path, app, room, there, client)
            await it.heals()
            with client.subscribe() as events:
                listening = asyncio.create_task(it.listen(events))
                yield it
            await listening


@on_loop
async def test_the_disk_is_full_when_its_writes_are_to_be_recorded(tmp_path: Path) -> None:
    """The app still finds room for its own."""
    disk = BadDisk(tmp_path / "client")
    with disk.plugged():
        async with machine(tmp_path) as it:
            disk.full = True
            it.app.do("UPDATE notes SET title = 'while it is full'", "DELETE FROM notes WHERE id = 'a1'")
            it.there.do("UPDATE notes SET stars = 7 WHERE id = 'b2'")
            await until(lambda: "is full" in it.reason, "it is told")
            refused = disk.refused
            await until(lambda: disk.refused > refused, "it is tried again, now and then")
            disk.full = False
            await it.heals()
            assert set(it.there.do("SELECT title, stars FROM notes WHERE id = 'b2'")) == {("while it is full", 7)}


@on_loop
async def test_an_app_that_holds_a_transaction_for_long(tmp_path: Path) -> None:
    """What comes in waits for it, and so does what it wrote before."""
    async with machine(tmp_path) as it:
        it.app.do("UPDATE notes SET title = 'before'", "BEGIN IMMEDIATE", "UPDATE notes SET title = 'held'")
        it.there.do("UPDATE notes SET stars = -1")
        await until(lambda: "Waiting for the app" in it.problem, "it is told")
        it.app.do("DELETE FROM notes WHERE id = 'b1'", "COMMIT")
        await it.heals()
        assert set(it.app.do("SELECT title, stars FROM notes")) == {("held", -1)}
        assert len(it.app.do(ALL)) == 59


@on_loop
async def test_an_app_that_keeps_the_file_for_itself(tmp_path: Path) -> None:
    """As browsers do (``locking_mode``): until it lets go, nobody else can even read."""
    async with machine(tmp_path) as it:
        it.app.do("PRAGMA locking_mode = EXCLUSIVE", "UPDATE notes SET title = 'mine'")
        it.there.do("UPDATE notes SET stars = -1")
        await until(lambda: "locked" in it.problem, "it is told")
        it.app.do("DELETE FROM notes WHERE id = 'b1'", "PRAGMA locking_mode = NORMAL", "SELECT * FROM notes")
        await it.heals()
        assert set(it.app.do("SELECT title, stars FROM notes")) == {("mine", -1)}
        assert len(it.app.do(ALL)) == 59


@on_loop
async def test_the_file_is_tidied_up_and_gets_another_journal(tmp_path: Path) -> None:
    """(Back from WAL no program comes while another one has the file open.)"""
    async with machine(tmp_path) as it:
        for n, sql in enumerate(("VACUUM", "PRAGMA journal_mode = WAL", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")):
            it.app.do(f"DELETE FROM notes WHERE id = 'a{n + 1}'")
            it.there.do(f"UPDATE notes SET title = 'round {n}' WHERE id > 'a2'")
            await until(lambda sql=sql: done(it.app, sql), sql)  # type: ignore[misc]
            it.app.do(f"UPDATE notes SET stars = {n} WHERE id = 'b1'")
            await it.heals()


def done(app: App, sql: str) -> bool:
    """Whether the app could do that; it needs the file for itself."""
    try:
        app.do(sql)
    except AssertionError as error:
        if "locked" not in str(error):
            raise
        return False
    return True


@on_loop
async def test_the_file_is_set_back(tmp_path: Path) -> None:
    """By an older copy in its place: noticed and said, before anything goes wrong."""
    async with machine(tmp_path) as it:
        older = tmp_path / "older"
        it.app.do(f"VACUUM INTO '{older}'")
        it.app.do("UPDATE notes SET title = 'later'")
        await it.heals()
        older.replace(it.path)
        await until(lambda: "restored from an older copy" in it.reason, "it is told")
        assert set(it.there.do("SELECT title FROM notes")) == {("later",)}


@on_loop
async def test_another_file_takes_its_place(tmp_path: Path) -> None:
    """A file of the same app with an id of its own: both have all rows then."""
    async with machine(tmp_path) as it:
        other = make_ordinary(tmp_path / "other.db")
        with running(other) as app:
            app.do("INSERT INTO notes VALUES ('new', 'N', NULL, 0)")
        other.replace(it.path)
        with running(it.path) as app:
            await until(lambda: app.do(ALL) == it.there.do(ALL), "both the same")
            assert len(app.do(ALL)) == 61


REBUILD = (
    f"{TABLE.replace('notes', 'notes_new')}",
    "INSERT INTO notes_new SELECT * FROM notes",
    "DROP TABLE notes",
    "ALTER TABLE notes_new RENAME TO notes",
    "CREATE INDEX IF NOT EXISTS by_title ON notes (title)",
)
REFILL = (
    "CREATE TEMP TABLE kept AS SELECT * FROM notes",
    "DROP TABLE notes",
    TABLE,
    *(f"INSERT INTO notes SELECT * FROM kept LIMIT 20 OFFSET {n}" for n in (0, 20, 40)),
    "DROP TABLE kept",
)


@pytest.mark.parametrize("statements", [REBUILD, REFILL], ids=["renamed", "filled again"])
@on_loop
async def test_an_app_that_makes_its_tables_anew_at_each_start(tmp_path: Path, statements: tuple[str, ...]) -> None:
    """In autocommit, so that the table is gone for a moment, and most rows for longer: nobody is told of that."""
    async with machine(tmp_path) as it:
        it.there.do("CREATE TABLE gone (id)")
        it.there.do("CREATE TRIGGER told AFTER DELETE ON notes BEGIN INSERT INTO gone VALUES (OLD.id); END")
        for start in range(3):
            with running(it.path) as app:
                for sql in statements:
                    app.do(sql)
                app.do(f"UPDATE notes SET title = 'start {start}' WHERE id = 'a{start + 1}'")
            it.there.do(f"UPDATE notes SET stars = {start} WHERE id = 'b1'")
            await until(lambda n=start: ("b1", n) in it.app.do("SELECT id, stars FROM notes"), "it comes in")  # type: ignore[misc]
            await it.heals()
        assert len(it.there.do(ALL)) == 60
        assert it.there.do("SELECT * FROM gone") == []


# kill -9

WRITES = """
import random, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
choose = random.Random(sys.argv[1])
n = db.execute("SELECT ifnull(max(stars), 0) FROM notes WHERE id GLOB 'w*'").fetchone()[0]
while True:
    n += 1
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO notes VALUES (?, 'T', zeroblob(30), ?)", (f"w{n}", n))
    db.execute("UPDATE notes SET title = ? WHERE id = ?", (f"at {n}", f"w{choose.randrange(1, n + 1)}"))
    db.execute("DELETE FROM notes WHERE id = ?", (f"b{choose.randrange(1, 300)}",))
    db.execute("COMMIT")
    print(n, flush=True)
"""


@contextlib.contextmanager
def at_work(path: Path) -> Iterator[None]:
    """An app that writes all the time, until it is killed at the end of the block."""
    with killed(WRITES, path) as lines:
        assert lines.readline()
        yield


@pytest.mark.full
@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_app_and_syncline_are_killed_at_any_moment(tmp_path: Path, journal: str) -> None:
    """Both, again and again: while the app writes, while that is recorded, and while others' changes come in."""
    path, room = make_ordinary(tmp_path / "a.db"), tmp_path / "hub" / "room"
    room.parent.mkdir()
    make_ordinary(room)
    for file in (path, room):
        with running(file) as app:
            app.do(f"PRAGMA journal_mode = {journal}")
    for case in budget.cases(f"kill -9 of app and Syncline ({journal})", seconds=20, at_least=3):
        with running(room) as there:
            there.do("DELETE FROM notes WHERE id GLOB 'b*'", MANY.format(rows=300, who="b"))
        with at_work(path):
            on_loop(sync)(path, room, tmp_path / "home", killed_after=case.random.randrange(2, 60))
        check_clocks(path, room)
    on_loop(sync)(path, room, tmp_path / "home")
    ends: list[list[Any]] = []
    for file in (path, room):
        with running(file) as app:
            assert app.do("PRAGMA integrity_check") == [("ok",)]
            ends.append(app.do(ALL))
        with Replica.open(file) as replica:
            replica.capture()
            with closing(Eye(file)) as eye:
                assert eye.pending() == []
            version = replica.db_version()
            assert replica.repair() == []
            assert replica.db_version() == version, "a comparison of everything finds nothing"
    assert ends[0] == ends[1]
    check_clocks(path, room)
