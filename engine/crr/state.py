"""What one connection remembers between calls: the pending version, seq, the sync bit, the catalogue."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass

import apsw

from engine.change import MAX_VERSION
from engine.clocks.restore_mark import RestoreMark
from engine.crr import catalogue
from engine.crr.catalogue import Catalogue, Crr
from engine.errors import ReplicaError, SchemaMismatch
from engine.ids import SiteId
from engine.sqlite.values import Storage
from engine.tables import refusals
from engine.tables.names import MARK
from engine.tables.sql_changes import SqlChanges, other_changes
from engine.text import t

_MARK = "crsql_schema_read"
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Alter:
    """A schema change in progress.

    Attributes:
        table: the table's name, as crsql_begin_alter found it.
        snapshot: the TEMP table with the table's content; if it is gone, the alter was rolled back.
        columns: the tracked columns in the snapshot, in its order.
        begins: whether no transaction was open before, so that its savepoint is the transaction.
        recorded: whether everything written before it was recorded, as far as is known.
        watched: whether the table had its triggers before it.
        mark: the table's mark, which it keeps as long as its sync records survive.
    """

    table: str
    snapshot: str
    columns: tuple[str, ...]
    begins: bool
    recorded: bool
    watched: bool
    mark: str


class State:
    """One connection's side of the CRR machinery (cr-sqlite.md 4).

    Args:
        db: the connection; held weakly, because its own functions hold this object.
        open_scratch: opens an empty database in memory like this one, for trying out schemas.

    Attributes:
        site_id: this file's 16 bytes; None for a file opened read-only that has none.
        sync_bit: 1 exactly while a merge writes to a base table, so that the triggers stay quiet.
        seq: the number of the next local event within its transaction.
        rows_impacted: merge effects in this transaction (cr-sqlite.md 7.6).
        storage: column affinities.
        alters: the schema changes begun in this transaction, the innermost last.
        numbers: numbers that never repeat, for names and marks in the TEMP schema.
    """

    def __init__(self, db: apsw.Connection, open_scratch: Callable[[], apsw.Connection]) -> None:
        self.open_scratch = open_scratch
        self.db: apsw.Connection = weakref.proxy(db)
        self._connection = weakref.ref(db)
        self.site_id: SiteId | None = None
        self.sync_bit = 0
        self.seq = 0
        self.rows_impacted = 0
        self.storage = Storage()
        self.alters: list[Alter] = []
        self._others: SqlChanges | None = None
        self.numbers = itertools.count(1)
        self._pending = -1
        self._settled = False
        self._base = -1
        self._data_version = -1
        self._catalogue: Catalogue | None = None
        self._schema_version = -1
        self._mark = 0
        self._restore_mark = RestoreMark(self.db)
        # Created now, as creating a TEMP table while a statement runs ends that statement.
        db.execute(f"CREATE TEMP TABLE {_MARK} AS SELECT 0 AS number")
        # An id of our own, so that an app can have hooks beside ours. Hooks may not run SQL, so these only forget.
        db.set_commit_hook(self._on_commit, id="crsql")
        db.set_rollback_hook(self._on_rollback, id="crsql")

    def _on_commit(self) -> bool:
        self._forget()
        return False

    def _on_rollback(self) -> None:
        self._forget()
        self.forget_tables()

    def _forget(self) -> None:
        self._pending = self._base = self._data_version = -1
        self._settled = False
        self._mark = 0
        self.seq = self.rows_impacted = 0
        self.alters.clear()
        if self._others is not None:
            self._others.forget()

    def cursor(self) -> apsw.Cursor:
        """Return a cursor for our own statements, which need no tracking: it takes a third of the time of others."""
        return apsw.Cursor(self._connection())  # type: ignore[arg-type]  # alive, as its functions are being called

    @property
    def others(self) -> SqlChanges:
        """The part of ``crsql_changes`` that comes from tables of other kinds."""
        if self._others is None:
            self._others = other_changes(self.cursor().connection, self)
        return self._others

    # Versions

    def db_version(self) -> int:
        """Return the committed version, from disk: the highest of all clock tables and of what alters left behind.

        Unlike in stock, a version that no row carries is never counted, and an emptied file keeps its floor.
        """
        if not self._settled:
            if self.db.in_transaction:
                self._base, self._data_version = self._read_version(), -1
            else:
                data_version = self.cursor().execute("PRAGMA data_version").get
                if self._base < 0 or data_version != self._data_version:
                    self._base, self._data_version = self._read_version(), data_version
        return self._base

    def sendable_version(self) -> int:
        """Return ``db_version`` as peers are told it: for them, an exhausted counter stands still."""
        return min(self.db_version(), MAX_VERSION - 1)

    def pinned_version(self) -> int:
        """Return ``sendable_version`` in our own write transaction; the disk is not read again until it ends."""
        version = self.db_version()
        if version < _LAST:
            self._pending, self._settled = max(self._pending, version + 1), True
        return min(version, MAX_VERSION - 1)

    def next_version(self, at_least: int = 0) -> int:
        """Return the version to stamp this transaction's writes with; it only ever grows within the transaction.

        Args:
            at_least: a version that it must not be below.

        Raises:
            ReplicaError: the file's counter is exhausted.
        """
        if self._settled:
            if at_least > self._pending:
                self._pending = at_least
            return self._pending
        version = max(self.db_version() + 1, self._pending, at_least)
        if version > _LAST:
            raise ReplicaError(
                t("The file's version counter is exhausted."),
                hint=t("To repair it: syncline check --repair {path}", path=self.db.filename),
            )
        self._pending = version
        # From the first write to its end no other program can commit, so the disk need not be asked again.
        self._settled = self.db.txn_state("main") == apsw.SQLITE_TXN_WRITE
        return version

    def keep_floor(self, version: int | None = None) -> None:
        """Keep the file's version from ever falling below what it is now, whatever sync records are dropped.

        Peers would skip what comes next (cr-sqlite.md 4, "Danger").

        Args:
            version: a version of this transaction, to be the floor instead.
        """
        self.db.execute(
            "INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES ('pre_compact_dbversion', ?)",
            (self.db_version() if version is None else version,),
        )

    def write_restore_mark(self, *, after_restore: bool = False) -> None:
        """Write a mark by which ``was_restored`` recognises the file, in this transaction.

        Args:
            after_restore: a restore was dealt with. Until then, a restored file gets no mark, so that it is still
                noticed.
        """
        if after_restore or not self.was_restored():
            self._restore_mark.write()

    def was_restored(self) -> bool:
        """Return whether the file was restored from a backup while it was open (``engine.clocks.restore_mark``)."""
        return self._restore_mark.was_restored()

    def next_seq(self, count: int = 1) -> int:
        """Take ``count`` seqs and return the first."""
        seq = self.seq
        self.seq = seq + count
        return seq

    def _read_version(self) -> int:
        version, cursor = 0, self.cursor()
        for sql in self.catalogue(cursor).highest_versions:
            highest = cursor.execute(sql).get or 0
            if type(highest) is not int:  # somebody tampered with it; the fallback reads every record and is slow
                highest = cursor.execute(sql.replace("max(db_version)", "max(CAST(db_version AS INTEGER))")).get
            version = max(version, highest)
        return version

    # Tables

    def schema(self) -> object:
        """Return an object that is replaced whenever the schema has changed, by another program or a rollback."""
        return self.catalogue()

    def catalogue(self, cursor: apsw.Cursor | None = None) -> Catalogue:
        """Return the tables as they are now, read again if the schema has changed, even by another program.

        Args:
            cursor: a cursor to use, from ``cursor``.
        """
        schema_version = (cursor or self.cursor()).execute("PRAGMA main.schema_version").get
        known = self._catalogue
        if known is not None and schema_version == self._schema_version and not (self._mark and self._rolled_back()):
            return known
        self._catalogue = catalogue.load(self.db, known)
        self._schema_version = schema_version
        self._mark_schema()
        return self._catalogue

    def _mark_schema(self) -> None:
        """Record which schema of this transaction was read, in a place that a rollback to a savepoint undoes.

        Such a rollback undoes the schema version too, which may then be used again for another schema.
        """
        self._mark = 0
        if self.db.txn_state("main") == apsw.SQLITE_TXN_WRITE:
            self._mark = next(self.numbers)
            with suppress(apsw.SQLError):  # PRAGMA temp_store drops everything in TEMP
                self.db.execute(f"UPDATE temp.{_MARK} SET number = ?", (self._mark,))

    def _rolled_back(self) -> bool:
        with suppress(apsw.SQLError):
            return bool(self.db.execute(f"SELECT number FROM temp.{_MARK}").get != self._mark)
        return False

    def forget_tables(self) -> None:
        """Forget the catalogue after a rollback, which lets its schema version be used again for another schema."""
        self._schema_version = -1

    def crr(self, name: str) -> Crr:
        """Return the CRR with this wire name.

        Raises:
            SchemaMismatch: there is none, or it is broken.
        """
        tables = self.catalogue()
        crr = tables.crrs.get(name)
        if crr is None:
            if name in tables.broken:
                raise SchemaMismatch(
                    t("The table “{table}” cannot be synced: {reason}.", table=name, reason=tables.broken[name]),
                    table=name,
                )
            raise refusals.no_table(name)
        return crr

    @contextmanager
    def without_triggers(self) -> Iterator[None]:
        """Keep merges inside from even asking the CRRs' triggers, which takes half as long as the write itself.

        Does nothing if the file has triggers of a person's. Every statement is prepared again, so it pays off only for
        merges of many rows.
        """
        with self.no_triggers() if not self._has_other_triggers() else nullcontext():
            yield

    @contextmanager
    def no_triggers(self) -> Iterator[None]:
        """Let no trigger run inside."""
        switch = apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER
        before = self.db.config(switch, -1)
        self.db.config(switch, 0)
        try:
            yield
        finally:
            self.db.config(switch, before)

    def _has_other_triggers(self) -> bool:
        # Triggers of an attached file see only its own tables, and looking at them would wait for its locks.
        own = ", ".join(f"tbl_name || '__crsql_{event}trig'" for event in "iud")
        found = (
            "SELECT 1 FROM temp.sqlite_master WHERE type = 'trigger' UNION ALL"
            f" SELECT 1 FROM main.sqlite_master WHERE type = 'trigger' AND name NOT IN ({own})"
            f" AND name NOT GLOB '{MARK}*'"
        )
        return self.db.execute(found).fetchone() is not None

    def quiet(self) -> _Quiet:
        """Mark base-table writes inside as a merge's, which the triggers do not record.

        Ends however the block is left.
        """
        return _Quiet(self)


class _Quiet:
    """The context manager that ``State.quiet`` returns."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def __enter__(self) -> None:
        self._state.sync_bit = 1

    def __exit__(self, *_: object) -> None:
        self._state.sync_bit = 0
