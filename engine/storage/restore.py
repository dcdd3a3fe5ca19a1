"""Puts back what was: a value that a peer's change overwrote, or a whole file from a backup.

A value is an ordinary local write, as any app makes it. A file that is set back is a new replica to its peers: its old
versions would be used a second time, for other changes (cr-sqlite.md 12.3).
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path

import apsw

from engine.change import SQLiteValue
from engine.errors import NotADatabase, ReplicaError, UsageError
from engine.replica import Replica
from engine.sqlite.sql import ident, key_is, main
from engine.sqlite.sqlite_errors import explained
from engine.storage.backup import Backups
from engine.text import t
from engine.truncate import stands_for


def current(replica: Replica, table: str, key: tuple[SQLiteValue, ...], column: str) -> SQLiteValue:
    """Return what a cell holds now.

    Raises:
        UsageError: there is no such cell. ReplicaError: the file.
    """
    where = key_is(_key(replica, table, key, column))
    with explained(replica.path):
        cells = replica.connection.execute(f"SELECT {ident(column)} FROM {main(table)} WHERE {where}", key).fetchall()
    if not cells:
        raise UsageError(t("The row in “{table}” is gone.", table=table))
    value: SQLiteValue = cells[0][0]
    return value


def restore_value(
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
                    t("The row in “{table}” is gone, so the old value cannot be restored.", table=table),
                    hint=t("Copy the old value instead."),
                )
            if not stands_for(instead_of, cells[0][0]):
                raise UsageError(
                    t(
                        "“{column}” in “{table}” has been changed again since, and was left as it is.",
                        column=column,
                        table=table,
                    ),
                    hint=t("Copy the old value instead, or look for its latest change."),
                )
            number = len(key) + 1
            db.execute(f"UPDATE {main(table)} SET {ident(column)} = ?{number} WHERE {where}", (*key, value)).fetchall()
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if isinstance(error, apsw.ConstraintError):
                raise UsageError(
                    t("The table “{table}” rejects the old value: {reason}.", table=table, reason=error),
                    hint=t("Copy the old value instead."),
                ) from None
            raise


def _key(replica: Replica, table: str, key: tuple[SQLiteValue, ...], column: str) -> tuple[str, ...]:
    """The columns of the key, if there is such a table and column."""
    status = next((known for known in replica.tables() if known.name == table), None)
    if status is None or not status.syncable or column not in status.columns or len(key) != len(status.key):
        raise UsageError(
            t(
                "“{file}” no longer has a synced column “{column}” in a table “{table}”.",
                file=replica.path.name,
                column=column,
                table=table,
            )
        )
    return status.key


def restore_file(path: Path, copy: Path, backups: Backups) -> tuple[bytes, Path | None]:
    """Set a whole file back to a backup, as a new replica. Other programs may have it open; they see it change at once.
    Rows that were joined with others since then have not met these any more.

    Args:
        path: the file; it need not be there any more. copy: the backup.
        backups: where the file is copied to as it is now.

    Returns:
        the file's new site id, empty when it was not syncable then; and the backup of before, if there was a file.

    Raises:
        ReplicaError: the copy is damaged, or the file cannot be written; it is as it was.
    """
    before = None
    unfinished = path.with_name(f".{path.name}.restoring")
    try:
        _copy(copy, unfinished)  # first: the backup of before may take the place of this one
        with explained(copy), contextlib.closing(_connect(unfinished)) as db:
            whole = db.execute("PRAGMA quick_check").get
        if whole != "ok":
            raise NotADatabase(t("The backup {file} is damaged.", file=copy), hint=t("Choose another backup."))
        with Replica.open(unfinished, readonly=True) as replica:
            synced = bool(replica.site_id)
        site_id = b""
        if synced:
            with Replica.open(unfinished) as replica:
                site_id = replica.new_site_id()
                replica.undo_joins(_ids_of(path))
        if path.exists():
            before = backups.make(path)
        _copy(unfinished, path)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                unfinished.with_name(unfinished.name + suffix).unlink()
    return site_id, before


def _ids_of(path: Path) -> Mapping[str, Collection[bytes]]:
    """Which rows the file has now, as far as that can be read."""
    try:
        with Replica.open(path, readonly=True) as replica:
            return replica.dataset_ids()
    except ReplicaError:
        return {}


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5_000)
    return connection


def _copy(source: Path, target: Path) -> None:
    """Make the target hold what the source holds, in one transaction of SQLite's."""
    with explained(target), contextlib.closing(_connect(source)) as one, contextlib.closing(_connect(target)) as other:
        other.execute("PRAGMA synchronous = FULL").fetchall()
        with other.backup("main", one, "main") as backup:
            while not backup.done:
                backup.step(-1)
