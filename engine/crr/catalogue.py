"""Which tables a file has, and which of them are CRRs (spec 2.4, 8.4, 12.19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import apsw

from engine.crr import parking
from engine.crr.statements import Statements
from engine.crr.triggers import EVENTS, Triggers, Watch, trigger_name
from engine.sqlite.invalid_text import each, readable, rows_of_schema
from engine.sqlite.sql import literal
from engine.sqlite.values import Affinity

CLOCK = "__crsql_clock"
BY_VERSION = "_dbv_idx"
PKS = "__crsql_pks"
KEY = "__crsql_key"

UNREADABLE = "unreadable"
NO_TEXT = "a name or a default in its schema is not valid text"
MARK = "crsql_syncline_mark_"
"""Begins the names of the triggers by which a table is known again (``engine.clocks.table_marks``)."""

_UNWATCHED = "its sync triggers are missing or were changed, so that what is written to it is not recorded"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. ``key`` is its place in the primary key from 1, or 0; ``hidden`` as in
    table_xinfo; ``declared`` is its type as written; ``collation`` is empty for a column of no table."""

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
    """A table or view of the main schema. ``kind`` as in pragma_table_list: table, view, virtual, shadow; or
    ``UNREADABLE``. No columns are known of a virtual one, nor of such a one."""

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
        """The other columns in table order; generated and hidden ones are not tracked (spec 2.4)."""
        return tuple(c.name for c in self.columns if not c.key and not c.hidden)


class Crr:
    """A table that is tracked, with everything a write to it needs.

    Attributes:
        name: the wire name, which is the clock table's name without its suffix.
        table: the base table.
        affinity: of each tracked column.
        indexed: whether its clock has the index on versions; somebody may have dropped it.
        app_triggers: the names of an app's triggers on the table, which run when rows are merged.
        watches: what each of its sync triggers does.
        sql: the SQL texts for this table.
    """

    def __init__(
        self,
        name: str,
        table: Table,
        *,
        indexed: bool,
        app_triggers: tuple[str, ...],
        sync_triggers: tuple[str | None, ...],
    ) -> None:
        self.name = name
        self.table = table
        self.key = table.key
        self.columns = table.tracked
        self.affinity = {c.name: c.affinity for c in table.columns if not c.key and not c.hidden}
        self.indexed = indexed
        self.app_triggers = app_triggers
        self.triggers = Triggers(name, table.name, self.key, self.columns)
        self.watches = tuple(map(self.triggers.watch, EVENTS, sync_triggers))
        self.sql = Statements(name, table.name, self.key, self.columns, told=bool(app_triggers))


@dataclass(frozen=True)
class Catalogue:
    """The tables that matter here, as of one schema version.

    Attributes:
        clocks: the wire name of every clock table of 0.16's layout, in catalogue order, also of broken CRRs.
        crrs: by wire name; those that can be read and merged.
        broken: wire name -> why it is not in ``crrs``, in words that follow on "cannot be synced:".
        parked: wire name -> why it takes no part in sync, likewise; all that are broken, and others, whose local
            writes are recorded on.
        marks: by wire name, by which each table is known to be the one it was; of those that bear a whole one.
        texts: by wire name, the texts of the schema from which all but ``parked`` and ``marks`` was read.
    """

    clocks: tuple[str, ...]
    crrs: dict[str, Crr]
    broken: dict[str, str]
    parked: dict[str, str]
    marks: dict[str, str]
    texts: dict[str, tuple[str | None, ...]]

    @cached_property
    def synced(self) -> dict[str, Crr]:
        """The CRRs that take part in sync, by wire name."""
        return {name: crr for name, crr in self.crrs.items() if name not in self.parked}

    @cached_property
    def _by_table(self) -> dict[str, Crr]:
        return {crr.table.name: crr for crr in self.crrs.values()}

    def tracking(self, table: str) -> Crr | None:
        """The CRR whose base table is ``table``, whatever the case of its wire name."""
        return self._by_table.get(table)


def table_names(db: apsw.Connection) -> list[str]:
    """Every table of the main schema, in catalogue order, but for those whose name nobody can read."""
    return [name for (name,) in rows_of_schema(db, "name", "type = 'table'")]


def exact_name(db: apsw.Connection, name: str) -> str | None:
    """How the table or view called ``name`` in any letter case is spelled; None when there is none."""
    exact: str | None = db.execute("SELECT name FROM pragma_table_list(?) WHERE schema = 'main'", (name,)).get
    return exact


_LISTED = "SELECT name, type, strict, wr FROM pragma_table_list{} WHERE schema = 'main'"


def describe(db: apsw.Connection, name: str) -> Table | None:
    """The table or view called ``name`` in any letter case, under its exact name; None when there is none."""
    row = db.execute(_LISTED.format("(?)"), (name,)).fetchone()
    return _described(db, *row) if row is not None else None


def _described(db: apsw.Connection, name: str, kind: str, strict: int, rowless: int) -> Table | None:
    """A table as the list of tables has it; None for one of SQLite's own."""
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
    """The columns of one table; empty when there is no such table."""
    return tuple(name for (name,) in each(db, "SELECT name FROM pragma_table_info(?, 'main')", (table,)))


