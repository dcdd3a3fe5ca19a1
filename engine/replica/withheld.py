"""Reads a file some rows of which cannot be sent: they are withheld first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import apsw

from engine.change import MAX_VERSION
from engine.crr import State
from engine.replica.schema import Schema
from engine.tables.findings import Finding
from engine.tables.kind import Withheld
from engine.tables.reading import Unsendable
from engine.tables.waiting import Waiting
from engine.text import t

T = TypeVar("T")


class Holding(Schema):
    """The methods of a replica for rows that cannot be sent for now.

    Attributes:
        waiting: what is withheld, as of the last ``refresh`` or later.
    """

    def __init__(self, path: Path, connection: apsw.Connection, state: State, *, readonly: bool) -> None:
        super().__init__(path, connection, state, readonly=readonly)
        self.waiting = Waiting()

    def refresh(self) -> int:
        """Check the rows that are withheld; those that can be sent by now get a version of their own.

        Returns:
            the file's db_version after that.

        Raises:
            FileBusy, StorageFailed, ReadOnlyFile: the file; these rows are still withheld.
        """
        self._read(lambda: None)
        with self._reading():
            self.waiting = self._what_waits()
            return self._state.sendable_version()

    def withheld_rows(self) -> Waiting:
        """Return what is withheld now, naming every row, while ``waiting`` names some."""
        self.refresh()
        with self._reading():
            return self._what_waits(every=True)

    def repair(self) -> list[Finding]:
        """Repair as ``Schema.repair`` does; what can be sent afterwards gets a version of its own."""
        found = super().repair()
        for kind in self._kinds.all:
            kind.withheld.recheck_all()  # not all that was mended has left a trace
        self.refresh()
        return found

    def _read(self, look: Callable[[], T]) -> T:
        """Read the file in one short transaction, after recording what programs wrote and updating what is withheld."""
        while True:
            try:
                with self._reading_captured():
                    changed = self._changed()
                    if not changed:
                        return look()
                with self._reading() if self.readonly else self._writing():
                    for withheld, rows in changed:
                        withheld.release(rows, readonly=self.readonly)
                    self.waiting = self._what_waits()
            except Unsendable as error:
                self._withhold(error)

    def _changed(self) -> list[tuple[Withheld, Sequence[Any]]]:
        found = ((kind.withheld, kind.withheld.changed()) for kind in self._kinds.all)
        return [(withheld, rows) for withheld, rows in found if rows]

    def _withhold(self, error: Unsendable) -> None:
        """Withhold the rows that were found, in a transaction of its own: no clock may pass them until that is on
        disk."""
        withheld = self._kinds.of(error.table).withheld
        with self._reading():
            found = withheld.find(error)
        if not found:
            raise error.cause
        with self._reading() if self.readonly else self._writing():
            withheld.record(found, readonly=self.readonly)
            self.waiting = self._what_waits()

    def _what_waits(self, *, every: bool = False) -> Waiting:
        parts = [kind.withheld.waiting(every=every) for kind in self._kinds.all]
        counter = ""
        if self._state.db_version() >= MAX_VERSION:
            counter = t("The file's version counter is exhausted: what is written now cannot be sent.")
        hints = [hint for part in parts for hint in part.hints]
        repairable = bool(counter) or any(part.repairable for part in parts)
        if repairable:
            hints.append(t("To repair it: syncline check --repair {path}", path=self.path))
        rows = tuple(row for part in parts for row in part.rows)
        more = sum(part.more for part in parts)
        return Waiting(rows, more, counter, tuple(dict.fromkeys(hints)), repairable)
