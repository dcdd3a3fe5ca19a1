"""Making other programs' commits survive a power cut, before they are sent for the first time."""

from __future__ import annotations

import os
from typing import Any

import apsw

from engine.errors import StorageFailed
from engine.text import t

FULL = 2
"""The number of ``synchronous`` with which each commit to a log (WAL) is synced, with all that stands before it."""


class Durability:
    """What of a file is known to be on the disk, so that no sync is made twice. In WAL mode only.

    All that the connection has seen of others' commits stands before its own in the log, whose sync takes it along. Who
    commits later moves the connection's ``data_version``. Its own commits do not: those that are not synced are said.

    Args:
        db: the connection that writes.
    """

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._synced: int | None = None
        """The ``data_version`` up to which everything is on the disk; None if that is not known."""

    def ensure(self) -> None:
        """Have what was committed reach the disk, unless it is there; raises StorageFailed as ``ensure`` does."""
        seen = self._pragma("data_version")  # first: what comes later is not known to be synced
        if self._synced is None or seen != self._synced:
            self._synced = seen if ensure(self._db) else None

    def weakened(self) -> None:
        """Note that this connection is about to make commits that need not reach the disk."""
        self._synced = None

    def taken_along(self) -> int | None:
        """Return what the end of this write transaction takes to the disk, if it writes anything; for ``committed``."""
        synced = self._pragma("synchronous") >= FULL and self._pragma("journal_mode") == "wal"
        return self._pragma("data_version") if synced else None

    def committed(self, taken_along: int | None) -> None:
        """Note the end of a transaction that has certainly written to the log."""
        if taken_along is not None:
            self._synced = taken_along

    def _pragma(self, name: str) -> Any:
        return apsw.Cursor(self._db).execute(f"PRAGMA main.{name}").get


def ensure(db: apsw.Connection) -> bool:
    """Have what was committed to the file reach the disk; return whether that is a log (WAL), which was synced.

    In WAL mode the -wal file is synced. With a rollback journal the rows are on the disk already, but the end of the
    journal, which is the commit, may not be: SQLite syncs the folder of a deleted journal only with
    ``synchronous=EXTRA``, and an emptied one only with ``FULL``. A journal that comes back takes the commit back.
    These files may be opened beside SQLite; the database file itself may not: closing it would drop locks.

    Raises:
        StorageFailed: it did not reach the disk; nothing may be sent.
    """
    try:
        if _sync(db.filename_wal):
            return bool(db.pragma("journal_mode") == "wal")  # one may lie about that is used no more
        _sync(db.filename_journal)
        if db.filename and os.name != "nt":  # where a folder cannot be synced by hand
            _sync(os.path.dirname(db.filename))
        return False
    except OSError as error:
        raise StorageFailed(
            t(
                "“{file}” could not be flushed to disk: {reason}.",
                file=db.filename,
                reason=error.strerror or error,
            ),
            hint=t("Check the disk, then try again."),
        ) from error


def _sync(path: str) -> bool:
    """Have a file or a folder reach the disk; False when it is not there."""
    if not path:
        return False
    try:
        descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return True
