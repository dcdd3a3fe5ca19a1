"""What a table shows keeps its number when another row of the same name takes its place."""

from __future__ import annotations

import pytest

from engine.change import SENTINEL, Change
from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.test_same_rows import NAMES, SAME, exchange, settled, told

pytestmark = pytest.mark.usefixtures("how_merged")


def apart(new: Open, text: str = SAME) -> list[File]:
    """Two machines that each made a folder “Inbox” under one number; the one whose folder comes first is the first."""
    files = sorted((new(text, *NAMES), new(text, *NAMES)), key=lambda file: file.tables.entries()[0].collection)
    for n, file in enumerate(files):
        file.app(
            f"INSERT INTO folders VALUES (1, 'other {n}', 0), (2, 'Inbox', {n})",
            f"INSERT INTO notes VALUES (1, 2, 'of {n}'), (2, 2, 'same')",
            f"INSERT INTO texts VALUES ('t{n}', 2, 'long')",
        )
        file.capture()
    return files


def numbers(file: File) -> set[object]:
    """The number of the folder “Inbox”, and what refers to it."""
    shown = file.db.execute("SELECT id FROM folders WHERE name = 'inbox'").fetchall()
    refer = file.db.execute("SELECT folder FROM notes UNION SELECT folder FROM texts").fetchall()
    return {number for (number,) in (*shown, *refer)}


def test_another_row_comes_first(new: Open) -> None:
    files = apart(new)
    exchange(*files)
    for file in files:
        assert numbers(file) == {2}
        assert {color for _, name, color in file.db.execute("SELECT * FROM folders") if name == "Inbox"} == {0}
        assert len(file.rows("notes")) == 4
        settled(file)
    assert told(files[0]) == told(files[1])
    files[1].app("UPDATE notes SET folder = 2", "UPDATE folders SET color = 7 WHERE id = 2")
    exchange(*files)
    for file in files:
        assert numbers(file) == {2}
        settled(file)
    assert told(files[0]) == told(files[1])


@pytest.mark.parametrize("order", [1, -1])
def test_the_first_row_is_deleted(new: Open, order: int) -> None:
    """By somebody who decides about it alone: the other one is shown under the number that stood for both."""
    files = apart(new)
    exchange(*files)
    shown = min(change for change in files[0].changes(0, "folders") if change.val == "Inbox")
    for file in files:
        file.merge([Change("folders", shown.pk, SENTINEL, None, 2, 100, shown.site_id, 2, 0)])
    exchange(*files[::order])
    for file in files:
        [(shown_as,)] = file.db.execute("SELECT id FROM folders WHERE name = 'inbox'")
        assert shown_as == 2
        assert file.hidden("folders") == []
        waiting = [(row.values["title"], row.reason) for row in file.hidden("notes")]
        assert sorted(waiting) == [("of 0", "parent"), ("same", "parent")], "as their folder is gone"
        inside = "SELECT title FROM notes WHERE folder = 2 ORDER BY title"
        assert [title for (title,) in file.db.execute(inside)] == ["of 1", "same"]
        version = file.capture()
        file.compare_all()
        assert file.state.db_version() == version
    assert told(files[0]) == told(files[1])


def test_rows_that_cannot_both_refer_to_it(new: Open) -> None:
    text = SAME.replace("title);", "title, UNIQUE (folder, title));")
    files = apart(new, text)
    exchange(*files)
    for file in files:
        assert numbers(file) == {2}
        assert [(row.reason, row.values["title"]) for row in file.hidden("notes")] == [("unique", "same")]
        settled(file)
    files[0].app("DELETE FROM notes WHERE title = 'same'")
    exchange(*files)
    for file in files:
        assert numbers(file) == {2}
        settled(file)
    assert told(files[0]) == told(files[1])


def test_a_key_made_of_references(new: Open) -> None:
    """What is part of a key is not led: these rows wait behind the one that is hidden."""
    texts = "CREATE TABLE texts (folder INTEGER REFERENCES folders, id TEXT, PRIMARY KEY (folder, id))"
    text = f"{SAME.rpartition(';')[0]}; {texts}"
    files = sorted((new(text, *NAMES), new(text, *NAMES)), key=lambda file: file.tables.entries()[0].collection)
    for n, file in enumerate(files):
        file.app(f"INSERT INTO folders VALUES (2, 'Inbox', {n})", "INSERT INTO notes VALUES (1, 2, 'n')")
        file.app(f"INSERT INTO texts VALUES (2, 'x'), (2, 'y{n}')")
        file.capture()
    exchange(*files)
    for file in files:
        assert sorted(file.db.execute("SELECT * FROM texts")) == [(2, "x"), (2, "y0")]
        assert [row.reason for row in file.hidden("texts")] == ["parent", "parent"]
        settled(file)
