"""Ordinary tables in files that are open: an app writes with the standard library, and the other machine has it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from engine.replica import Replica
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


def app(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """What a program does that knows nothing of Syncline; returns the rows of its last statement."""
    found: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            found = db.execute(statement).fetchall()
    return found


def make_ordinary(path: Path, schema: str = NOTES, *tables: str) -> Path:
    """A file of an app's, whose tables were then made syncable."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(schema)
    with Replica.open(path) as replica:
        for table in tables or ("notes", "tags"):
            replica.make_ordinary(table)
    return path


@on_loop
async def test_what_an_app_writes_is_on_the_other_machine(tmp_path: Path) -> None:
    """Through a room of the hub's that has the same tables as cr-sqlite's."""
    room = make_file(tmp_path / "hub/room", ROOM)
    one, two = make_ordinary(tmp_path / "one.db"), make_ordinary(tmp_path / "two.db")
    async with plain_engine() as server, plain_engine() as left, plain_engine() as right:
        hub = await server.serving.start(room.parent)
        await add_peer(left, one, hub.url)
        await add_peer(right, two, hub.url)
        app(one, "INSERT INTO notes VALUES ('a', 'A', 'x', 1)", "INSERT INTO tags VALUES ('a', 'red')")
        await until(lambda: app(two, "SELECT * FROM tags") == [("a", "red")], "the other machine has it")
        app(two, "UPDATE notes SET title = 'B', stars = stars + 1")
        await until(lambda: app(one, "SELECT title, stars FROM notes") == [("B", 2)], "and this one the answer")
        app(one, "DELETE FROM notes")
        await until(lambda: app(two, "SELECT * FROM tags, notes") == [], "what a cascade deletes is gone too")
        for engine in (left, right):
            await engine.peers.wait_in_sync(timeout=PATIENCE)
    assert app(one, "SELECT count(*) FROM tags") == app(two, "SELECT count(*) FROM tags") == [(0,)]
