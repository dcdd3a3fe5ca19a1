"""Connections that also record writes that the triggers cannot report.

A CRR's triggers pass a row's values to a function, and APSW cannot make a Python str of text that is not valid. To let
such a row be corrected all the same, a statement that fails for this reason is run again without the triggers'
functions, while SQLite's session extension records what it does to the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw

from engine.crr.catalogue import Crr
from engine.crr.changesets import parsed
from engine.crr.state import State
from engine.crr.tables.backfill import rows_and_keys
from engine.crr.tables.create import savepoint
from engine.crr.trigger_functions import Capture, key_unreadable
from engine.sqlite.sql import main

CALLS = "crsql_after_"
"""The prefix of the functions that the triggers call."""

CHANGES = "crsql_changes"

_Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


_execute = apsw.Connection.execute


class TrackingConnection(apsw.Connection):
    """A connection that does this. ``tracker`` is set once the functions are registered."""

    tracker: Tracker | None = None

    def execute(self, statements: str, bindings: Any = None, **options: Any) -> apsw.Cursor:
        """Run a statement as APSW does, and again with tracking if a trigger could not report what it wrote.

        Wrapping this method costs half as much as wrapping the cursor.
        """
        if ";" in statements and ";" in statements.rstrip("; \n"):
            with self._cursor() as cursor:
                return cursor.execute(statements, bindings, **options)
        if CHANGES in statements and self.tracker is not None:
            self.tracker.capture_others()
        try:
            return _execute(self, statements, bindings, **options)
        except UnicodeDecodeError as error:
            with self._cursor() as cursor:
                return cursor.track(error, statements, bindings, options)

    def executemany(self, statements: str, sequenceofbindings: Iterable[Any], **options: Any) -> apsw.Cursor:
        """Run a statement for each set of bindings, as APSW does, with tracking where needed."""
        with self._cursor() as cursor:
            return cursor.executemany(statements, sequenceofbindings, **options)

    @contextmanager
    def _cursor(self) -> Iterator[_Cursor]:
        """Open a cursor of our own, and close it on an error: whoever keeps the error keeps the cursor and its lock."""
        cursor = _Cursor(self)
        try:
            yield cursor
        except BaseException:
            cursor.close(True)
            raise

    def cursor(self) -> apsw.Cursor:
        """Return a cursor that tracks, unless the program has set a cursor factory of its own."""
        return _Cursor(self) if self.cursor_factory is apsw.Cursor else super().cursor()


class _Cursor(apsw.Cursor):
    """A cursor that runs a statement again if a trigger could not report what it wrote."""

    __slots__ = ()

    def execute(self, statements: str, bindings: Any = None, **options: Any) -> apsw.Cursor:
        if ";" in statements and ";" in statements.rstrip("; \n"):
            return self._execute_each(statements, bindings, options)
        db = self.connection
        if CHANGES in statements and isinstance(db, TrackingConnection) and db.tracker is not None:
            db.tracker.capture_others()
        try:
            return super().execute(statements, bindings, **options)
        except UnicodeDecodeError as error:
            return self.track(error, statements, bindings, options)

    def executemany(self, statements: str, sequenceofbindings: Iterable[Any], **options: Any) -> apsw.Cursor:
        rows = iter(sequenceofbindings)
        current: Any = None

        def noted() -> Iterator[Any]:
            nonlocal current
            for row in rows:
                current = row
                yield row

        while True:
            try:
                return super().executemany(statements, noted(), **options)
            except UnicodeDecodeError as error:
                self.track(error, statements, current, options)

    def _execute_each(self, statements: str, bindings: Any, options: dict[str, Any]) -> apsw.Cursor:
        """Run several statements, going on after one that had to be run again."""
        begun: list[tuple[str, Any]] = []
        own = self.exec_trace
        tracer = own or self.connection.exec_trace

        def note(cursor: apsw.Cursor, statement: str, used: Any) -> bool:
            begun.append((statement, used))
            return tracer is None or tracer(cursor, statement, used)

        self.exec_trace = note
        try:
            return super().execute(statements, bindings, **options)
        except UnicodeDecodeError as error:
            if not begun:
                raise
            failed = error
        finally:
            self.exec_trace = own
        self.track(failed, *begun[-1], options)
        rest = statements[sum(len(text) for text, _ in begun) :]
        if isinstance(bindings, tuple | list):
            bindings = bindings[sum(len(used or ()) for _, used in begun) :]
        return self.execute(rest, bindings, **options) if rest.strip() else self

    def track(self, error: UnicodeDecodeError, statement: str, bindings: Any, options: dict[str, Any]) -> apsw.Cursor:
        """Run a statement again with tracking, if that was the reason it failed; otherwise raise the error."""
        db = self.connection
        if not isinstance(db, TrackingConnection) or db.tracker is None or not _raised_in_a_trigger(error):
            raise error
        with db.tracker.noting(db):
            super().execute(statement, bindings, **options)
            if not _ended(self):  # RETURNING: its rows would be read after its transaction
                raise error
        return self


def _raised_in_a_trigger(error: UnicodeDecodeError) -> bool:
    """Return whether the error came from calling a function of the triggers."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name.startswith(f"user-defined-scalar-{CALLS}"):
            return True
        trace = trace.tb_next
    return False


