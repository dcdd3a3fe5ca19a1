"""The part of withholding rows that is specific to CRRs (``engine.tables.withheld.recheck.Source``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import apsw

from engine.clocks import secondhand
from engine.crr.catalogue import Catalogue
from engine.crr.state import State
from engine.crr.withheld.detect import UnsendableRows, find, held_rows, reasons
from engine.sqlite import invalid_text
from engine.sqlite.sql import idents, main, numbers
from engine.tables.names import CLOCK, KEY, PKS
from engine.tables.reading import Unsendable
from engine.tables.withheld.describe import shown
from engine.tables.withheld.records import Held, Key


class CrrSource:
    """The CRRs of one connection."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.held = held_rows(state.db)

    def tables(self) -> Iterable[str]:
        """Return the tables that can be read."""
        return self._state.catalogue().crrs

    def recorded(self, table: str) -> bool:
        """Return whether a table has a clock."""
        return table in self._state.catalogue().clocks

    def reasons(self, table: str, keys: Sequence[Key]) -> list[Held]:
        """Return which of these rows still cannot be sent, and why."""
        return reasons(self._state.db, self._state.catalogue().crrs[table], list(map(int, keys)), held=True)

    def written_since(self, table: str) -> str:
        """Return a query for the rows with a cell above a version, which is its parameter."""
        return f"SELECT DISTINCT key FROM {main(table + CLOCK)} WHERE db_version > ?1"

    def record_as_new(self, table: str, keys: Sequence[Key]) -> None:
        """Give all cells of these rows the next version."""
        sql, version = (
            f"UPDATE {main(table + CLOCK)} SET db_version = ? WHERE key IN carray(?)",
            self._state.next_version(),
        )
        self._state.db.execute(sql, (version, numbers(list(map(int, keys)))))
        secondhand.note_all(self._state.db, version)

    def find(self, error: Unsendable) -> Sequence[Held]:
        """Find the rows at which reading failed."""
        if not isinstance(error, UnsendableRows):
            return ()
        crr = self._state.crr(error.table)
        return find(self._state.db, crr, error.after, error.until, all_of_them=not error.bounded)

    def shown_key(self, held: Held) -> str:
        """Return the key of a row as it can be shown."""
        return shown_key(self._state.db, self._state.catalogue(), held)


def shown_key(db: apsw.Connection, tables: Catalogue, held: Held) -> str:
    """Return the key of a row as it can be shown; its number if the table or the row is gone."""
    crr = tables.crrs.get(held.table)
    if crr is None:
        return str(held.key)
    sql = f"SELECT {idents(crr.key)} FROM {main(crr.name + PKS)} WHERE {KEY} = ?"
    for values in invalid_text.each(db, sql, (held.key,)):
        return shown(values)
    return str(held.key)
