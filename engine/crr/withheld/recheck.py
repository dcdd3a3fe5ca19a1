"""Looks again at the rows that are held back, and lets those go that can be sent now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from engine.crr.read.whole_rows import numbers
from engine.crr.state import State
from engine.crr.withheld.detect import reasons
from engine.crr.withheld.records import TABLE, Held, as_held, exist, exist_in, forget, record
from engine.sqlite.sql import main
from engine.tables.names import CLOCK

AT_ONCE = 1_000
"""Rows that are looked at in one go."""

_START = ("", -(2**63))


class LookingAgain:
    """Knows what was looked at, so that little is read where nothing has changed."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._after = _START
        self._seen: tuple[int, int] | None = None

    def changed(self) -> list[tuple[Held, Held | None]]:
        """The rows that are not any more as they are recorded, and what they are now; None: they can be sent.

        All are looked at once another program has written, but of more than ``AT_ONCE`` each time as many, and those
        that were written to since the last time. The caller holds a read transaction.
        """
        db = self._state.db
        if not exist(db):
            return []
        now = db.pragma("data_version"), self._state.db_version()
        found: set[Held] = set()
        if self._seen is None or now[0] != self._seen[0]:
            found.update(self._some())
        if self._seen is not None and now[1] > self._seen[1]:
            found.update(self._written_since(self._seen[1]))
        changed = self._compared(sorted(found, key=attrgetter("table", "key")))
        if not changed:
            self._seen = now
        return changed

    def _some(self) -> list[Held]:
        sql = f"SELECT * FROM {TABLE} WHERE (tbl, key) > (?, ?) ORDER BY tbl, key LIMIT {AT_ONCE}"
        found = [as_held(row) for row in self._state.db.execute(sql, self._after)]
        self._after = (found[-1].table, found[-1].key) if len(found) == AT_ONCE else _START
        return found

    def _written_since(self, version: int) -> list[Held]:
        db = self._state.db
        found: list[Held] = []
        for name in self._state.catalogue().crrs:
            if exist_in(db, name):
                written = f"SELECT DISTINCT key FROM {main(name + CLOCK)} WHERE db_version > ?1"
                sql = f"SELECT h.* FROM ({written}) AS c CROSS JOIN {TABLE} AS h ON h.tbl = ?2 AND h.key = c.key"
                found += map(as_held, db.execute(sql, (version, name)))
        return found

    def _compared(self, found: list[Held]) -> list[tuple[Held, Held | None]]:
        tables = self._state.catalogue()
        changed: list[tuple[Held, Held | None]] = []
        for name, rows in groupby(found, attrgetter("table")):
            before = {held.key: held for held in rows}
            if name in tables.crrs:
                now = {held.key: held for held in reasons(self._state.db, tables.crrs[name], list(before), held=True)}
                changed += ((held, now.get(key)) for key, held in before.items() if held != now.get(key))
            elif name not in tables.clocks:  # nobody records it any more
                changed += ((held, None) for held in before.values())
        return changed

    def let_go(self, changed: Sequence[tuple[Held, Held | None]], *, readonly: bool) -> None:
        """Record what has changed; what can be sent is told anew. The caller holds a write transaction.

        Who may write nothing only reads these rows again, at the versions that they have.
        """
        db, tables = self._state.db, self._state.catalogue()
        free = [held for held, now in changed if now is None]
        for name, rows in groupby(free, attrgetter("table")):
            if name in tables.clocks and not readonly:
                sql = f"UPDATE {main(name + CLOCK)} SET db_version = ? WHERE key IN carray(?)"
                db.execute(sql, (self._state.next_version(), numbers([held.key for held in rows])))
        record(db, [now for _, now in changed if now is not None], readonly=readonly)
        forget(db, free)
