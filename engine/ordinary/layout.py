"""The tables in which the records of an ordinary table are kept: makes, alters, checks and drops them.

All work with SQLite 3.24: programs that know nothing of Syncline open the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import apsw

from engine.ordinary import register
from engine.ordinary.global_keys import new_collection
from engine.ordinary.register import Entry
from engine.ordinary.shadow import mark
from engine.tables.introspect import column_names
from engine.tables.names import REGISTER


def create(
    db: apsw.Connection,
    name: str,
    key: tuple[str, ...],
    columns: tuple[str, ...],
    refers: Mapping[str, str] | None = None,
) -> Entry:
    """Create the log, the records and the entry of a table, in the caller's transaction.

    Args:
        refers: the columns that hold numbers which SQLite hands out, each with the name of the table that hands them
            out. Tables that its key refers to are in the register, except for this one; others may come later
            (``register.refer``).
    """
    register.make(db)
    last = db.execute(f"SELECT ifnull(max(number), 0) FROM main.{REGISTER}").get
    slots = {column: slot for slot, column in enumerate(columns)}
    known = dict(db.execute(f"SELECT name, number FROM main.{REGISTER}")) | {name: last + 1}
    entry = Entry(name, last + 1, key, slots, len(slots))
    entry = replace(entry, refers={column: known[root] for column, root in (refers or {}).items() if root in known})
    if any(entry.refers.get(column) == entry.number for column in key):
        home, used = register.home_of(db), register.handed_out(db, name)
        entry = replace(entry, collection=new_collection(), home=home, used=used)
    values = "".join(f", v{slot}" for slot in entry.live)
    local = f", {', '.join(entry.log_key)}, born INTEGER" if entry.has_global_key else ""
    db.execute(
        f"CREATE TABLE main.{entry.rows} (r INTEGER PRIMARY KEY, pk BLOB NOT NULL, length INTEGER NOT NULL,"
        f" covers BLOB NOT NULL, col_version INTEGER NOT NULL, db_version INTEGER NOT NULL,"
        f" site INTEGER NOT NULL{local}{values})"
    )
    make_log(db, entry)
    make_cells(db, entry)
    make_hidden(db, entry)
    make_indexes(db, entry)
    register.save(db, entry)
    return next(one for one in register.load(db) if one.number == entry.number) if entry.refers else entry


def make_log(db: apsw.Connection, entry: Entry) -> None:
    """Recreate the log of a table, empty."""
    db.execute(
        f"DROP TABLE IF EXISTS main.{entry.log};"
        f" CREATE TABLE main.{entry.log} (id INTEGER PRIMARY KEY, {', '.join(entry.log_columns)})"
    )


def make_cells(db: apsw.Connection, entry: Entry) -> None:
    """Recreate the table of cells, empty."""
    db.execute(
        f"DROP TABLE IF EXISTS main.{entry.cells};"
        f" CREATE TABLE main.{entry.cells} (r INTEGER NOT NULL, slot INTEGER NOT NULL, col_version INTEGER NOT NULL,"
        " db_version INTEGER NOT NULL, site INTEGER NOT NULL, PRIMARY KEY (r, slot)) WITHOUT ROWID"
    )


def make_hidden(db: apsw.Connection, entry: Entry) -> None:
    """Recreate the table of hidden rows, empty."""
    columns = ", ".join((*entry.log_key, *(f"v{slot}" for slot in entry.live)))
    db.execute(
        f"DROP TABLE IF EXISTS main.{entry.hidden};"
        f" CREATE TABLE main.{entry.hidden} (r INTEGER PRIMARY KEY, reason TEXT, way INTEGER, since INTEGER NOT NULL,"
        f" same INTEGER NOT NULL DEFAULT 0, {columns});"
        f" DROP TABLE IF EXISTS main.{entry.led}"
    )
    if entry.collection:
        db.execute(f"CREATE TABLE main.{entry.led} (k0 INTEGER PRIMARY KEY, other INTEGER NOT NULL)")


def make_indexes(db: apsw.Connection, entry: Entry) -> None:
    """Create the indexes that are missing."""
    for name, (unique, table, column) in _indexes(entry).items():
        db.execute(f"CREATE {unique}INDEX IF NOT EXISTS main.{name} ON {table} ({column})")


def _indexes(entry: Entry) -> dict[str, tuple[str, str, str]]:
    found = {
        f"{entry.rows}_pk": ("UNIQUE ", entry.rows, "pk"),
        f"{entry.rows}_version": ("", entry.rows, "db_version"),
        f"{entry.cells}_version": ("", entry.cells, "db_version"),
        f"{entry.hidden}_way": ("", entry.hidden, "way"),
    }
    if entry.has_global_key:
        found[entry.key_index] = ("UNIQUE ", entry.rows, ", ".join(entry.log_key))
    return found


class Amiss(NamedTuple):
    """Which of a table's record tables are missing, or not as they were created."""

    log: bool
    rows: bool
    cells: bool
    hidden: bool


