"""Creates CRRs from another side's plans (``engine.table_plan``)."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from engine.sqlite.sql import idents, main
from engine.sqlite.steps import Steps
from engine.table_plan import TablePlan
from engine.tables.plans import column_sql


def create(db: apsw.Connection, plan: TablePlan) -> None:
    """Create a table as planned and make it a CRR. The plan was checked by ``check_plans``."""
    create_plain(db, plan)
    db.execute("SELECT crsql_as_crr(?)", (plan.name,)).fetchall()


def create_plain(db: apsw.Connection, plan: TablePlan) -> None:
    """Create a table as planned, not synced yet. The plan was checked by ``check_plans``.

    Only keys are NOT NULL: this side must accept everything that the other side may send. If the other side's table is
    STRICT, this one is not, but accepts the same values, as programs with SQLite before 3.37 could not open the file.
    """
    parts = [column_sql(column, checked=plan.strict) for column in plan.columns]
    key = [column.name for column in sorted(plan.columns, key=lambda column: column.key) if column.key]
    parts.append(f"PRIMARY KEY ({idents(key)})")
    db.execute(f"CREATE TABLE {main(plan.name)} ({', '.join(parts)}){'' if plan.rowid else ' WITHOUT ROWID'}")


def create_all(db: apsw.Connection, plans: Iterable[TablePlan], *, equal_values: bool) -> Steps[None]:
    """Create all tables of a new file, one at each step, and set it up as the other side's
    (``Replica.merges_equal_values``)."""
    for plan in plans:
        create(db, plan)
        yield
    set_equal_values(db, equal_values)


def set_equal_values(db: apsw.Connection, equal_values: bool) -> None:
    """Make the file break ties between equal values as the other side's does (``Replica.merges_equal_values``)."""
    db.execute("SELECT crsql_config_set('merge-equal-values', ?)", (int(equal_values),)).fetchall()
