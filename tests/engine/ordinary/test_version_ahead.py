"""An app that is a version ahead on one machine: both go on, and the new column is everywhere once both apps have it.

Everything in processes of its own: the hub, ``syncline``, and the apps, which know nothing of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.replica import Replica
from engine.settings import DatabaseConfig, PeerConfig, Settings, SettingsFile
from tests.engine.apps import running
from tests.engine.live import make_file
from tests.engine.ordinary.test_synced import ROOM
from tests.engine.programs import Command

FIRST = "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body, stars INTEGER DEFAULT 0)"
SECOND = "ALTER TABLE notes ADD COLUMN color TEXT DEFAULT 'white'"
STAYS = "The column “color” of “notes” stays on this side until the other side has it too."


class Machine:
    """A machine with an app's file, synced with a room of a hub."""

    def __init__(self, folder: Path, url: str, schema: str = FIRST) -> None:
        self.file = folder / "app.db"
        self.run = Command(folder / "home")
        folder.mkdir()
        self.app(*schema.split(";"))
        self.run("make-syncable", self.file, "--all")
        database = DatabaseConfig.new(self.file, "app")
        peer = PeerConfig.new(database.id, url, room="room")
        settings = SettingsFile(self.run.home / "config" / "settings.toml")
        settings.save(Settings(databases=(database,), peers=(peer,)))

    def app(self, *statements: str) -> list[tuple[object, ...]]:
        """The app runs, writes, and ends."""
        with running(self.file) as app:
            return app.do(*statements)

    def update(self, *statements: str) -> None:
        """The next version of the app runs, and its new tables are synced too."""
        self.app(*statements)
        self.run("make-syncable", self.file, "--all")

    def sync(self) -> dict[str, Any]:
        """Sync once; returns what the peer's row told when the two were in sync."""
        told = [json.loads(line) for line in self.run("sync", self.file, "--json").splitlines()]
        found: dict[str, Any] = [one for one in told if one.get("state") == "In sync"][-1]
        return found

    def status(self) -> str:
        """What ``syncline status`` says."""
        return self.run("status")

    def rows(self) -> list[tuple[object, ...]]:
        """All notes, by key."""
        return self.app("SELECT * FROM notes ORDER BY id")


def renew(room: Path) -> None:
    """Whoever runs the hub gives the room the new column."""
    with Replica.open(room) as replica, replica.altering("notes") as db:
        db.execute(SECOND)


@pytest.mark.parametrize("room", ["ordinary", "cr-sqlite"])
def test_an_app_that_is_a_version_ahead(tmp_path: Path, room: str) -> None:
    """The room was made from the older version: by its first guest, or from a schema with cr-sqlite's tables."""
    rooms = tmp_path / "hub"
    rooms.mkdir()
    if room == "cr-sqlite":
        make_file(rooms / "room", ROOM)
    with Command(tmp_path / "server").running(
        "serve", rooms, "--port", "0", "--allow-create", "--no-follow-schema"
    ) as hub:
        url = hub.line.split(" at ")[1].split(";")[0]
        one, two = (Machine(tmp_path / name, url) for name in ("one", "two"))
        one.app("INSERT INTO notes (id, title) VALUES ('a', 'A'), ('b', 'B')")
        for machine in (one, two):
            assert machine.sync()["one_sided"] == []
        assert one.rows() == two.rows()

        one.app(SECOND, "INSERT INTO notes (id, title, color) VALUES ('c', 'C', 'red')")
        one.app("UPDATE notes SET color = 'blue' WHERE id = 'a'")
        two.app("UPDATE notes SET title = 'B2' WHERE id = 'b'", "INSERT INTO notes (id, title) VALUES ('d', 'D')")
        for machine in (one, two, one):
            assert machine.sync()["one_sided"] == ([STAYS] if machine is one else [])
        assert [(key, title) for key, title, *_ in two.rows()] == [("a", "A"), ("b", "B2"), ("c", "C"), ("d", "D")]
        assert [row[:4] for row in one.rows()] == two.rows()
        assert f"When last connected: {STAYS}" in one.status()
        assert "When last connected" not in two.status()

        two.app(SECOND, "UPDATE notes SET color = 'green' WHERE id = 'b'")
        assert two.sync()["one_sided"] == [STAYS]
        renew(rooms / "room")
        for machine in (one, two, one):
            assert machine.sync()["one_sided"] == []
        assert one.rows() == two.rows()
        assert [(key, color) for key, *_, color in one.rows()] == [
            ("a", "blue"),
            ("b", "green"),
            ("c", "red"),
            ("d", "white"),
        ]
        assert "When last connected" not in one.status() + two.status()
        assert one.sync()["reason"].startswith("Everything is on both disks.")


