"""Rows whose parent was deleted elsewhere wait for it, unless an app somewhere does not keep to the foreign key."""

from __future__ import annotations

import pytest

from engine.ordinary.parents import Parents
from engine.replica import Replica, delete_hidden
from tests.engine.ordinary.conftest import File, Open

SCHEMA = (
    "CREATE TABLE folders (id {key} PRIMARY KEY, name);"
    "CREATE TABLE notes (id {key} PRIMARY KEY, folder {key} REFERENCES folders {action}, title)"
)
NAMES = ("folders", "notes")
ON = "PRAGMA foreign_keys = ON; "

Pair = tuple[File, File]


def pair(new: Open, key: str = "TEXT", action: str = "") -> Pair:
    """Two files with a folder, and a note in it."""
    one, other = (new(SCHEMA.format(key=key, action=action), *NAMES) for _ in range(2))
    one.app("INSERT INTO folders VALUES (1, 'Inbox')", "INSERT INTO notes VALUES (1, 1, 'old')")
    take(other, one)
    return one, other


def take(to: File, source: File) -> None:
    """One takes all of another, after its greeting."""
    source.capture()
    to.hear_of_loose_keys(source)
    for name in NAMES:
        changes = source.changes(0, name)
        if changes:
            to.merge(changes)


def exchange(one: File, other: File) -> None:
    take(one, other)
    take(other, one)


def titles(file: File) -> list[str]:
    return [title for (title,) in file.db.execute("SELECT title FROM notes ORDER BY title")]


def waiting(file: File) -> list[tuple[object, str]]:
    return [(row.values["title"], row.reason) for row in file.hidden()]


def add_and_delete(one: File, other: File) -> None:
    """One app deletes the folder with all that is in it, while another adds a note to it."""
    other.app(ON + "INSERT INTO notes SELECT 7, id, 'new' FROM folders")
    one.app(ON + "DELETE FROM notes", ON + "DELETE FROM folders")


def holds(file: File) -> bool:
    return file.db.execute("PRAGMA foreign_key_check").fetchall() == []


def the_note_of_a_deleted_folder_waits(new: Open, key: str = "TEXT") -> Pair:
    one, other = pair(new, key)
    add_and_delete(one, other)
    exchange(one, other)
    for file in (one, other):
        assert titles(file) == []
        assert waiting(file) == [("new", "parent")]
        assert holds(file)
    return one, other


@pytest.mark.parametrize("refers", ["TEXT", "", "NUMERIC"])
@pytest.mark.usefixtures("how_merged")
def test_the_number_of_a_folder_may_be_held_as_text(new: Open, refers: str) -> None:
    schema = SCHEMA.format(key="INTEGER", action="").replace("folder INTEGER", f"folder {refers}")
    one, other = (new(schema, *NAMES) for _ in range(2))
    one.app("INSERT INTO folders VALUES (1, 'Inbox')")
    take(other, one)
    other.app(ON + "INSERT INTO notes SELECT 7, CAST(id AS TEXT), 'new' FROM folders")
    one.app(ON + "DELETE FROM folders")
    exchange(one, other)
    for file in (one, other):
        assert titles(file) == []
        assert waiting(file) == [("new", "parent")]


@pytest.mark.parametrize("key", ["TEXT", "INTEGER"])
@pytest.mark.usefixtures("how_merged")
def test_it_comes_in_with_its_folder(new: Open, key: str) -> None:
    one, other = the_note_of_a_deleted_folder_waits(new, key)
    later = new(SCHEMA.format(key=key, action=""), *NAMES)
    take(later, one)
    assert waiting(later) == [("new", "parent")]
    [change] = [change for change in one.changes(0, "folders") if change.cl % 2 == 0]
    one.merge([change._replace(cid="name", val="Inbox", col_version=1, cl=change.cl + 1, db_version=99)])
    take(other, one)
    take(later, other)
    for file in (one, other, later):
        assert titles(file) == ["new"]
        assert waiting(file) == []
        assert holds(file)


def test_an_app_deletes_a_folder_with_all_that_is_in_it(new: Open) -> None:
    one, other = pair(new, action="ON DELETE CASCADE")
    one.app(ON + "DELETE FROM folders")
    exchange(one, other)
    for file in (one, other):
        assert titles(file) == []
        assert waiting(file) == []
    assert one.tables.entries()[1].loose == frozenset()


