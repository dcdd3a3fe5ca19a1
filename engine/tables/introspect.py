"""Tables according to a file's schema, whether they are synced or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import apsw

from engine.sqlite.invalid_text import each, readable, rows_of_schema, shown
from engine.sqlite.sql import literal
from engine.sqlite.values import Affinity
from engine.tables.names import CLOCK, MARK, REGISTER

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        key: its place in the primary key, from 1; or 0.
        hidden: as in pragma_table_xinfo.
        declared: its type as written.
        collation: '' for a column that is not of a table.
    """

    name: str
    affinity: Affinity
    not_null: bool
    default: str | None
    key: int
    hidden: int
    declared: str
    collation: str


@dataclass(frozen=True)
class Table:
    """A table or view of the main schema.

    Attributes:
        kind: as in pragma_table_list: table, view, virtual, shadow; or ``UNREADABLE``.
        columns: empty for a virtual or unreadable one.
    """

    name: str
    kind: str
    columns: tuple[Column, ...]
    strict: bool = False
    rowid: bool = True

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The names of the primary key's columns, in key order."""
        return tuple(c.name for c in sorted(self.columns, key=lambda c: c.key) if c.key)

    @cached_property
    def tracked(self) -> tuple[str, ...]:
        """The other columns in table order; generated and hidden ones are not tracked (cr-sqlite.md 2.4)."""
        return tuple(c.name for c in self.columns if not c.key and not c.hidden)


def table_names(db: apsw.Connection) -> list[str]:
    """Return the tables of the main schema, in catalogue order, except those whose name is invalid text."""
    return [name for (name,) in rows_of_schema(db, "name", "type = 'table'")]


def exact_name(db: apsw.Connection, name: str) -> str | None:
    """Return the spelling of the table or view called ``name`` in any letter case; None if there is none."""
    exact: str | None = db.execute("SELECT name FROM pragma_table_list(?) WHERE schema = 'main'", (name,)).get
    return exact


_LISTED = "SELECT name, type, strict, wr FROM pragma_table_list{} WHERE schema = 'main'"


def describe(db: apsw.Connection, name: str) -> Table | None:
    """Return the table or view called ``name`` in any letter case, under its exact name; None if there is none."""
    row = db.execute(_LISTED.format("(?)"), (name,)).fetchone()
    return described(db, *row) if row is not None else None


def described(db: apsw.Connection, name: str, kind: str, strict: int, rowless: int) -> Table | None:
    """Describe a table from its entry in the list of tables; None for one of SQLite's own."""
    if name.lower().startswith("sqlite_"):
        return None
    if kind == "virtual":
        return Table(name, kind, ())  # the module that knows its columns may not be here
    columns = []
    for row in each(
        db, "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?, 'main')", (name,)
    ):
        if not readable(row):
            return Table(name, UNREADABLE, ())
        column, declared, not_null, default, key, hidden = row
        affinity = Affinity.of(declared, strict=bool(strict))
        collation = db.column_metadata("main", name, column)[1].upper() if kind == "table" else ""
        columns.append(Column(column, affinity, bool(not_null), default, key, hidden, declared, collation))
    return Table(name, kind, tuple(columns), bool(strict), not rowless)


def column_names(db: apsw.Connection, table: str) -> tuple[str, ...]:
    """Return the columns of a table; empty if there is no such table."""
    return tuple(name for (name,) in each(db, "SELECT name FROM pragma_table_info(?, 'main')", (table,)))


def bookkeeping(name: str) -> bool:
    """Return whether this is the name of something kept for sync, rather than a person's own."""
    lower = name.lower()
    return lower.startswith("crsql_") or "__crsql_" in lower


def user_tables(db: apsw.Connection) -> Iterator[Table]:
    """Iterate over the tables that are a person's own, in catalogue order."""
    in_list = listed(db)
    for name in table_names(db):
        if not bookkeeping(name) and not name.lower().startswith("sqlite_"):
            table = described(db, *in_list[name]) if name in in_list else None
            if table is not None and table.kind in ("table", "virtual", UNREADABLE):
                yield table


def count_tables(db: apsw.Connection) -> int:
    """Return how many tables ``user_tables`` and ``unnamed_tables`` give, without looking at their columns."""
    kinds = {name: kind for name, kind, *_ in listed(db).values()}
    own = [
        name
        for name in table_names(db)
        if not bookkeeping(name) and not name.lower().startswith("sqlite_") and kinds.get(name) in ("table", "virtual")
    ]
    unnamed = each(db, "SELECT name FROM main.sqlite_master WHERE type = 'table'")
    return len(own) + sum(not readable((name,)) for (name,) in unnamed)


def unnamed_tables(db: apsw.Connection) -> Iterator[Table]:
    """Iterate over the tables whose name is invalid text, under what can be read of it. They can only be listed."""
    for (name,) in each(db, "SELECT name FROM main.sqlite_master WHERE type = 'table'"):
        if not readable((name,)):
            yield Table(str(shown(name)), UNREADABLE, ())


def is_crr(db: apsw.Connection, table: str) -> bool:
    """Return whether a table has its insert trigger, in any letter case, by which stock decides it.

    See cr-sqlite.md 2.4 and 2.6.
    """
    found = db.execute(
        "SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' AND name COLLATE NOCASE = "
        + literal(table + "__crsql_itrig")
    ).fetchone()
    return found is not None


def is_ordinary(db: apsw.Connection, table: str) -> bool:
    """Return whether a table was made an ordinary one (``engine.ordinary``), whatever its present state."""
    if not db.table_exists("main", REGISTER):
        return False
    return db.execute(f"SELECT 1 FROM main.{REGISTER} WHERE name = ?", (table,)).fetchone() is not None


def listed(db: apsw.Connection) -> dict[str, tuple[str, str, int, int]]:
    """Return the list of tables and views, by name.

    For many tables it is read once, as SQLite scans all of it each time.
    """
    return {row[0]: row for row in each(db, _LISTED.format("")) if readable(row[:1])}


def marks(db: apsw.Connection) -> dict[tuple[str, str], str]:
    """Return the whole marks (``engine.clocks.table_marks``), by the table and records that bear their halves."""
    found = rows_of_schema(db, "name, tbl_name", f"type = 'trigger' AND name GLOB '{MARK}*'")
    on = {name.removeprefix(MARK): table for name, table in found}
    return {(table, on[mark + CLOCK]): mark for mark, table in on.items() if mark + CLOCK in on}
