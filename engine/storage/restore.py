"""Restores a value that a peer's change overwrote, or a whole file from a backup.

A restored value is an ordinary local write, such as any app makes. A restored file is a new replica to its peers, as
its old versions would otherwise be used a second time for other changes (cr-sqlite.md 12.3).
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
    """Return the current value of a cell.

    Raises:
        UsageError: there is no such cell.
        ReplicaError: reading the file failed.
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
    """Write ``value`` into a cell, if it still holds what overwrote that value.

    Args:
        replica: open for writing, on its thread.
        table, key, column: the cell.
        value: what to write.
        instead_of: what it should hold now, perhaps truncated.

    Raises:
        UsageError: the row is gone, the cell was changed again, or the table refuses the value; nothing was changed.
        ReplicaError: the file failed.
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
    """Return the key's columns, or raise UsageError if there is no such table and column."""
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
    """Restore a whole file from a backup, as a new replica.

    Other programs may have it open; they see the change at once. Rows that were joined with others since the backup
    count as not joined again.

    Args:
        path: the file, which may be missing.
        copy: the backup.
        backups: where the file as it is now is backed up.

    Returns:
        the file's new site id, empty if it was not syncable then; and the backup of the file as it was, if there was
        one.

    Raises:
        ReplicaError: the copy is damaged, or the file cannot be written; it is left as it was.
    """
    before = None
    unfinished = path.with_name(f".{path.name}.restoring")
    try:
        _copy(copy, unfinished)  # first, as making the next backup may delete this one
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
    """Return the file's dataset ids, as far as they can be read."""
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
    """Make the target a copy of the source, in one SQLite transaction."""
    with explained(target), contextlib.closing(_connect(source)) as one, contextlib.closing(_connect(target)) as other:
        other.execute("PRAGMA synchronous = FULL").fetchall()
        with other.backup("main", one, "main") as backup:
            while not backup.done:
                backup.step(-1)
