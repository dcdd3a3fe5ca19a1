"""Something that is no database has the place of a synced file for a while: all who sync it are told, and go on once
the file is back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.crr import connect
from engine.errors import NoSuchFile, NotADatabase, ReplicaError
from engine.peer_state import State
from engine.storage import file_watch, refresher
from tests.engine.live import HASTY, PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write

TOO_LONG = "x" * 300
"""No file can be called so: looking at it is an error of the system, and not that nothing is there."""

THINGS: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "something else": lambda path: path.write_bytes(b"?" * 5_000),
    "a pipe": os.mkfifo,
    "a link that cannot be followed": lambda path: path.symlink_to(TOO_LONG),
}
GUESTS = 4


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresher, "RETRY", 0.3)
    monkeypatch.setattr(file_watch, "SAME", 0.3)


class Place:
    """Where a file is, and beside which it can be put."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._aside = path.parent.parent / f"aside-{path.name}"

    def take(self, put: Callable[[Path], object]) -> None:
        """Put something in the file's place."""
        self.path.rename(self._aside)
        put(self.path)

    def back(self) -> None:
        """Put the file back."""
        self.path.rmdir() if os.path.isdir(self.path) else self.path.unlink()
        self._aside.rename(self.path)


@pytest.mark.parametrize("thing", THINGS)
@on_loop
async def test_at_the_hub(tmp_path: Path, thing: str) -> None:
    """None of several guests who have nothing to say goes on being “In sync” with what is gone."""
    place = Place(make_file(tmp_path / "hub" / "room"))
    mine = [make_file(tmp_path / f"{number}.db") for number in range(GUESTS)]
    write(mine[0], "INSERT INTO item (id) VALUES (1)")
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(place.path.parent)
        for path in mine:
            await add_peer(client, path, hub.url)
        await until(lambda: all(len(rows(path)) == 1 for path in mine), "all have it")
        await client.peers.wait_in_sync(timeout=PATIENCE)
        place.take(THINGS[thing])
        told = lambda: [status for status in client.peers.statuses() if "room's file" in status.reason]  # noqa: E731
        seen: set[str] = set()

        def all_told() -> bool:
            seen.update(status.peer for status in told())
            return len(seen) == GUESTS

        await until(all_told, "all are told")
        write(mine[1], "INSERT INTO item (id) VALUES (2)")
        place.back()
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: all(len(rows(path)) == 2 for path in (*mine, place.path)), "all have all")


@pytest.mark.parametrize("thing", THINGS)
@on_loop
async def test_here(tmp_path: Path, thing: str) -> None:
    place, room = Place(make_file(tmp_path / "here" / "mine.db")), make_file(tmp_path / "hub" / "room")
    async with plain_engine() as server, plain_engine(HASTY) as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, place.path, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        place.take(THINGS[thing])
        words = ("not a database", "not a SQLite database", "cannot be opened")
        await until(lambda: any(one in client.peers.statuses()[0].reason for one in words), "it is told")
        assert client.peers.statuses()[0].state is not State.IN_SYNC
        write(room, "INSERT INTO item (id) VALUES (1)")
        place.back()
        await client.peers.wait_in_sync(timeout=PATIENCE)
        await until(lambda: len(rows(place.path)) == 1, "what came meanwhile")


@pytest.mark.parametrize("thing", THINGS)
def test_what_is_said_of_it(tmp_path: Path, thing: str) -> None:
    """In words, and at once: whoever reads a pipe waits until somebody writes to it."""
    expected: dict[str, tuple[type[ReplicaError], str]] = {
        "a folder": (NotADatabase, "is a folder, not a database"),
        "something else": (NotADatabase, "is not a SQLite database"),
        "a pipe": (NotADatabase, "is a pipe or a device, not a database"),
        "a link that cannot be followed": (NoSuchFile, "cannot be opened"),
    }
    THINGS[thing](path := tmp_path / "a.db")
    kind, words = expected[thing]
    for options in ({}, {"readonly": True}, {"create": True}):
        with pytest.raises(kind, match=words):
            connect(path, **options)