def _ended(cursor: apsw.Cursor) -> bool:
    try:
        return not cursor.description
    except apsw.ExecutionCompleteError:
        return True


class Tracker:
    """Records what a statement does while the triggers call nothing."""

    def __init__(self, state: State, capture: Capture) -> None:
        self._state = state
        self._capture = capture

    def capture_others(self) -> None:
        """Capture what programs wrote to tables of other kinds, before ``crsql_changes`` is read.

        It has to be done within the statement, as it could not be committed.
        """
        self._state.others.capture()

    @contextmanager
    def noting(self, db: apsw.Connection) -> Iterator[None]:
        """Record what is done inside to rows of CRRs, together with it or not at all.

        Raises:
            ReplicaError: a row gets a key that nobody can read.
        """
        tables = {crr.table.name: crr for crr in self._state.catalogue().crrs.values()}
        authorizer, written = db.authorizer, set[str]()
        with savepoint(db):
            session = apsw.Session(db, "main")
            try:
                session.table_filter(lambda name: name in tables)
                session.attach()
                db.authorizer = _without_calls(authorizer, written)
                try:
                    yield
                finally:
                    db.authorizer = authorizer
                changeset = session.changeset()
            finally:
                session.close()
            encoding = db.pragma("encoding")
            for change in parsed(changeset, encoding):
                self._capture.changed(tables[change.table], change)
            if encoding != "UTF-8":  # in UTF-16, a lone surrogate in a new key keeps the extension from reporting it
                for name in written & tables.keys():
                    self._check_recorded(tables[name])

    def _check_recorded(self, crr: Crr) -> None:
        rows, recorded = f"SELECT count(*) FROM {main(crr.table.name)}", f"SELECT count(*) {rows_and_keys(crr.table)}"
        if self._state.db.execute(f"SELECT ({rows}) > ({recorded})").get:
            raise key_unreadable(crr)


def _without_calls(others: _Authorizer | None, written: set[str]) -> _Authorizer:
    """Return an authorizer that keeps triggers from calling our functions, and notes which tables are written."""

    def authorize(action: int, first: str | None, second: str | None, schema: str | None, inside: str | None) -> int:
        if action in (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE):
            written.add(first or "")
        if action == apsw.SQLITE_FUNCTION and inside is not None and (second or "").startswith(CALLS):
            return apsw.SQLITE_IGNORE
        return apsw.SQLITE_OK if others is None else others(action, first, second, schema, inside)

    return authorize
