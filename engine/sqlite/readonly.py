"""Reading a file that may not be written, while others end their transactions and after some that never could.

A rollback journal that lies there and that nobody works on is taken for the rest of a crash, and whoever only reads
cannot roll it back. SQLite also takes one for that which another program deletes at this very moment: it looks for the
journal, for the lock and into the journal, one after the other. Such a one is gone when one looks again.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import apsw

TRIES = 50
PAUSE = 0.01
"""Seconds between two of these tries, which end with the first whole look."""


class ReadonlyConnection(apsw.Connection):
    """A read-only connection that looks again where SQLite takes a journal at its end for one that was left."""

    def execute(self, *arguments: Any, **options: Any) -> apsw.Cursor:
        """Do the same as in APSW, but try again while a journal is left over: no row was read yet."""
        for _ in range(TRIES):
            try:
                return super().execute(*arguments, **options)
            except apsw.ReadOnlyError as error:
                if not left_unfinished(error):
                    raise
            time.sleep(PAUSE)
        return super().execute(*arguments, **options)


def left_unfinished(error: apsw.Error) -> bool:
    """Return whether SQLite found a journal that it would have to roll back first."""
    return getattr(error, "extendedresult", None) == apsw.SQLITE_READONLY_ROLLBACK


def roll_back(path: str | Path) -> None:
    """Let SQLite take back what a program that crashed left half written, and write nothing else.

    Raises:
        apsw.Error: it could not.
    """
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        db.execute("PRAGMA schema_version").fetchall()
    finally:
        db.close()
