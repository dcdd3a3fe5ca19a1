"""Tables whose numbers SQLite hands out, in files that are synced with each other."""

from __future__ import annotations

from tests.engine.ordinary.conftest import File

TODO = "CREATE TABLE todo (id INTEGER PRIMARY KEY, text)"
FOLDERS = (
    "CREATE TABLE folders (id INTEGER PRIMARY KEY {auto}, name, parent INTEGER REFERENCES folders);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY {auto}, folder INTEGER REFERENCES folders ON DELETE CASCADE, title);"
    "CREATE TABLE tags (note INTEGER REFERENCES notes ON DELETE CASCADE, tag INTEGER REFERENCES folders (id), n,"
    " PRIMARY KEY (note, tag))"
)
TABLES = ("folders", "notes", "tags")


def merge(to: File, source: File, *tables: str, most: int = 10**9) -> None:
    """Everything that a file has goes to another one."""
    for table in tables:
        changes = source.changes(0, table, most)
        if changes:
            to.merge(changes)


def sync(*files: File, tables: tuple[str, ...] = ("todo",), rounds: int = 2) -> None:
    """Everything that each has goes to all others."""
    for _ in range(rounds):
        for to in files:
            for source in files:
                if to is not source:
                    merge(to, source, *tables)


def content(file: File, *tables: str) -> dict[str, dict[bytes, tuple[object, ...]]]:
    """All rows, by the name that they have everywhere, as they travel."""
    found: dict[str, dict[bytes, tuple[object, ...]]] = {}
    for table in tables:
        rows: dict[bytes, dict[str, object]] = {}
        for change in file.changes(0, table):
            if change.cl % 2:
                rows.setdefault(change.pk, {})[change.cid] = change.val
        found[table] = {pk: tuple(sorted(row.items())) for pk, row in rows.items()}
    return found
