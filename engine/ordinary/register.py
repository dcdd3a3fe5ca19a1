"""Which tables of a file are ordinary ones, and what is kept of each: the register and the names of all that lies
beside them.

``crsql_syncline_register`` has one row for each table. All its tables work with SQLite 3.24: programs that know nothing
of Syncline open the file. The number of the format stands in ``crsql_master``, which every synced file has.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import apsw

from engine.errors import UnsupportedFile
from engine.sqlite.sql import ident, main
from engine.tables.introspect import column_names
from engine.tables.names import REGISTER
from engine.tables.withheld.records import HeldRows
from engine.text import t

FORMAT = 1
"""The number of the format of all that is kept of ordinary tables."""

_FORMAT_KEY = "crsql_syncline_format"
_LAYOUT = (
    "name TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL UNIQUE, key TEXT NOT NULL, columns TEXT NOT NULL,"
    " next_slot INTEGER NOT NULL, schema INTEGER NOT NULL, due TEXT, suspended INTEGER, lost INTEGER"
)
_FIELDS = "name, number, key, columns, next_slot, schema, due, suspended, lost"


@dataclass(frozen=True)
class Entry:
    """An ordinary table.

    Attributes:
        name: its name, which is its wire name.
        number: what its log, records and triggers are called by.
        key: the columns by which its rows are told apart, in key order.
        slots: the slot of each other column, in table order. A column that goes and comes back gets a new one.
        next_slot: the first that no column has had.
        schema: the file's schema_version when the table was last found to be as it is recorded here.
        due: from where on all rows are still to be compared with what was seen of them; None when none are.
        suspended: how many rows a comparison found gone, of ``lost``, which a person is asked about.
    """

    name: str
    number: int
    key: tuple[str, ...]
    slots: dict[str, int] = field(hash=False)
    next_slot: int
    schema: int = -1
    due: str | None = None
    suspended: int | None = None
    lost: int | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Its other columns, in table order."""
        return tuple(self.slots)

    @cached_property
    def live(self) -> tuple[int, ...]:
        """The slots of all columns."""
        return tuple(self.slots.values())

    @cached_property
    def column_of(self) -> dict[int, str]:
        """The column in each slot."""
        return {slot: column for column, slot in self.slots.items()}

    @cached_property
    def anchors(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The table and its records, each with a column of it: what its mark is put on."""
        return (self.name, self.key[0]), (self.rows, "r")

    @cached_property
    def layout(self) -> object:
        """What a place in it rests on: the columns and their slots, too, as one that came back is another."""
        return "ordinary", self.number, self.key, tuple(self.slots.items())

    @property
    def log(self) -> str:
        """The table of keys that were touched since the last capture."""
        return f"crsql_syncline_log_{self.number}"

    @property
    def rows(self) -> str:
        """The table of stamps and of what was seen of each row."""
        return f"crsql_syncline_rows_{self.number}"

    @property
    def cells(self) -> str:
        """The table of cells whose stamp is not their row's."""
        return f"crsql_syncline_cells_{self.number}"

    @property
    def log_key(self) -> tuple[str, ...]:
        """The columns of the log that hold a key."""
        return tuple(f"k{n}" for n in range(len(self.key)))


def load(db: apsw.Connection) -> list[Entry]:
    """Every ordinary table of the file.

    Raises:
        UnsupportedFile: a later version of Syncline made it.
    """
    return [entry_of(*row) for row in rows(db)]


def rows(db: apsw.Connection) -> list[tuple[Any, ...]]:
    """Of every ordinary table what ``entry_of`` takes; raises as ``load``."""
    if not db.table_exists("main", REGISTER):
        return []
    check_format(db)
    return db.execute(f"SELECT {_FIELDS} FROM main.{REGISTER} ORDER BY number").fetchall()


def entry_of(
    name: str,
    number: int,
    key: str,
    columns: str,
    next_slot: int,
    schema: int,
    due: str | None,
    suspended: int | None,
    lost: int | None,
) -> Entry:
    """A row of the register; one without a key if nobody can make sense of it."""
    try:
        names, slots = tuple(map(str, json.loads(key))), {str(c): int(slot) for c, slot in json.loads(columns).items()}
        return Entry(name, number, names, slots, int(next_slot), int(schema), due, suspended, lost)
    except (ValueError, TypeError, AttributeError):
        return Entry(name, number, (), {}, 0)


def check_format(db: apsw.Connection) -> None:
    """Refuse what a later version of Syncline made.

    Raises:
        UnsupportedFile: it did.
    """
    found = db.execute("SELECT value FROM main.crsql_master WHERE key = ?", (_FORMAT_KEY,)).get
    if isinstance(found, int) and found > FORMAT:
        raise UnsupportedFile(
            t("“{path}” was written by a newer version of Syncline.", path=db.filename),
            hint=t("Update Syncline on this machine."),
        )


def save(db: apsw.Connection, entry: Entry) -> None:
    """Write an entry, new or changed, in the caller's transaction."""
    values = (
        entry.name,
        entry.number,
        json.dumps(entry.key),
        json.dumps(entry.slots),
        entry.next_slot,
        entry.schema,
        entry.due,
        entry.suspended,
        entry.lost,
    )
    db.execute(f"INSERT OR REPLACE INTO main.{REGISTER} ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def create(db: apsw.Connection, name: str, key: tuple[str, ...], columns: tuple[str, ...]) -> Entry:
    """Make the log, the records and the entry of a table, in the caller's transaction."""
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{REGISTER} ({_LAYOUT})")
    db.execute("INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES (?, ?)", (_FORMAT_KEY, FORMAT))
    used = db.execute(f"SELECT ifnull(max(number), 0) FROM main.{REGISTER}").get
    slots = {column: slot for slot, column in enumerate(columns)}
    entry = Entry(name, used + 1, key, slots, len(slots))
    values = "".join(f", v{slot}" for slot in entry.live)
    db.execute(
        f"CREATE TABLE main.{entry.rows} (r INTEGER PRIMARY KEY, pk BLOB NOT NULL, length INTEGER NOT NULL,"
        f" covers BLOB NOT NULL, col_version INTEGER NOT NULL, db_version INTEGER NOT NULL,"
        f" site INTEGER NOT NULL{values})"
    )
    make_log(db, entry)
    make_cells(db, entry)
    make_indexes(db, entry)
    save(db, entry)
    return entry


def make_log(db: apsw.Connection, entry: Entry) -> None:
    """Make the log of a table anew, empty."""
    db.execute(
        f"DROP TABLE IF EXISTS main.{entry.log};"
        f" CREATE TABLE main.{entry.log} (id INTEGER PRIMARY KEY, {', '.join(entry.log_key)})"
    )


def make_cells(db: apsw.Connection, entry: Entry) -> None:
    """Make the table of cells anew, empty."""
    db.execute(
        f"DROP TABLE IF EXISTS main.{entry.cells};"
        f" CREATE TABLE main.{entry.cells} (r INTEGER NOT NULL, slot INTEGER NOT NULL, col_version INTEGER NOT NULL,"
        " db_version INTEGER NOT NULL, site INTEGER NOT NULL, PRIMARY KEY (r, slot)) WITHOUT ROWID"
    )


def make_indexes(db: apsw.Connection, entry: Entry) -> None:
    """Make those that are missing."""
    for name, (unique, table, column) in _indexes(entry).items():
        db.execute(f"CREATE {unique}INDEX IF NOT EXISTS main.{name} ON {table} ({column})")


def _indexes(entry: Entry) -> dict[str, tuple[str, str, str]]:
    return {
        f"{entry.rows}_pk": ("UNIQUE ", entry.rows, "pk"),
        f"{entry.rows}_version": ("", entry.rows, "db_version"),
        f"{entry.cells}_version": ("", entry.cells, "db_version"),
    }


class Amiss(NamedTuple):
    """Which of the tables of a table's records are missing, or not as they were made."""

    log: bool
    rows: bool
    cells: bool


def amiss(db: apsw.Connection, entry: Entry) -> Amiss:
    """Look at their columns and indexes."""
    stamp = ("col_version", "db_version", "site")
    of = {name: set(column_names(db, name)) for name in (entry.log, entry.rows, entry.cells)}
    sql = "SELECT name FROM main.sqlite_master WHERE type = 'index' AND tbl_name IN (?, ?) AND sql IS NOT NULL"
    there = {name for (name,) in db.execute(sql, (entry.rows, entry.cells))}
    lacking = {table for name, (_, table, _) in _indexes(entry).items() if name not in there}
    values = {f"v{slot}" for slot in entry.live}
    return Amiss(
        of[entry.log] != {"id", *entry.log_key},
        not of[entry.rows] >= {"r", "pk", "length", "covers", *stamp, *values} or entry.rows in lacking,
        of[entry.cells] != {"r", "slot", *stamp} or entry.cells in lacking,
    )


def drop(db: apsw.Connection, entry: Entry) -> None:
    """Drop all that is kept of a table; its triggers are no business of this module."""
    for table in (entry.log, entry.rows, entry.cells):
        db.execute(f"DROP TABLE IF EXISTS main.{table}")
    held_rows(db).forget_table(entry.name)
    db.execute(f"DELETE FROM main.{REGISTER} WHERE name = ?", (entry.name,))
    if db.execute(f"SELECT 1 FROM main.{REGISTER}").fetchone() is None:
        db.execute(f"DROP TABLE main.{REGISTER}")


def with_columns(db: apsw.Connection, entry: Entry, columns: tuple[str, ...], defaults: dict[str, str]) -> Entry:
    """Follow columns that came and went, in the caller's transaction; returns the new entry, which is saved.

    Args:
        columns: those that the table has now, in its order.
        defaults: of each that came, what is seen of rows that were there before, as SQL.
    """
    slots, next_slot = {}, entry.next_slot
    for column in columns:
        if column in entry.slots:
            slots[column] = entry.slots[column]
        else:
            db.execute(f"ALTER TABLE main.{entry.rows} ADD COLUMN v{next_slot} DEFAULT {defaults[column]}")
            slots[column] = next_slot
            next_slot += 1
    for slot in set(entry.live).difference(slots.values()):
        db.execute(f"DELETE FROM main.{entry.cells} WHERE slot = ?", (slot,))
        db.execute(f"ALTER TABLE main.{entry.rows} DROP COLUMN v{slot}")
    new = replace(entry, slots=slots, next_slot=next_slot)
    save(db, new)
    return new


def base_is(entry: Entry, columns: tuple[str, ...]) -> str:
    """A condition that ``t`` is the row with the key in these columns: by its index, then byte by byte."""
    return " AND ".join(
        f"t.{ident(name)} = {column} AND t.{ident(name)} = {column} COLLATE BINARY"
        for name, column in zip(entry.key, columns, strict=True)
    )


def key_columns(entry: Entry) -> tuple[str, ...]:
    """Expressions for the key of a row by its record ``r``, for ``base_is``."""
    return tuple(f"crsql_syncline_key(r.pk, {n})" for n in range(len(entry.key)))


def held_rows(db: apsw.Connection) -> HeldRows:
    """The rows of the ordinary tables of a file that are held back."""
    return HeldRows(db, "crsql_syncline_held_rows")


def base(entry: Entry) -> str:
    """The table itself in SQL."""
    return main(entry.name)
