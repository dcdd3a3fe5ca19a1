"""Detection of the file that a write goes to, when others are attached to the connection.

The sync triggers of an attached file's tables call the same functions, passing nothing but a table's name, while sync
records are kept for the main file alone. As long as nothing is attached, nothing is watched.
"""

from __future__ import annotations

from typing import Any

import apsw

from engine.crr.triggers import EVENTS, trigger_name
from engine.sqlite.sql import ident, literal

_ID = "crsql"
_ALONE = 2
"""How many databases a connection has with nothing attached: main and temp."""


class Attached:
    """Watches the writes of one connection. Ask ``in_main`` within each write, after its row is written."""

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}
        self._watching = False

    def in_main(self, db: apsw.Connection, table: str) -> bool:
        """Return whether the row just written to a table of this name is in the main file.

        This cannot be known for certain of the first write after a file is attached; if in doubt, it counts as a write
        to another file.
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
    """Return whether an attached file is being written to, and has sync triggers for a table of this name."""
    if db.txn_state(name) != apsw.SQLITE_TXN_WRITE:
        return False
    events = ", ".join(literal(trigger_name(table, event)) for event in EVENTS)
    found = f"SELECT 1 FROM {ident(name)}.sqlite_master WHERE type = 'trigger' AND name COLLATE NOCASE IN ({events})"
    return db.execute(found).fetchone() is not None
