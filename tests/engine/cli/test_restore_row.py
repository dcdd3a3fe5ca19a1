"""``syncline conflicts --restore``: a row that others have deleted, and values that they have overwritten."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path

import pytest

from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.history.journal import Journal
from engine.replica import Replica
from engine.settings import DatabaseConfig, Settings, SettingsFile, journal_path
from engine.storage.backup import Backups
from tests.engine.live import exchange, make_file, on_loop, writing
from tests.engine.programs import Command

SCHEMA = (
    "CREATE TABLE folders (id {key} PRIMARY KEY NOT NULL, name TEXT UNIQUE CHECK (name != ''), up {key} REFERENCES"
    " folders);"
    "CREATE TABLE notes (id {key} PRIMARY KEY NOT NULL, folder {key} REFERENCES folders, title TEXT)"
)
SHOWN = "SELECT notes.title, f.name, u.name FROM notes, folders f, folders u WHERE folder = f.id AND f.up = u.id"


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture(params=["TEXT", "INTEGER"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Two files with a folder in another, where one has added a note; the other has deleted both folders then."""
    paths = tmp_path / "one.db", tmp_path / "two.db"
    for path in paths:
        make_file(path, SCHEMA.format(key=request.param))
        with Replica.open(path) as replica:
            for table in ("folders", "notes"):
                replica.make_ordinary(table)
    run(paths[0], "INSERT INTO folders VALUES (7, 'Work', NULL), (8, 'Inbox', 7)")
    exchange(*paths)
    return paths


