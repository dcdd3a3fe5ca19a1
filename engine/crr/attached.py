"""Tells which file a write goes to, where others are attached to the connection.

The sync triggers of an attached file's tables call the same functions, with nothing but a table's name; sync records
are kept for the main file alone. As long as nothing is attached, nothing is watched.
"""

from __future__ import annotations

from typing import Any

import apsw

from engine.crr.triggers import EVENTS, trigger_name
from engine.sqlite.sql import ident, literal

_ID = "crsql"
_ALONE = 2
"""The databases of a connection with nothing attached: main and temp."""


class Attached:
    """Watches the writes of one connection. ``in_main`` is asked within each write, after its row is written."""

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}
        self._watching = False

    def in_main(self, db: apsw.Connection, table: str) -> bool:
        """Whether the row of a table of this name that was written just now is in the main file.

        Of the first write beside an attached file that is not known for sure, and it counts as one to another file.
        """
        names = db.db_names()
        if self._watching:
            if len(names) <= _ALONE:
                db.preupdate_hook(None, id=_ID)
                self._watching = False
                return True
            return self._latest.get(table.lower()) == "main"
        if len(names) <= _ALONE:
            return True
        self._latest.clear()
        self._watching = True
        db.preupdate_hook(self._note, id=_ID)
        return not any(_may_be_written(db, name, table) for name in names if name not in ("main", "temp"))

    def _note(self, update: Any) -> None:
        self._latest[update.table_name.lower()] = update.database_name


def _may_be_written(db: apsw.Connection, name: str, table: str) -> bool:
    """Whether an attached file is written to, and has sync triggers of a table of this name."""
    if db.txn_state(name) != apsw.SQLITE_TXN_WRITE:
        return False
    events = ", ".join(literal(trigger_name(table, event)) for event in EVENTS)
    found = f"SELECT 1 FROM {ident(name)}.sqlite_master WHERE type = 'trigger' AND name COLLATE NOCASE IN ({events})"
    return db.execute(found).fetchone() is not None
