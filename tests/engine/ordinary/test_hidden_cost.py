"""What hidden rows cost: nothing is tried again, or looked up again, that a write has not changed."""

from __future__ import annotations

from collections.abc import Callable

import apsw
import pytest

from tests.engine.ordinary.conftest import File, Open

TABLES = "folders", "notes"
SCHEMA = """
    CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT UNIQUE, parent INTEGER REFERENCES folders);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders);
"""


def statements(file: File, write: Callable[[], object]) -> int:
    """Return how many statements are run on our connection."""
    count = 0

    def began(_: object) -> None:
        nonlocal count
        count += 1

    file.db.trace_v2(apsw.SQLITE_TRACE_STMT, began, id=count)
    write()
    file.db.trace_v2(0, None, id=count)
    return count


def two(new: Open, folders: int) -> tuple[File, File]:
    """Two files with so many folders of the same names, each in the one before, and a note in each folder; the first
    has merged what the second has."""
    files = new(SCHEMA, *TABLES), new(SCHEMA, *TABLES)
    for file in files:
        for n in range(1, folders + 1):
            parent = "NULL" if n == 1 else f"{n // 2}"
            file.app(
                f"INSERT INTO folders VALUES ({n}, 'folder {n}', {parent})", f"INSERT INTO notes VALUES ({n}, {n})"
            )
        file.capture()
    for table in TABLES:
        files[0].merge(files[1].changes(0, table))
    assert len(files[0].hidden("folders")) == folders
    return files


def cost_of_a_note(file: File, other: File) -> tuple[int, int]:
    """Return how many statements it takes to merge one more note, and to capture one."""
    other.capture()
    version = other.state.db_version()
    other.app("INSERT INTO notes VALUES (1000, 1)")
    changes = other.changes(version, "notes")
    merged = statements(file, lambda: file.merge(changes))
    file.app("INSERT INTO notes VALUES (2000, 1)")
    return merged, statements(file, file.capture)


@pytest.mark.usefixtures("how_merged")
def test_a_note_costs_the_same_however_many_folders_are_hidden(new: Open) -> None:
    assert cost_of_a_note(*two(new, 5)) == cost_of_a_note(*two(new, 40))


def waiting(new: Open, notes: int) -> File:
    """A file in which so many notes wait, each for a folder of its own that was deleted elsewhere, with a table that
    has nothing to do with them."""
    schema = (
        "CREATE TABLE folders (id TEXT PRIMARY KEY); CREATE TABLE others (id TEXT PRIMARY KEY);"
        " CREATE TABLE notes (id TEXT PRIMARY KEY, folder TEXT REFERENCES folders)"
    )
    file, other = (new(schema, "folders", "notes", "others") for _ in range(2))
    for n in range(notes):
        other.app(f"INSERT INTO folders VALUES ('{n}')")
    file.merge(other.changes(0, "folders"))
    for n in range(notes):
        file.app(f"INSERT INTO notes VALUES ('{n}', '{n}')")
    other.app("DELETE FROM folders")
    file.capture()
    file.merge(other.changes(0, "folders"))
    assert len(file.hidden("notes")) == notes
    return file


def test_waiting_rows_cost_nothing_where_nothing_was_written_that_they_wait_for(new: Open) -> None:
    costs = []
    for notes in (5, 40):
        file = waiting(new, notes)
        file.app("INSERT INTO others VALUES ('1')")
        costs.append(statements(file, file.capture))
    assert costs[0] == costs[1]