def run(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """An app writes, and has the foreign keys of its tables off."""
    with writing(path) as db:
        for statement in statements:
            found = db.execute(statement).fetchall()
    return found


def said_with_status_1(syncline: Command, *arguments: str | Path) -> str:
    """What a command prints that tells by its status that something waits."""
    process = syncline.start(*arguments)
    out, err = process.communicate()
    assert (process.returncode, err) == (1, "")
    return out


def test_deleted_rows_are_back_on_all_sides(syncline: Command, pair: tuple[Path, Path], tmp_path: Path) -> None:
    """As the newest backup has them, and as the rows that they were: what refers to them does so again."""
    here, there = pair
    Backups(syncline.home / "data/backups").make(here)
    run(here, "INSERT INTO notes VALUES (1, 8, 'a note')")
    run(there, "DELETE FROM folders")
    exchange(*pair)
    assert run(here, "SELECT * FROM folders") == []
    assert "No backup of" in syncline("conflicts", here, "--restore", "folders", "9", status=2)
    said = syncline("conflicts", here, "--restore", "folders", "7", status=2)
    assert "would be back on all machines, as of" in said
    assert "(name: Work; up: " in said
    assert run(here, "SELECT * FROM folders") == []
    assert "is back, as of" in syncline("conflicts", here, "--restore", "folders", "7", "--yes")
    told = json.loads(syncline("conflicts", here, "--restore", "folders", "8", "--yes", "--json"))
    assert (told["kind"], told["from"], told["hidden"]) == ("restored", "backup", None)
    assert (told["values"]["name"], str(told["values"]["up"])) == ("Inbox", "7")
    exchange(*pair)
    for path in pair:
        assert run(path, SHOWN) == [("a note", "Inbox", "Work")]
    assert "Nothing is known" in syncline("conflicts", here, "--restore", "folders", "7", "--yes", status=2)


def test_what_waits_for_a_deleted_row_is_listed_with_what_brings_it_back(
    syncline: Command, pair: tuple[Path, Path]
) -> None:
    here, there = pair
    Backups(syncline.home / "data/backups").make(here)
    run(here, "INSERT INTO notes VALUES (1, 8, 'a note')")
    run(there, "DELETE FROM folders WHERE id = 8")
    exchange(*pair)
    for path in pair:
        assert run(path, "SELECT * FROM notes", "PRAGMA foreign_key_check") == []
    [row] = map(json.loads, said_with_status_1(syncline, "conflicts", here, "--json").splitlines())
    key = row["awaits"]["key"]
    assert (row["reason"], row["awaits"]) == ("parent", {"table": "folders", "key": key, "deleted": True})
    told = said_with_status_1(syncline, "conflicts", here).splitlines()
    assert f"“notes”, row {row['key']} is hidden: “folders”, row {key}, to which it refers, was deleted." in told
    [command] = [line.split(": syncline ")[1] for line in told if line.startswith("To bring back")]
    assert "is back, as of" in syncline(*shlex.split(command), "--yes")
    exchange(*pair)
    for path in pair:
        assert run(path, SHOWN) == [("a note", "Inbox", "Work")]
        assert f"Nothing in {path}" in syncline("conflicts", path)


def test_a_row_that_is_hidden_is_not_one_that_was_deleted(syncline: Command, pair: tuple[Path, Path]) -> None:
    here, there = pair
    run(here, "INSERT INTO folders VALUES (9, 'Later', NULL)")
    exchange(*pair)
    Backups(syncline.home / "data/backups").make(here)
    run(there, "DELETE FROM folders WHERE id = 9")
    exchange(*pair)
    run(here, "UPDATE folders SET name = 'Later' WHERE id = 7")
    restore = "conflicts", here, "--restore", "folders", "9", "--yes"
    assert "is back, and hidden" in said_with_status_1(syncline, *restore)
    assert "No backup of" in syncline(*restore, status=2)


@on_loop
async def test_overwritten_values_are_put_back(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are still what others have made of them, as the window's journal has them."""
    here, there = pair
    syncline = Command(tmp_path / "home")
    monkeypatch.setenv("SYNCLINE_HOME", str(syncline.home))
    database = DatabaseConfig.new(here, "here")
    SettingsFile().save(Settings(databases=(database,)))
    run(there, "UPDATE folders SET name = name || ' of theirs'")
    with Replica.open(there) as source, Replica.open(here) as replica:
        applied = replica.merge(source.changes().changes).applied
        lines = tuple(
            FlowChange("folders", one.key, one.change.cid, one.change.val, 1, None, 1, one.old, one.had_old)
            for one in applied
        )
    assert {line.old for line in lines} >= {"Work", "Inbox"}
    async with Journal(journal_path()) as journal:
        journal.add_overwritten(ChangesMoved(time.time(), database.id, "", FlowDirection.IN, lines), "theirs")
    run(here, "UPDATE folders SET name = 'Mine' WHERE id = 7")
    assert "Nothing is known" in syncline("conflicts", here, "--restore", "folders", "7", "--yes", status=2)
    assert "on all machines: name: Inbox.\n" in syncline("conflicts", here, "--restore", "folders", "8", status=2)
    told = json.loads(syncline("conflicts", here, "--restore", "folders", "8", "--yes", "--json"))
    assert (told["from"], told["values"], told["hidden"]) == ("journal", {"name": "Inbox"}, None)
    exchange(*pair)
    for path in pair:
        assert run(path, "SELECT name FROM folders ORDER BY id") == [("Mine",), ("Inbox",)]


LINKS = "https://example.com/articles/2026/11/30/page-{}"


def test_long_keys(syncline: Command, tmp_path: Path) -> None:
    """They are named whole; what is shown of them may be that of another row. One that nobody can read is no matter."""
    path = make_file(tmp_path / "a.db", "CREATE TABLE links (url TEXT PRIMARY KEY NOT NULL, v)")
    with Replica.open(path) as replica:
        replica.make_ordinary("links")
    run(path, *(f"INSERT INTO links VALUES ('{LINKS.format(n)}', {n})" for n in (1, 2, 3)))
    with Replica.open(path) as replica:
        replica.capture()
    Backups(syncline.home / "data/backups").make(path)
    run(path, "DELETE FROM links WHERE v > 1", "INSERT INTO links VALUES (CAST(x'ff61' AS TEXT), 9)")
    with Replica.open(path) as replica:
        replica.capture()
    cut = LINKS[:39] + "…"
    assert "Several rows" in syncline("conflicts", path, "--restore", "links", cut, "--yes", status=2)
    assert "is back" in syncline("conflicts", path, "--restore", "links", LINKS.format(2), "--yes")
    assert run(path, "SELECT v FROM links WHERE v < 9 ORDER BY v") == [(1,), (2,)]


def test_numbers_that_other_rows_have_by_now(syncline: Command, tmp_path: Path) -> None:
    """A row that comes back refers to the row that it referred to, and is the one that the backup has."""
    path = make_file(tmp_path / "a.db", SCHEMA.format(key="INTEGER"))
    with Replica.open(path) as replica:
        for table in ("folders", "notes"):
            replica.make_ordinary(table)

    def change(*statements: str) -> None:
        for one in statements:
            run(path, one)
            with Replica.open(path) as replica:
                replica.capture()

    change("INSERT INTO folders VALUES (3, 'Travel', NULL)", "INSERT INTO notes VALUES (1, 3, 'plane')")
    Backups(syncline.home / "data/backups").make(path)
    change("DELETE FROM notes", "DELETE FROM folders", "INSERT INTO folders VALUES (3, 'Private', NULL)")
    change("INSERT INTO notes VALUES (1, 3, 'other')", "DELETE FROM notes")
    assert "for certain" in syncline("conflicts", path, "--restore", "notes", "1", "--yes", status=2)
    assert run(path, "SELECT * FROM notes") == []


def test_a_backup_that_does_not_tell_which_row_it_was(syncline: Command, tmp_path: Path) -> None:
    """As it was made before the tables were synced; a row with a key of the app's own comes back from it."""
    path = make_file(tmp_path / "a.db", SCHEMA.format(key="INTEGER"))
    run(path, "INSERT INTO folders VALUES (3, 'Travel', NULL)", "INSERT INTO notes VALUES (1, 3, 'plane')")
    run(path, "CREATE TABLE words (id TEXT PRIMARY KEY NOT NULL, v)", "INSERT INTO words VALUES ('a', 1)")
    Backups(syncline.home / "data/backups").make(path)
    with Replica.open(path) as replica:
        for table in ("folders", "notes", "words"):
            replica.make_ordinary(table)
    run(path, "DELETE FROM notes", "DELETE FROM words")
    with Replica.open(path) as replica:
        replica.capture()
    assert "for certain" in syncline("conflicts", path, "--restore", "notes", "1", "--yes", status=2)
    assert "is back" in syncline("conflicts", path, "--restore", "words", "a", "--yes")
    assert run(path, "SELECT * FROM words") == [("a", 1)]
