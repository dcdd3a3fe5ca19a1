"""Notice that an open file was restored from a backup in its place.

SQLite does not say so: the backup API, and a copy written over the file, leave it open with older content. Each
connection therefore writes a random mark together with what other replicas may come to know. A restored file has an
older mark, or none. Versions cannot tell: other writes may have raised them again since.
"""

from __future__ import annotations

import os

import apsw

_KEY = "syncline_restore_marks"
"""In ``crsql_master``. Its value is one entry for each connection that wrote lately: the connection's id, its mark."""
_PART = 8
"""Bytes of an id, and of a mark."""
_ENTRIES = 8
"""Connections whose marks are kept. One more pushes out the oldest, which then takes its file to be restored: that
costs new collections and loses nothing."""


class RestoreMark:
    """The mark of one connection.

    Args:
        db: a file that has ``crsql_master``.
    """

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._id = os.urandom(_PART)
        self._written = b""

    def write(self) -> None:
        """Write a new mark, in the caller's transaction."""
        kept = [entry for entry in self._entries() if not entry.startswith(self._id)][1 - _ENTRIES :]
        self._written = self._id + os.urandom(_PART)
        self._db.execute(
            "INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES (?, ?)",
            (_KEY, b"".join([*kept, self._written])),
        )

    def was_restored(self) -> bool:
        """Return whether the file lacks the mark that was written last: it was restored since, or the transaction that
        wrote the mark was rolled back. False if none was written."""
        return bool(self._written) and self._written not in self._entries()

    def _entries(self) -> list[bytes]:
        value = self._db.execute("SELECT value FROM main.crsql_master WHERE key = ?", (_KEY,)).get
        if not isinstance(value, bytes):
            return []
        return [value[at : at + 2 * _PART] for at in range(0, len(value), 2 * _PART)]
