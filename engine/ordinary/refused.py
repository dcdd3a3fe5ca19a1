"""Says why an ordinary table rejects what is merged: a row is hidden, or the table parked, and all others continue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import apsw

from engine.change import SQLiteValue
from engine.errors import TableBroken
from engine.ordinary.hidden import Reason
from engine.ordinary.register import Entry
from engine.tables.trigger_rule import TriggerRule
from engine.text import joined, printable, t

ERRORS = (apsw.ConstraintError, apsw.MismatchError, apsw.SQLError, apsw.TooBigError)
"""SQLite's errors for a table that does not take a row; no other error is the table's fault."""


OF_ROWS = (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError)
"""Those for a table that does not take this particular row."""


_REASONS = {
    apsw.SQLITE_CONSTRAINT_UNIQUE: Reason.UNIQUE,
    apsw.SQLITE_CONSTRAINT_PRIMARYKEY: Reason.UNIQUE,
    apsw.SQLITE_CONSTRAINT_ROWID: Reason.UNIQUE,
    apsw.SQLITE_CONSTRAINT_CHECK: Reason.CHECK,
    apsw.SQLITE_CONSTRAINT_NOTNULL: Reason.NOT_NULL,
    apsw.SQLITE_CONSTRAINT_DATATYPE: Reason.TYPE,
    apsw.SQLITE_MISMATCH: Reason.TYPE,
}


class RowRefused(Exception):
    """A table does not take a row, which may be hidden for that."""


class RowsGone(TableBroken):
    """Rows are gone without a trigger having logged it: the whole table has to be compared before it takes a change, as
    a change for such a row would create one that lacks all other columns."""

    def __init__(self, table: str) -> None:
        super().__init__(table, t("rows of it are gone, and no trigger has recorded that"))


def reason_of(error: Exception) -> Reason:
    """Return why a table does not take a row, by one of these errors; a trigger if SQLite names nothing else."""
    return _REASONS.get(getattr(error, "extendedresult", 0), Reason.TRIGGER)


def row(
    db: apsw.Connection,
    entry: Entry,
    key: Sequence[SQLiteValue],
    error: Exception,
    rule: TriggerRule,
    again: Callable[[], object],
) -> TableBroken:
    """Return the error for a row that is not taken.

    Args:
        again: tries once more.
    """
    shown = printable(", ".join(str(value) for value in key), 40)
    why = printable(str(error), 200)
    if rule.runs(entry.name) and _is_of_triggers(db, error, again):
        reason = t(
            "one of its triggers ({triggers}) rejects row {key} of another replica: {reason}",
            triggers=named(rule, entry.name),
            key=shown,
            reason=why,
        )
        return TableBroken(entry.name, reason, hint=t("Change the trigger or drop it; the table is then synced again."))
    return TableBroken(
        entry.name,
        t("row {key} of another replica breaks a rule that the table has here: {reason}", key=shown, reason=why),
        hint=t("Change the table, or the row on the other side; then: syncline check --repair"),
    )


def named(rule: TriggerRule, table: str) -> str:
    """Name the app's triggers that run when rows of a table are merged."""
    return printable(joined(", ", (t("“{name}”", name=name) for name in rule.runs(table))), 200)


def kept_out(entry: Entry, triggers: str) -> TableBroken:
    """Return the error for a table that holds something other than what was merged."""
    return TableBroken(
        entry.name,
        t("one of its triggers ({triggers}) keeps out or changes a row of another replica", triggers=triggers),
        hint=t("Change the trigger or drop it; the table is then synced again."),
    )


def _is_of_triggers(db: apsw.Connection, error: Exception, again: Callable[[], object]) -> bool:
    """Return whether it is a trigger that fails.

    Its RAISE is recognized; otherwise it is a trigger if the table takes the row without triggers, which is tried and
    rolled back.
    """
    if getattr(error, "extendedresult", None) == apsw.SQLITE_CONSTRAINT_TRIGGER:
        return True
    switch = apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER
    before = db.config(switch, -1)
    db.config(switch, 0)
    try:
        db.execute("SAVEPOINT crsql_syncline_tried")
        again()
        return True
    except apsw.Error:
        return False
    finally:
        with suppress(apsw.Error):
            db.execute("ROLLBACK TO crsql_syncline_tried; RELEASE crsql_syncline_tried")
        db.config(switch, before)
