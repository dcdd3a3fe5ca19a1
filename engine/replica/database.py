"""An open file and its transactions, which every method of a replica builds on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from traceback import clear_frames
from types import TracebackType
from typing import Self

import apsw

from engine.change import MAX_VERSION
from engine.crr import BUSY_MS, CrsqliteKind, State, open_state
from engine.errors import ReadOnlyFile, UsageError
from engine.ids import SiteId
from engine.ordinary.kind import OrdinaryKind
from engine.replica.kinds import Kinds
from engine.sqlite.durability import Durability
from engine.sqlite.file_identity import file_id, not_there, replaced
from engine.sqlite.sqlite_errors import explained, explanation, stopped
from engine.tables.trigger_rule import TriggerRule
from engine.text import t

PROGRESS = 100_000
"""SQLite instructions, a few milliseconds of work, after which a statement checks whether it has to end."""

NORMAL = 1
"""The value of ``synchronous`` with which a log (WAL) is synced only when it is copied into the file."""

SHORT_MS = 50
"""How long a short try waits for another program's lock."""

TRIES = 3
"""Attempts of a read transaction to begin with nothing written that is not recorded."""

WAITS = (1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100)
"""Milliseconds between attempts to get a lock, of which the last repeats, as in SQLite."""


class Database:
    """A SQLite file with the whole SQL surface of cr-sqlite on its connection; a context manager that closes it.

    Attributes:
        path: the file.
        site_id: its 16 bytes; empty for a file opened read-only that has none yet.
        connection: for the app's own SQL; writes to CRRs on it are tracked.
        file_id: identifies the file, whatever is under the path later; None for one without a path.
        readonly: whether it was opened read-only, so that nothing is ever written.
    """

    def __init__(self, path: Path, connection: apsw.Connection, state: State, *, readonly: bool) -> None:
        self.path = path
        self.connection = connection
        self.readonly = readonly
        self.site_id = state.site_id or SiteId(b"")
        self._place = str(path.absolute())  # whatever the current folder is later
        self.file_id = file_id(self._place)
        self._state = state
        self._crsqlite = CrsqliteKind(state)
        others = self._crsqlite.catalogue
        self._ordinary = OrdinaryKind(connection, state, lambda: others().tables, captured=not readonly)
        self._kinds = Kinds((self._crsqlite, self._ordinary))
        self._rule = TriggerRule(connection)
        self._durability = Durability(connection)
        self._closed = False
        self._recorded = 0
        self._stop = threading.Event()
        self._short_tries = False
        self._waits = _Waits(self._stop)
        # neither holds this object: the connection would live on with it
        connection.set_progress_handler(self._stop.is_set, PROGRESS)
        connection.set_busy_handler(self._waits.goes_on)

    @classmethod
    def open(cls, path: str | Path, *, readonly: bool = False, create: bool = False, recover: bool = False) -> Self:
        """Open a file; arguments and errors as for ``engine.crr.connect``.

        Raises:
            FileReplaced: another file took its place at this very moment.
        """
        before = file_id(Path(path))
        connection, state = open_state(path, readonly=readonly, create=create, recover=recover)
        file = cls(Path(path), connection, state, readonly=readonly)
        if before not in (None, file.file_id):
            file.close()
            raise replaced(file.path)
        return file

    def close(self) -> None:
        """Close the file; closing it again does no harm."""
        if not self._closed:
            self._closed = True
            with explained(self.path):
                if file_id(self._place) != self.file_id:  # the log beside another file, by its name, is not ours
                    self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                self.connection.close()

    def check_there(self) -> None:
        """Check that the file is still the one under its path.

        Raises:
            NoSuchFile: it has lost its name.
            FileReplaced: another file has it.
        """
        now = file_id(self._place)
        if now != self.file_id:
            raise not_there(self.path) if now is None else replaced(self.path)

    def stop(self) -> None:
        """End what is under way with an error, roll it back, and let nothing new begin.

        May be called from any thread.
        """
        self._stop.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Transactions

    @contextmanager
    def short_tries(self) -> Iterator[None]:
        """Inside, let no write transaction wait long for the lock before it begins, so that others get their turn
        before the caller tries again. Once it has begun, it waits for programs that read, as always."""
        before, self._short_tries = self._short_tries, True
        try:
            yield
        finally:
            self._short_tries = before

    def _reading(self) -> AbstractContextManager[apsw.Connection]:
        return _Transaction(self, "BEGIN")

    def _writing(self, *, altering: bool = False) -> AbstractContextManager[apsw.Connection]:
        """Open a write transaction; ``altering``: the schema of synced tables may change in it."""
        if self.readonly:
            raise ReadOnlyFile(t("“{path}” was opened read-only.", path=self.path), hint=t("Open it for writing."))
        return _Writing(self, altering=altering)

    @contextmanager
    def _reading_captured(self) -> Iterator[apsw.Connection]:
        """Open a transaction in which everything that programs wrote is recorded; a read transaction, if possible."""
        for _ in range(TRIES):
            with self._reading() as db:
                if self.readonly or self.is_captured():
                    yield db
                    return
            self.capture()
        with self._writing() as db:  # a program writes all the time
            self._recorded = self._capture_rest()
            try:
                yield db
            finally:
                self._recorded = 0

    def _newest(self) -> int:
        """Return the file's version as peers are told it, including what was recorded in this transaction."""
        return max(self._state.sendable_version(), min(self._recorded, MAX_VERSION - 1))

    def is_captured(self) -> bool:
        """Return whether everything that programs wrote is recorded."""
        with explained(self.path):
            return all(kind.is_captured() for kind in self._kinds.all)

    def has_ordinary(self) -> bool:
        """Return whether it has tables to which any program writes without recording it."""
        with explained(self.path):
            return bool(self._ordinary.tables.entries())

    def schema_moved(self) -> bool:
        """Return whether the schema of such a file was changed and what became of the rows has not been checked."""
        with explained(self.path):
            return self._ordinary.tables.schema_moved()

    def capture(self) -> None:
        """Record what programs wrote, in short transactions, so that they can continue in between.

        Raises:
            FileBusy, StorageFailed, ReadOnlyFile: the file; what was recorded before stays recorded.
        """
        for kind in self._kinds.all:
            with explained(self.path):
                more = not kind.is_captured()
            while more:
                with self._at_ease(), self._writing():
                    more = kind.capture()

    @contextmanager
    def _at_ease(self) -> Iterator[None]:
        """Inside, commits need not reach the disk at once if the next one that does takes them along, as in WAL mode.

        Losing a capture in a power cut does no harm: what it found is found again. What is sent is made durable first,
        whoever committed it (``Replica.ensure_durable``).
        """
        cursor = self._state.cursor()
        with explained(self.path):
            before = cursor.execute("PRAGMA main.synchronous").get
            wal = cursor.execute("PRAGMA main.journal_mode").get == "wal"
        if not wal or before <= NORMAL:
            yield
            return
        self._durability.weakened()
        cursor.execute(f"PRAGMA main.synchronous = {NORMAL}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA main.synchronous = {before}")

    def _capture_rest(self) -> int:
        """Record in this write transaction what was written since; return the latest version that was recorded in this
        way."""
        return max(kind.capture_all() for kind in self._kinds.all)


