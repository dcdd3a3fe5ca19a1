"""Detection of an open file being restored from a backup in its place.

SQLite does not report it: the backup API, and a copy written over the file, leave it open with older content. Each
connection therefore writes a random mark in the transactions by which other replicas may learn something new. A
restored file has an older mark, or none. Versions cannot tell, as other writes may have raised them again since.
"""

from __future__ import annotations

import os

import apsw

_KEY = "syncline_restore_marks"
"""The key in ``crsql_master``. Its value has an entry for each connection that wrote lately: the connection's id and
its mark."""
_PART = 8
"""Bytes of an id, and bytes of a mark."""
_ENTRIES = 8
"""How many connections' marks are kept. One more pushes out the oldest, which then believes its file was restored: that
costs reading some things again, and loses nothing."""


class RestoreMark:
    """The mark of one connection to a file.

    Args:
        db: a connection to a file that has ``crsql_master``.
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
        """Return whether the file lacks the mark that was written last, False if none was written.

        Either the file was restored since, or the transaction that wrote the mark was rolled back.
        """
        return bool(self._written) and self._written not in self._entries()

    def _entries(self) -> list[bytes]:
        value = self._db.execute("SELECT value FROM main.crsql_master WHERE key = ?", (_KEY,)).get
        if not isinstance(value, bytes):
            return []
        return [value[at : at + 2 * _PART] for at in range(0, len(value), 2 * _PART)]
