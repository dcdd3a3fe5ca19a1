"""Why an ordinary table rejects what is merged, in words: it is parked, and all other tables go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import apsw

from engine.change import SQLiteValue
from engine.errors import TableBroken
from engine.ordinary.register import Entry
from engine.tables.trigger_rule import TriggerRule
from engine.text import joined, printable, t

ERRORS = (apsw.ConstraintError, apsw.MismatchError, apsw.SQLError, apsw.TooBigError)
"""What SQLite says where a table does not take a row; all else is no fault of the table's."""


OF_ROWS = (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError)
"""Those that say that it does not take this row."""


class RowRefused(Exception):
    """A table does not take a row, which may be hidden for that."""


class RowsGone(TableBroken):
    """Rows are gone, and no trigger has told of it: all of the table is to be compared before it takes a change. What
    comes in for such a row would make one that lacks all other columns."""

    def __init__(self, table: str) -> None:
        super().__init__(table, t("rows of it are gone, and no trigger has told of it"))


def row(
    db: apsw.Connection,
    entry: Entry,
    key: Sequence[SQLiteValue],
    error: Exception,
    rule: TriggerRule,
    again: Callable[[], object],
) -> TableBroken:
    """The error for a row that is not taken.

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
    """The triggers of the app's that run when rows of a table are merged."""
    return printable(joined(", ", (t("“{name}”", name=name) for name in rule.runs(table))), 200)


def kept_out(entry: Entry, triggers: str) -> TableBroken:
    """The error for a table that holds something else than was merged."""
    return TableBroken(
        entry.name,
        t("one of its triggers ({triggers}) keeps out or changes a row of another replica", triggers=triggers),
        hint=t("Change the trigger or drop it; the table is then synced again."),
    )


def _is_of_triggers(db: apsw.Connection, error: Exception, again: Callable[[], object]) -> bool:
    """Whether it is a trigger that fails. Its RAISE is known; of all else, the table takes the row without triggers,
    which is tried and taken back."""
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
