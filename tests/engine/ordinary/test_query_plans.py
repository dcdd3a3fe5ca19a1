"""What is read of many rows leads to each record by an index (``query_plans``; ``conftest.new`` looks at the end)."""

from __future__ import annotations

import pytest

from engine.ordinary import global_digests, hidden_digests
from engine.ordinary.catalogue import load
from engine.sqlite.values import Storage
from tests.engine.ordinary.conftest import File, Open

TABLES = "folders", "notes", "texts", "tags"
SCHEMA = """
    CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders);
    CREATE TABLE texts (id TEXT PRIMARY KEY, folder INTEGER REFERENCES folders);
    CREATE TABLE tags (note INTEGER REFERENCES notes, folder INTEGER REFERENCES folders, PRIMARY KEY (note, folder));
"""


def compare(file: File) -> None:
    """Read everything as a comparison does."""
    for name, table in load(file.db, file.tables.entries()).tables.items():
        if table.entry.has_global_key:
            keys, _ = global_digests.rows_between(file.db, table, b"", b"", 100, None)
            for key, _ in keys:
                global_digests.values_at(file.db, table, key, 100, None)
        else:
            hidden_digests.rows_between(file.db, table, Storage(), b"", b"", 100, None)
            assert list(hidden_digests.live_rows(file.db, table)), name


@pytest.mark.usefixtures("how_merged")
@pytest.mark.parametrize("name", ["Inbox", "Work"])
def test_comparing(new: Open, name: str) -> None:
    one, other = new(SCHEMA, *TABLES), new(SCHEMA, *TABLES)
    for file, folder in ((one, "Inbox"), (other, name)):
        file.app(
            f"INSERT INTO folders VALUES (1, '{folder}'); INSERT INTO notes VALUES (1, 1);"
            f" INSERT INTO texts VALUES ('{file.path.name}', 1); INSERT INTO tags VALUES (1, 1)"
        )
        file.capture()
        compare(file)
    for table in TABLES:
        one.merge(other.changes(0, table))
    compare(one)


def test_a_statement_that_goes_through_all_records_for_each_row_is_noticed(new: Open) -> None:
    file = new(SCHEMA, *TABLES)
    [rows] = [entry.rows for entry in file.tables.entries() if entry.name == "folders"]
    join = f"SELECT t.id FROM folders AS t CROSS JOIN {rows} AS r ON r.k0 = "
    file.plans.bad()
    file.db.execute(f"{join} +t.id")
    assert file.plans.bad() == []
    file.db.execute(f"{join} t.id")
    [bad] = file.plans.bad()
    assert bad.startswith("SCAN r")
