"""CRRs made anew from the plans of another side (``engine.table_plan``)."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from engine.sqlite.sql import idents, main
from engine.sqlite.steps import Steps
from engine.table_plan import TablePlan
from engine.tables.plans import column_sql


def create(db: apsw.Connection, plan: TablePlan) -> None:
    """Make a table as planned, and a CRR of it. The plan was checked with ``check_plans``."""
    create_plain(db, plan)
    db.execute("SELECT crsql_as_crr(?)", (plan.name,)).fetchall()


def create_plain(db: apsw.Connection, plan: TablePlan) -> None:
    """Make a table as planned, which is not synced yet. The plan was checked with ``check_plans``.

    Only keys are NOT NULL: what this side takes must never be less than what the other side may send. Where that
    side's table is STRICT, this one is not, but takes the same values: programs with SQLite before 3.37 could not open
    the file.
    """
    parts = [column_sql(column, checked=plan.strict) for column in plan.columns]
    key = [column.name for column in sorted(plan.columns, key=lambda column: column.key) if column.key]
    parts.append(f"PRIMARY KEY ({idents(key)})")
    db.execute(f"CREATE TABLE {main(plan.name)} ({', '.join(parts)}){'' if plan.rowid else ' WITHOUT ROWID'}")


def create_all(db: apsw.Connection, plans: Iterable[TablePlan], *, equal_values: bool) -> Steps[None]:
    """Make all tables of a new file, set as the other side's is (``Replica.merges_equal_values``); one at each step."""
    for plan in plans:
        create(db, plan)
        yield
    set_equal_values(db, equal_values)


def set_equal_values(db: apsw.Connection, equal_values: bool) -> None:
    """Have the file break ties between equal values as the other side's does (``Replica.merges_equal_values``)."""
    db.execute("SELECT crsql_config_set('merge-equal-values', ?)", (int(equal_values),)).fetchall()
