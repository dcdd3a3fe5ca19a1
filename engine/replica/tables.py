"""The tables of a replica: which there are, their state, and what a person is asked about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import apsw

from engine.clocks import coverage
from engine.crr.tables.cautions import with_those_of_the_file
from engine.errors import UsageError
from engine.ordinary import likely_references
from engine.replica.database import Database
from engine.sqlite.sql import main
from engine.sqlite.sqlite_errors import explained
from engine.table_shape import Parked, Shape
from engine.tables import parking
from engine.tables.framework_tables import why_not_proposed
from engine.tables.introspect import Table, count_tables, unnamed_tables, user_tables
from engine.tables.kind import Kind
from engine.tables.types import Coverage, SyncedTable, SyncedTables, TableStatus
from engine.tables.waiting import SuspendedDeletion
from engine.text import t


class Tables(Database):
    """The methods of a replica that tell about its tables."""

    _shapes: tuple[SyncedTables, dict[SyncedTable, Shape]] | None = None

    def synced_tables(self) -> tuple[str, ...]:
        """Return the wire names of the tables that take part in sync, in catalogue order."""
        with explained(self.path):
            return tuple(self._kinds.catalogue().synced)

    def shapes(self) -> tuple[Shape, ...]:
        """Return the shape of each of them."""
        with explained(self.path):
            tables = self._kinds.catalogue()
            if self._shapes is None or self._shapes[0] is not tables:
                known = self._shapes[1] if self._shapes is not None else {}
                self._shapes = (
                    tables,
                    {
                        table: known.get(table) or self._kinds.of(name).shape(name)
                        for name, table in tables.synced.items()
                    },
                )
            return tuple(self._shapes[1].values())

    def parked(self) -> tuple[Parked, ...]:
        """Return the tables with sync records that take no part in sync for now, by name, and why."""
        with explained(self.path):
            parked = sorted(self._kinds.catalogue().parked.items())
            asked = {one.table for one in self._suspended()} if parked else set()
            return tuple(Parked(name, why, name in asked) for name, why in parked)

    def park(self, table: str, reason: str) -> None:
        """Leave a table out of sync for a reason that only showed while syncing. Local writes are still recorded.

        It takes part again, and is asked for from the start, once the table or a trigger is changed, or by ``repair``.
        Does nothing if it is parked already, or not synced any more.

        Args:
            table: its wire name.
            reason: in words that follow on "cannot be synced:", without a full stop.
        """
        with self._writing() as db:
            if table in self._kinds.catalogue().synced:
                parking.record(db, table, reason)
                coverage.forget_table(db, table)

    def suspended_deletions(self) -> tuple[SuspendedDeletion, ...]:
        """Return the tables about which a person is asked whether most of their rows were deleted on purpose."""
        with self._reading():
            return self._suspended()

    def _suspended(self) -> tuple[SuspendedDeletion, ...]:
        there = self._ordinary.catalogue().tables
        return tuple(
            SuspendedDeletion(entry.name, entry.suspended or 0, entry.lost or 0)
            for entry in self._ordinary.tables.suspended()
            if entry.name in there
        )

    def answer_suspended(self, table: str, *, delete: bool) -> SuspendedDeletion:
        """Answer whether the rows of such a table were deleted on purpose: they are deleted on all sides, or else come
        back from the peers, which are asked for the whole table. Return what was asked.

        Raises:
            UsageError: nothing is asked about this table, or not any more.
        """
        with self._writing():
            asked = next((one for one in self._suspended() if one.table == table), None)
            if asked is None:
                raise UsageError(t("There is nothing to decide about the rows of “{table}”.", table=table))
            self._ordinary.tables.answer(table, delete=delete)
        self.capture()
        return asked

    def tables(self, *, extension: bool = False) -> list[TableStatus]:
        """Return every table in the file that is not one of ours.

        Args:
            extension: tell of those that are not synced whether they can be synced as cr-sqlite's tables
                (``make_crr``).
        """
        with self._reading() as db:
            tables = list(user_tables(db))
            cautions = {kind.label: kind.cautions(tables) for kind in self._kinds.all}
            virtual = {table.name for table in tables if table.kind == "virtual"}
            otherwise = self._crsqlite if extension else self._ordinary
            found = [self._status(table, cautions, otherwise, virtual) for table in tables]
            if not extension:
                found = [self._with_likely(one, table, tables) for one, table in zip(found, tables, strict=True)]
            found += [self._unnamed(table) for table in unnamed_tables(db)]
            return with_those_of_the_file(db, found)

    def coverage(self) -> Coverage:
        """Count how many of them are synced. Cheap, as none is read."""
        with self._reading() as db:
            return Coverage(len(self._kinds.catalogue().synced), count_tables(db))

    def _with_likely(self, status: TableStatus, table: Table, tables: Sequence[Table]) -> TableStatus:
        if status.kind is not None or not (status.eligible or status.without_triggers):
            return status
        return replace(status, likely_references=tuple(likely_references.of_table(self.connection, table, tables)))

    def _unnamed(self, table: Table) -> TableStatus:
        """Describe a table whose name cannot be read."""
        return TableStatus(
            name=table.name,
            syncable=False,
            eligible=False,
            reasons=self._ordinary.obstacles(table),
            rows=0,
            columns=(),
            key=(),
        )

    def _status(
        self,
        table: Table,
        cautions: Mapping[str, Mapping[str, Sequence[str]]],
        otherwise: Kind,
        virtual: Collection[str],
    ) -> TableStatus:
        tables, tracking = self._kinds.catalogue(), self._kinds.tracking(table.name)
        synced = tables.tracking(table.name)
        name = synced.name if synced is not None else table.name
        if tracking is None and name in tables.parked:  # its records are there, and no trigger
            tracking = self._kinds.of(name)
        kind = tracking or otherwise
        reasons, known = kind.obstacles(table), ()
        all_the_same = self._ordinary.remedy(table) if reasons and kind is self._ordinary else ""
        why = tables.parked.get(name)
        if why is not None:
            reasons = (t("It cannot be synced: {reason}.", reason=why),)
        elif tracking is not None:  # what came after it became one
            reasons, known = (), reasons
        return TableStatus(
            name=table.name,
            syncable=synced is not None and why is None,
            eligible=not reasons,
            reasons=reasons,
            rows=self._count(table),
            columns=table.tracked,
            key=table.key,
            kind=tracking.label if tracking is not None else None,
            cautions=() if reasons else (*known, *cautions[kind.label][table.name]),
            not_proposed="" if tracking is not None else why_not_proposed(table, virtual),
            without_triggers=all_the_same,
        )

    def _count(self, table: Table) -> int:
        for how in ("", " NOT INDEXED"):  # an index may have a collation that only its app has
            try:
                rows: int = self.connection.execute(f"SELECT count(*) FROM {main(table.name)}{how}").get
            except apsw.SQLError:
                continue
            return rows
        return 0  # a module that is not loaded here: what it holds is another program's business
