"""Rows that a UNIQUE rule keeps from being shown: whole, told, and back by themselves when nothing is in their way."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.change import Change
from engine.errors import UsageError
from engine.replica import Replica
from engine.tables import Damage, pack_columns
from tests.engine.ordinary.conftest import File, Open

FOLDERS = "CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT UNIQUE, note)"

pytestmark = pytest.mark.usefixtures("how_merged")


def merge(to: File, source: File, name: str = "folders") -> None:
    """Everything that a file has goes to another one."""
    to.merge(source.changes(0, name))


def read(replica: Replica) -> list[Change]:
    """All that a file tells."""
    return replica.changes().changes


def shown(file: File) -> dict[object, object]:
    """The names that a file shows, by key."""
    return dict(file.db.execute("SELECT id, name FROM folders"))


def hidden(file: File) -> list[tuple[str, str, str]]:
    """Of each hidden row the key, the reason and the row in its way."""
    return [(row.shown_key, row.reason, row.shown_in_the_way) for row in file.hidden("folders")]


def test_the_later_row_is_hidden_whole(new: Open) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1), ('c', 'Work', 2)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 3), ('d', 'Home', 4)")
    merge(one, other)
    merge(other, one)
    for file in (one, other):
        assert shown(file) == {"a": "Inbox", "c": "Work", "d": "Home"}
        [row] = file.hidden("folders")
        assert row.values == {"name": "Inbox", "note": 3}
        assert hidden(file) == [("“b”", "unique", "“a”")]
        assert {(c.pk, c.cid, c.val) for c in file.changes(0, "folders")} == {
            (c.pk, c.cid, c.val) for c in one.changes(0, "folders")
        }


@pytest.mark.parametrize(
    "frees",
    [
        "DELETE FROM folders WHERE id = 'a'",
        "UPDATE folders SET name = 'Out' WHERE id = 'a'",
        "UPDATE folders SET name = NULL WHERE id = 'a'",
    ],
)
@pytest.mark.parametrize("where", ["here", "there"])
def test_it_comes_in_when_the_reason_goes(new: Open, frees: str, where: str) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 3)")
    merge(one, other)
    merge(other, one)
    before = one.state.db_version()
    one.app(frees)
    one.capture()
    assert shown(one)["b"] == "Inbox"
    assert one.hidden("folders") == []
    assert {c.pk for c in one.changes(before, "folders")} == {b"\x01\x0b\x01a"}  # it was written by nobody
    if where == "there":
        merge(other, one)
        assert shown(other) == shown(one)
        assert other.hidden("folders") == []
    one.compare_all()
    assert {c.pk for c in one.changes(before, "folders")} == {b"\x01\x0b\x01a"}


def test_an_earlier_row_pushes_out_the_later_one(new: Open) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('b', 'Inbox', 1), ('c', 'Inbox2', 1)")
    other.app("INSERT INTO folders VALUES ('a', 'Inbox', 3)")
    merge(one, other)
    assert shown(one) == {"a": "Inbox", "c": "Inbox2"}
    assert hidden(one) == [("“b”", "unique", "“a”")]
    before = one.state.db_version()
    one.compare_all()
    assert one.state.db_version() == before  # nothing was written here
    assert one.changes(before, "folders") == []


def test_values_of_a_hidden_row_are_merged(new: Open) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 3)")
    merge(one, other)
    other.app("UPDATE folders SET note = 4 WHERE id = 'b'")
    merge(one, other)
    assert one.hidden("folders")[0].values == {"name": "Inbox", "note": 4}
    other.app("UPDATE folders SET name = 'Out' WHERE id = 'b'")
    merge(one, other)
    assert shown(one) == {"a": "Inbox", "b": "Out"}
    other.app("UPDATE folders SET name = 'Inbox' WHERE id = 'b'")
    merge(one, other)
    assert hidden(one) == [("“b”", "unique", "“a”")]
    other.app("DELETE FROM folders")
    merge(one, other)
    assert one.hidden("folders") == []
    assert shown(one) == {"a": "Inbox"}


def test_two_rows_change_places(new: Open) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'A', 1), ('b', 'B', 1)")
    merge(other, one)
    one.app("UPDATE folders SET name = id || 'x'", "UPDATE folders SET name = CASE id WHEN 'a' THEN 'B' ELSE 'A' END")
    merge(other, one)
    assert shown(other) == {"a": "B", "b": "A"}
    assert other.hidden("folders") == []


def test_a_row_that_an_app_writes_under_a_hidden_key_overwrites_it(new: Open) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 3)")
    merge(one, other)
    one.app("INSERT INTO folders VALUES ('b', 'Mine', 3)")
    one.capture()
    assert one.hidden("folders") == []
    assert one.versions("folders")[("b",)] == (1, {"name": 2, "note": 1})
    merge(other, one)
    assert shown(other) == shown(one) == {"a": "Inbox", "b": "Mine"}


def test_deleting_a_hidden_key_is_nothing(new: Open) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 3)")
    merge(one, other)
    one.app("INSERT INTO folders VALUES ('b', 'Mine', 3)", "DELETE FROM folders WHERE id = 'b'")
    one.capture()
    assert [row.shown_key for row in one.hidden("folders")] == ["“b”"]
    assert one.versions("folders")[("b",)] == (1, {"name": 1, "note": 1})


def test_replace_by_an_app_displaces_the_row_in_the_way(new: Open) -> None:
    """No trigger tells of that; the row was deleted, and what it hid comes in if it can."""
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('b', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('c', 'Inbox', 3)")
    merge(one, other)
    one.app("INSERT OR REPLACE INTO folders VALUES ('d', 'Inbox', 4)")
    one.capture()
    assert shown(one) == {"c": "Inbox"}, "c comes before d"
    assert hidden(one) == [("“d”", "unique", "“c”")]
    merge(other, one)
    assert shown(other) == {"c": "Inbox"}


def test_a_rule_that_goes_lets_rows_in(new: Open) -> None:
    one, other = (
        new("CREATE TABLE notes (id TEXT PRIMARY KEY, name)"),
        new("CREATE TABLE notes (id TEXT PRIMARY KEY, name)"),
    )
    one.app("CREATE UNIQUE INDEX i ON notes (lower(name)) WHERE name != ''", "INSERT INTO notes VALUES ('a', 'Inbox')")
    other.app("INSERT INTO notes VALUES ('b', 'INBOX'), ('c', ''), ('d', '')")
    merge(one, other, "notes")
    assert one.rows() == {"a": ("Inbox",), "c": ("",), "d": ("",)}
    assert [row.shown_key for row in one.hidden()] == ["“b”"]
    one.app("ALTER TABLE notes ADD COLUMN more DEFAULT 'a text of more than thirty-two bytes'")
    one.capture()
    assert one.hidden()[0].values == {"name": "INBOX", "more": "a text of more than thirty-two bytes"}
    one.app("DROP INDEX i")
    one.capture()
    assert one.hidden() == []
    assert one.rows()["b"] == ("INBOX", "a text of more than thirty-two bytes")
    version = one.state.db_version()
    one.compare_all()
    assert one.state.db_version() == version


def test_a_key_that_takes_two_spellings_for_one(new: Open) -> None:
    schema = "CREATE TABLE notes (id TEXT PRIMARY KEY COLLATE NOCASE, name)"
    one, other = new(schema), new(schema)
    one.app("INSERT INTO notes VALUES ('tag', 1)")
    other.app("INSERT INTO notes VALUES ('Tag', 2)")
    merge(one, other, "notes")
    merge(other, one, "notes")
    for file in (one, other):
        assert file.rows() == {"Tag": (2,)}
        assert [(row.shown_key, row.values) for row in file.hidden()] == [("“tag”", {"name": 1})]
    other.app("DELETE FROM notes")
    other.capture()
    assert other.rows() == {"tag": (1,)}


def test_sqlite_hands_out_the_number_of_a_hidden_row(new: Open) -> None:
    """The app's new row is another one; the hidden row gets another number, and what referred to it goes along."""
    folders = "CREATE TABLE folders (id INTEGER PRIMARY KEY, name UNIQUE COLLATE NOCASE, note)"
    schema = f"{folders}; CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders)"
    one, other = new(schema, "folders", "notes"), new(schema, "folders", "notes")
    for file in (one, other):
        file.app("INSERT INTO folders VALUES (1, 'Inbox', 0)")
    files = sorted((one, other), key=lambda file: file.changes(0, "folders")[0].pk)
    first, last = files
    last.app("INSERT INTO notes VALUES (7, 1)")
    merge(last, first)
    [row] = last.hidden("folders")
    assert row.shown_key == "1"
    assert last.rows("folders") == {2: ("Inbox", 0)}
    last.app(
        "DELETE FROM notes WHERE 0", "INSERT INTO folders VALUES (1, 'Other', 5)", "INSERT INTO notes VALUES (8, 1)"
    )
    merge(first, last)
    merge(first, last, "notes")
    assert last.hidden("folders")[0].key == row.key
    names = "SELECT n.id, f.name FROM notes n LEFT JOIN folders f ON f.id = n.folder ORDER BY n.id"
    for file in files:
        assert list(file.db.execute(names)) == [(8, "Other")]
        assert [(one.shown_key, one.reason) for one in file.hidden("notes")] == [("7", "parent")]
    first.app("DELETE FROM folders WHERE name = 'Inbox'")
    merge(last, first)
    first.capture()
    for file in files:
        assert list(file.db.execute(names)) == [(7, "Inbox"), (8, "Other")]