UPDATE = (
    SECOND,
    "CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)",
    "CREATE TABLE tagged (note TEXT NOT NULL REFERENCES notes (id), tag INTEGER NOT NULL REFERENCES tags (id),"
    " PRIMARY KEY (note, tag))",
)
"""The next version of the app has a new column and two new tables."""

TAGS = "SELECT note, name FROM tagged LEFT JOIN tags ON tags.id = tag ORDER BY 1, 2"


def test_the_others_are_updated_later_and_nobody_sees_to_the_hub(tmp_path: Path) -> None:
    """Three machines: all write all the time, and at any moment what both of two versions have is synced."""
    rooms = tmp_path / "hub"
    rooms.mkdir()
    with Command(tmp_path / "server").running("serve", rooms, "--port", "0", "--allow-create") as hub:
        url = hub.line.split(" at ")[1].split(";")[0]
        one, two, three = machines = [Machine(tmp_path / name, url) for name in ("one", "two", "three")]
        one.app("INSERT INTO notes (id, title) VALUES ('a', 'A'), ('b', 'B')")
        for machine in machines:
            machine.sync()

        one.update(*UPDATE)
        one.app("INSERT INTO notes (id, title, color) VALUES ('c', 'C', 'red')", "INSERT INTO tags (name) VALUES ('1')")
        one.app("UPDATE notes SET color = 'blue' WHERE id = 'a'", "INSERT INTO tagged VALUES ('a', 1)")
        two.app("UPDATE notes SET title = 'B2' WHERE id = 'b'", "INSERT INTO notes (id, title) VALUES ('d', 'D')")
        three.app("UPDATE notes SET stars = 3 WHERE id = 'a'", "DELETE FROM notes WHERE id = 'b'")
        for machine in (*machines, one, two):
            told = machine.sync()["one_sided"]
            assert bool(told) is (machine is not one), "the hub follows before anything is sent"
        assert [row[:4] for row in one.rows()] == two.rows() == three.rows()

        two.update(*UPDATE)
        two.app("UPDATE notes SET color = 'green' WHERE id = 'd'", "INSERT INTO tags (name) VALUES ('2')")
        two.app("INSERT INTO tagged VALUES ('d', (SELECT id FROM tags WHERE name = '2'))")
        three.app("INSERT INTO notes (id, title) VALUES ('e', 'E')")
        for machine in (*machines, one, two):
            machine.sync()
        assert one.rows() == two.rows()
        assert one.app(TAGS) == two.app(TAGS) == [("a", "1"), ("d", "2")]

        three.update(*UPDATE)
        for machine in (*machines, one, two):
            assert machine.sync()["one_sided"] == []
        assert one.rows() == two.rows() == three.rows() == [
            ("a", "A", None, 3, "blue"),
            ("c", "C", None, 0, "red"),
            ("d", "D", None, 0, "green"),
            ("e", "E", None, 0, "white"),
        ]  # fmt: skip
        assert one.app(TAGS) == two.app(TAGS) == three.app(TAGS) == [("a", "1"), ("d", "2")]
