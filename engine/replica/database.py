"""An open file and its transactions: what every method of a replica stands on."""

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
"""Instructions of SQLite, a few milliseconds of work, after which a statement looks whether it is to end."""

NORMAL = 1
"""The number of ``synchronous`` with which a log (WAL) is synced only when it is copied into the file."""

SHORT_MS = 50
"""How long a short try waits for another program's lock."""

TRIES = 3
"""How often a reading tries to find that nothing was written since it was recorded."""

WAITS = (1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100)
"""Milliseconds between two tries to get a lock, the last again and again, as SQLite has them."""


class Database:
    """A SQLite file with the whole SQL surface of cr-sqlite on its connection; a context manager that closes it.

    Attributes:
        path: the file.
        site_id: its 16 bytes; empty for a file opened read-only that has none yet.
        connection: for the app's own SQL; writes to CRRs on it are tracked.
        file_id: which file it is, whatever is under the path later; None for one that has no path.
        readonly: opened so; nothing is ever written.
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
        """Open a file; arguments and errors as engine.crr.connect.

        Raises:
            FileReplaced: likewise, another file took its place at this very moment.
        """
        before = file_id(Path(path))
        connection, state = open_state(path, readonly=readonly, create=create, recover=recover)
        file = cls(Path(path), connection, state, readonly=readonly)
        if before not in (None, file.file_id):
            file.close()
            raise replaced(file.path)
        return file

    def close(self) -> None:
        """Close the file; again is fine."""
        if not self._closed:
            self._closed = True
            with explained(self.path):
                if file_id(self._place) != self.file_id:  # the log beside another file, by its name, is not ours
                    self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                self.connection.close()

    def check_there(self) -> None:
        """See that the file is still the one under its path.

        Raises:
            NoSuchFile: it has lost its name. FileReplaced: another file has it.
        """
        now = file_id(self._place)
        if now != self.file_id:
            raise not_there(self.path) if now is None else replaced(self.path)

    def stop(self) -> None:
        """Have what is under way end with an error, and be taken back; nothing new begins. From any thread."""
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
        """Inside, no transaction that writes waits long for the lock before it begins: whoever comes back later lets
        others have their turn meanwhile. Once it has begun, it waits as ever for programs that read."""
        before, self._short_tries = self._short_tries, True
        try:
            yield
        finally:
            self._short_tries = before

    def _reading(self) -> AbstractContextManager[apsw.Connection]:
        return _Transaction(self, "BEGIN")

    def _writing(self, *, altering: bool = False) -> AbstractContextManager[apsw.Connection]:
        """A transaction that writes; ``altering``: the schema of synced tables may change in it."""
        if self.readonly:
            raise ReadOnlyFile(t("“{path}” was opened read-only.", path=self.path), hint=t("Open it for writing."))
        return _Writing(self, altering=altering)

    @contextmanager
    def _reading_captured(self) -> Iterator[apsw.Connection]:
        """A transaction in which everything that programs wrote is recorded: one that reads, if it can be."""
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
        """The file's version as peers are told it, with what was recorded in the transaction that reads."""
        return max(self._state.sendable_version(), min(self._recorded, MAX_VERSION - 1))

    def is_captured(self) -> bool:
        """Whether all that programs wrote is recorded."""
        with explained(self.path):
            return all(kind.is_captured() for kind in self._kinds.all)

    def has_ordinary(self) -> bool:
        """Whether it has tables to which any program writes without recording that."""
        with explained(self.path):
            return bool(self._ordinary.tables.entries())

    def schema_moved(self) -> bool:
        """Whether somebody has changed the schema of such a file, and nobody has looked what became of the rows."""
        with explained(self.path):
            return self._ordinary.tables.schema_moved()

    def capture(self) -> None:
        """Record what programs wrote, in short transactions, so that they can go on in between.

        Raises:
            FileBusy, StorageFailed, ReadOnlyFile: the file; what was recorded before stays so.
        """
        for kind in self._kinds.all:
            with explained(self.path):
                more = not kind.is_captured()
            while more:
                with self._at_ease(), self._writing():
                    more = kind.capture()

    @contextmanager
    def _at_ease(self) -> Iterator[None]:
        """Commits inside need not reach the disk at once, where the next one that does takes them along: in WAL mode.

        Nothing rests on a capture that is lost in a power cut: what it found is found again. What is sent is made
        durable first, whoever committed it (``Replica.ensure_durable``).
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
        """Record what was written since, in this write transaction; returns the latest version that was recorded so."""
        return max(kind.capture_all() for kind in self._kinds.all)


_WRITES = "BEGIN IMMEDIATE"


class _Waits:
    """How a connection waits for another program's lock."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._most: int | None = None

    def goes_on(self, tries: int) -> bool:
        """Wait a while, so many times by now; False to give up."""
        begun = sum(WAITS[:tries]) + max(0, tries - len(WAITS)) * WAITS[-1]
        most = BUSY_MS if self._most is None else self._most
        return begun < most and not self._stop.wait(WAITS[min(tries, len(WAITS) - 1)] / 1000)

    @contextmanager
    def at_most(self, milliseconds: int) -> Iterator[None]:
        """Wait no longer inside."""
        self._most = milliseconds
        try:
            yield
        finally:
            self._most = None


class _Transaction:
    """One transaction; what goes wrong takes it back, and SQLite's errors become ours. (A generator would take twice as
    long, for each single change that comes.)

    Args:
        file: whose.
        begin: the statement.
        check: is called after the beginning and before the end.
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
        """Roll back; raises another error where there is a better one."""
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
    """A transaction that writes. What a replica keeps beside the tables changes the schema, too: unless it is
    ``altering``, no ordinary table is compared for that."""

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
    """End the queries that were being read when an error came. Whoever keeps that keeps them too, in the frames that it
    went through, and a query that has not ended holds the file's lock, transaction or not."""
    at: BaseException | None = error
    while at is not None:
        clear_frames(at.__traceback__)
        at = at.__cause__
