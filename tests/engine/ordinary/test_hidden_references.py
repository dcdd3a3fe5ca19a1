"""Rows that refer to a hidden one: hidden behind it, told, and shown with it; none refers to what is not shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replica import Replica
from tests.engine.ordinary.conftest import Open

pytestmark = pytest.mark.usefixtures("how_merged")


def test_what_refers_to_hidden_rows_is_told_of(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(
            "CREATE TABLE folders (id INTEGER PRIMARY KEY, name UNIQUE);"
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder REFERENCES folders, title UNIQUE);"
            "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
            "CREATE TABLE tagged (id INTEGER PRIMARY KEY, tag REFERENCES tags)"
        )
        told = {status.name: status.cautions for status in replica.tables()}
    assert told["notes"] == told["tags"] == ()
    assert ["what refers to it" in caution for caution in told["folders"]] == [True]


PARENTS = (
    "CREATE TABLE folders (id {key} PRIMARY KEY, name UNIQUE);"
    "CREATE TABLE notes (id {key} PRIMARY KEY, folder REFERENCES folders, title, up REFERENCES notes);"
    "CREATE TABLE tags (note REFERENCES notes, tag TEXT, PRIMARY KEY (note, tag))"
)


@pytest.mark.parametrize("key", ["INTEGER", "TEXT"])
@pytest.mark.parametrize("order", [("folders", "notes", "tags"), ("tags", "notes", "folders")])
def test_what_refers_to_a_hidden_row_waits_behind_it(new: Open, key: str, order: tuple[str, ...]) -> None:
    """And what refers to that; all of it comes in with it. No file has a reference to a row that is not shown."""
    names = ("folders", "notes", "tags")
    schema = PARENTS.format(key=key).replace("folder R", f"folder {key} R").replace("up R", f"up {key} R")
    schema = schema.replace("note R", f"note {key} R")
    one, other = new(schema, *names), new(schema, *names)
    for n, file in enumerate((one, other), 1):
        file.app(
            f"INSERT INTO folders VALUES ({n}, 'Inbox')",
            f"INSERT INTO notes VALUES ({n}{n}, {n}, 'of {n}', NULL), ({n}{n}0, NULL, 'below', {n}{n})",
            f"INSERT INTO tags VALUES ({n}{n}0, 'x')",
        )
    for _ in range(2):
        for to, source in ((one, other), (other, one)):
            for name in order:
                to.merge(source.changes(0, name))
    [kept] = {str(file.db.execute("SELECT name FROM folders").fetchall()) for file in (one, other)}
    assert kept == "[('Inbox',)]"
    for file in (one, other):
        assert file.db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert [(row.reason, row.in_the_way is not None) for row in file.hidden("folders")] == [("unique", True)]
        assert [row.reason for row in file.hidden("notes")] == ["parent", "parent"]
        assert [row.reason for row in file.hidden("tags")] == ["parent"]
        assert len(file.db.execute("SELECT 1 FROM tags").fetchall()) == 1
    one.app("UPDATE folders SET name = 'Work'")
    one.capture()
    for name in order:
        other.merge(one.changes(0, name))
    for file in (one, other):
        assert not any(file.hidden(name) for name in names)
        assert file.db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert len(file.db.execute("SELECT 1 FROM tags").fetchall()) == 2
        version = file.state.db_version()
        file.compare_all()
        assert file.state.db_version() == version


def test_what_waits_behind_a_row_that_is_deleted_is_shown(new: Open) -> None:
    schema = PARENTS.format(key="TEXT")
    one, other = new(schema, "folders", "notes"), new(schema, "folders", "notes")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox')")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox')", "INSERT INTO notes VALUES ('n', 'b', '', NULL)")
    for name in ("folders", "notes"):
        one.merge(other.changes(0, name))
    assert [row.reason for row in one.hidden("notes")] == ["parent"]
    other.app("DELETE FROM folders")
    one.merge(other.changes(0, "folders"))
    assert one.hidden("notes") == []
    assert one.rows("notes") == {"n": ("b", "", None)}


def test_a_row_whose_key_is_no_valid_text_stands_in_no_deletions_way(new: Open) -> None:
    names = ("folders", "notes")
    one, other = new(PARENTS.format(key="TEXT"), *names), new(PARENTS.format(key="TEXT"), *names)
    one.app("INSERT INTO folders VALUES ('a', 'Inbox')")
    other.merge(one.changes(0, "folders"))
    other.app("INSERT INTO notes VALUES (CAST(x'ff61' AS TEXT), 'a', '', NULL), ('ok', 'a', '', NULL)")
    one.app("DELETE FROM folders")
    other.merge(one.changes(0, "folders"))
    assert other.rows("folders") == {}
    assert other.db.execute("SELECT count(*) FROM notes").get == 2


def test_what_refers_to_a_row_that_is_not_there_is_shown(new: Open) -> None:
    one, other = (
        new(PARENTS.format(key="TEXT"), "folders", "notes"),
        new(PARENTS.format(key="TEXT"), "folders", "notes"),
    )
    one.app("INSERT INTO folders VALUES ('f', 'Inbox')", "INSERT INTO notes VALUES ('n', 'f', '', NULL)")
    other.merge(one.changes(0, "notes"))
    assert other.rows("notes") == {"n": ("f", "", None)}
