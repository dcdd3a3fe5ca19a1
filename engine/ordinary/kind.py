"""Ordinary tables as one kind of synced table (``engine.tables.kind``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import apsw

from engine.change import SQLiteValue
from engine.ordinary import catalogue, eligibility, global_digests, hidden_digests
from engine.ordinary.catalogue import OrdinaryCatalogue, OrdinaryTable
from engine.ordinary.digests import deleted_above, lengths_above
from engine.ordinary.foreign_keys import waiting
from engine.ordinary.hidden import Hidden
from engine.ordinary.leading import spelled
from engine.ordinary.local_numbers import LocalNumbers
from engine.ordinary.merge import OrdinaryMerging
from engine.ordinary.merged_row import Key
from engine.ordinary.read import At, Reading
from engine.ordinary.records import Records
from engine.ordinary.register import Entry
from engine.ordinary.repair import Repair
from engine.ordinary.tables import OrdinaryTables
from engine.ordinary.withheld import OrdinarySource, OrdinaryWithheld
from engine.sqlite.values import Storage
from engine.table_plan import TablePlan
from engine.table_shape import Shape
from engine.tables import omitted_triggers, refusals, row_digests
from engine.tables.digests import Rank, Slice
from engine.tables.findings import Finding
from engine.tables.introspect import Table, is_ordinary
from engine.tables.kind import Compared, FileState
from engine.tables.pack import unpack
from engine.tables.plans import plan_of, shape_of
from engine.tables.reading import Fill
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import DescribedTable
from engine.tables.waiting import HiddenRow
from engine.text import printable, t


class OrdinaryKind:
    """The ordinary tables of one connection; each method as in ``engine.tables.kind.Kind``."""

    label = "ordinary"

    def __init__(
        self,
        db: apsw.Connection,
        versions: FileState,
        others: Callable[[], Mapping[str, DescribedTable]] = dict,
        *,
        captured: bool = True,
    ) -> None:
        """
        Args:
            others: returns the synced tables of other kinds.
            captured: whether what programs wrote is captured before anything is read; otherwise what was captured is
                read.
        """
        self._captured = captured
        self._db = db
        self._versions = versions
        self._storage = Storage()
        self._catalogue: OrdinaryCatalogue | None = None
        self._seen: tuple[object, object] = (None, None)
        self.tables = OrdinaryTables(db, versions, others)
        rows = OrdinarySource(db, self.tables, versions)
        self.withheld = OrdinaryWithheld(db, self.tables, rows, versions)
        self._repair = Repair(db, self.tables, versions, rows.shown_key)

    def catalogue(self) -> OrdinaryCatalogue:
        """Return the tables as they are now."""
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
        """Return the shape of a table."""
        found = self._table(table)
        shape = shape_of(self._db, found, self._storage, self._refers(table))
        return shape._replace(loose=tuple(sorted(found.entry.loose)))

    def plan(self, table: str) -> TablePlan:
        """Return the plan of a table."""
        return plan_of(self._db, self._table(table), self._refers(table))

    def _refers(self, table: str) -> dict[str, str]:
        """Return the columns that refer to rows by number, each with the table referred to."""
        names = {entry.number: entry.name for entry in self.tables.entries()}
        refers = self._table(table).entry.refers
        return {column: names[root] for column, root in refers.items() if root in names}

    def tracks(self, table: str) -> bool:
        """Return whether it is an ordinary table."""
        return is_ordinary(self._db, table)

    def obstacles(self, table: Table) -> tuple[str, ...]:
        """Return why a table cannot be one. A table that is merged without certain triggers is judged without them."""
        agreed = table.name in omitted_triggers.agreed(self._db)
        return eligibility.obstacles(self._db, table, without=omitted_triggers.sort_out(self._db) if agreed else None)

    def remedy(self, table: Table) -> str:
        """Do the same as ``eligibility.remedy``."""
        return eligibility.remedy(self._db, table)

    def cautions(self, tables: Sequence[Table]) -> Mapping[str, Sequence[str]]:
        """Return what a person should know about each."""
        agreed = omitted_triggers.agreed(self._db)
        here = omitted_triggers.sort_out(self._db) if agreed else None
        entries = {entry.name: entry for entry in self.tables.entries()}
        return {
            table.name: (
                *eligibility.cautions(self._db, table, here if table.name in agreed else None),
                *(self._waiting(table, entries[table.name], entries) if table.name in entries else ()),
            )
            for table in tables
        }

    def _waiting(self, table: Table, entry: Entry, synced: Collection[str]) -> Iterator[str]:
        """Return what a person should know about columns that are not synced yet."""
        for column, parent in waiting(self._db, table, {*entry.key, *entry.slots}, synced).items():
            yield t(
                "“{column}” refers to rows of “{parent}”, which is not synced: it stays on this machine until that"
                " table is made syncable, too.",
                column=printable(column, 40),
                parent=printable(parent, 40),
            )

    # Changing them

    def make(self, table: str, *, without_triggers: bool = False) -> None:
        """Make a table an ordinary one; ``without_triggers``: also if some of its triggers cannot run here."""
        self.tables.make(table, without_triggers=without_triggers)

    def undo(self, table: str) -> None:
        """Remove a table's records and triggers; its rows stay."""
        self.tables.undo(table)

    def begin_alter(self, table: str) -> None:
        """Capture first what was written before."""
        self.tables.capture_all()

    def commit_alter(self, table: str) -> None:
        """Have all rows compared, which finds out what became of them."""
        self.tables.capture_all()

    def records(self) -> Sequence[str]:
        """Return the tables that hold the records of rows and of cells."""
        return [f"main.{records}" for entry in self.tables.entries() for records in (entry.rows, entry.cells)]

    def check(self) -> list[Finding]:
        """Find records that contradict each other; what is not captured yet does not count as damage."""
        return self._repair.check()

    def repair(self, found: Sequence[Finding]) -> list[Finding]:
        """Repair these records, and have everything compared once more."""
        return self._repair.repair(found)

    # Taking note of what programs wrote

    def is_captured(self) -> bool:
        """Return whether the logs are empty and nothing is due."""
        return self.tables.up_to_date()

    def capture(self) -> bool:
        """Capture one slice."""
        return self.tables.capture()

    def capture_all(self) -> int:
        """Capture everything."""
        return self.tables.capture_all()

    # Giving changes out

    def reading(self, until: int, fill: Fill) -> Reading:
        """Return what reads in this transaction."""
        behind = () if self._captured else self.tables.behind()
        return Reading(self._db, {entry.name: entry for entry in self.tables.entries()}, until, fill, behind)

    def is_place(self, place: bytes) -> bool:
        """Return whether these bytes can be a place."""
        return At.of(place) is not None

    def versions(self, table: str, since: int, until: int) -> Iterator[tuple[int, int]]:
        """Return the versions of its stamps, each counted as all columns of its row, and those of its other cells."""
        entry = self._table(table).entry
        width = max(1, len(entry.columns))
        rows: Iterator[tuple[int, int]] = self._db.execute(
            f"SELECT db_version, sum(n) FROM (SELECT db_version, {width} AS n FROM main.{entry.rows}"
            f" WHERE db_version > ?1 AND db_version <= ?2 UNION ALL SELECT db_version, 1 FROM main.{entry.cells}"
            " WHERE db_version > ?1 AND db_version <= ?2) GROUP BY db_version ORDER BY db_version",
            (since, until),
        )
        return rows

    def count_changes(self, table: str, since: int, until: int) -> int:
        """Return the number of its stamps, each counted as all columns of its row, and of those of its other cells."""
        entry = self._table(table).entry
        rows, cells = (
            int(self._db.execute(
                f"SELECT count(*) FROM main.{records} WHERE db_version > ? AND db_version <= ?", (since, until)
            ).get)
            for records in (entry.rows, entry.cells)
        )  # fmt: skip
        return rows * max(1, len(entry.columns)) + cells

    def has_changes(self, table: str, since: int, until: int) -> bool:
        """Return whether any row or cell was stamped in a range."""
        for entry in self.tables.entries():
            if entry.name == table:
                for records in (entry.rows, entry.cells):
                    sql = f"SELECT 1 FROM main.{records} WHERE db_version > ? AND db_version <= ? LIMIT 1"
                    if self._db.execute(sql, (since, until)).fetchone() is not None:
                        return True
        return False

    def written_since(self, table: str, keys: Sequence[bytes], version: int) -> bool:
        """Return whether any of these rows has a later stamp."""
        found = Records(self._db, self._table(table).entry).by_key(keys)
        return any(row.latest > version for _, row in found.values())

    def placed(
        self, table: str, rows: Sequence[tuple[bytes, Key | None]], columns: Sequence[str]
    ) -> list[tuple[Key, Key | None]]:
        """Return another side's rows as they are to be written here, with the numbers of this side.

        Args:
            rows: by packed key, these columns of each; None if that side has no such row.
        """
        entry = self._table(table).entry
        found: list[tuple[Key, Key | None]] = [(tuple(unpack(packed)), values) for packed, values in rows]
        if not entry.roots or not found:
            return found
        local = LocalNumbers(self._db, entry)
        keys = list(
            zip(*local.place_values(entry.key, list(zip(*(key for key, _ in found), strict=True))), strict=True)
        )
        there = [values for _, values in found if values is not None]
        if there and columns:
            there = list(zip(*local.place_values(columns, list(zip(*there, strict=True))), strict=True))
        placed = iter(there)
        return [(key, None if values is None else next(placed)) for key, (_, values) in zip(keys, found, strict=True)]

    # Comparing

    def rows_between(self, table: str, low: bytes, high: bytes, limit: int, columns: Compared = None) -> Slice:
        """Return rows by key, each with its digest."""
        found = self._table(table)
        if found.entry.has_global_key:
            return global_digests.rows_between(self._db, found, low, high, limit, columns)
        return hidden_digests.rows_between(self._db, found, self._storage, low, high, limit, columns)

    def key_order(self, table: str) -> Callable[[bytes], Rank]:
        """Return the function that orders packed keys."""
        found = self._table(table)
        if found.entry.has_global_key:
            return global_digests.key_order(found)
        return row_digests.key_order(self._db, found, self._storage)

    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]:
        """Return a slice of the history's digest."""
        return lengths_above(self._db, self._table(table).entry, above)

    def deleted_above(self, table: str, above: int) -> tuple[list[bytes], int | None]:
        """Return the keys of deleted rows."""
        return deleted_above(self._db, self._table(table).entry, above)

    def values_at(
        self, table: str, key: bytes, most: int | None, columns: Compared = None
    ) -> tuple[SQLiteValue, ...] | None:
        """Return the columns of a row; None if there is no such row."""
        found = self._table(table)
        r = hidden_digests.number_at(self._db, found, key)
        if r is not None:
            return hidden_digests.values_of(self._db, found, r, most, columns)
        if found.entry.has_global_key:
            return global_digests.values_at(self._db, found, key, most, columns)
        return row_digests.values_at(self._db, found, key, most, spelled(self._db, found.entry), columns)

    def live_rows(self, table: str) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
        """Yield the rows, ordered by key."""
        found = self._table(table)
        return hidden_digests.live_rows(self._db, found)

    def hidden(self, table: str) -> Iterator[HiddenRow]:
        """Yield the hidden rows of a table."""
        return Hidden(self._db, self._table(table).entry).listed()

    def count_hidden(self, table: str) -> int:
        """Return how many hidden rows a table has."""
        return Hidden(self._db, self._table(table).entry).count()

    # Taking changes in

    def merging(
        self, rule: TriggerRule, *, js_numbers: bool, report_applied: bool, inside: bool = False
    ) -> OrdinaryMerging:
        """Return what merges in this transaction; ``inside``: within a statement, as a program merges by SQL."""
        return OrdinaryMerging(
            self._db,
            self.catalogue().tables,
            self._versions,
            rule,
            js_numbers=js_numbers,
            report_applied=report_applied,
            inside=inside,
        )
