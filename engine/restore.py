"""Puts a value back that a peer's change overwrote: an ordinary local write, as any app makes it."""

from __future__ import annotations

import apsw

from engine.change import SQLiteValue
from engine.clip import stands_for
from engine.crr import Replica
from engine.crr.failures import explained
from engine.crr.sql import ident, key_is, main
from engine.errors import UsageError


def current(replica: Replica, table: str, key: tuple[SQLiteValue, ...], column: str) -> SQLiteValue:
    """Return what a cell holds now.

    Raises:
        UsageError: there is no such cell. ReplicaError: the file.
    """
    where = key_is(_key(replica, table, key, column))
    with explained(replica.path):
        cells = replica.connection.execute(f"SELECT {ident(column)} FROM {main(table)} WHERE {where}", key).fetchall()
    if not cells:
        raise UsageError(f"The row in “{table}” is gone.")
    value: SQLiteValue = cells[0][0]
    return value


def put_back(
    replica: Replica,
    table: str,
    key: tuple[SQLiteValue, ...],
    column: str,
    value: SQLiteValue,
    instead_of: SQLiteValue,
) -> None:
    """Write ``value`` into a cell, if it still holds what overwrote it.

    Args:
        replica: open for writing, on its thread.
        table, key, column: the cell. value: what it is to hold. instead_of: what it holds now, perhaps clipped.

    Raises:
        UsageError: the row is gone, the cell was changed again, or the table refuses the value; nothing has changed.
        ReplicaError: the file.
    """
    where = key_is(_key(replica, table, key, column))
    db = replica.connection
    with explained(replica.path):
        db.execute("BEGIN IMMEDIATE")
        try:
            cells = db.execute(f"SELECT {ident(column)} FROM {main(table)} WHERE {where}", key).fetchall()
            if not cells:
                raise UsageError(
                    f"The row in “{table}” is gone, so that nothing can be put back into it.",
                    hint="Copy the old value instead.",
                )
            if not stands_for(instead_of, cells[0][0]):
                raise UsageError(
                    f"“{column}” in “{table}” has been changed again since then; it stays as it is.",
                    hint="Copy the old value instead, or look for the newest change of it.",
                )
            number = len(key) + 1
            db.execute(
                f"UPDATE {main(table)} SET {ident(column)} = ?{number} WHERE {where}", (*key, value)
            ).fetchall()
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if isinstance(error, apsw.ConstraintError):
                raise UsageError(
                    f"The table “{table}” refuses the old value: {error}.", hint="Copy the old value instead."
                ) from None
            raise


def _key(replica: Replica, table: str, key: tuple[SQLiteValue, ...], column: str) -> tuple[str, ...]:
    """The columns of the key, if there is such a table and column."""
    status = next((known for known in replica.tables() if known.name == table), None)
    if status is None or not status.syncable or column not in status.columns or len(key) != len(status.key):
        raise UsageError(f"“{replica.path.name}” has no synced column “{column}” in a table “{table}” any more.")
    return status.key