def amiss(db: apsw.Connection, entry: Entry) -> Amiss:
    """Check the columns and indexes of a table's record tables."""
    stamp = ("col_version", "db_version", "site")
    of = {name: set(column_names(db, name)) for name in (entry.log, entry.rows, entry.cells, entry.hidden)}
    sql = "SELECT name FROM main.sqlite_master WHERE type = 'index' AND tbl_name IN (?, ?, ?) AND sql IS NOT NULL"
    there = {name for (name,) in db.execute(sql, (entry.rows, entry.cells, entry.hidden))}
    lacking = {table for name, (_, table, _) in _indexes(entry).items() if name not in there}
    values = {f"v{slot}" for slot in entry.live}
    hidden = {"r", "reason", "way", "since", "same", *entry.log_key, *values}
    led = {"k0", "other"} if entry.collection else set()
    if entry.has_global_key:
        values |= {"born", *entry.log_key}
    return Amiss(
        of[entry.log] != {"id", *entry.log_columns},
        not of[entry.rows] >= {"r", "pk", "length", "covers", *stamp, *values} or entry.rows in lacking,
        of[entry.cells] != {"r", "slot", *stamp} or entry.cells in lacking,
        of[entry.hidden] != hidden or entry.hidden in lacking or set(column_names(db, entry.led)) != led,
    )


def drop(db: apsw.Connection, entry: Entry) -> None:
    """Drop all records of a table, but not its triggers."""
    for table in (entry.log, entry.rows, entry.cells, entry.hidden, entry.led):
        db.execute(f"DROP TABLE IF EXISTS main.{table}")
    register.held_rows(db).forget_table(entry.name)
    register.remove(db, entry)


def with_columns(
    db: apsw.Connection,
    entry: Entry,
    columns: tuple[str, ...],
    defaults: Mapping[str, str],
    renamed: Mapping[str, str],
) -> Entry:
    """Follow columns that were added and dropped, in the caller's transaction; return the new entry, which is saved.

    Args:
        columns: those that the table has now, in its order.
        defaults: for each added column, what earlier rows hold, as SQL.
        renamed: added columns whose values hidden rows have under another name, each with that name.
    """
    slots, next_slot = {}, entry.next_slot
    for column in columns:
        if column in entry.slots:
            slots[column] = entry.slots[column]
        else:
            seen = apsw.format_sql_value(db.execute(f"SELECT {mark(defaults[column])}").get)
            db.execute(f"ALTER TABLE main.{entry.rows} ADD COLUMN v{next_slot} DEFAULT {seen}")
            db.execute(f"ALTER TABLE main.{entry.hidden} ADD COLUMN v{next_slot} DEFAULT {defaults[column]}")
            if column in renamed:
                old = entry.slots[renamed[column]]
                db.execute(f"UPDATE main.{entry.hidden} SET v{next_slot} = v{old}")
            slots[column] = next_slot
            next_slot += 1
    for slot in set(entry.live).difference(slots.values()):
        db.execute(f"DELETE FROM main.{entry.cells} WHERE slot = ?", (slot,))
        for kept in (entry.rows, entry.hidden):
            db.execute(f"ALTER TABLE main.{kept} DROP COLUMN v{slot}")
    new = replace(entry, slots=slots, next_slot=next_slot)
    register.save(db, new)
    return new
