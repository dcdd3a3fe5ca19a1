"""Rechecks withheld rows, and releases those that can be sent now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

import apsw

from engine.tables.reading import Unsendable
from engine.tables.withheld.records import FIRST, Held, HeldRows, Key

AT_ONCE = 1_000
"""How many rows are rechecked at a time."""

Changed = tuple[Held, Held | None]
"""A row as it is recorded, and as it is now; None if it can be sent."""


class Source(Protocol):
    """What a kind knows of its rows that cannot be sent. The caller holds a transaction around each call."""

    @property
    def held(self) -> HeldRows:
        """Where they are recorded."""

    def tables(self) -> Iterable[str]:
        """Return the tables that can be read."""

    def recorded(self, table: str) -> bool:
        """Return whether a table has sync records, whatever its present state."""

    def reasons(self, table: str, keys: Sequence[Key]) -> list[Held]:
        """Return which of these withheld rows still cannot be sent, and why."""

    def written_since(self, table: str) -> str:
        """Return a SELECT of the rows, as ``key``, that have a cell above the version ?1."""

    def record_as_new(self, table: str, keys: Sequence[Key]) -> None:
        """Give all cells of these rows the file's next version, in a write transaction."""

    def find(self, error: Unsendable) -> Sequence[Held]:
        """Return the rows at which reading failed; none if it failed for another reason."""

    def shown_key(self, held: Held) -> str:
        """Return the key of a row, as it can be shown."""


class LookingAgain:
    """Rechecks rows, remembering what was checked so that little is read if nothing has changed.

    Args:
        source: the kind's part of it.
    """

    def __init__(self, db: apsw.Connection, source: Source) -> None:
        self._db = db
        self._source = source
        self._after = FIRST
        self._seen: tuple[int, tuple[int, int]] | None = None  # the version, and what moves with programs and tables

    def changed(self, db_version: int) -> list[Changed]:
        """Return the rows that are no longer as they are recorded. The caller holds a read transaction.

        All rows are rechecked after another program has written or a table was altered, but at most ``AT_ONCE`` at a
        time; and also those written to since the last time.

        Args:
            db_version: the file's.
        """
        if not self._source.held.exist():
            return []
        now = db_version, (self._db.pragma("data_version"), self._db.pragma("schema_version"))
        found: set[Held] = set()
        if self._seen is None or now[1] != self._seen[1]:
            found.update(self._some())
        if self._seen is not None and now[0] > self._seen[0]:
            found.update(self._written_since(self._seen[0]))
        changed = self._compared(sorted(found, key=attrgetter("table")))
        if not changed:
            self._seen = now
        return changed

    def _some(self) -> list[Held]:
        found = self._source.held.after(*self._after, AT_ONCE)
        self._after = (found[-1].table, found[-1].key) if len(found) == AT_ONCE else FIRST
        return found

    def _written_since(self, version: int) -> list[Held]:
        held, source = self._source.held, self._source
        names = [name for name in source.tables() if held.exist_in(name)]
        return [one for name in names for one in held.among(name, source.written_since(name), version)]

    def _compared(self, found: list[Held]) -> list[Changed]:
        changed: list[Changed] = []
        tables = set(self._source.tables()) if found else set()
        for name, rows in groupby(found, attrgetter("table")):
            before = {held.key: held for held in rows}
            if name in tables:
                now = {held.key: held for held in self._source.reasons(name, list(before))}
                changed += ((held, now.get(key)) for key, held in before.items() if held != now.get(key))
            elif not self._source.recorded(name):
                changed += ((held, None) for held in before.values())
        return changed

    def let_go(self, changed: Sequence[Changed], *, readonly: bool) -> None:
        """Record what has changed, and give rows that can be sent new versions. The caller holds a write transaction.

        With ``readonly``, such rows are only read again, at the versions that they have.
        """
        free = [held for held, now in changed if now is None]
        for name, rows in groupby(free, attrgetter("table")):
            if self._source.recorded(name) and not readonly:
                self._source.record_as_new(name, [held.key for held in rows])
        self._source.held.record([now for _, now in changed if now is not None], readonly=readonly)
        self._source.held.forget(free)
