"""The rows of a kind that cannot be sent for now, as a replica goes about them (``engine.tables.kind.Withheld``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import apsw

from engine.tables.reading import Unsendable
from engine.tables.waiting import Waiting
from engine.tables.withheld.describe import NAMED, waiting
from engine.tables.withheld.recheck import Changed, LookingAgain, Source
from engine.tables.withheld.records import Held


class WithheldRows:
    """Finds, records and releases them.

    Args:
        db_version: gives the file's.
    """

    def __init__(self, db: apsw.Connection, source: Source, db_version: Callable[[], int]) -> None:
        self._db = db
        self._source = source
        self._db_version = db_version
        self._again = LookingAgain(db, source)

    def changed(self) -> Sequence[Changed]:
        """As ``LookingAgain.changed``."""
        return self._again.changed(self._db_version())

    def release(self, changed: Sequence[Changed], *, readonly: bool) -> None:
        """As ``LookingAgain.let_go``."""
        self._again.let_go(changed, readonly=readonly)

    def find(self, error: Unsendable) -> Sequence[Held]:
        """As ``Source.find``."""
        return self._source.find(error)

    def record(self, found: Sequence[Held], *, readonly: bool) -> None:
        """Record them."""
        self._source.held.record(found, readonly=readonly)

    def waiting(self, *, every: bool = False) -> Waiting:
        """What is withheld, in words."""
        return waiting(self._source.held, self._source.shown_key, named=-1 if every else NAMED)

    def recheck_all(self) -> None:
        """Have the next ``changed`` look at every row."""
        self._again = LookingAgain(self._db, self._source)
