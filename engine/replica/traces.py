"""Finds and removes what Syncline and cr-sqlite have added to a file, so that only what is the app's own is left.

It does not use a ``Replica``, which adds what is missing as soon as it opens a file.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import apsw

from engine.sqlite.sql import main
from engine.sqlite.sqlite_errors import explained
from engine.tables.names import CLOCK, PKS

BUSY_MS = 5_000
"""How long to wait for another program's lock."""

_FOUND = (
    "SELECT type, name FROM main.sqlite_master WHERE"
    " type = 'trigger' AND (name GLOB 'crsql_syncline_*' OR name GLOB '*__crsql_?trig')"
    f" OR type = 'table' AND (name GLOB 'crsql_*' OR name GLOB '*{CLOCK}' OR name GLOB '*{PKS}')"
    " ORDER BY type DESC, name"
)
"""Triggers come first, as one of them may write to the tables. Indexes go with their tables."""


def find_traces(db: apsw.Connection) -> list[tuple[str, str]]:
    """Find the triggers and tables that are not the app's; return what each is (``trigger``, ``table``) and its
    name."""
    return [(str(kind), str(name)) for kind, name in db.execute(_FOUND)]


def remove_traces(path: Path) -> int:
    """Remove all of them in one transaction, and overwrite what they held. The app's rows do not change.

    Returns:
        how many there were.

    Raises:
        ReplicaError: the file; nothing was removed.
    """
    with explained(path), contextlib.closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as db:
        db.set_busy_timeout(BUSY_MS)
        for pragma in ("synchronous = FULL", "foreign_keys = OFF", "secure_delete = ON"):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.execute("BEGIN IMMEDIATE")
        try:
            found = find_traces(db)
            for kind, name in found:
                db.execute(f"DROP {kind.upper()} {main(name)}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return len(found)
