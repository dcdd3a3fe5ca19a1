"""Making other programs' commits survive a power cut, before they are sent for the first time."""

from __future__ import annotations

import os

import apsw

from engine.errors import StorageFailed
from engine.text import t


def ensure(db: apsw.Connection) -> None:
    """Have what was committed to the file reach the disk.

    In WAL mode the -wal file is synced. With a rollback journal the rows are on the disk already, but the end of the
    journal, which is the commit, may not be: SQLite syncs the folder of a deleted journal only with
    ``synchronous=EXTRA``, and an emptied one only with ``FULL``. A journal that comes back takes the commit back.
    These files may be opened beside SQLite; the database file itself may not: closing it would drop locks.

    Raises:
        StorageFailed: it did not reach the disk; nothing may be sent.
    """
    try:
        if not _sync(db.filename_wal):
            _sync(db.filename_journal)
            if db.filename and os.name != "nt":  # where a folder cannot be synced by hand
                _sync(os.path.dirname(db.filename))
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
