"""Why a merge is refused, in the same words for every kind of table."""

from __future__ import annotations

import apsw

from engine.change import Change
from engine.errors import InvalidChange, RowRefused, SchemaMismatch, SynclineError
from engine.text import t

_SHOWN = 80  # characters of a name that a peer may have made up


def no_table(name: str) -> SchemaMismatch:
    """Return the error for a table that is not synced here."""
    shown = name if len(name) <= _SHOWN else name[:_SHOWN] + "…"
    return SchemaMismatch(
        t("This file has no synced table “{table}”.", table=shown),
        table=name,
        elsewhere=t("The other side has no synced table “{table}”.", table=shown),
        hint=t("Create the table here as on the other side, and make it syncable."),
    )


def no_column(change: Change) -> SchemaMismatch:
    """Return the error for a change to a column that is not synced here."""
    return SchemaMismatch(
        t(
            "The table “{table}” of this file has no column “{column}” that can be synced.",
            table=change.table,
            column=change.cid,
        ),
        elsewhere=t(
            "The table “{table}” on the other side has no column “{column}” that can be synced.",
            table=change.table,
            column=change.cid,
        ),
        table=change.table,
        column=change.cid,
        hint=t("Give both sides the same schema, first the one without the column."),
    )


def wrong_type(table: str) -> InvalidChange:
    """Return the error for a value that SQLite cannot write into its column."""
    return InvalidChange(t("A change for the table “{table}” has a value of the wrong type.", table=table))


def row_rejected(table: str, reason: Exception) -> RowRefused:
    """Return the error for a row that breaks a rule of the table.

    Args:
        reason: SQLite's error.
    """
    return RowRefused(
        t("The table “{table}” of this file rejects a row of another replica: {reason}.", table=table, reason=reason),
        elsewhere=t(
            "The table “{table}” on the other side rejects a row of this file: {reason}.", table=table, reason=reason
        ),
        table=table,
        hint=t("Compare the constraints and triggers of the table on both sides."),
    )


def of(table: str, error: Exception) -> SynclineError | None:
    """Return the error for a failed write into the table; None if it does not concern what was to be written."""
    if isinstance(error, apsw.MismatchError):
        return wrong_type(table)
    if isinstance(error, apsw.ConstraintError):
        return row_rejected(table, error)
    return None
