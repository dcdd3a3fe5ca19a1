"""Which rows belong together, and how those of two sides that have never met are joined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import apsw

from engine.change import MAX_VERSION, SQLiteValue
from engine.clocks import coverage, datasets, secondhand
from engine.clocks.datasets import Ids
from engine.crr.tables import kept_records
from engine.ordinary import adopt_names, starting_anew
from engine.replica.withheld import Holding
from engine.sqlite.sql import ident, idents, key_is, main
from engine.table_shape import BEGUN_EMPTY, Dataset
from engine.tables import unpack_columns
from engine.tables.refusals import no_table
from engine.tables.row_digests import compared
from engine.tables.types import DescribedTable, Meeting

Row = tuple[SQLiteValue, ...]


class Joining(Holding):
    """The methods of a replica for rows that meet for the first time."""

    def datasets(self) -> dict[str, Dataset]:
        """Return what peers are told about the rows of each synced table.

        A table that has rows and no id is given one.
        """
        with self._reading() as db:
            told, drawn = self._told(db)
        if drawn and not self.readonly:
            self.capture()  # what seems to be empty may have rows
            with self._writing() as db:
                told, drawn = self._told(db)
                for name in drawn:
                    rows = datasets.OLD_ROWS if coverage.is_covered(db, name) else datasets.ROWS
                    what = rows if told[name].older else datasets.NO_ROWS
                    datasets.record(db, name, dict.fromkeys(told[name].here, what))
        return told

    def _told(self, db: apsw.Connection) -> tuple[dict[str, Dataset], list[str]]:
        kept = datasets.read(db)
        told = {name: self._dataset(name, kept.get(name, {})) for name in self._kinds.catalogue().synced}
        return told, [name for name in told if name not in kept]

    def _dataset(self, name: str, ids: Ids) -> Dataset:
        awaited, mixed = (
            tuple(one for one, what in ids.items() if what == part) for part in (datasets.PART, datasets.MIXED)
        )
        here = tuple(one for one in ids if one not in awaited and one not in mixed)
        if not ids:
            here = (datasets.new() if self._has_rows(name) else BEGUN_EMPTY,)
        return Dataset(here, self._kinds.of(name) is self._ordinary, awaited, mixed)

    def _learnt(self, db: apsw.Connection, meetings: Iterable[Meeting]) -> dict[str, Ids] | None:
        """Return the ids that tables without one get by meeting others; None if such a table has received rows since
        that have not met the others'."""
        kept = datasets.read(db)
        learnt: dict[str, Ids] = {}
        for name, _, theirs in meetings:
            ids = kept.get(name, {})
            if name not in self._kinds.catalogue().synced:
                return None
            now = self._dataset(name, ids)
            if now.joins(theirs):
                return None
            new = datasets.meet(ids, theirs)
            if new != ids:
                learnt[name] = new
        return learnt

    def _met_before(self, db: apsw.Connection, covered: Iterable[str]) -> tuple[str, ...]:
        """Return those of the tables that a peer's clock covers whose rows it had met before tables had ids."""
        kept = datasets.read(db)
        return tuple(name for name in covered if datasets.OLD_ROWS in kept.get(name, {}).values())

    def _arrived(
        self, db: apsw.Connection, meetings: Iterable[Meeting], covered: Collection[str]
    ) -> list[tuple[str, list[bytes]]]:
        """Return a peer's ids for rows that are on their way here, of tables that its clock covers as they were when
        the peer greeted."""
        kept = datasets.read(db)
        found = []
        for name, _, theirs in meetings:
            ids = [one for one in theirs.here if kept.get(name, {}).get(one) == datasets.PART]
            if ids and name in covered:
                found.append((name, ids))
        return found

    def _learn(self, db: apsw.Connection, learnt: Mapping[str, Ids]) -> None:
        for name, ids in learnt.items():
            datasets.record(db, name, ids)

    def _is_as_told(self, db: apsw.Connection, meeting: Meeting) -> bool:
        return self._dataset(meeting.table, datasets.read(db).get(meeting.table, {})) == meeting.told

    def dataset_ids(self) -> dict[str, frozenset[bytes]]:
        """Return the recorded ids of the rows of each table."""
        with self._reading() as db:
            return {name: frozenset(ids) for name, ids in datasets.read(db).items()}

    def kept_datasets(self) -> dict[str, Dataset]:
        """Return the same as ``datasets``, for tables that have an id already."""
        with self._reading() as db:
            synced = self._kinds.catalogue().synced
            return {name: self._dataset(name, ids) for name, ids in datasets.read(db).items() if name in synced}

    def undo_joins(self, later: Mapping[str, Collection[bytes]]) -> None:
        """Undo joins, as this file was set back: the rows of a table that were joined since with others, as the ids
        that it had ``later`` show, count as never having met them."""
        with self._writing() as db:
            kept = datasets.read(db)
            undone = [name for name, ids in kept.items() if not ids.keys() >= set(later.get(name, ()))]
            datasets.forget(db, [name for name in undone if kept[name].keys() != {BEGUN_EMPTY}])

    def settle(self, meeting: Meeting) -> bool:
        """Record that from now on our rows of a table and a peer's belong together.

        Returns:
            whether it was done: not if rows were added to ours since they were announced.
        """
        with self._writing() as db:
            if not self._is_as_told(db, meeting):
                return False
            ids = datasets.read(db).get(meeting.table, {})
            datasets.record(db, meeting.table, datasets.meet(ids, meeting.theirs))
            return True

    def take_rows(
        self,
        table: str,
        rows: Sequence[tuple[bytes, Row | None]],
        kept: int,
        columns: Collection[str] | None = None,
    ) -> bool:
        """Overwrite our rows with another side's, as changes made here.

        The app's triggers write to no synced table meanwhile.

        Args:
            rows: by packed key, the columns in order of name; None if that side has no such row.
            kept: the version that a backup holds.
            columns: the columns that the rows have; by default all.

        Returns:
            whether it was done: not if one of these rows was written to since the backup.

        Raises:
            ReplicaError: a row is refused; nothing was written.
        """
        self.capture()
        with self._writing() as db:
            self._capture_rest()
            described = self._described(table)
            if self._kinds.of(table).written_since(table, [packed for packed, _ in rows], kept):
                return False
            named = compared(described, columns)
            with self._rule.in_force(self._kinds.catalogue()):
                for key, values in self._placed(table, rows, named):
                    with self._rule.deleting(described.table.name, [key] if values is None else []):
                        _write(db, described, key, values, named)
        self.capture()
        return True

    def _placed(
        self, table: str, rows: Sequence[tuple[bytes, Row | None]], columns: Sequence[str]
    ) -> list[tuple[Row, Row | None]]:
        if self._kinds.of(table) is self._ordinary:
            return self._ordinary.placed(table, rows, columns)
        return [(tuple(unpack_columns(packed)), values) for packed, values in rows]

    def _to_give(self, db: apsw.Connection, meetings: Iterable[Meeting]) -> list[str]:
        """Return the tables that peers are told about for the first time, with global keys that only this file can have
        given."""
        found = self._named().intersection(meeting.table for meeting in meetings)
        return sorted(found - datasets.given(db)) if found else []

    def _named(self) -> set[str]:
        """Return the tables whose rows have different keys on other machines."""
        return {entry.name for entry in self._ordinary.tables.entries() if entry.has_global_key}

    def _is_shared(self, db: apsw.Connection, table: str) -> bool:
        return table in datasets.given(db) or coverage.is_covered(db, table)

    def is_shared(self, table: str) -> bool:
        """Return whether any peer may have received rows of a table from here, or rows came from elsewhere."""
        with self._reading() as db:
            return self._is_shared(db, table)

    def is_written_since(self, table: str, version: int) -> bool:
        """Return whether a row of a table was written after a version, here or by a merge."""
        with self._reading():
            return self._kinds.of(table).has_changes(table, version, MAX_VERSION)

    def take_names(self, table: str, pairs: Sequence[tuple[bytes, bytes, bool]], kept: int) -> bool:
        """Give rows of an auto-numbered table the global keys that another side has (``adopt_names.take_names``).

        Args:
            kept: the version that a backup holds.

        Returns:
            whether it was done: not if the table was written to since the backup, or anybody has received rows of it
                since.
        """
        self.capture()
        with self._writing() as db:
            self._capture_rest()
            entry = next((one for one in self._ordinary.tables.entries() if one.name == table), None)
            if entry is None or not entry.collection:
                raise no_table(table)
            if self._is_shared(db, table) or self._ordinary.has_changes(table, kept, MAX_VERSION):
                return False
            version = self._state.next_version()
            unshared = [name for name in self._kinds.catalogue().synced if not self._is_shared(db, name)]
            adopt_names.take_names(db, entry, pairs, version, unshared)
            secondhand.note_all(db, version)
            self._ordinary.tables.settle()
            self._state.keep_floor(version)
        self.capture()
        return True

    def referring_to(self, tables: Collection[str]) -> dict[str, str]:
        """Return those of these tables whose rows cannot be given up, as rows of another table refer to them by number;
        each with that table."""
        self.capture()
        with self._reading() as db:
            return starting_anew.in_way(db, tables)

    def give_up_rows(self, meetings: Sequence[Meeting], kept: int) -> bool:
        """Delete all our rows of tables and their records without telling anybody of deletions; another side's rows
        take their place.

        Args:
            kept: the version that a backup holds.

        Returns:
            as ``settle``; also not if any was written since the backup, or is referred to (``referring_to``).
        """
        self.capture()
        names = [meeting.table for meeting in meetings]
        with self._writing() as db:
            self._capture_rest()
            if any(self._kinds.of(name).has_changes(name, kept, MAX_VERSION) for name in names):
                return False
            if not all(self._is_as_told(db, meeting) for meeting in meetings) or starting_anew.in_way(db, names):
                return False
            ordinary = [name for name in names if self._kinds.of(name) is self._ordinary]
            for name in names:
                self._delete_all(db, self._described(name))
            for name in names:
                if name not in ordinary:
                    self._crsqlite.undo(name)
                    kept_records.drop(db, name)  # they were put aside, with the deletions among them
                    self._crsqlite.make(name)
            starting_anew.start_anew(db, self._ordinary.tables.survey, ordinary)
            datasets.take_back(db, names)
            datasets.forget(db, names)
            for meeting in meetings:
                datasets.record(db, meeting.table, dict.fromkeys(meeting.theirs.older, datasets.PART))
            return True

    def _delete_all(self, db: apsw.Connection, table: DescribedTable) -> None:
        """Delete all rows of a table that can be synced."""
        name = table.table.name
        there = " AND ".join(f"{ident(one)} IS NOT NULL" for one in table.key)
        with self._rule.in_force(self._kinds.catalogue()):
            keys = db.execute(f"SELECT {idents(table.key)} FROM {main(name)} WHERE {there}").fetchall()
            with self._rule.deleting(name, keys):
                db.execute(f"DELETE FROM {main(name)} WHERE {there}")

    def _described(self, table: str) -> DescribedTable:
        found: Mapping[str, DescribedTable] = self._kinds.catalogue().tables
        if table not in found:
            raise no_table(table)
        return found[table]


def _write(db: apsw.Connection, table: DescribedTable, key: Row, values: Row | None, columns: Sequence[str]) -> None:
    name = main(table.table.name)
    if values is None:
        db.execute(f"DELETE FROM {name} WHERE {key_is(table.key)}", key)
        return
    if len(values) != len(columns) or len(key) != len(table.key):
        raise no_table(table.name)  # as it was
    if db.execute(f"SELECT 1 FROM {name} WHERE {key_is(table.key)}", key).fetchone() is None:
        marks = ", ".join("?" * (len(key) + len(columns)))
        db.execute(f"INSERT INTO {name} ({idents((*table.key, *columns))}) VALUES ({marks})", (*key, *values))
    elif columns:
        sets = ", ".join(f"{ident(one)} = ?{n}" for n, one in enumerate(columns, len(key) + 1))
        db.execute(f"UPDATE {name} SET {sets} WHERE {key_is(table.key)}", (*key, *values))