def bookkeeping(name: str) -> bool:
    """Is this the name of something that is kept for sync, and not a person's own?"""
    lower = name.lower()
    return lower.startswith("crsql_") or "__crsql_" in lower


def user_tables(db: apsw.Connection) -> Iterator[Table]:
    """Every table that is a person's own, in catalogue order."""
    listed = _listed(db)
    for name in table_names(db):
        if not bookkeeping(name) and not name.lower().startswith("sqlite_"):
            table = _described(db, *listed[name]) if name in listed else None
            if table is not None and table.kind in ("table", "virtual", UNREADABLE):
                yield table


def _listed(db: apsw.Connection) -> dict[str, tuple[str, str, int, int]]:
    """The list of tables and views, by name: of many it is read at once, as SQLite goes through all of it each time."""
    return {row[0]: row for row in each(db, _LISTED.format("")) if readable(row[:1])}


def load(db: apsw.Connection, before: Catalogue | None = None) -> Catalogue:
    """Read the catalogue: the names with the literal clock suffix, and the base table of each.

    What the schema says as it did ``before`` is taken over: where a table comes or goes, thousands of others may stay.
    """
    known = before or Catalogue((), {}, {}, {}, {}, {})
    rows = list(rows_of_schema(db, "name, lower(name), type, sql", "type IN ('table', 'view')"))
    by_lower = {lower: (name, text) for name, lower, _, text in rows}
    indexes = {name for (name,) in rows_of_schema(db, "name", "type = 'index'")}
    triggers: dict[str, tuple[str, ...]] = {}
    own: dict[tuple[str, str], str] = {}
    for trigger, trigger_lower, of, body in each(
        db,
        "SELECT name, lower(name), lower(tbl_name), sql FROM main.sqlite_master WHERE type = 'trigger' ORDER BY name",
    ):
        if bookkeeping(trigger):
            own[of, trigger_lower] = body
        else:
            triggers[of] = (*triggers.get(of, ()), trigger)
    listed: dict[str, tuple[str, str, int, int]] = {}
    clocks: list[str] = []
    crrs: dict[str, Crr] = {}
    broken: dict[str, str] = {}
    texts: dict[str, tuple[str | None, ...]] = {}
    for clock, lower, kind, sql in rows:
        if kind != "table" or not clock.endswith(CLOCK) or len(clock) == len(CLOCK):
            continue
        name = clock[: -len(CLOCK)]
        base, text = by_lower.get(lower[: -len(CLOCK)], (name, None))
        indexed = clock + BY_VERSION in indexes
        of = lower[: -len(CLOCK)]
        on_it = triggers.get(of, ())
        mine = tuple(own.get((of, trigger_name(of, event))) for event in EVENTS)
        now = sql, text, by_lower.get(of + PKS, ("", None))[1], "indexed" if indexed else None, *mine, *on_it
        if known.texts.get(name) == now:
            if name in known.crrs:
                crrs[name] = known.crrs[name]
            else:
                broken[name] = known.broken[name]
        elif not {"key", "col_name", "db_version"} <= set(column_names(db, clock)):
            continue
        else:
            if text is not None and base not in listed:
                listed = _listed(db)
            table = _described(db, *listed[base]) if base in listed else None
            if table is not None and table.kind == UNREADABLE:
                broken[name] = NO_TEXT
            elif table is None or table.kind != "table":
                broken[name] = "the table itself is gone; only its sync records are left"
            elif column_names(db, name + PKS) != (KEY, *table.key):
                broken[name] = "its primary key was changed without crsql_begin_alter and crsql_commit_alter"
            else:
                crrs[name] = Crr(name, table, indexed=indexed, app_triggers=on_it, sync_triggers=mine)
        clocks.append(name)
        texts[name] = now
    parked = {name: _UNWATCHED for name, crr in crrs.items() if Watch.BROKEN in crr.watches}
    parked |= {name: why for name, why in parking.read(db).items() if name in crrs}
    on = _marks(db)
    marks = {name: on[key] for name, crr in crrs.items() if (key := (crr.table.name, name + CLOCK)) in on}
    return Catalogue(tuple(clocks), crrs, broken, parked | broken, marks, texts)


def _marks(db: apsw.Connection) -> dict[tuple[str, str], str]:
    """The whole marks, by what bears their two halves: a table and its clock."""
    marks = rows_of_schema(db, "name, tbl_name", f"type = 'trigger' AND name GLOB '{MARK}*'")
    on = {name.removeprefix(MARK): table for name, table in marks}
    return {(table, on[mark + CLOCK]): mark for mark, table in on.items() if mark + CLOCK in on}


def is_crr(db: apsw.Connection, table: str) -> bool:
    """Does the table have its insert trigger (what stock asks, spec 2.4), in whatever letter case (spec 2.6)?"""
    found = db.execute(
        "SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' AND name COLLATE NOCASE = "
        + literal(table + "__crsql_itrig")
    ).fetchone()
    return found is not None
