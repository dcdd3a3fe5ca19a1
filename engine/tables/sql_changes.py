"""What ``crsql_changes`` shows and takes of the tables of other kinds than its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Protocol

import apsw

from engine.change import Change
from engine.tables.kind import FileState, KindCatalogue


class SqlFile(FileState, Protocol):
    """The state of a connection on which ``crsql_changes`` is."""

    def catalogue(self) -> KindCatalogue:
        """The tables of its own kind."""

    def sendable_version(self) -> int:
        """The file's version as peers are told it."""


class SqlChanges(Protocol):
    """The tables of another kind."""

    def capture(self) -> None:
        """Record what programs wrote, before a statement that reads; nothing inside a transaction, or where another
        program has the file locked."""

    def read(self, wanted: Callable[[str], bool], since: int, until: int) -> Iterator[Change]:
        """The changes with since < db_version <= until of the tables whose names are wanted, of what is recorded."""

    def merge(self, change: Change) -> int | None:
        """Merge one change, in the caller's transaction; returns how many won. None: it is for none of the tables.

        Raises:
            InvalidChange, SchemaMismatch, TableBroken: as a merge of a peer's. What it had begun to write is rolled
                back, and with it a transaction that is open, as SQLite opens no savepoint within a statement.
        """

    def forget(self) -> None:
        """The transaction has ended."""


def other_changes(db: apsw.Connection, file: SqlFile) -> SqlChanges:
    """Those of a connection. Imported by name, when they are first asked for: kinds know nothing of each other, and a
    program that opens a file knows nothing of kinds."""
    found: SqlChanges = import_module("engine.ordinary.sql_changes").OrdinarySqlChanges(db, file)
    return found
