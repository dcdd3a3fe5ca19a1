"""Ordinary tables as one kind of synced table (``engine.tables.kind``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import apsw

from engine.change import SQLiteValue
from engine.ordinary import catalogue, eligibility
from engine.ordinary.catalogue import OrdinaryCatalogue, OrdinaryTable
from engine.ordinary.digests import lengths_above
from engine.ordinary.merge import OrdinaryMerging
from engine.ordinary.read import At, Reading
from engine.ordinary.repair import Repair
from engine.ordinary.tables import OrdinaryTables
from engine.ordinary.withheld import OrdinarySource, OrdinaryWithheld
from engine.sqlite.values import Storage
from engine.table_plan import TablePlan
from engine.table_shape import Shape
from engine.tables import refusals, row_digests
from engine.tables.digests import Rank, Slice
from engine.tables.findings import Finding
from engine.tables.introspect import Table, is_ordinary
from engine.tables.kind import FileState
from engine.tables.plans import plan_of, shape_of
from engine.tables.reading import Fill
from engine.tables.trigger_rule import TriggerRule


class OrdinaryKind:
    """The ordinary tables of one connection; each method as in ``engine.tables.kind.Kind``."""

    label = "ordinary"

    def __init__(self, db: apsw.Connection, versions: FileState) -> None:
        self._db = db
        self._versions = versions
        self._storage = Storage()
        self._catalogue: OrdinaryCatalogue | None = None
        self._seen: tuple[object, object] = (None, None)
        self.tables = OrdinaryTables(db, versions)
        rows = OrdinarySource(db, self.tables, versions)
        self.withheld = OrdinaryWithheld(db, self.tables, rows, versions)
        self._repair = Repair(db, self.tables, versions, rows.shown_key)

    def catalogue(self) -> OrdinaryCatalogue:
        """The tables as they are now."""
        seen = self._versions.schema(), self.tables.entries()
        if self._catalogue is None or any(now is not before for now, before in zip(seen, self._seen, strict=True)):
            found = catalogue.load(self._db, seen[1], self.tables.broken())
            if self._catalogue is None or not catalogue.is_same(self._catalogue, found):
                self._catalogue = found
            self._seen = seen
        return self._catalogue

    def _table(self, name: str) -> OrdinaryTable:
        found = self.catalogue().tables.get(name)
        if found is None:
            raise refusals.no_table(name)
        return found

    # What tables are

    def shape(self, table: str) -> Shape:
        """The shape of a table."""
        return shape_of(self._db, self._table(table), self._storage)

    def plan(self, table: str) -> TablePlan:
        """The plan of a table."""
        return plan_of(self._db, self._table(table))

    def tracks(self, table: str) -> bool:
        """Whether it is in the register."""
        return is_ordinary(self._db, table)

    def obstacles(self, table: Table) -> tuple[str, ...]:
        """Why a table cannot be one."""
        return eligibility.obstacles(self._db, table)

    def cautions(self, tables: Sequence[Table]) -> Mapping[str, Sequence[str]]:
        """What is to be known of each."""
        return {table.name: () for table in tables}

    # Changing them

    def make(self, table: str) -> None:
        """Make a table one."""
        self.tables.make(table)

    def undo(self, table: str) -> None:
        """Leave the table as it was before that."""
        self.tables.undo(table)

    def begin_alter(self, table: str) -> None:
        """What was written before is told first."""
        self.tables.capture_all()

    def commit_alter(self, table: str) -> None:
        """What became of the rows is found by comparison."""
        self.tables.capture_all()

    def records(self) -> Sequence[str]:
        """Those of rows and of cells."""
        return [f"main.{records}" for entry in self.tables.entries() for records in (entry.rows, entry.cells)]

    def check(self) -> list[Finding]:
        """What does not fit together; what is not captured yet is no damage."""
        return self._repair.check()

    def repair(self, found: Sequence[Finding]) -> list[Finding]:
        """Mend it, and compare everything once more."""
        return self._repair.repair(found)

    # Taking note of what programs wrote

    def is_captured(self) -> bool:
        """Whether the logs are empty, and nothing is due."""
        return self.tables.up_to_date()

    def capture(self) -> bool:
        """A slice."""
        return self.tables.capture()

    def capture_all(self) -> int:
        """All slices."""
        return self.tables.capture_all()

    # Giving changes out

    def reading(self, until: int, fill: Fill) -> Reading:
        """What reads in this transaction; what is written was captured."""
        return Reading(self._db, {entry.name: entry for entry in self.tables.entries()}, until, fill)

    def is_place(self, place: bytes) -> bool:
        """Whether it can be one."""
        return At.of(place) is not None

    def versions(self, table: str, since: int, until: int) -> Iterator[tuple[int, int]]:
        """The versions of its stamps, each counted as all the columns of its row, and of its other cells."""
        entry = self._table(table).entry
        width = max(1, len(entry.columns))
        rows: Iterator[tuple[int, int]] = self._db.execute(
            f"SELECT db_version, sum(n) FROM (SELECT db_version, {width} AS n FROM main.{entry.rows}"
            f" WHERE db_version > ?1 AND db_version <= ?2 UNION ALL SELECT db_version, 1 FROM main.{entry.cells}"
            " WHERE db_version > ?1 AND db_version <= ?2) GROUP BY db_version ORDER BY db_version",
            (since, until),
        )
        return rows

    def has_changes(self, table: str, since: int, until: int) -> bool:
        """Whether any row or cell was stamped in a range."""
        for entry in self.tables.entries():
            if entry.name == table:
                for records in (entry.rows, entry.cells):
                    sql = f"SELECT 1 FROM main.{records} WHERE db_version > ? AND db_version <= ? LIMIT 1"
                    if self._db.execute(sql, (since, until)).fetchone() is not None:
                        return True
        return False

    # Comparing

    def rows_between(self, table: str, low: bytes, high: bytes, limit: int) -> Slice:
        """Rows by key, each with its digest."""
        return row_digests.rows_between(self._db, self._table(table), low, high, limit)

    def key_order(self, table: str) -> Callable[[bytes], Rank]:
        """The order of packed keys."""
        return row_digests.key_order(self._db, self._table(table), self._storage)

    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]:
        """A slice of the history's digest."""
        return lengths_above(self._db, self._table(table).entry, above)

    def values_at(self, table: str, key: bytes, most: int | None) -> tuple[SQLiteValue, ...] | None:
        """The columns of a row."""
        return row_digests.values_at(self._db, self._table(table), key, most)

    def live_rows(self, table: str) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
        """The rows, by key."""
        return row_digests.live_rows(self._db, self._table(table))

    # Taking changes in

    def merging(self, rule: TriggerRule, *, js_numbers: bool, tell: bool) -> OrdinaryMerging:
        """What merges in this transaction."""
        return OrdinaryMerging(self._db, self.tables, self._versions, rule, js_numbers=js_numbers, tell=tell)
