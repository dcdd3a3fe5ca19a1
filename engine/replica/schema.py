"""The schema of a replica: making tables syncable, altering and repairing them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import apsw

from engine.change import MAX_VERSION
from engine.clocks import datasets, file_versions, identity, tracked
from engine.crr import config
from engine.crr.tables import automigrate, kept_records
from engine.crr.tables.eligibility import obstacles as crr_obstacles
from engine.crr.tables.plans import create_plain, set_equal_values
from engine.errors import NotEligible, ReferencesUndecided, UsageError
from engine.ids import SiteId
from engine.ordinary import late_references, likely_references, relations
from engine.ordinary.eligibility import obstacles as ordinary_obstacles
from engine.ordinary.foreign_keys import ForeignKey
from engine.ordinary.hidden import check_none
from engine.replica import additions, change_kind, schema_record
from engine.replica.tables import Tables
from engine.sqlite.sql import main
from engine.table_plan import TablePlan, in_order
from engine.tables import omitted_triggers, parking
from engine.tables.additions import Addition
from engine.tables.findings import Finding
from engine.tables.introspect import Table, describe, is_crr
from engine.tables.kind import Kind
from engine.tables.likely_reference import LikelyReference
from engine.tables.types import DescribedTable, Migration
from engine.tables.waiting import HiddenRow
from engine.text import sentences, t


class Schema(Tables):
    """The methods of a replica that change its tables, and that plan what another side makes alike."""

    def merges_equal_values(self) -> bool:
        """Return how ties between equal values are broken (``merge-equal-values``); all sides must do that alike."""
        with self._reading() as db:
            return config.merges_equal_values(db)

    def plans(self, names: Iterable[str] | None = None) -> tuple[TablePlan, ...]:
        """Return the plans of these tables, or of all that can be read, parked or not, for another side to follow."""
        with self._reading():
            known = self._kinds.catalogue().tables
            return tuple(
                self._kinds.of(name).plan(name) for name in (known if names is None else names) if name in known
            )

    def possible_additions(self, plans: Iterable[TablePlan]) -> list[Addition]:
        """Return what is missing here of another side's plans and can be added (``engine.replica.additions``)."""
        with self._reading():
            return additions.possible(self._state, self._kinds, plans)

    def add_missing(self, plans: Iterable[TablePlan]) -> list[Addition]:
        """Add it, in one transaction, and return what it was. The plans were checked with ``check_plans``.

        A table of cr-sqlite's that gets a column which refers to rows of other numbers elsewhere becomes an ordinary
        one: cr-sqlite knows nothing of such.

        Raises:
            NotEligible: a table cannot be synced with it.
            UsageError: some of its rows cannot be sent. In every case but success all is as before.
        """
        plans = tuple(plans)
        self.capture()
        with self._writing(altering=True) as db:
            self._capture_rest()
            refers = {plan.name: plan.refers for plan in plans}
            for one in additions.possible(self._state, self._kinds, plans):
                table = describe(db, one.table) if one.column in refers.get(one.table, ()) else None
                if table is not None and is_crr(db, table.name):
                    self._turn_ordinary(table)
            extension = bool(self._crsqlite.catalogue().tables) and not self._ordinary.tables.entries()
            return additions.add(self._state, self._kinds, plans, partial(self._make, extension=extension))

    def added(self) -> list[Addition]:
        """Return what was added that way; it can be removed while it is not in use."""
        with self._reading():
            return additions.added(self._state)

    def take_back_added(self) -> tuple[list[Addition], list[Addition]]:
        """Drop again what was added so, unless it is in use, and return what was dropped, and what stays."""
        self.capture()
        with self._writing(altering=True):
            self._capture_rest()
            return additions.take_back(self._state, self._kinds)

    def schema_identity(self) -> tuple[str | None, int]:
        """Return (schema_name, schema_version) as the published client and server record them; (None, -1) without."""
        with self._reading() as db:
            return schema_record.identity(db)

    def made_from_peer(self) -> bool:
        """Return whether the file's tables were made after a peer's (``record_made_from_peer``)."""
        with self._reading() as db:
            return schema_record.is_made_from_peer(db)

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
        plans = in_order(plans)
        with self._writing() as db:
            check(db)
            for plan in plans:
                create_plain(db, plan)
            self._make(plans, extension=extension)
            set_equal_values(db, equal_values)
            return tuple(plan.name for plan in plans if self._crsqlite.tracks(plan.name))

    def _make(self, plans: Iterable[TablePlan], *, extension: bool) -> None:
        """Make tables, which were just created, ordinary ones, or, where that cannot be, cr-sqlite's."""
        with self._noting_empty(self.connection):
            ordinary = {}
            for plan in plans:
                table = describe(self.connection, plan.name)
                if not plan.refers and (extension or table is None or self._ordinary.obstacles(table)):
                    self._crsqlite.make(plan.name)
                else:
                    ordinary[plan.name] = plan.refers
            self._ordinary.tables.make_as_planned(ordinary)

    @contextmanager
    def _noting_empty(self, db: apsw.Connection) -> Iterator[None]:
        """Remember which of the tables that are made syncable inside ``with`` are empty: what is written to these from
        then on need not be joined with anybody's rows."""
        before = self._kinds.catalogue().tables.keys()
        yield
        tables: Mapping[str, DescribedTable] = self._kinds.catalogue().tables
        for name in tables.keys() - before:
            datasets.begun(db, name, empty=self._is_empty(db, tables[name]))

    def _is_empty(self, db: apsw.Connection, table: DescribedTable) -> bool:
        """Return whether a table has no row, readable or not, and has had none since it is synced."""
        there = db.execute(f"SELECT 1 FROM {main(table.table.name)} LIMIT 1").fetchone() is not None
        return not there and not self._has_rows(table.name)

    def _has_rows(self, name: str) -> bool:
        """Return whether a synced table has rows, or has had some since it is synced."""
        return self._kinds.of(name).has_changes(name, 0, MAX_VERSION)

    def make_ordinary(self, table: str, *, without_triggers: bool = False) -> None:
        """Make a table syncable, to which any program goes on writing; its rows so far become changes.

        One of cr-sqlite's is turned into such a table, with all that is recorded of it. Idempotent.

        Args:
            without_triggers: where triggers of the app's cannot run here, changes are merged without these. A table
                that is parked for them takes part in sync again.

        Raises:
            NotEligible: with every obstacle.
            ReferencesUndecided: see ``likely_references``.
            TableBroken, UsageError: it is one of cr-sqlite's, and its records are not in order.
        """
        with self._writing() as db:
            found = self._as_it_was(db, table)
            if found is None or not is_crr(db, found.name):
                likely = likely_references.undecided(db, [table])
                if likely:
                    columns = tuple((one.table, one.column) for one in likely)
                    raise ReferencesUndecided(table, columns, sentences(*(one.sentence for one in likely)))
                with self._noting_empty(db):
                    self._ordinary.make(table, without_triggers=without_triggers)
                return
            self._turn_ordinary(found, omitted_triggers.sort_out(db) if without_triggers else None)

    def _turn_ordinary(self, table: Table, here: omitted_triggers.TriggersHere | None = None) -> None:
        """Turn a table of cr-sqlite's into an ordinary one; ``here``: triggers without which changes are merged."""
        db = self.connection
        self._check_turning(table, self._crsqlite, ordinary_obstacles(db, table, turning=True, without=here))
        if here is not None and here.omitted_of(db, table):
            omitted_triggers.agree(db, table.name)
        change_kind.free(self._state, self._state.crr(table.name))
        self._capture_rest()

    def _as_it_was(self, db: apsw.Connection, table: str) -> Table | None:
        """Describe a table that is to be an ordinary one.

        If it was one of cr-sqlite's, it is that again: then what was written meanwhile is told as written now. If it
        cannot be, its rows have not met those of peers any more.
        """
        found = describe(db, table)
        if found is None or self._kinds.tracking(found.name) is not None or not kept_records.lie_aside(db, found.name):
            return found
        if crr_obstacles(db, found) or ordinary_obstacles(db, found, turning=True):
            kept_records.drop(db, found.name)
            datasets.forget(db, [found.name])
            return found
        self._crsqlite.make(found.name)
        return describe(db, table)

    def make_crr(self, table: str) -> None:
        """Make a table syncable as cr-sqlite's, for programs that load its extension; an ordinary one is turned into
        such a table; not while rows of it are hidden. Otherwise as ``make_ordinary``."""
        self.capture()
        with self._writing() as db:
            self._capture_rest()
            entry = next((one for one in self._ordinary.tables.entries() if one.name == table), None)
            found = describe(db, table)
            if entry is None or found is None:
                with self._noting_empty(db):
                    self._crsqlite.make(table)
                return
            self._check_turning(found, self._ordinary, crr_obstacles(db, found, turning=True))
            if entry.refers:
                why = t("Each machine hands out the numbers of its rows, or of rows that it refers to.")
                raise NotEligible.because(table, (why,))
            check_none(db, entry)  # a table of cr-sqlite's has no place for them
            change_kind.to_crr(self._state, entry, found)

    def _check_turning(self, table: Table, kind: Kind, obstacles: tuple[str, ...]) -> None:
        """Raise an error if a table cannot be turned from this kind into the other one."""
        if obstacles:
            raise NotEligible.because(table.name, obstacles)
        parked = kind.catalogue().parked
        if table.name in parked:
            raise parking.parked(table.name, parked[table.name])
        if kind.withheld.waiting():
            raise UsageError(t("Some rows cannot be sent: they must be corrected first."))

    def relate(self, table: str, column: str, parent: str, parent_column: str = "") -> int | None:
        """Declare that a column of a table refers to rows of another by the numbers that SQLite hands out, as a foreign
        key would. If the table is synced already, the column starts anew (``engine.ordinary.late_references``); one of
        cr-sqlite's, such as hubs make, is turned into an ordinary one.

        Args:
            parent_column: of the other table; by default its key.

        Returns:
            None if the table is not synced yet; else how many rows have a number in that column that came from
            elsewhere, and that is told anew by whoever wrote it.

        Raises:
            UsageError: it cannot.
            NotEligible, TableBroken: as in ``make_ordinary``.
        """
        self.capture()
        with self._writing() as db:
            self._capture_rest()
            found = self._as_it_was(db, table)
            if found is not None and is_crr(db, found.name):
                self._turn_ordinary(found)
            synced = relations.declare(db, ForeignKey(column, parent, parent_column), table)
            if synced is None:
                return None
            elsewhere = late_references.refer(db, self._ordinary.tables.survey, *synced)
        self.capture()
        return elsewhere

    def unrelate(self, table: str, column: str) -> None:
        """Declare that a column of a table, which is not synced yet, refers to no rows, though it may look like it.

        Raises:
            UsageError: it cannot.
        """
        with self._writing() as db:
            relations.decline(db, table, column)

    def keep_numbers(self, table: str, *, same: bool) -> None:
        """Declare of a table, which is not synced yet, whether a row has the same number on every machine: such as are
        random, or come from elsewhere. Otherwise each machine hands out its own. Of numbers that are far apart that
        need not be said.

        Raises:
            UsageError: its key is no number that SQLite hands out, or it is synced already.
        """
        with self._writing() as db:
            relations.keep_numbers(db, table, same=same)

    def relations(self) -> list[tuple[str, ForeignKey]]:
        """Return what was declared so, with its table; a column that refers to no rows has an empty ``table``."""
        with self._reading() as db:
            return relations.listed(db)

    def likely_references(
        self, tables: Iterable[str], declined: Collection[tuple[str, str]] = ()
    ) -> list[LikelyReference]:
        """Return the columns that look like references, where nobody has said whether they are (``relate``,
        ``unrelate``).

        They are those of these tables and of the tables that are made syncable with them. They keep a table from being
        made an ordinary one: numbers that were sent as they are cannot be translated.

        Args:
            declined: those that are about to be declared as no references, as (table, column).
        """
        with self._reading() as db:
            return likely_references.undecided(db, tables, declined)

    def make_plain(self, table: str, saved: Collection[HiddenRow] = ()) -> None:
        """Undo ``make_ordinary`` or ``make_crr``: the rows stay, what was recorded of them goes.

        Idempotent. So it is with ordinary tables with which it refers to each other in a circle. Not while rows are
        hidden, but for those that are ``saved`` elsewhere.
        """
        with self._writing() as db:
            kind = self._kinds.that_tracks(table)
            before = {entry.name: entry for entry in self._ordinary.tables.entries()}
            if kind is self._ordinary:
                self._ordinary.tables.undo(table, saved)
            else:
                kind.undo(table)
            if kind is self._ordinary:  # of one of cr-sqlite's all is kept, should it be synced again
                undone = before.keys() - {entry.name for entry in self._ordinary.tables.entries()}
                has_met = bool(tracked.tracked_peers(db))
                for name in undone | {table}:
                    if has_met and name in before and not before[name].refers:  # numbers that are handed out keep names
                        datasets.set_aside(db, name)
                    else:
                        datasets.forget(db, [name])

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
        """Return what ``migrate`` would change, and how many rows it would drop; change nothing.

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
                schema_record.record_schema(db, *identity)
            return found

    def check(self) -> list[Finding]:
        """Find what is damaged in the sync records. Reads every row, and changes nothing."""
        with self._reading():
            return [finding for kind in self._kinds.all for finding in kind.check()]

    def repair(self) -> list[Finding]:
        """Repair what ``check`` finds and has a remedy, in one transaction, and return what that was.

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
