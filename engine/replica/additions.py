"""Adds what only another side's tables have, and can remove it again as long as it has not been used.

Only what cannot lose anything is added: tables that are missing here, and columns outside the key. What was added is
recorded in ``crsql_syncline_added``, to tell it from what a person made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import apsw

from engine.crr.state import State
from engine.crr.tables.create import drop_records
from engine.crr.tables.eligibility import find_table
from engine.crr.tables.plans import create_plain
from engine.replica.kinds import Kinds
from engine.sqlite.sql import ident, main
from engine.table_plan import TablePlan, in_order
from engine.tables.additions import Addition
from engine.tables.introspect import column_names, is_ordinary
from engine.tables.plans import column_sql
from engine.tables.types import SyncedTable

_ADDED = "crsql_syncline_added"


def possible(state: State, kinds: Kinds, plans: Iterable[TablePlan]) -> list[Addition]:
    """Return what of these plans is missing here and can be added. Changes nothing."""
    found = []
    synced = {name.lower(): table for name, table in kinds.catalogue().tables.items()}
    for plan in plans:
        table = synced.get(plan.name.lower())
        if table is None:
            if not _is_taken(state, plan.name):
                found.append(Addition(plan.name))
            continue
        if table.key == tuple(column.name for column in sorted(plan.columns, key=lambda one: one.key) if column.key):
            known = {name.lower() for name in column_names(state.db, _name(table))}
            for column in plan.columns:
                if not column.key and column.name.lower() not in known:
                    found.append(Addition(table.name, column.name))
    return found


def add(
    state: State, kinds: Kinds, plans: Iterable[TablePlan], make: Callable[[Sequence[TablePlan]], None]
) -> list[Addition]:
    """Add what is missing, in the caller's transaction, and return what it was.

    The plans were checked with ``check_plans``.

    Args:
        make: makes newly created tables synced ones.

    Raises:
        NotEligible: a table cannot be synced with what would be added.
    """
    by_name = {plan.name.lower(): plan for plan in plans}
    additions = possible(state, kinds, by_name.values())
    db = state.db
    tables = {addition.table.lower(): addition.table for addition in additions}
    whole = [
        plan for name, plan in by_name.items() if any(name == one.table.lower() and not one.column for one in additions)
    ]
    for plan in in_order(whole):
        create_plain(db, plan)
    make(in_order(whole))
    for plan in (plan for name, plan in by_name.items() if name in tables and plan not in whole):
        table = tables[plan.name.lower()]
        wanted = {addition.column for addition in additions if addition.table == table}
        kind = kinds.that_tracks(table)
        kind.begin_alter(table)
        for column in plan.columns:
            if column.name in wanted:
                sql = column_sql(column, checked=plan.strict, strict=_is_strict(db, table), added=True)
                db.execute(f"ALTER TABLE {main(table)} ADD COLUMN {sql}")
        kind.commit_alter(table)
    if additions:
        layout = "tbl TEXT NOT NULL, col TEXT NOT NULL, PRIMARY KEY (tbl, col)"
        db.execute(f"CREATE TABLE IF NOT EXISTS main.{_ADDED} ({layout}) WITHOUT ROWID")
        db.executemany(f"INSERT OR REPLACE INTO main.{_ADDED} VALUES (?, ?)", additions)
    return additions


def added(state: State) -> list[Addition]:
    """Return what was added and can still be removed, as long as it is not in use."""
    if not state.db.table_exists("main", _ADDED):
        return []
    return [Addition(*row) for row in state.db.execute(f"SELECT tbl, col FROM main.{_ADDED} ORDER BY tbl, col")]


def take_back(state: State, kinds: Kinds) -> tuple[list[Addition], list[Addition]]:
    """Drop what was added in the caller's transaction, unless it is in use.

    Returns:
        what was dropped, and what stays because it holds something: a row, a deletion, a value other than its default.
    """
    db = state.db
    dropped, kept = [], []
    additions = added(state)
    if additions:
        state.keep_floor()
    for addition in additions:
        table, column = addition
        if find_table(db, table) is not None and (not column or column in column_names(db, table)):
            if _in_use(state, kinds, addition):
                kept.append(addition)
                continue
            kind = kinds.that_tracks(table)
            if column:
                kind.begin_alter(table)
                db.execute(f"ALTER TABLE {main(table)} DROP COLUMN {ident(column)}")
                kind.commit_alter(table)
            else:
                if is_ordinary(db, table):
                    kind.undo(table)
                else:
                    drop_records(db, table)
                db.execute(f"DROP TABLE {main(table)}")
            dropped.append(addition)
        db.execute(f"DELETE FROM main.{_ADDED} WHERE tbl = ? AND col = ?", addition)
    return dropped, kept


def _is_taken(state: State, name: str) -> bool:
    """Return whether a table, view or index has this name, or sync records of such a table are left."""
    index = "SELECT 1 FROM main.sqlite_master WHERE type = 'index' AND name = ? COLLATE NOCASE"
    return (
        find_table(state.db, name) is not None
        or name.lower() in map(str.lower, _records(state))
        or state.db.execute(index, (name,)).fetchone() is not None
    )


def _is_strict(db: apsw.Connection, table: str) -> bool:
    return bool(db.execute("SELECT strict FROM pragma_table_list(?) WHERE schema = 'main'", (table,)).get)


def _name(table: SyncedTable) -> str:
    return table.anchors[0][0]


def _in_use(state: State, kinds: Kinds, addition: Addition) -> bool:
    table, column = addition
    if not column:
        known = kinds.catalogue().tables.get(table)
        both = (main(name) for name, _ in (known.anchors if known is not None else ((table, ""),)))
        return any(state.db.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() for name in both)
    sql = "SELECT dflt_value FROM pragma_table_info(?, 'main') WHERE name = ?"
    [(default,)] = state.db.execute(sql, (table, column)).fetchall()
    other = f"SELECT 1 FROM {main(table)} WHERE {ident(column)} IS NOT ({default or 'NULL'}) LIMIT 1"
    return state.db.execute(other).fetchone() is not None


def _records(state: State) -> tuple[str, ...]:
    """Return the names of all tables with sync records, including those that are gone."""
    return state.catalogue().clocks
