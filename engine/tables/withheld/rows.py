"""The withheld rows of a kind, as a replica uses them (``engine.tables.kind.Withheld``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import apsw

from engine.tables.reading import Unsendable
from engine.tables.waiting import Waiting
from engine.tables.withheld.describe import NAMED, waiting
from engine.tables.withheld.recheck import Changed, LookingAgain, Source
from engine.tables.withheld.records import Held


class WithheldRows:
    """Finds, records and releases withheld rows.

    Args:
        source: the kind's part of it.
        db_version: returns the file's.
    """

    def __init__(self, db: apsw.Connection, source: Source, db_version: Callable[[], int]) -> None:
        self._db = db
        self._source = source
        self._db_version = db_version
        self._again = LookingAgain(db, source)

    def changed(self) -> Sequence[Changed]:
        """Return the rows that are no longer as they are recorded, as ``LookingAgain.changed`` does."""
        return self._again.changed(self._db_version())

    def release(self, changed: Sequence[Changed], *, readonly: bool) -> None:
        """Release rows that can be sent, as ``LookingAgain.let_go`` does."""
        self._again.let_go(changed, readonly=readonly)

    def find(self, error: Unsendable) -> Sequence[Held]:
        """Return the rows at which reading failed, as ``Source.find`` does."""
        return self._source.find(error)

    def record(self, found: Sequence[Held], *, readonly: bool) -> None:
        """Record rows that cannot be sent."""
        self._source.held.record(found, readonly=readonly)

    def waiting(self, *, every: bool = False) -> Waiting:
        """Return what is withheld, in words."""
        return waiting(self._source.held, self._source.shown_key, named=-1 if every else NAMED)

    def recheck_all(self) -> None:
        """Have the next ``changed`` check every row."""
        self._again = LookingAgain(self._db, self._source)
