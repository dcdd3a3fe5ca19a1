"""Columns that look like references without a foreign key: proposed, and answered before their table is first sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import ReferencesUndecided, UsageError
from engine.replica import Replica
from tests.engine.ordinary.conftest import Open

SCHEMA = """
CREATE TABLE folders (id INTEGER PRIMARY KEY, parent_id INTEGER, name TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, folder_id INTEGER, size INTEGER, title TEXT);
INSERT INTO folders VALUES (1, NULL, 'a'), (2, 1, 'b');
INSERT INTO notes VALUES (1, 1, 77, 'x'), (2, 2, 78, 'y'), (3, 0, 79, 'in none'), (4, NULL, 80, 'in none')
"""


def proposals(path: Path, *schema: str) -> list[tuple[str, str, str, int]]:
    """What is proposed of all tables."""
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(";".join(schema))
        found = replica.likely_references(table.name for table in replica.tables())
        return [(one.table, one.column, one.parent, one.values) for one in found]


def test_a_name_and_what_is_held(tmp_path: Path) -> None:
    assert proposals(tmp_path / "a.db", SCHEMA) == [
        ("folders", "parent_id", "folders", 1),
        ("notes", "folder_id", "folders", 2),
    ]


@pytest.mark.parametrize(
    ("column", "table"),
    [
        ("note_id", "notes"),
        ("noteId", "note"),
        ("NoteID", "notes"),
        ("note", "Notes"),
        ("noteid", "note"),
        ("notes_id", "note"),
        ("first_note_id", "notes"),
        ("category_fk", "categories"),
        ("box", "boxes"),
        ("main_menu_entry", "menu_entries"),
        ("ordner_id", "Ordner"),
    ],
)
def test_names(column: str, table: str, tmp_path: Path) -> None:
    schema = f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, "{column}" INT)'
    values = f'INSERT INTO "{table}" VALUES (7), (9); INSERT INTO c VALUES (1, 7), (2, 9), (3, 7)'
    assert proposals(tmp_path / "a.db", schema, values) == [("c", column, table, 3)]


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("INTEGER", "1, 8"),
        ("INTEGER", "1, 'a'"),
        ("INTEGER", "1, -1"),
        ("INTEGER", "1, 1.5"),
        ("TEXT", "1, 2"),
        ("REAL", "1, 2"),
        ("INTEGER REFERENCES notes", "1, 2"),
        ("INTEGER REFERENCES gone", "1, 2"),
        ("INTEGER AS (1)", ""),
    ],
)
def test_what_is_no_proposal(declared: str, values: str, tmp_path: Path) -> None:
    schema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, t); INSERT INTO notes VALUES (1, 1), (2, 2)"
    rows = "".join(f"; INSERT INTO c (note_id) VALUES ({value})" for value in values.split(", ") if value)
    child = f"CREATE TABLE c (id INTEGER PRIMARY KEY, t, note_id {declared}){rows}"
    assert proposals(tmp_path / "a.db", schema, child) == []


@pytest.mark.parametrize(
    ("table", "column", "proposed"),
    [
        ("keywords", "keyword TEXT", None),
        ("keywords", "keyword", None),
        ("keywords", "keywords INT", None),
        ("keywords", "keyword_id TEXT", "keywords"),
        ("keywords", "next_keyword INT", "keywords"),
        ("keywords", "parent INT", "keywords"),
        ("keywords", "parent TEXT", None),
        ("keywords", "parent_id TEXT", "keywords"),
        ("pages", "keyword TEXT", None),
        ("pages", "main_keyword TEXT", None),
        ("pages", "keyword INT", "keywords"),
        ("pages", "keyword", "keywords"),
        ("pages", "keyword_id TEXT", "keywords"),
    ],
)
def test_a_name_or_a_word_is_no_reference(table: str, column: str, proposed: str | None, tmp_path: Path) -> None:
    """While nothing is held yet, only what it is called and its type tell."""
    schema = ["CREATE TABLE keywords (id INTEGER PRIMARY KEY)", "CREATE TABLE pages (id INTEGER PRIMARY KEY)"]
    found = proposals(tmp_path / "a.db", *schema, f"ALTER TABLE {table} ADD {column}")
    assert found == ([] if proposed is None else [(table, column.split()[0], proposed, 0)])


@pytest.mark.parametrize("parent", ["id TEXT PRIMARY KEY", "id INTEGER PRIMARY KEY, [-1]", "id INTEGER"])
def test_a_table_whose_numbers_cannot_be_told_is_not_proposed(parent: str, tmp_path: Path) -> None:
    schema = f"CREATE TABLE notes ({parent}); CREATE TABLE c (id INTEGER PRIMARY KEY, note_id INTEGER)"
    assert proposals(tmp_path / "a.db", schema) == []


def test_it_is_answered_before_the_table_is_first_sent(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(SCHEMA)
        with pytest.raises(ReferencesUndecided, match="2 of 2 values are rows of “folders”") as caught:
            replica.make_ordinary("notes")
        assert set(caught.value.columns) == {("notes", "folder_id"), ("folders", "parent_id")}, "it would come along"
        assert replica.synced_tables() == ()
        replica.relate("notes", "folder_id", "folders")
        with pytest.raises(ReferencesUndecided) as caught:
            replica.make_ordinary("notes")
        assert caught.value.columns == (("folders", "parent_id"),)
        replica.unrelate("Folders", "PARENT_ID")
        replica.make_ordinary("notes")
        shapes = {shape.name: shape.refers for shape in replica.shapes()}
        assert shapes == {"folders": {"id": "folders"}, "notes": {"id": "notes", "folder_id": "folders"}}
        with pytest.raises(UsageError, match="synced already"):
            replica.unrelate("notes", "folder_id")


def test_a_foreign_key_cannot_be_declined(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute("CREATE TABLE f (id INTEGER PRIMARY KEY); CREATE TABLE n (f REFERENCES f)")
        with pytest.raises(UsageError, match="has a foreign key"):
            replica.unrelate("n", "f")


@pytest.mark.parametrize("order", [("notes", "folders"), ("folders", "notes")])
def test_nought_is_no_row(order: Sequence[str], new: Open, how_merged: None) -> None:
    """Apps write it for “none”: it is 0 everywhere, whoever meets, and of whichever rows."""
    schema = (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT);"
        " CREATE TABLE notes (id INTEGER PRIMARY KEY, folder REFERENCES folders, title TEXT)"
    )
    one, two = new(schema, "folders", "notes"), new(schema, "folders", "notes")
    one.app(
        "INSERT INTO folders VALUES (1, 'a'); INSERT INTO notes VALUES (1, 0, 'x none'), (2, 1, 'a'), (3, '0', 't')"
    )
    two.app(
        "INSERT INTO folders VALUES (1, 'b'); INSERT INTO notes VALUES (1, 0, 'b none'), (2, 1, 'b'), (3, 0.0, 'r')"
    )
    for source, to in ((one, two), (two, one)):
        for table in order:
            to.merge(source.changes(0, table))
    for file in (one, two):
        found = file.db.execute("SELECT title, quote(folder), name FROM notes LEFT JOIN folders f ON f.id = folder")
        assert {title: (name, folder) for title, folder, name in found if name is None} == {
            "x none": (None, "0"),
            "b none": (None, "0"),
            "t": (None, "'0'"),
            "r": (None, "0.0"),
        }
        file.app("UPDATE notes SET title = title || '!' WHERE folder = 0")
        assert {change.val for change in file.changes(0, "notes") if change.cid == "folder"} >= {0, "0"}
    one.app("INSERT INTO folders VALUES (0, 'of number 0'); DELETE FROM folders WHERE id = 0")
    two.merge(one.changes(0, "folders"))
    assert two.db.execute("SELECT count(*) FROM notes WHERE folder IN (0, '0')").get == 4
