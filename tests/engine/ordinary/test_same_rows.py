"""Two rows with one text are the same to a person: one is shown, and stands for both."""

from __future__ import annotations

import pytest

from tests.engine.ordinary.conftest import File, Open

pytestmark = pytest.mark.usefixtures("how_merged")

SAME = (
    "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT UNIQUE COLLATE NOCASE, color);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders ON DELETE CASCADE, title);"
    "CREATE TABLE texts (id TEXT PRIMARY KEY, folder INTEGER REFERENCES folders, long)"
)
NAMES = ("folders", "notes", "texts")


def both(new: Open) -> list[File]:
    """Two machines that each made a folder “Inbox” with something in it; the one whose folder is shown comes first."""
    files = [new(SAME, *NAMES), new(SAME, *NAMES)]
    for n, file in enumerate(files):
        file.app(
            "INSERT INTO folders VALUES (1, 'other', 0)",
            f"INSERT INTO folders VALUES (2, 'INBOX', {n})" if n else "INSERT INTO folders VALUES (2, 'inbox', 0)",
            f"UPDATE folders SET name = 'other {n}' WHERE id = 1",
            f"INSERT INTO notes VALUES (1, 2, 'of {n}')",
            f"INSERT INTO texts VALUES ('t{n}', 2, '{'long' * 20}')",
        )
        file.capture()
    exchange(*files)
    return sorted(files, key=lambda file: file.tables.entries()[0].collection)


def exchange(*files: File) -> None:
    """Everything goes everywhere."""
    for _ in range(2):
        for to in files:
            for source in files:
                if to is not source:
                    for name in NAMES:
                        to.merge(source.changes(0, name))


def told(file: File) -> list[tuple[object, ...]]:
    """All that a file tells of notes."""
    return sorted((c.pk, c.cid, str(c.val), c.col_version) for c in file.changes(0, "notes"))


def in_folders(file: File, table: str = "notes") -> list[tuple[object, object]]:
    """Of each note the name of its folder, in small letters."""
    of = f"SELECT n.id, lower(f.name) FROM {table} n LEFT JOIN folders f ON f.id = n.folder"
    return sorted((str(note) if table == "texts" else "note", folder) for note, folder in file.db.execute(of))


def settled(file: File) -> None:
    """A comparison finds nothing that was not written, and SQLite finds nothing wrong."""
    version = file.capture()
    file.compare_all()
    assert file.state.db_version() == version
    assert file.db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert file.db.execute("PRAGMA integrity_check").get == "ok"


def test_two_folders_of_one_name_are_one_with_the_notes_of_both(new: Open) -> None:
    files = both(new)
    for file in files:
        assert len(file.db.execute("SELECT 1 FROM folders WHERE name = 'inbox'").fetchall()) == 1
        assert in_folders(file) == [("note", "inbox")] * 2
        assert in_folders(file, "texts") == [("t0", "inbox"), ("t1", "inbox")]
        assert [row.reason for row in file.hidden("folders")] == ["unique"]
        assert not file.hidden("notes")
        settled(file)
    assert told(files[0]) == told(files[1])
    assert len({val for _, cid, val, _ in told(files[0]) if cid == "folder"}) == 2, "what is merged stays as it was"


def test_a_reference_that_an_app_sets_means_the_row_that_is_shown(new: Open) -> None:
    files = both(new)
    for file in files:
        file.app("UPDATE notes SET title = title || '!'", "UPDATE notes SET folder = folder")
        settled(file)
    exchange(*files)
    assert len({val for _, cid, val, _ in told(files[0]) if cid == "folder"}) == 2
    files[1].app("UPDATE notes SET folder = (SELECT id FROM folders WHERE name = 'other 0')")
    files[1].app("UPDATE notes SET folder = (SELECT id FROM folders WHERE name = 'inbox')")
    exchange(*files)
    for file in files:
        assert in_folders(file) == [("note", "inbox")] * 2
        settled(file)
    assert told(files[0]) == told(files[1])


