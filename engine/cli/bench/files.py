"""Databases to measure on: created once for a case, and copied for each round."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import apsw

from engine.cli.bench.samples import TABLE, Row, Sample
from engine.replica import Replica


class Files:
    """A folder with one sample's files; ``close`` removes it."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._folder = tempfile.TemporaryDirectory(prefix="syncline-bench-")
        self._made = 0

    def close(self) -> None:
        """Remove everything."""
        self._folder.cleanup()

    @cached_property
    def plain(self) -> Path:
        """The empty table, known only to SQLite."""
        path = self._path()
        with _opened(path) as db:
            db.execute(self.sample.schema)
        return path

    @cached_property
    def plain_filled(self) -> Path:
        """The same, with its rows."""
        path = self._copy(self.plain)
        with _opened(path) as db, db:
            db.executemany(self.sample.insert, self.sample.plain_rows())
        return path

    @cached_property
    def empty(self) -> Path:
        """The empty table, made syncable."""
        path = self._path()
        with Replica.open(path, create=True) as replica:
            replica.connection.execute(self.sample.schema)
            (replica.make_ordinary if self.sample.ordinary else replica.make_crr)(TABLE)
        return path

    @cached_property
    def filled(self) -> Path:
        """The same, with the first changes merged."""
        path = self._copy(self.empty)
        with Replica.open(path) as replica:
            replica.merge(self.sample.cells())
        return path

    @contextmanager
    def database(self, path: Path) -> Iterator[apsw.Connection]:
        """Open a copy of one of them, as a program would that knows nothing of syncing."""
        copy = self._copy(path)
        with _opened(copy) as db:
            yield db
        copy.unlink()

    @contextmanager
    def replica(self, path: Path) -> Iterator[Replica]:
        """Open a copy of one of them as a replica."""
        copy = self._copy(path)
        with Replica.open(copy) as replica:
            replica.synced_tables()  # reads the catalogue, as a program does once at its start
            yield replica
        copy.unlink()

    def _path(self) -> Path:
        self._made += 1
        return Path(self._folder.name) / f"{self._made}.db"

    def _copy(self, path: Path) -> Path:
        return Path(shutil.copy(path, self._path()))


def run_many(db: apsw.Connection, sql: str, rows: Iterable[Row]) -> None:
    """Run a statement for all rows in one transaction, as durable as a merge's."""
    db.execute("BEGIN IMMEDIATE")
    db.executemany(sql, rows)
    db.execute("COMMIT")


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    db = apsw.Connection(str(path))
    db.execute("PRAGMA synchronous = FULL")
    try:
        yield db
    finally:
        db.close()