def test_it_is_deleted(new: Open) -> None:
    one, other = the_note_of_a_deleted_folder_waits(new)
    with Replica.open(one.path) as replica:
        [row] = replica.hidden_rows()
        delete_hidden(replica, row)
    take(other, one)
    assert waiting(one) == waiting(other) == []


@pytest.mark.parametrize("action", ["ON DELETE SET NULL", "ON DELETE SET DEFAULT"])
def test_a_note_that_can_do_without_a_folder_is_shown(new: Open, action: str) -> None:
    one, other = pair(new, action=action)
    add_and_delete(one, other)
    exchange(one, other)
    assert titles(one) == titles(other) == ["new"]


def an_app_leaves_notes_on_purpose(new: Open, key: str = "TEXT") -> None:
    """It does not enforce its foreign keys, as is SQLite's default: the notes are shown everywhere."""
    one, other = pair(new, key)
    later = new(SCHEMA.format(key=key, action=""), *NAMES)
    other.app("INSERT INTO notes SELECT 7, id, 'new' FROM folders")
    one.app("DELETE FROM folders")
    exchange(one, other)
    take(later, other)
    for file in (one, other, later):
        assert titles(file) == ["new", "old"]
        assert waiting(file) == []


def an_app_writes_a_note_to_a_deleted_folder(new: Open, key: str = "TEXT") -> None:
    one, other = pair(new, key)
    one.app("DELETE FROM notes", "DELETE FROM folders")
    take(other, one)
    other.app("INSERT INTO notes VALUES (7, 1, 'new')")
    exchange(one, other)
    assert titles(one) == titles(other) == ["new"]


def a_file_had_notes_without_a_folder(new: Open, key: str = "TEXT") -> None:
    one, other = pair(new, key)
    later = new(SCHEMA.format(key=key, action="") + "; INSERT INTO notes VALUES (9, 9, 'nowhere')", *NAMES)
    exchange(one, later)
    add_and_delete(one, other)
    exchange(one, other)
    take(later, other)
    for file in (one, other, later):
        assert "new" in titles(file)
        assert waiting(file) == []


@pytest.mark.parametrize("key", ["TEXT", "INTEGER"])
@pytest.mark.usefixtures("how_merged")
def test_apps_that_do_not_keep_to_the_foreign_key(new: Open, key: str) -> None:
    an_app_leaves_notes_on_purpose(new, key)
    an_app_writes_a_note_to_a_deleted_folder(new, key)
    a_file_had_notes_without_a_folder(new, key)


def test_what_waits_comes_in_once_it_is_heard_that_an_app_does_not(new: Open) -> None:
    one, other = the_note_of_a_deleted_folder_waits(new)
    other.app("INSERT INTO notes VALUES (8, 2, 'to nobody')")
    take(one, other)
    assert titles(one) == ["new", "to nobody"]
    assert waiting(one) == waiting(other) == []


def test_nothing_waits_by_a_foreign_key_that_nobody_has_looked_at(new: Open) -> None:
    """A file that was synced before this was looked at may have notes that an app has left."""
    one, other = pair(new)
    other.db.execute("DELETE FROM crsql_master WHERE key = 'crsql_syncline_foreign_keys'")
    other.app("INSERT INTO notes VALUES (8, 2, 'left long ago')")
    take(other, one)
    add_and_delete(one, other)
    exchange(one, other)
    for file in (one, other):
        assert titles(file) == ["left long ago", "new"]


def test_each_parent_is_looked_at_once_however_many_rows_wait(new: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = pair(new)
    other.app(ON + "INSERT INTO notes SELECT value, '1', 'new' FROM json_each('[7, 8, 9, 10, 11, 12]')")
    one.app(ON + "DELETE FROM notes", ON + "DELETE FROM folders")
    exchange(one, other)
    assert len(waiting(other)) == 6
    asked: list[int] = []
    inner = Parents.awaited_by

    def awaited_by(self: Parents, r: int) -> int | None:
        asked.append(r)
        return inner(self, r)

    monkeypatch.setattr(Parents, "awaited_by", awaited_by)
    one.app("INSERT INTO folders VALUES ('x', 'Other')")
    take(other, one)
    assert len(waiting(other)) == 6
    assert len(set(asked)) == 1
