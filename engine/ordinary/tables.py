"""The ordinary tables of one connection: which they are, and bringing their records up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import apsw

from engine.errors import NotEligible
from engine.ordinary import register, shadow
from engine.ordinary.capture import SLICE, Capture, Stamped
from engine.ordinary.eligibility import failed_try, key_of, obstacles, replace_displaces
from engine.ordinary.register import Entry
from engine.ordinary.survey import Survey
from engine.tables.introspect import bookkeeping, describe, is_ordinary
from engine.tables.kind import FileState
from engine.tables.withheld.records import Held
from engine.text import t


class OrdinaryTables:
    """Each method in the caller's transaction: one that writes, but for those that say that they only read."""

    def __init__(self, db: apsw.Connection, versions: FileState) -> None:
        self._db = db
        self._file = versions
        self._versions = Stamped(versions)
        self.survey = Survey(db, self._versions)
        self._read: list[tuple[Any, ...]] = []
        self._schema: object = None
        self._entries: tuple[Entry, ...] = ()
        self._broken: tuple[Entry, ...] = ()
        self._looked: dict[int, int | None] = {}
        """How far the log of each suspended table was when its rows were counted, by its number."""
        shadow.register(db)

    def entries(self) -> tuple[Entry, ...]:
        """All whose records are there, in the order in which they were made; only reads. The same object as long as
        they are the same."""
        rows, schema = register.rows(self._db), self._file.schema()
        if rows != self._read or schema is not self._schema:
            before, found = self._read, [register.entry_of(*row) for row in rows]
            broken = tuple(entry for entry in found if self._is_broken(entry))
            if rows != before or broken != self._broken:
                self._entries = tuple(entry for entry in found if entry not in broken)
            self._read, self._schema, self._broken = rows, schema, broken
        return self._entries

    def broken(self) -> tuple[Entry, ...]:
        """Those whose records are missing, or not as they were made; only reads."""
        self.entries()
        return self._broken

    def _is_broken(self, entry: Entry) -> bool:
        amiss = register.amiss(self._db, entry) if entry.key else None
        return amiss is None or amiss.rows or amiss.cells

    def make(self, name: str) -> None:
        """Make a table an ordinary one; idempotent.

        Raises:
            NotEligible: with every obstacle.
        """
        table = None if bookkeeping(name) else describe(self._db, name)
        if table is not None and is_ordinary(self._db, table.name):
            return
        reasons = (t("There is no such table."),) if table is None else obstacles(self._db, table)
        if table is not None and not reasons:
            reasons = failed_try(self._db, table)
        if table is None or reasons:
            raise NotEligible.because(name, reasons)
        self.survey.make(table, key_of(self._db, table))

    def undo(self, name: str) -> None:
        """Take away what is kept of it, and the triggers; its rows stay. Idempotent."""
        for entry in (*self.entries(), *self.broken()):
            if entry.name == name:
                self.survey.undo(entry)

    def up_to_date(self) -> bool:
        """Whether there is nothing to capture, follow or compare; only reads, and little."""
        entries = self.entries()
        if not entries:
            return True
        version = self._schema_version()
        return not any(self._is_behind(entry, version) for entry in entries)

    def _is_behind(self, entry: Entry, schema_version: int) -> bool:
        if entry.schema != schema_version or (entry.due is not None and entry.suspended is None):
            return self.is_there(entry)  # the app may be about to make it
        capture = Capture(self._db, entry, self._versions)
        if entry.suspended is not None:
            return capture.last_logged() != self._looked.get(entry.number)
        return capture.pending()

    def is_there(self, entry: Entry) -> bool:
        """Whether the file has the table; only reads."""
        table = describe(self._db, entry.name)
        return table is not None and table.kind == "table" and table.name == entry.name

    def is_settled(self, entry: Entry) -> bool:
        """Whether nothing is to be compared, so that its log says of every row whether it was written to; only
        reads."""
        capture = Capture(self._db, entry, self._versions)
        return entry.due is None and entry.schema == self._schema_version() and not capture.full()

    def count_differing(self, entry: Entry) -> tuple[int, int, int]:
        """As ``Survey.count_differing``."""
        return self.survey.count_differing(entry)

    def schema_moved(self) -> bool:
        """Whether somebody has changed the schema, and it was not followed yet; only reads."""
        version = self._schema_version()
        return any(entry.schema != version and self.is_there(entry) for entry in self.entries())

    def keep_schema(self, before: int) -> None:
        """The schema was changed in this transaction, from this version on, by nothing that has to do with a table: of
        those that were as recorded before, none is to be compared."""
        version = self._schema_version()
        for entry in self.entries() if version != before else ():
            if before <= entry.schema < version:  # a capture in it may have followed what others did before
                register.save(self._db, replace(entry, schema=version))

    def _schema_version(self) -> int:
        version: int = self._db.execute("PRAGMA main.schema_version").get
        return version

    def capture(self, limit: int = SLICE) -> bool:
        """Take a slice: follow schemas, compare a page of each table that is due, capture so much of each log.

        Returns:
            whether there is more to do.
        """
        more = False
        for entry in list(self._followed()):
            more |= self._slice(entry, limit)
        return more

    def _followed(self) -> Iterator[Entry]:
        for entry in self.entries():
            now = self.survey.follow(entry, lambda table: key_of(self._db, table))
            if now is not None:
                yield now

    def _slice(self, entry: Entry, limit: int) -> bool:
        capture = Capture(self._db, entry, self._versions)
        if entry.suspended is not None:
            self._looked[entry.number] = capture.last_logged()
            if self.survey.is_lost(entry):
                return False
            entry = self.survey.compare_all(entry)  # its rows are back
        if capture.full():
            entry = self.survey.compare_all(entry)
        if entry.due is not None:
            entry = self.survey.compare_page(entry, limit)
            return entry.suspended is None and (entry.due is not None or capture.pending())
        if not capture.pending():
            return False
        more = capture.logged(limit)
        table = None if more else describe(self._db, entry.name)
        if table and replace_displaces(self._db, table, entry.key) and self.survey.rows_displaced(entry):
            self.survey.compare_all(entry)
            return True
        return more

    def compare_all(self, name: str) -> None:
        """Have all rows of a table compared by the captures that follow, whatever its log says."""
        for entry in self.entries():
            if entry.name == name:
                self.survey.compare_all(entry)

    def capture_all(self) -> int:
        """Take all slices in this transaction.

        Returns:
            the latest version that they have stamped rows with; 0 for none.
        """
        self._versions.latest = 0
        while self.capture():
            pass
        return self._versions.latest

    @property
    def stamped(self) -> int:
        """What the last ``capture_all`` returned."""
        return self._versions.latest

    def take_withheld(self) -> list[Held]:
        """The rows that captures found since the last time and that cannot be sent, for their key."""
        found, self._versions.withheld = self._versions.withheld, []
        return found

    def suspended(self) -> list[Entry]:
        """Those of which a person is asked whether most rows are meant to be gone; only reads."""
        return [entry for entry in self.entries() if entry.suspended is not None]

    def answer(self, name: str, *, delete: bool) -> None:
        """Go on with a suspended table: its missing rows are deleted everywhere, or come back from the peers."""
        for entry in self.suspended():
            if entry.name == name:
                if delete:
                    self.survey.delete_suspended(entry)
                else:
                    self.survey.bring_back(entry)
