"""An app makes a table anew under another key while rows of it are hidden: none of them is lost."""

from __future__ import annotations

import pytest

from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.test_hidden import merge
from tests.engine.ordinary.test_same_rows import settled as nothing_left

FOLDERS = "CREATE TABLE folders ({key}, uid TEXT NOT NULL, name TEXT UNIQUE, note{more})"


def rebuilt(new: str) -> str:
    """What an app does that gives a table another key."""
    made = new.replace("TABLE folders", "TABLE made")
    return f"{made}; INSERT INTO made SELECT * FROM folders; DROP TABLE folders; ALTER TABLE made RENAME TO folders"


def with_a_hidden_one(new: Open, key: str) -> File:
    """A file that shows one folder “Inbox” and hides another."""
    text = FOLDERS.format(key=key, more="")
    files = [new(text, "folders"), new(text, "folders")]
    for n, file in enumerate(files):
        file.app(f"INSERT INTO folders VALUES ({n + 5}, 'u{n}', 'Inbox', '{'long' * n * 20}')")
    merge(files[0], files[1])
    assert [row.reason for row in files[0].hidden("folders")] == ["unique"]
    return files[0]


@pytest.mark.parametrize("key", ["id TEXT PRIMARY KEY", "id INTEGER PRIMARY KEY"])
@pytest.mark.parametrize(
    "after",
    [
        FOLDERS.format(key="id TEXT", more=", PRIMARY KEY (id, uid)"),
        FOLDERS.format(key="id", more=", PRIMARY KEY (uid)"),
        FOLDERS.format(key="id TEXT", more=", PRIMARY KEY (name, uid)"),
    ],
)
def test_it_waits_under_the_new_key(new: Open, key: str, after: str) -> None:
    file = with_a_hidden_one(new, key)
    file.app(rebuilt(after))
    file.capture()
    [row] = file.hidden("folders")  # whichever comes later by its new key
    assert row.reason == "unique"
    assert row.key in {change.pk for change in file.changes(0, "folders")}
    nothing_left(file)
    file.app("UPDATE folders SET name = 'Work'")
    file.capture()
    assert file.hidden("folders") == []
    found = {uid: (name, note) for uid, name, note in file.db.execute("SELECT uid, name, note FROM folders")}
    assert sorted(name for name, _ in found.values()) == ["Inbox", "Work"]
    assert {uid: note for uid, (_, note) in found.items()} == {"u0": "", "u1": "long" * 20}
    nothing_left(file)


def test_it_comes_in_where_the_new_rules_admit_it(new: Open) -> None:
    file = with_a_hidden_one(new, "id TEXT PRIMARY KEY")
    file.app(rebuilt("CREATE TABLE folders (id TEXT, uid TEXT NOT NULL PRIMARY KEY, name TEXT, note)"))
    file.capture()
    assert [name for (name,) in file.db.execute("SELECT name FROM folders")] == ["Inbox", "Inbox"]
    assert file.hidden("folders") == []
    nothing_left(file)


def test_what_a_type_would_change_stays_as_it_is(new: Open) -> None:
    text = "CREATE TABLE folders (id TEXT PRIMARY KEY, uid TEXT NOT NULL, zip {kind})"
    one, other = new(text.format(kind="TEXT"), "folders"), new(text.format(kind="INTEGER"), "folders")
    one.app("INSERT INTO folders VALUES ('a', 'u', '01067'), ('b', 'v', '7')")
    merge(other, one)
    assert [row.reason for row in other.hidden("folders")] == ["type", "type"]
    other.app(rebuilt("CREATE TABLE folders (id TEXT, uid TEXT PRIMARY KEY, zip INTEGER)"))
    other.capture()
    assert [(row.reason, row.values["zip"]) for row in other.hidden("folders")] == [("type", "01067"), ("type", "7")]
    nothing_left(other)


def test_one_without_a_value_for_the_new_key_is_left_out(new: Open) -> None:
    """It has no name by which anybody could know it."""
    file = with_a_hidden_one(new, "id TEXT PRIMARY KEY")
    file.app(
        "CREATE TABLE made (name TEXT UNIQUE, guid TEXT NOT NULL PRIMARY KEY);"
        " INSERT INTO made SELECT name, uid FROM folders; DROP TABLE folders; ALTER TABLE made RENAME TO folders"
    )
    file.capture()
    assert file.hidden("folders") == []
    assert len(file.rows("folders")) == 1
    nothing_left(file)
