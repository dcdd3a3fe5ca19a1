"""Apps whose numbers SQLite hands out, on three machines and a hub, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.engine.apps import running
from tests.engine.programs import Command

SCHEMA = """
CREATE TABLE folders (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, parent INTEGER REFERENCES folders (id));
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, folder INTEGER NOT NULL REFERENCES folders (id)
  ON DELETE CASCADE, body TEXT);
CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
  folder INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE, PRIMARY KEY (note, folder));
"""
CONTENT = (
    "SELECT f.name, p.name, n.body, t.name FROM folders f LEFT JOIN folders p ON p.id = f.parent"
    " LEFT JOIN notes n ON n.folder = f.id LEFT JOIN tags ON tags.note = n.id LEFT JOIN folders t ON t.id = tags.folder"
    " ORDER BY 1, 2, 3, 4"
)


def new_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
    subprocess.run([sys.executable, "-c", script, path, SCHEMA], check=True)
    return path


def test_three_machines_keep_all_rows(tmp_path: Path) -> None:
    """Two are filled apart; the third has nothing, not even a file."""
    syncline = Command(tmp_path / "home")
    paths = [new_file(tmp_path / who / "app.db") for who in ("one", "two")]
    for path in paths:
        with running(path) as app:
            who = path.parent.name
            app.do(
                f"INSERT INTO folders (name) VALUES ('{who}')",
                f"INSERT INTO folders (name, parent) VALUES ('{who} below', 1)",
                f"INSERT INTO notes (folder, body) VALUES (2, '{who} note')",
                "INSERT INTO tags VALUES (1, 1)",
            )
        assert "folders is now syncable" in syncline("make-syncable", path, "--all")
    third = tmp_path / "three" / "app.db"
    third.parent.mkdir()
    hub = tmp_path / "hub"
    hub.mkdir()
    with syncline.running("serve", hub, "--port", "0", "--allow-create") as server:
        url = server.line.split(" at ")[1].split(";")[0]
        for path in (*paths, third, *paths):
            syncline("sync", path, url, "--room", "app", "--once")
        with running(paths[0]) as one, running(paths[1]) as two, running(third) as three:
            assert one.do("SELECT id, name FROM folders")[:2] == [(1, "one"), (2, "one below")]
            assert two.do("SELECT id, name FROM folders")[:2] == [(1, "two"), (2, "two below")]
            found = one.do(CONTENT)
            assert len(found) == 4
            assert ("two below", "two", "two note", "two") in found
            assert found == two.do(CONTENT) == three.do(CONTENT)
            two.do(
                "DELETE FROM notes WHERE body = 'one note'", "UPDATE folders SET name = 'renamed' WHERE name = 'one'"
            )
            one.do("INSERT INTO notes (folder, body) SELECT id, 'late' FROM folders WHERE name = 'two'")
            for path in (*paths, third, *paths, third):
                syncline("sync", path, url, "--room", "app", "--once")
            found = one.do(CONTENT)
            assert ("two", None, "late", None) in found
            assert ("one below", "renamed", None, None) in found
            assert found == two.do(CONTENT) == three.do(CONTENT)
            for app in (one, two, three):
                assert app.do("PRAGMA foreign_key_check") == []
                assert app.do("PRAGMA integrity_check") == [("ok",)]
        for path in paths:
            assert json.loads(syncline("verify", path, url, "--room", "app", "--json").splitlines()[-1])
            assert syncline("check", path)
