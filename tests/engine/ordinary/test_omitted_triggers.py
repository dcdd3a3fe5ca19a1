"""Triggers that need what only their app has: where a person agrees, changes are merged without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import pytest

from engine.cli import main
from engine.errors import NotEligible, TableBroken
from engine.replica import Replica
from tests.engine.apps import App, running
from tests.engine.ordinary.test_eligibility import APP

SCHEMA = """
CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, body TEXT);
CREATE TABLE tags (id TEXT PRIMARY KEY, note TEXT);
CREATE TABLE search (id TEXT, title TEXT);
CREATE TABLE counted (what TEXT);
CREATE VIRTUAL TABLE found USING fts5 (title, content, content = 'notes', content_rowid = 'rowid');
"""
SCHEMA = SCHEMA.replace("title, content, ", "title, body, ")
TRIGGERS = (
    'CREATE TRIGGER "se\'arch" AFTER INSERT ON notes BEGIN INSERT INTO search VALUES (NEW.id, shout(NEW.title)); END',
    "CREATE TRIGGER [searched again] /* name */ AFTER UPDATE OF title ON main.notes WHEN shout(NEW.title) <> ''"
    " BEGIN UPDATE search SET title = shout(NEW.title) WHERE id = NEW.id; END",
    "CREATE TRIGGER counts AFTER INSERT ON notes BEGIN INSERT INTO counted VALUES ('one; END'); END",
    "CREATE TRIGGER nested AFTER INSERT ON counted BEGIN DELETE FROM tags; INSERT INTO tags VALUES ('stray', 1); END",
    "CREATE TRIGGER found_i AFTER INSERT ON notes BEGIN"
    " INSERT INTO found (rowid, title, body) VALUES (NEW.rowid, NEW.title, NEW.body); END",
    "CREATE TRIGGER found_d AFTER DELETE ON notes BEGIN"
    " INSERT INTO found (found, rowid, title, body) VALUES ('delete', OLD.rowid, OLD.title, OLD.body); END",
    "CREATE TRIGGER found_u AFTER UPDATE ON notes BEGIN"
    " INSERT INTO found (found, rowid, title, body) VALUES ('delete', OLD.rowid, OLD.title, OLD.body);"
    " INSERT INTO found (rowid, title, body) VALUES (NEW.rowid, NEW.title, NEW.body); END",
)


@contextmanager
def file(path: Path, triggers: tuple[str, ...] = TRIGGERS, schema: str = SCHEMA) -> Iterator[tuple[App, Replica]]:
    with running(path, APP) as app:
        app.do(*schema.split(";"), *triggers)
        with Replica.open(path) as replica:
            yield app, replica


def send(there: Replica, here: Replica) -> None:
    there.capture()
    here.merge(there.changes(0).changes)


@pytest.mark.parametrize("rows", [1, 300])
def test_changes_are_merged_without_them_and_with_all_others(rows: int, tmp_path: Path) -> None:
    with file(tmp_path / "a.db") as (app_there, there), file(tmp_path / "b.db") as (app, here):
        for replica in (there, here):
            with pytest.raises(NotEligible, match="needs the function “shout” of its app"):
                replica.make_ordinary("notes")
            replica.make_ordinary("notes", without_triggers=True)
            replica.make_ordinary("tags")
        numbers = f"WITH RECURSIVE up(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up WHERE n < {rows})"
        app.do("INSERT INTO tags VALUES ('kept', 'here')")
        app_there.do(f"{numbers} INSERT INTO notes SELECT 'k' || n, 'title ' || n, 'body' FROM up")
        send(there, here)
        read = here.connection.execute
        assert read("SELECT count(*) FROM notes").get == rows
        assert read("SELECT count(*) FROM counted").get == rows, "what can run has run"
        assert read("SELECT count(*) FROM search").get == 0
        assert read("SELECT count(*) FROM found WHERE found MATCH 'title'").get == rows
        assert read("SELECT id FROM tags ORDER BY id").fetchall() == [("kept",), ("stray",)], "written there, not here"
        app_there.do("UPDATE notes SET title = 'new'", "DELETE FROM notes WHERE id = 'k1'")
        send(there, here)
        read("INSERT INTO found (found, rank) VALUES ('integrity-check', 1)")
        assert read("SELECT count(*) FROM found WHERE found MATCH 'new'").get == rows - 1
        assert read("SELECT count(*) FROM temp.sqlite_schema WHERE name GLOB 'crsql_syncline_copy_*'").get == 0
        app.do("INSERT INTO notes VALUES ('mine', 'here', '')")
        assert app.do("SELECT title FROM search") == [("HERE",)], "in the app they all run"
        send(here, there)
        assert ("mine",) in app_there.do("SELECT id FROM notes")


def test_what_is_said_of_such_a_table(tmp_path: Path) -> None:
    with file(tmp_path / "a.db") as (_, replica):
        before = {table.name: table for table in replica.tables()}
        assert not before["notes"].eligible
        assert before["notes"].without_triggers.startswith(
            "It can be synced without the triggers “se'arch”, “searched again”; "
        )
        assert before["tags"].eligible
        replica.make_ordinary("notes", without_triggers=True)
        after = {table.name: table for table in replica.tables()}
        assert after["notes"].syncable
        assert (after["notes"].without_triggers, len(after["notes"].cautions)) == ("", 1)
        assert "without “se'arch”, “searched again”, which cannot run here" in after["notes"].cautions[0]
        replica.new_site_id()
        assert replica.tables()[0].without_triggers == "", "it stays agreed"
        replica.make_plain("notes")
        names = "SELECT count(*) FROM sqlite_schema WHERE name = 'crsql_syncline_without_triggers'"
        assert replica.connection.execute(names).get == 0


def test_a_table_brings_those_along_that_it_refers_to(tmp_path: Path) -> None:
    schema = (
        "CREATE TABLE lists (id INTEGER PRIMARY KEY, name);"
        "CREATE TABLE todo (id TEXT PRIMARY KEY, list INTEGER REFERENCES lists (id))"
    )
    trigger = "CREATE TRIGGER found AFTER INSERT ON lists BEGIN SELECT shout(NEW.name); END"
    with file(tmp_path / "a.db", (trigger,), schema) as (app, replica):
        todo = {table.name: table for table in replica.tables()}["todo"]
        assert "without the triggers “found”;" in todo.without_triggers
        replica.make_ordinary("todo", without_triggers=True)
        assert [table.syncable for table in replica.tables()] == [True, True]
        app.do("INSERT INTO lists VALUES (1, 'one')", "INSERT INTO todo VALUES ('a', 1)")
        replica.capture()
        assert {change.table for change in replica.changes().changes} == {"lists", "todo"}


def test_a_search_index_that_would_be_damaged_keeps_a_table_out(tmp_path: Path) -> None:
    insert = "INSERT INTO found (rowid, title) VALUES (NEW.rowid, shout(NEW.title))"
    feeds = f"CREATE TRIGGER feeds AFTER INSERT ON notes BEGIN {insert}; END"
    with file(tmp_path / "a.db", (feeds,)) as (_, replica):
        with pytest.raises(NotEligible, match="“found” would be damaged without it"):
            replica.make_ordinary("notes", without_triggers=True)
        assert replica.tables()[0].without_triggers == ""
    own = SCHEMA.replace("body, content = 'notes', content_rowid = 'rowid'", "content")
    with file(tmp_path / "b.db", (feeds,), own) as (_, replica):
        replica.make_ordinary("notes", without_triggers=True)


def test_a_trigger_that_comes_later_parks_the_table_until_it_is_agreed(tmp_path: Path) -> None:
    with file(tmp_path / "a.db", ()) as (app_there, there), file(tmp_path / "b.db", ()) as (app, here):
        for replica in (there, here):
            replica.make_ordinary("notes")
            replica.make_ordinary("tags")
        app.do(TRIGGERS[0], "CREATE TRIGGER other AFTER INSERT ON tags BEGIN SELECT shout(NEW.note); END")
        app_there.do("INSERT INTO notes VALUES ('a', 'b', 'c')")
        with pytest.raises(TableBroken, match="no such function: shout"):
            send(there, here)
        here.park("notes", "it was so")
        here.make_ordinary("notes", without_triggers=True)
        assert not here.parked()
        send(there, here)
        assert here.connection.execute("SELECT id FROM notes").fetchall() == [("a",)]
        app_there.do("INSERT INTO tags VALUES ('a', 'b')")
        with pytest.raises(TableBroken, match=r"“tags”.*no such function: shout"):
            send(there, here)
        app_there.do("DELETE FROM tags")
        assert here.connection.execute("SELECT * FROM tags").fetchall() == []


def test_the_command_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "a.db"
    with file(path):
        pass
    assert main(["make-syncable", str(path), "notes"]) == 1
    assert "To agree to that: --without-triggers" in capsys.readouterr().err
    assert main(["make-syncable", str(path), "--all"]) == 0
    assert "notes: cannot be synced" in capsys.readouterr().out
    assert main(["make-syncable", str(path), "--all", "--without-triggers"]) == 0
    assert "notes is now syncable" in capsys.readouterr().out
    with closing(apsw.Connection(str(path))) as db:
        assert db.execute("SELECT tbl FROM crsql_syncline_without_triggers").fetchall() == [("notes",)]