def test_a_number_is_handed_out_again_that_was_in_the_way(new: Open) -> None:
    """One capture sees both: that the row is gone, and that another one has its number and its value."""
    schema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, c UNIQUE)"
    first, last = sorted((new(schema), new(schema)), key=lambda file: file.tables.entries()[0].collection)
    for file in (first, last):
        file.app("INSERT INTO notes VALUES (1, 0)")
        file.capture()
    last.merge(first.changes())
    assert last.rows() == {2: (0,)}
    last.app("DELETE FROM notes WHERE id = 2", "INSERT INTO notes (id, c) VALUES (2, 0)")
    last.capture()
    assert last.rows() == {1: (0,)}
    assert [row.shown_key for row in last.hidden()] == ["2"]


def test_the_apps_own_search_follows(new: Open) -> None:
    schema = (
        f"{FOLDERS}; CREATE VIRTUAL TABLE found USING fts5 (name, content=folders);"
        "CREATE TRIGGER i AFTER INSERT ON folders BEGIN"
        " INSERT INTO found (rowid, name) VALUES (NEW.rowid, NEW.name); END;"
        "CREATE TRIGGER d AFTER DELETE ON folders BEGIN"
        " INSERT INTO found (found, rowid, name) VALUES ('delete', OLD.rowid, OLD.name); END;"
    )
    one, other = new(schema, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('b', 'Inbox of b', 1)")
    other.app("INSERT INTO folders VALUES ('a', 'Inbox of b', 3)")
    merge(one, other)
    assert shown(one) == {"a": "Inbox of b"}
    one.app("DELETE FROM folders")
    one.capture()
    assert shown(one) == {"b": "Inbox of b"}
    assert list(one.db.execute("SELECT name FROM found WHERE found MATCH 'inbox'")) == [("Inbox of b",)]
    one.db.execute("INSERT INTO found (found) VALUES ('integrity-check')")


def test_they_are_compared_checked_and_repaired(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as one, Replica.open(tmp_path / "b.db", create=True) as other:
        for replica, rows in (
            (one, "('a', 'Inbox', 1), ('x', 'X', 1)"),
            (other, "('b', 'Inbox', 3), ('c', 'Inbox2', 1)"),
        ):
            replica.connection.execute(f"{FOLDERS}; INSERT INTO folders VALUES {rows}")
            replica.make_ordinary("folders")
        one.merge(read(other))
        other.merge(read(one))
        assert one.digests() == other.digests()
        [row] = one.hidden_rows()
        assert (row.shown_key, row.in_the_way) == ("“b”", pack_columns(("a",)))
        assert one.values_at("folders", [row.key]) == [("Inbox", 3)]
        assert [key for key, _ in one.rows_between("folders", b"", b"", 2)[0]] == [pack_columns((key,)) for key in "ab"]
        assert [key for (key,), _ in one.live_rows("folders")] == ["a", "b", "c", "x"]
        assert one.check() == []
        one.connection.execute("DROP TABLE crsql_syncline_hidden_1")
        assert [found.damage for found in one.check()] == [Damage.RECORDS]
        one.repair()
        assert one.check() == []
        assert one.hidden_rows() == ()
        one.merge(read(other))
        assert len(one.hidden_rows()) == 1
        with pytest.raises(UsageError, match="1 row of folders is hidden, and would be gone"):
            one.make_plain("folders")
        [row] = one.hidden_rows()
        with pytest.raises(UsageError, match="1 row of folders is hidden"):  # another one than was saved
            one.make_plain("folders", [row._replace(values={"name": "Inbox", "note": 4})])
        assert len(one.hidden_rows()) == 1
        one.connection.execute("DELETE FROM folders WHERE id = 'a'")
        assert one.hidden_rows() == ()
        one.make_plain("folders")
        assert one.connection.execute("SELECT count(*) FROM folders").get == 3
        left = "SELECT count(*) FROM sqlite_master WHERE name GLOB 'crsql_syncline_hidden_*'"
        assert one.connection.execute(left).get == 0
