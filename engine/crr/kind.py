"""cr-sqlite's tables as one kind of synced table (``engine.tables.kind``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.change import SQLiteValue
from engine.crr.catalogue import Catalogue
from engine.crr.merge.merger import Merger
from engine.crr.read.digests import deleted_above, lengths_above
from engine.crr.read.tables import At, Reading
from engine.crr.state import State
from engine.crr.tables import repair
from engine.crr.tables.alter import begin_alter, commit_alter
from engine.crr.tables.cautions import around
from engine.crr.tables.create import make_crr, make_plain
from engine.crr.tables.eligibility import cautions, obstacles
from engine.crr.withheld.source import CrrSource
from engine.sqlite.sql import key_is, main
from engine.table_plan import TablePlan
from engine.table_shape import Shape
from engine.tables import row_digests
from engine.tables.digests import Rank, Slice
from engine.tables.findings import Finding
from engine.tables.introspect import Table, is_crr
from engine.tables.kind import Compared
from engine.tables.names import CLOCK, KEY, PKS
from engine.tables.pack import unpack
from engine.tables.plans import plan_of, shape_of
from engine.tables.reading import Fill
from engine.tables.trigger_rule import TriggerRule
from engine.tables.waiting import HiddenRow
from engine.tables.withheld.rows import WithheldRows


class CrsqliteKind:
    """The CRRs of one connection. What each method takes and returns is said in ``engine.tables.kind.Kind``."""

    label = "cr-sqlite"

    def __init__(self, state: State) -> None:
        self._state = state
        self._db = state.db
        self.withheld = WithheldRows(state.db, CrrSource(state), state.db_version)

    def catalogue(self) -> Catalogue:
        """Return the CRRs as they are now."""
        return self._state.catalogue()

    # What tables are

    def shape(self, table: str) -> Shape:
        """Return the shape of a CRR."""
        return shape_of(self._db, self._state.crr(table), self._state.storage)

    def plan(self, table: str) -> TablePlan:
        """Return the plan of a CRR."""
        return plan_of(self._db, self._state.crr(table))

    def tracks(self, table: str) -> bool:
        """Return whether the table is a CRR."""
        return is_crr(self._db, table)

    def obstacles(self, table: Table) -> tuple[str, ...]:
        """Return why a table cannot become a CRR, a sentence for each obstacle."""
        return obstacles(self._db, table)

    def cautions(self, tables: Sequence[Table]) -> Mapping[str, Sequence[str]]:
        """Return what a person should know about syncing each table."""
        known = around(self._db, self._state.catalogue(), tables)
        return {table.name: (*cautions(self._db, table), *known[table.name]) for table in tables}

    # Changing them

    def make(self, table: str) -> None:
        """Make a table a CRR."""
        make_crr(self._state, table)

    def undo(self, table: str) -> None:
        """Make a CRR a plain table."""
        make_plain(self._state, table)

    def begin_alter(self, table: str) -> None:
        """Begin a schema change, as crsql_begin_alter does."""
        begin_alter(self._state, table)

    def commit_alter(self, table: str) -> None:
        """End a schema change, as crsql_commit_alter does."""
        commit_alter(self._state, table)

    def records(self) -> Sequence[str]:
        """Return the clock tables, quoted for SQL."""
        return [main(name + CLOCK) for name in self._state.catalogue().clocks]

    def check(self) -> list[Finding]:
        """Return what is damaged."""
        return repair.check(self._state)

    def repair(self, found: Sequence[Finding]) -> list[Finding]:
        """Repair what was found."""
        return repair.repair(self._state, found)

    # Capturing what programs wrote: the triggers do it at once

    def is_captured(self) -> bool:
        """Return True: triggers capture every write."""
        return True

    def capture(self) -> bool:
        """Do nothing: triggers capture every write."""
        return False

    def capture_all(self) -> int:
        """Do nothing: triggers capture every write."""
        return 0

    # Reading changes for peers

    def reading(self, until: int, fill: Fill) -> Reading:
        """Return the reader of changes for this transaction."""
        return Reading(self._db, self._state.catalogue(), until, fill)

    def is_place(self, place: bytes) -> bool:
        """Return whether these bytes are a place of this kind's."""
        return At.of(place) is not None

    def versions(self, table: str, since: int, until: int) -> Iterator[tuple[int, int]]:
        """Iterate over the versions in the table's clock, each with its number of entries."""
        rows: Iterator[tuple[int, int]] = self._db.execute(
            f"SELECT db_version, count(*) FROM {main(table + CLOCK)} WHERE db_version > ?"
            " AND db_version <= ? GROUP BY db_version ORDER BY db_version",
            (since, until),
        )
        return rows

    def count_changes(self, table: str, since: int, until: int) -> int:
        """Return the number of entries in the table's clock."""
        sql = f"SELECT count(*) FROM {main(table + CLOCK)} WHERE db_version > ? AND db_version <= ?"
        return int(self._db.execute(sql, (since, until)).get)

    def has_changes(self, table: str, since: int, until: int) -> bool:
        """Return whether the table's clock has any entry in this range."""
        sql = f"SELECT 1 FROM {main(table + CLOCK)} WHERE db_version > ? AND db_version <= ? LIMIT 1"
        return self._db.execute(sql, (since, until)).fetchone() is not None

    def written_since(self, table: str, keys: Sequence[bytes], version: int) -> bool:
        """Return whether the table's clock has a later entry for any of these rows."""
        crr = self._state.crr(table)
        rows = f"SELECT {KEY} FROM {main(table + PKS)} WHERE {key_is(crr.key)}"
        sql = f"SELECT 1 FROM {main(table + CLOCK)} WHERE key IN ({rows}) AND db_version > ? LIMIT 1"
        return any(self._db.execute(sql, (*unpack(key), version)).fetchone() is not None for key in keys)

    # Comparing

    def rows_between(self, table: str, low: bytes, high: bytes, limit: int, columns: Compared = None) -> Slice:
        """Return rows by key, each with its digest."""
        return row_digests.rows_between(self._db, self._state.crr(table), low, high, limit, columns=columns)

    def key_order(self, table: str) -> Callable[[bytes], Rank]:
        """Return a sort key for packed keys."""
        return row_digests.key_order(self._db, self._state.crr(table), self._state.storage)

    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]:
        """Return a slice of the digest of causal lengths."""
        return lengths_above(self._db, self._state.crr(table), above)

    def deleted_above(self, table: str, above: int) -> tuple[list[bytes], int | None]:
        """Return keys of deleted rows."""
        return deleted_above(self._db, self._state.crr(table), above)

    def values_at(
        self, table: str, key: bytes, most: int | None, columns: Compared = None
    ) -> tuple[SQLiteValue, ...] | None:
        """Return the column values of a row, None if there is none."""
        return row_digests.values_at(self._db, self._state.crr(table), key, most, columns=columns)

    def live_rows(self, table: str) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
        """Iterate over the rows, by key."""
        return row_digests.live_rows(self._db, self._state.crr(table))

    def hidden(self, table: str) -> Iterator[HiddenRow]:
        """Return nothing: these tables have no rule that could hide a row."""
        return iter(())

    def count_hidden(self, table: str) -> int:
        """Return 0: no rows are hidden."""
        return 0

    # Merging changes

    def merging(self, rule: TriggerRule, *, js_numbers: bool, report_applied: bool) -> Merger:
        """Return the merger for this transaction."""
        return Merger(self._state, rule, js_numbers=js_numbers, report_applied=report_applied)