_WRITES = "BEGIN IMMEDIATE"


class _Waits:
    """How a connection waits for another program's lock."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._most: int | None = None

    def goes_on(self, tries: int) -> bool:
        """Wait a while, having waited so many times; return False to give up."""
        begun = sum(WAITS[:tries]) + max(0, tries - len(WAITS)) * WAITS[-1]
        most = BUSY_MS if self._most is None else self._most
        return begun < most and not self._stop.wait(WAITS[min(tries, len(WAITS) - 1)] / 1000)

    @contextmanager
    def at_most(self, milliseconds: int) -> Iterator[None]:
        """Wait no longer than this inside."""
        self._most = milliseconds
        try:
            yield
        finally:
            self._most = None


class _Transaction:
    """One transaction, which is rolled back if anything goes wrong; SQLite's errors become ours.

    (A generator would take twice as long, for every single change that comes.)

    Args:
        file: the database.
        begin: the statement that begins it.
        check: called after it has begun and before it ends.
    """

    __slots__ = ("_begin", "_check", "_cursor", "_file")

    def __init__(self, file: Database, begin: str, check: Callable[[], None] | None = None) -> None:
        self._file = file
        self._begin = begin
        self._check = check

    def __enter__(self) -> apsw.Connection:
        file = self._file
        with explained(file.path):
            if file.connection.in_transaction:
                raise UsageError(t("A replica's methods cannot run inside another transaction on its connection."))
            if file._stop.is_set():
                raise stopped(file.path)
            self._cursor = file._state.cursor()
            if file._short_tries and self._begin == _WRITES:
                with file._waits.at_most(SHORT_MS):
                    self._cursor.execute(_WRITES)
            else:
                self._cursor.execute(self._begin)
        if self._check is not None:
            try:
                self._check()
            except BaseException as error:
                self._take_back(error)
                raise
        return file.connection

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None:
            self._take_back(error)
            return
        try:
            if self._check is not None:
                self._check()
            self._cursor.execute("COMMIT")
        except BaseException as failed:
            self._take_back(failed)
            raise

    def _take_back(self, error: BaseException) -> None:
        """Roll back; raise another error if there is a better one."""
        _let_go(error)
        try:
            if self._file.connection.in_transaction:
                self._cursor.execute("ROLLBACK")
        finally:
            self._cursor.close(True)  # what has failed in it would keep the file from being closed
        better = explanation(error, self._file.path)
        if better is not None:
            raise better from error


class _Writing(_Transaction):
    """A write transaction.

    Since a replica's own tables change the schema, too, ordinary tables are compared for a change of schema only if it
    is ``altering``.
    """

    __slots__ = ("_schema", "_tables")

    def __init__(self, file: Database, *, altering: bool) -> None:
        super().__init__(file, _WRITES, file.check_there)
        self._tables = None if altering else file._ordinary.tables
        self._schema: int | None = None

    def __enter__(self) -> apsw.Connection:
        db = super().__enter__()
        try:
            if self._tables is not None:
                self._schema = self._cursor.execute("PRAGMA main.schema_version").get
        except BaseException as error:
            self._take_back(error)
            raise
        return db

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None and self._tables is not None and self._schema is not None:
            try:
                self._tables.keep_schema(self._schema)
            except BaseException as failed:
                self._take_back(failed)
                raise
        super().__exit__(kind, error, trace)


def _let_go(error: BaseException) -> None:
    """End the queries that were being read when an error was raised.

    Whoever keeps the error keeps them alive in its frames, and an unfinished query holds the file's lock, transaction
    or not.
    """
    at: BaseException | None = error
    while at is not None:
        clear_frames(at.__traceback__)
        at = at.__cause__
