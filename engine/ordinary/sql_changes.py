"""Reads and merges changes of ordinary tables through ``crsql_changes`` (``engine.tables.sql_changes.SqlChanges``).

Keys are as they are sent. What is read is what a session would send, that is, what was captured. When a program merges
by SQL, the app's triggers are under the same rule as in a session (``engine.tables.trigger_rule``).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apsw

from engine.change import Change
from engine.errors import ReplicaError, SchemaMismatch
from engine.ordinary.kind import OrdinaryKind
from engine.tables import parking
from engine.tables.kind import KindCatalogue
from engine.tables.names import REGISTER
from engine.tables.ranges import Share
from engine.tables.reading import Fill, Unsendable
from engine.tables.sql_changes import SqlFile
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import DescribedTable
from engine.text import t

TOGETHER = 2_000
"""Changes held in memory at a time."""


@dataclass(frozen=True, eq=False)
class _AllTables:
    """The tables of both kinds, for the trigger rule."""

    tables: dict[str, DescribedTable]


class OrdinarySqlChanges:
    """The changes of one connection.

    It does not keep the connection alive: what refers to it is kept only within a transaction.

    Args:
        db: the connection.
        file: its state.
    """

    def __init__(self, db: apsw.Connection, file: SqlFile) -> None:
        self._connection = weakref.ref(db)
        self._file = file
        self._rule: TriggerRule | None = None
        self._kind: OrdinaryKind | None = None

    @property
    def _db(self) -> apsw.Connection:
        db = self._connection()
        assert db is not None  # it is being used
        return db

    def _now(self) -> OrdinaryKind | None:
        """Return the kind as it is now; None in a file without such tables."""
        db = self._db
        if self._kind is not None:
            return self._kind
        if not db.table_exists("main", REGISTER):
            return None
        kind = OrdinaryKind(db, self._file, lambda: self._file.catalogue().tables, captured=False)
        if db.txn_state("main") == apsw.SQLITE_TXN_WRITE:  # of whose end we are told
            self._kind = kind
        return kind

    def forget(self) -> None:
        """Drop what refers to the connection."""
        self._kind = None

    def capture(self) -> None:
        """Capture in slices, each in a transaction."""
        db, kind = self._db, self._now()
        if kind is None or db.in_transaction or db.readonly("main"):
            return
        more = not kind.is_captured()
        while more:
            try:
                db.execute("BEGIN IMMEDIATE")
            except apsw.BusyError:
                return  # what is captured can be read
            try:
                more = kind.capture()
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def read(self, wanted: Callable[[str], bool], since: int, until: int) -> Iterator[Change]:
        """Read in parts."""
        kind = self._now()
        if kind is None:
            return
        until = min(until, self._file.sendable_version())
        for name, table in kind.catalogue().synced.items():
            if table.entry.refers:
                continue  # its keys, or what refers to others, travel under names of their own
            place: bytes | None = None
            while wanted(name):
                fill = Fill(TOGETHER)
                try:
                    place = kind.reading(until, fill).read(Share(name), place, since, None)
                except Unsendable as error:
                    raise ReplicaError(
                        t("“{table}” holds text that is not valid UTF-8, which cannot be read.", table=name),
                        hint=t("Correct the text, or store it as a BLOB."),
                    ) from error
                yield from fill.found
                if place is None:
                    break

    def merge(self, change: Change) -> int | None:
        """Merge as a session does, after a capture in the same transaction."""
        kind = self._now()
        if kind is None or not kind.tracks(change.table):
            return None
        catalogue, db = kind.catalogue(), self._db
        found = catalogue.tables.get(change.table)
        if found is not None and found.entry.refers:
            raise SchemaMismatch(
                t(
                    "The rows of “{table}” are sent under names that crsql_changes does not have.",
                    table=change.table,
                ),
                table=change.table,
            )
        if change.table in catalogue.parked:
            raise parking.parked(change.table, catalogue.parked[change.table])
        kind.tables.inside = True
        try:
            self._file.next_version(kind.capture_all() + 1)
        finally:
            kind.tables.inside = False
        if self._rule is None:
            self._rule = TriggerRule(db)
        try:
            merging = kind.merging(self._rule, js_numbers=False, report_applied=False, inside=True)
            with self._rule.in_force(self._all(catalogue)), merging.batches(many=False):
                decision = merging.decide([change])
                decision.write()
                return decision.won
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _all(self, ordinary: KindCatalogue) -> _AllTables:
        return _AllTables({**self._file.catalogue().tables, **ordinary.tables})
