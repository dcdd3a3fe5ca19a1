"""An app may call its columns whatever Syncline's own are called: no statement takes the one for the other."""

from __future__ import annotations

import pytest

from tests.engine.ordinary.conftest import Open
from tests.engine.ordinary.numbered import sync

pytestmark = pytest.mark.usefixtures("how_merged")

ALIASES = "abcdefghijklmnopqrstuvwxyz"
OTHERS = ("value", "rowid", "oid", "_rowid_", "new", "old", "tag", "told", "excluded", "number", "rank")
"""Names in statements that are no column of a table of ours."""


def _names(new: Open) -> list[str]:
    """All names of columns in Syncline's own tables, and in its statements."""
    file = new("CREATE TABLE notes (id INTEGER PRIMARY KEY, parent REFERENCES notes, title TEXT UNIQUE)")
    tables = file.db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'crsql_%'").fetchall()
    info = "SELECT name FROM pragma_table_info(?)"
    columns = {column for (table,) in tables for (column,) in file.db.execute(info, (table,))}
    assert {"r", "pk", "k0", "covers", "way", "slot", "site"} <= columns
    return sorted(columns | set(ALIASES) | set(OTHERS))


def _writes(table: str, columns: list[str], who: str) -> list[str]:
    """Two rows of one's own, one that both have under the UNIQUE rule, and an update."""
    listed = ", ".join(f'"{column}"' for column in columns)
    rows = [(f"{who}{n}", *[str(n + 1)] * (len(columns) - 1)) for n in range(2)] + [
        ("both", *["3"] * (len(columns) - 1))
    ]
    values = ", ".join("(" + ", ".join(f"'{value}'" for value in row) + ")" for row in rows)
    return [
        f'INSERT INTO "{table}" ({listed}) VALUES {values};',
        f"""UPDATE "{table}" SET "{columns[1]}" = '{who}' WHERE "{columns[0]}" = '{who}0';""",
    ]


@pytest.mark.parametrize("key", ["INTEGER PRIMARY KEY", "TEXT PRIMARY KEY NOT NULL DEFAULT (hex(randomblob(8)))"])
def test_columns_are_called_as_ours(key: str, new: Open) -> None:
    names = _names(new)
    rowids = {"rowid", "oid", "_rowid_"}
    schema, tables = "", {}
    for name in ("value", "r", "k0", "pk", "id"):
        others = [one for one in names if one != name and one not in rowids] + sorted(rowids)
        columns = ", ".join(f'"{one}" TEXT' for one in others)
        schema += f'CREATE TABLE "of {name}" ("{name}" {key}, {columns}, UNIQUE ("{others[0]}"));'
        tables[f"of {name}"] = others
    one, two = new(schema, *tables), new(schema, *tables)
    for file, who in ((one, "a"), (two, "b")):
        writes = [sql for table, columns in tables.items() for sql in _writes(table, columns, who)]
        file.app("BEGIN;" + "".join(writes) + "COMMIT;")
    sync(one, two, tables=tuple(tables))
    for table, columns in tables.items():
        listed = ", ".join(f'"{column}"' for column in columns)
        found = [sorted(file.db.execute(f'SELECT {listed} FROM "{table}"').fetchall()) for file in (one, two)]
        assert found[0] == found[1], table
        assert [row[0] for row in found[0]] == ["a0", "a1", "b0", "b1", "both"], table
        assert [len(file.hidden(table)) for file in (one, two)] == [1, 1], table
