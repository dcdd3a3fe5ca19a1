"""The tables of a replica: what they are, making them syncable, changing them, mending them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import apsw

from engine.clocks import coverage, file_versions, identity
from engine.crr import config
from engine.crr.tables import automigrate
from engine.crr.tables.cautions import with_those_of_the_file
from engine.crr.tables.eligibility import obstacles as crr_obstacles
from engine.crr.tables.plans import create_plain, set_equal_values
from engine.errors import NotEligible, UsageError
from engine.ids import SiteId
from engine.ordinary.eligibility import obstacles as ordinary_obstacles
from engine.replica import additions, change_kind
from engine.replica.database import Database
from engine.sqlite.sql import main
from engine.sqlite.sqlite_errors import explained
from engine.table_plan import TablePlan
from engine.table_shape import Parked, Shape
from engine.tables import parking
from engine.tables.additions import Addition
from engine.tables.findings import Finding
from engine.tables.introspect import Table, describe, is_crr, unnamed_tables, user_tables
from engine.tables.kind import Kind
from engine.tables.types import Migration, SyncedTable, SyncedTables, TableStatus
from engine.text import t


class Schema(Database):
    """The methods of a replica that are about its tables."""

    _shapes: tuple[SyncedTables, dict[SyncedTable, Shape]] | None = None

    def crr_tables(self) -> tuple[str, ...]:
        """The wire names of the tables that take part in sync, in catalogue order."""
        with explained(self.path):
            return tuple(self._kinds.catalogue().synced)

    def shapes(self) -> tuple[Shape, ...]:
        """The shape of each of them."""
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
        """The tables with sync records that take no part in sync for now, by name, and why."""
        with explained(self.path):
            return tuple(Parked(name, why) for name, why in sorted(self._kinds.catalogue().parked.items()))

    def park(self, table: str, reason: str) -> None:
        """Leave a table out of sync, for a reason that only running has shown. Its local writes are recorded on.

        It takes part again, and is asked for from the start, when the table or a trigger is changed, or by ``repair``.
        Does nothing if it is parked already, or is no CRR any more.

        Args:
            table: its wire name.
            reason: in words that follow on "cannot be synced:", without a full stop.
        """
        with self._writing() as db:
            if table in self._kinds.catalogue().synced:
                parking.record(db, table, reason)
                coverage.forget_table(db, table)

    def merges_equal_values(self) -> bool:
        """How the file breaks ties between equal values (``merge-equal-values``): every peer must do the same."""
        with self._reading() as db:
            return config.merges_equal_values(db)

    def plans(self, names: Iterable[str] | None = None) -> tuple[TablePlan, ...]:
        """The plan of each table that can be read, parked or not, or of those with these names, by which another side
        makes tables alike."""
        with self._reading():
            known = self._kinds.catalogue().tables
            return tuple(
                self._kinds.of(name).plan(name) for name in (known if names is None else names) if name in known
            )

    def possible_additions(self, plans: Iterable[TablePlan]) -> list[Addition]:
        """What of another side's plans is missing here and can be added (``engine.replica.additions``)."""
        with self._reading():
            return additions.possible(self._state, self._kinds, plans)

    def add_missing(self, plans: Iterable[TablePlan]) -> list[Addition]:
        """Add it, in one transaction; returns what it was. The plans were checked with ``check_plans``.

        Raises:
            NotEligible: a table cannot be synced with it. In every case but success all is as before.
        """
        self.capture()
        with self._writing(altering=True):
            self._capture_rest()
            extension = bool(self._crsqlite.catalogue().tables) and not self._ordinary.tables.entries()
            return additions.add(self._state, self._kinds, plans, partial(self._make, extension=extension))

    def added(self) -> list[Addition]:
        """What was added so, and can be taken back while it is not in use."""
        with self._reading():
            return additions.added(self._state)

    def take_back_added(self) -> tuple[list[Addition], list[Addition]]:
        """Drop again what was added so, unless it is in use; returns what was dropped, and what stays."""
        self.capture()
        with self._writing(altering=True):
            self._capture_rest()
            return additions.take_back(self._state, self._kinds)

    def tables(self, *, extension: bool = False) -> list[TableStatus]:
        """Every table of the person's own.

        Args:
            extension: of those that are not synced, tell whether they can be as cr-sqlite's tables (``make_crr``).
        """
        with self._reading() as db:
            tables = list(user_tables(db))
            cautions = {kind.label: kind.cautions(tables) for kind in self._kinds.all}
            found = [self._status(table, cautions, self._crsqlite if extension else self._ordinary) for table in tables]
            found += [self._unnamed(table) for table in unnamed_tables(db)]
            return with_those_of_the_file(db, found)

    def _unnamed(self, table: Table) -> TableStatus:
        """What can be said of a table whose name nobody can read."""
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
        self, table: Table, cautions: Mapping[str, Mapping[str, Sequence[str]]], otherwise: Kind
    ) -> TableStatus:
        tables, tracking = self._kinds.catalogue(), self._kinds.tracking(table.name)
        synced = tables.tracking(table.name)
        name = synced.name if synced is not None else table.name
        if tracking is None and name in tables.parked:  # its records are there, and no trigger
            tracking = self._kinds.of(name)
        kind = tracking or otherwise
        reasons, known = kind.obstacles(table), ()
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
        )

    def _count(self, table: Table) -> int:
        for how in ("", " NOT INDEXED"):  # an index may have a collation that only its app has
            try:
                rows: int = self.connection.execute(f"SELECT count(*) FROM {main(table.name)}{how}").get
            except apsw.SQLError:
                continue
            return rows
        return 0  # a module that is not loaded here: what it holds is another program's business

    def schema_identity(self) -> tuple[str | None, int]:
        """(schema_name, schema_version) as the published client and server record them; (None, -1)
        without."""
        with self._reading() as db:
            if not db.table_exists("main", "crsql_master"):
                return None, -1
            rows = dict(
                db.execute("SELECT key, value FROM main.crsql_master WHERE key IN ('schema_name', 'schema_version')")
            )
            name, version = rows.get("schema_name"), rows.get("schema_version", -1)
            return (name if isinstance(name, str) else None), (version if isinstance(version, int) else -1)

    def create_tables(
        self,
        plans: Iterable[TablePlan],
        *,
        equal_values: bool,
        extension: bool = False,
        check: Callable[[apsw.Connection], None] = lambda _: None,
    ) -> tuple[str, ...]:
        """Make synced tables as planned, in one transaction. The plans were checked with ``check_plans``.

        Args:
            equal_values: how the other side breaks ties (``merges_equal_values``).
            extension: as cr-sqlite's tables, as those are made in any case that cannot be ordinary ones.
            check: is called in the transaction before anything is made; what it raises undoes it.

        Returns:
            the names of those that were made as cr-sqlite's.
        """
        names = []
        with self._writing() as db:
            check(db)
            for plan in plans:
                create_plain(db, plan)
                self._make(plan.name, extension=extension)
                names.append(plan.name)
            set_equal_values(db, equal_values)
            return tuple(name for name in names if self._crsqlite.tracks(name))

    def _make(self, name: str, *, extension: bool) -> None:
        """Make a table, which was just created, an ordinary one, or, where that cannot be, one of cr-sqlite's."""
        table = describe(self.connection, name)
        if extension or table is None or self._ordinary.obstacles(table):
            self._crsqlite.make(name)
        else:
            self._ordinary.make(name)

    def make_ordinary(self, table: str) -> None:
        """Make a table syncable, to which any program goes on writing; its rows so far become changes. One of
        cr-sqlite's is turned into such a table, with all that is recorded of it. Idempotent.

        Raises:
            NotEligible: with every obstacle.
            TableBroken, UsageError: it is one of cr-sqlite's, and its records are not in order.
        """
        with self._writing() as db:
            found = describe(db, table)
            if found is None or not is_crr(db, found.name):
                self._ordinary.make(table)
                return
            self._check_turning(found, self._crsqlite, ordinary_obstacles(db, found, turning=True))
            change_kind.free(self._state, self._state.crr(found.name))
            self._capture_rest()

    def make_crr(self, table: str) -> None:
        """Make a table syncable as cr-sqlite's, for programs that load its extension; an ordinary one is turned into
        such a table. Otherwise as ``make_ordinary``."""
        self.capture()
        with self._writing() as db:
            self._capture_rest()
            entry = next((one for one in self._ordinary.tables.entries() if one.name == table), None)
            found = describe(db, table)
            if entry is None or found is None:
                self._crsqlite.make(table)
                return
            self._check_turning(found, self._ordinary, crr_obstacles(db, found, turning=True))
            change_kind.to_crr(self._state, entry, found)

    def _check_turning(self, table: Table, kind: Kind, obstacles: tuple[str, ...]) -> None:
        """See whether a table can be turned from this kind into the other one."""
        if obstacles:
            raise NotEligible.because(table.name, obstacles)
        parked = kind.catalogue().parked
        if table.name in parked:
            raise parking.parked(table.name, parked[table.name])
        if kind.withheld.waiting():
            raise UsageError(t("Some rows cannot be sent: they must be corrected first."))

    def make_plain(self, table: str) -> None:
        """Undo ``make_ordinary`` or ``make_crr``: the rows stay, what was recorded of them goes. Idempotent."""
        with self._writing():
            self._kinds.that_tracks(table).undo(table)

    @contextmanager
    def altering(self, *tables: str) -> Iterator[apsw.Connection]:
        """Change the schema of synced tables inside ``with``, in one transaction. Yields the connection.

        Every change of the data in it is recorded as well.

        Raises:
            NotEligible: a table as it is now cannot be a CRR; with every obstacle.
            FileBusy, StorageFailed, ReadOnlyFile: the file. In every case, and when the block raises, all is as before.
        """
        with self._writing(altering=True) as db:
            kinds = [self._kinds.that_tracks(table) for table in tables]
            for kind, table in zip(kinds, tables, strict=True):
                kind.begin_alter(table)
            yield db
            for kind, table in zip(reversed(kinds), reversed(tables), strict=True):
                kind.commit_alter(table)

    def plan_migration(self, schema: str) -> Migration:
        """What ``migrate`` would change, and how many rows it would drop. Changes nothing.

        Raises:
            UsageError: the text cannot be read as a schema.
        """
        with self._reading() as db:
            return automigrate.plan(db, schema, self._state.open_scratch)

    def migrate(self, schema: str, *, lose: bool = True, identity: tuple[str, int] | None = None) -> Migration:
        """Bring the tables to what a schema text says, in one transaction (``tables.automigrate``, cr-sqlite.md 8.3).

        Whatever the text does not name is dropped: ask ``plan_migration`` first.

        Args:
            lose: go on even if rows or values would be gone.
            identity: the schema's name and version, to be recorded with it (``schema_identity``).

        Raises:
            UsageError: the text cannot be read as a schema, or something would be lost.
            NotEligible: a CRR could not be one any more.
            ReplicaError: SQLite refuses a step; in every case the file is as it was.
        """
        with self._writing(altering=True) as db:
            found = automigrate.migrate(self._state, schema)
            if found.loses and not lose:
                raise UsageError(t("The schema would drop {count:,} rows or values.", count=found.loses))
            if identity is not None:
                record_schema(db, *identity)
            return found

    def check(self) -> list[Finding]:
        """What is damaged in the sync records. Reads every row, and changes nothing."""
        with self._reading():
            return [finding for kind in self._kinds.all for finding in kind.check()]

    def repair(self) -> list[Finding]:
        """Mend what ``check`` finds and has a remedy, in one transaction; returns what it was.

        Raises:
            NotEligible: a table cannot be a CRR as it is now; then all is as before.
        """
        with self._writing() as db:
            kinds = [(kind, kind.check()) for kind in self._kinds.all]
            file_versions.mend(db, [records for kind, _ in kinds for records in kind.records()])
            found = [finding for kind, damage in kinds for finding in kind.repair(damage)]
            site_id = identity.own(db)
        self.site_id, self._state.site_id = site_id or SiteId(b""), site_id
        return found


def record_schema(db: apsw.Connection, name: str, version: int) -> None:
    """Record which schema the file has now, as the published client and server do; part of the caller's transaction."""
    db.execute(
        "INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES ('schema_name', ?), ('schema_version', ?)",
        (name, version),
    )
