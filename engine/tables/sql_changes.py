"""What ``crsql_changes`` shows and accepts for tables of other kinds than its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Protocol

import apsw

from engine.change import Change
from engine.tables.kind import FileState, KindCatalogue


class SqlFile(FileState, Protocol):
    """The state of a connection that has ``crsql_changes``."""

    def catalogue(self) -> KindCatalogue:
        """Return the tables of its own kind."""

    def sendable_version(self) -> int:
        """Return the file's version as peers are told it."""


class SqlChanges(Protocol):
    """The tables of another kind."""

    def capture(self) -> None:
        """Record what programs wrote, before a statement that reads.

        Does nothing inside a transaction, or if another program has the file locked.
        """

    def read(self, wanted: Callable[[str], bool], since: int, until: int) -> Iterator[Change]:
        """Iterate over the recorded changes with since < db_version <= until of the tables whose names are wanted."""

    def merge(self, change: Change) -> int | None:
        """Merge one change, in the caller's transaction; return how many won, None if it is for none of the tables.

        Raises:
            InvalidChange, SchemaMismatch, TableBroken: as when merging a peer's change. What it had begun to write is
                rolled back, along with any open transaction, as SQLite opens no savepoint within a statement.
        """

    def forget(self) -> None:
        """Note that the transaction has ended."""


def other_changes(db: apsw.Connection, file: SqlFile) -> SqlChanges:
    """Return the tables of the other kind on a connection.

    The module is imported by name when first needed, as kinds know nothing of each other, and a program that opens a
    file knows nothing of kinds.
    """
    found: SqlChanges = import_module("engine.ordinary.sql_changes").OrdinarySqlChanges(db, file)
    return found
