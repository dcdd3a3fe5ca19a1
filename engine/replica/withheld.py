"""Reading a file from which some rows cannot be sent: they are held back first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw

from engine.crr.read.change_sql import Unsendable
from engine.crr.state import State
from engine.crr.tables.repair import Finding
from engine.crr.withheld.describe import Waiting, waiting
from engine.crr.withheld.detect import find
from engine.crr.withheld.recheck import LookingAgain
from engine.crr.withheld.records import record
from engine.replica.schema import Schema

T = TypeVar("T")


class Holding(Schema):
    """The methods of a replica that are about rows that cannot be sent for now.

    Attributes:
        waiting: what is held back, as of the last ``look_again`` or since.
    """

    def __init__(self, path: Path, connection: apsw.Connection, state: State, *, readonly: bool) -> None:
        super().__init__(path, connection, state, readonly=readonly)
        self.waiting = Waiting()
        self._again = LookingAgain(state)

    def look_again(self) -> int:
        """Look at the rows that are held back; those that can be sent are told anew, with a version of their own.

        Returns:
            the file's db_version after that.

        Raises:
            FileBusy, StorageFailed, ReadOnlyFile: the file; these rows are still held back.
        """
        self._read(lambda: None)
        with self._reading() as db:
            self.waiting = waiting(db, self._state.catalogue(), self._state.db_version())
            return self._state.told_version()

    def repair(self) -> list[Finding]:
        """As ``Schema.repair``; what can be sent then is told anew."""
        found = super().repair()
        self._again = LookingAgain(self._state)  # not all that was mended has left a trace
        self.look_again()
        return found

    def _read(self, look: Callable[[], T]) -> T:
        """Look at the file in one short transaction. Before that, what is held back is brought up to date."""
        while True:
            try:
                with self._reading():
                    changed = [] if self.readonly else self._again.changed()
                    if not changed:
                        return look()
                with self._writing() as db:
                    self._again.let_go(changed)
                    self.waiting = waiting(db, self._state.catalogue(), self._state.db_version())
            except Unsendable as error:
                self._hold(error)

    def _hold(self, error: Unsendable) -> None:
        """Hold back the rows that were found so, in a transaction of its own: until it is on disk, no clock passes."""
        with self._reading() as db:
            found = find(db, error.crr, error.after, error.until, all_of_them=not error.bounded)
        if not found:
            raise error.cause
        with self._reading() if self.readonly else self._writing() as db:
            record(db, found, readonly=self.readonly)
            self.waiting = waiting(db, self._state.catalogue(), self._state.db_version())