def test_deleting_the_shown_one_deletes_all_that_it_stands_for(new: Open) -> None:
    files = both(new)
    files[0].app("PRAGMA foreign_keys = ON; DELETE FROM texts; DELETE FROM folders WHERE name = 'inbox'")
    exchange(*files)
    for file in files:
        assert file.rows("notes") == file.rows("texts") == {}
        assert not any(file.hidden(name) for name in NAMES)
        assert "inbox" not in {str(name).lower() for name, _ in file.rows("folders").values()}
        settled(file)


@pytest.mark.parametrize("which", [0, 1])
def test_renaming_the_shown_one_renames_all_that_it_stands_for(new: Open, which: int) -> None:
    files = both(new)
    files[which].app("UPDATE folders SET name = 'Post', color = 7 WHERE name = 'inbox'")
    exchange(*files)
    for file in files:
        assert in_folders(file) == [("note", "post")] * 2
        assert [(row.reason, row.values["name"]) for row in file.hidden("folders")] == [("unique", "Post")]
        assert file.hidden("folders")[0].values["color"] != 7, "it is no column of the rule"
        settled(file)
    assert told(files[0]) == told(files[1])


def test_what_was_changed_apart_parts_them(new: Open) -> None:
    files = both(new)
    last = files[1].hidden("folders")[0].key
    for change in files[1].changes(0, "folders"):
        if change.pk == last and change.cid == "name":
            renamed = change._replace(val="Mine", col_version=change.col_version + 1)
    for file in files:
        file.merge([renamed])
        assert not file.hidden("folders")
        assert sorted(folder for _, folder in in_folders(file)) == ["inbox", "mine"]
        settled(file)
    assert told(files[0]) == told(files[1])


def test_a_rule_for_some_rows_keeps_them_apart(new: Open) -> None:
    """Whichever of two folders is trashed and restored, each note stays in its own one, on every machine."""
    text = (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT, color, trashed INTEGER NOT NULL DEFAULT 0);"
        "CREATE UNIQUE INDEX one_name ON folders (name) WHERE trashed = 0;"
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders ON DELETE CASCADE, title);"
        "CREATE TABLE texts (id TEXT PRIMARY KEY, folder INTEGER REFERENCES folders, long)"
    )
    files = [new(text, *NAMES), new(text, *NAMES)]
    for n, file in enumerate(files):
        file.app(
            f"INSERT INTO folders (name, color) VALUES ('inbox', {n})",
            f"INSERT INTO notes (folder, title) SELECT id, 'of {n}' FROM folders",
            f"INSERT INTO texts VALUES ('t{n}', NULL, '')",
        )
        file.capture()
    exchange(*files)
    seen = "SELECT f.color, f.trashed, n.title FROM folders AS f LEFT JOIN notes AS n ON n.folder = f.id ORDER BY 1"
    before = [file.db.execute(seen).fetchall() for file in files]
    assert before[0] == before[1]
    color, _, title = before[0][0]
    assert before[0] == [(color, 0, title)]
    assert title == f"of {color}"
    for file in files:
        assert [row.values["color"] for row in file.hidden("folders")] == [1 - color]
        assert [row.values["title"] for row in file.hidden("notes")] == [f"of {1 - color}"]
        settled(file)
    files[0].app(f"UPDATE folders SET trashed = 1 WHERE color = {color}")
    exchange(*files)
    for file in files:
        assert file.db.execute(seen).fetchall() == [(n, int(n == color), f"of {n}") for n in (0, 1)]
        assert not file.hidden("folders")
        assert not file.hidden("notes")
        settled(file)
    files[0].app(
        f"UPDATE folders SET trashed = 1 WHERE color = {1 - color}",
        f"UPDATE folders SET trashed = 0 WHERE color = {color}",
    )
    exchange(*files)
    for file in files:
        assert file.db.execute(seen).fetchall() == [(n, int(n != color), f"of {n}") for n in (0, 1)]
        assert not file.hidden("folders")
        settled(file)
