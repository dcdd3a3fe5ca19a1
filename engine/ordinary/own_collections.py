"""The collections that rows of an open file are born into: only those that it has drawn itself since it was opened.

A file that is restored from a backup in its place does not show that. If it kept its collection, new rows would get
names by which others know the rows that were born before it was restored. So each opening draws new collections before
it captures or merges anything, and again if the file is restored meanwhile. What the backup held keeps its names, as
these are the rows that others have. Names sort in the order in which a file's rows were born, so that of two rows that
a rule of the table does not allow together, the first is shown.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from engine.ordinary import register
from engine.ordinary.births import renew
from engine.ordinary.capture import Stamped
from engine.ordinary.register import Entry


class OwnCollections:
    """The collections of one connection, whose captures take ``versions``."""

    def __init__(self, db: apsw.Connection, versions: Stamped) -> None:
        self._db = db
        self._versions = versions
        self._drawn: dict[int, bytes] = {}
        """By the number of the table whose rows are born into it."""

    def drew(self, entries: Iterable[Entry]) -> None:
        """Note that these tables were made in this transaction, each with a collection."""
        self._drawn.update((entry.number, entry.collection) for entry in entries if entry.collection)

    def renew(self, entries: Iterable[Entry]) -> bool:
        """Give these tables collections of their own, in the caller's write transaction; return whether any had
        another."""
        numbered = [entry for entry in entries if entry.collection]
        if not numbered:
            return False
        if self._versions.was_restored():
            self._drawn.clear()
        home = register.home_of(self._db)
        others = [one for one in numbered if one.home != home or self._drawn.get(one.number) != one.collection]
        for entry in others:
            self._drawn[entry.number] = renew(self._db, entry, home)
        if others:
            self._versions.write_restore_mark(after_restore=True)
        return bool(others)
