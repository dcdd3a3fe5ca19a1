"""The files of the simulator: made from one template with an id from the seed, and written to at random."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import apsw

from engine.replica import Replica
from engine.tables.introspect import is_ordinary

from . import unknowing

NAME = "INSERT OR REPLACE INTO crsql_master (key, value) VALUES ('schema_name', 'main.sql'), ('schema_version', 7)"

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, r REAL, extra);
CREATE TABLE tag (item INTEGER NOT NULL, word TEXT NOT NULL, PRIMARY KEY (item, word)) WITHOUT ROWID;
CREATE TABLE memo (id TEXT PRIMARY KEY NOT NULL, text, n INTEGER DEFAULT 3, r REAL);
SELECT crsql_as_crr('item');
"""
"""``extra`` has no affinity; ``tag`` is nothing but its key. It and ``memo`` can be ordinary tables. For later ones
see ``releases``."""

_VALUES: tuple[apsw.SQLiteValue, ...] = (
    None, 0, 1, -3, 2**53 + 1, 1.5, -2.25, "", "a", "é", "zz", b"", b"\x00", b"\xff\x00",
)  # fmt: skip
"""No whole REAL: a stock peer cannot tell 5.0 from 5 (cr-sqlite.md 10.3), a known difference and not a fault."""


_KINDS = (*["insert"] * 2, *["update"] * 3, "delete", "again", "bare", "tag", "untag", "move")


class Files:
    """Makes, backs up and restores files in one folder."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self._folder = folder
        self._rng = rng

    def make(self, name: str, *, named_schema: bool, ordinary: frozenset[str]) -> Path:
        """A new file with the tables and nothing in them; ``ordinary``: those that are ordinary ones."""
        path = self._folder / f"{name}.db"
        path.write_bytes(_template(named_schema=named_schema, ordinary=ordinary))
        self.give_new_id(path)
        return path

    def give_new_id(self, path: Path) -> None:
        """Make the (closed) file a replica of its own: what a copy or a restored backup needs."""
        db = apsw.Connection(str(path))
        db.execute("PRAGMA synchronous = OFF")
        db.execute("UPDATE crsql_site_id SET site_id = ? WHERE ordinal = 0", (self._rng.randbytes(16),))
        db.close()

    def mend(self, path: Path) -> None:
        """Give the (closed) file of a copy or of a restored backup a new id as a person does who is told to."""
        with Replica.open(path) as replica:
            replica.new_site_id()
        self.give_new_id(path)  # one from the seed

    def copy(self, path: Path, name: str) -> Path:
        """A copy of the file as it is now, beside it."""
        copy = path.with_name(f"{name}.db")
        _copy(path, copy)
        return copy

    def back_up(self, path: Path) -> None:
        """Keep a copy of the file as it is now."""
        _copy(path, path.with_suffix(".backup"))

    def make_anew(self, replica: Replica, table: str, *, foreign: bool) -> int:
        """Drop the sync records of a table and some of its rows, and make it a CRR again; returns how many rows.

        ``foreign``: by a program in which no code of ours runs. The version stays, as cr-sqlite keeps it where any
        other table has it.
        """
        db = replica.connection
        ordinary = is_ordinary(db, table)
        drop = f"SELECT crsql_as_table('{table}')"
        if foreign:
            floor = f"INSERT OR REPLACE INTO crsql_master VALUES ('pre_compact_dbversion', {replica.db_version()})"
            triggers = "; ".join(f"DROP TRIGGER {table}__crsql_{event}trig" for event in "iud")
            drop = f"{floor}; {triggers}; DROP TABLE {table}__crsql_clock; DROP TABLE {table}__crsql_pks"
        key = db.execute("SELECT name FROM pragma_table_info(?) WHERE pk = 1", (table,)).get
        rows = f"{table} WHERE {self._rng.choice(['true', 'false', f'{key} % 2', f'{key} < 5'])}"
        if ordinary:
            replica.make_plain(table)
        with db:
            if not ordinary:
                db.execute(drop).fetchall()
            gone: int = db.execute(f"SELECT count(*) FROM {rows}").get
            db.execute(f"DELETE FROM {rows}").fetchall()
            if not ordinary:
                db.execute(f"SELECT crsql_as_crr('{table}')").fetchall()
        if ordinary:
            replica.make_ordinary(table)
        return gone

    def restore(self, path: Path) -> None:
        """Put the latest backup in place of the (closed) file."""
        shutil.copyfile(path.with_suffix(".backup"), path)


def _copy(path: Path, copy: Path) -> None:
    """As an app does it at any time: with SQLite's backup API."""
    source, target = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY), apsw.Connection(str(copy))
    target.execute("PRAGMA synchronous = OFF")
    with target.backup("main", source, "main") as backup:
        backup.step()
    target.close()
    source.close()


@cache
def _template(*, named_schema: bool, ordinary: frozenset[str]) -> bytes:
    """The bytes of a file with the tables: made once, for that takes longer than many a run."""
    with tempfile.TemporaryDirectory() as folder, Replica.open(Path(folder) / "template.db", create=True) as replica:
        db = replica.connection
        db.execute(SCHEMA).fetchall()
        for table in unknowing.TABLES:
            (replica.make_ordinary if table in ordinary else replica.make_crr)(table)
        if named_schema:
            db.execute(NAME)
        return db.serialize("main")


def write(db: apsw.Connection, rng: random.Random, columns: Sequence[str], *, notes: bool) -> str:
    """What an app does in one transaction: few rows, so that replicas get in each other's way. Returns it in words."""
    said = []
    with db:
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            said.append(_note(db, rng) if notes and rng.random() < 0.2 else _write_one(db, rng, columns))
    return "; ".join(said)


def _note(db: apsw.Connection, rng: random.Random) -> str:
    row = rng.randrange(1, 6)
    if rng.random() < 0.2:
        db.execute("DELETE FROM note WHERE id = ?", (row,))
        return f"forget {row}"
    db.execute(
        "INSERT INTO note VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text", (row, rng.choice(_VALUES))
    )
    return f"note {row}"


def _write_one(db: apsw.Connection, rng: random.Random, columns: Sequence[str]) -> str:
    row = rng.randrange(1, 13)
    word = rng.choice("abc")
    column = rng.choice(columns)
    kind = rng.choice(_KINDS)
    if kind == "insert":
        values = [rng.choice(_VALUES) for _ in range(2)]
        into = f"item (id, name, {'extra' if column == 'name' else column})"
        db.execute(f"INSERT INTO {into} VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (row, *values))
    elif kind == "update":
        db.execute(f"UPDATE item SET {column} = ? WHERE id = ?", (rng.choice(_VALUES), row))
    elif kind == "delete":
        db.execute("DELETE FROM item WHERE id = ?", (row,))
    elif kind in ("again", "bare"):  # "bare" revives a row by its sentinel: at peers, its cells go to version 0
        db.execute("DELETE FROM item WHERE id = ?", (row,))
        db.execute("INSERT INTO item (id) VALUES (?)", (row,))
        if kind == "again":
            db.execute(f"UPDATE item SET {column} = ? WHERE id = ?", (rng.choice(_VALUES), row))
    elif kind == "tag":
        db.execute("INSERT INTO tag VALUES (?, ?) ON CONFLICT DO NOTHING", (row, word))
    elif kind == "untag":
        db.execute("DELETE FROM tag WHERE item = ? AND word = ?", (row, word))
    elif kind == "move":
        db.execute("UPDATE OR IGNORE item SET id = ? WHERE id = ?", (rng.randrange(1, 13), row))
    return f"{kind} {row}"
