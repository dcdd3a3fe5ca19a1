"""Ordinary tables in files that are open: an app writes with the standard library, and the other machine has it."""

from __future__ import annotations

from pathlib import Path

from engine.replica import Replica
from tests.engine.apps import running
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, until

NOTES = (
    "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE tags (note TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE, tag TEXT NOT NULL,"
    " PRIMARY KEY (note, tag)) WITHOUT ROWID;"
)
ROOM = (
    "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body, stars INTEGER DEFAULT 0);"
    "CREATE TABLE tags (note TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (note, tag)) WITHOUT ROWID;"
    "SELECT crsql_as_crr('notes'); SELECT crsql_as_crr('tags');"
)


def make_ordinary(path: Path, schema: str = NOTES, *tables: str) -> Path:
    """A file of an app's, whose tables were then made syncable."""
    path.parent.mkdir(exist_ok=True)
    with running(path) as app:
        app.do(*schema.split(";"))
    with Replica.open(path) as replica:
        for table in tables or ("notes", "tags"):
            replica.make_ordinary(table)
    return path


@on_loop
async def test_an_app_may_be_a_version_ahead(tmp_path: Path) -> None:
    """What both sides have goes on; the new column comes whole when the other side gets it."""
    ahead = NOTES.replace("stars INTEGER", "color TEXT, stars INTEGER")
    room, one = make_ordinary(tmp_path / "hub/room"), make_ordinary(tmp_path / "one.db", ahead)
    with running(one) as here, running(room) as there:
        async with plain_engine() as server, plain_engine() as client:
            hub = await server.serving.start(room.parent)
            peer = await add_peer(client, one, hub.url)
            here.do("INSERT INTO notes (id, title, color) VALUES ('a', 'A', 'red'), ('b', 'B', 'blue')")
            await until(lambda: there.do("SELECT title FROM notes") == [("A",), ("B",)], "the hub has the notes")
            there.do("UPDATE notes SET title = 'C' WHERE id = 'b'")
            await until(lambda: here.do("SELECT title FROM notes") == [("A",), ("C",)], "and this side the answer")
            await client.peers.wait_in_sync(timeout=PATIENCE)
            assert [status.shared for status in client.peers.statuses()] == [(2, 2, 2)]
            assert (await client.checks.verify(peer, timeout=PATIENCE)).summary == "identical: 2 tables, 2 rows"
            there.do("ALTER TABLE notes ADD COLUMN color TEXT")
            await until(lambda: there.do("SELECT color FROM notes") == [("red",), ("blue",)], "the column came")
            await client.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_what_an_app_writes_is_on_the_other_machine(tmp_path: Path) -> None:
    """Through a room of the hub's that has the same tables as cr-sqlite's."""
    room = make_file(tmp_path / "hub/room", ROOM)
    one, two = make_ordinary(tmp_path / "one.db"), make_ordinary(tmp_path / "two.db")
    with running(one) as here, running(two) as there:
        async with plain_engine() as server, plain_engine() as left, plain_engine() as right:
            hub = await server.serving.start(room.parent)
            await add_peer(left, one, hub.url)
            await add_peer(right, two, hub.url)
            here.do("INSERT INTO notes VALUES ('a', 'A', 'x', 1)", "INSERT INTO tags VALUES ('a', 'red')")
            await until(lambda: there.do("SELECT * FROM tags") == [("a", "red")], "the other machine has it")
            there.do("UPDATE notes SET title = 'B', stars = stars + 1")
            await until(lambda: here.do("SELECT title, stars FROM notes") == [("B", 2)], "and this one the answer")
            here.do("DELETE FROM notes")
            await until(lambda: there.do("SELECT * FROM tags, notes") == [], "what a cascade deletes is gone too")
            for engine in (left, right):
                await engine.peers.wait_in_sync(timeout=PATIENCE)
        assert here.do("SELECT count(*) FROM tags") == there.do("SELECT count(*) FROM tags") == [(0,)]
