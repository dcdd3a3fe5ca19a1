"""Merging one change at a time: by ``INSERT INTO crsql_changes`` in one transaction, and each in one of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from engine.change import Change
from engine.cli.bench.files import Files, run_many
from engine.cli.bench.samples import Sample, samples
from engine.cli.bench.timing import Case, Measured, Watch

INSERT = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

SHARE = 10
"""One row in so many is measured with a transaction for each change."""


def sql_cases(rows: int) -> Iterator[Case]:
    """Yield merges as by a program that knows cr-sqlite: ``executemany`` on the virtual table; on a plain one beside
    it."""
    for sample, files in _each(rows):

        def work(into: Path, changes: list[Change], files: Files = files) -> Measured:
            def merge(watch: Watch) -> None:
                with files.replica(into) as replica, watch.running():
                    run_many(replica.connection, INSERT, changes)

            return merge

        def plain(watch: Watch, sample: Sample = sample, files: Files = files) -> None:
            rows = sample.plain_rows()
            with files.database(files.plain) as db, watch.running():
                run_many(db, sample.insert, rows)

        yield from _cases("sql", sample, files, work, "plain inserts of the same rows", plain)


def single_cases(rows: int) -> Iterator[Case]:
    """Yield ``Replica.merge`` with one change, compared with as many plain inserts of a row.

    Neither waits for the disk: in WAL mode, the log is synced only at a checkpoint.
    """
    for sample, files in _each(max(1, rows // SHARE)):

        def work(into: Path, changes: list[Change], files: Files = files) -> Measured:
            def merge(watch: Watch) -> None:
                with files.replica(into) as replica, _unsynced(replica.connection), watch.running():
                    for change in changes:
                        replica.merge([change])

            return merge

        def plain(watch: Watch, sample: Sample = sample, files: Files = files) -> None:
            with files.database(files.plain) as db, _unsynced(db), watch.running():
                for n in range(sample.changes):
                    db.execute("BEGIN IMMEDIATE")
                    db.execute(sample.insert, (*sample.of(n), *sample.values(n)))
                    db.execute("COMMIT")

        yield from _cases("single", sample, files, work, "a plain insert and its commit for each change", plain)


def _each(rows: int) -> Iterator[tuple[Sample, Files]]:
    for sample in samples(rows):
        files = Files(sample)
        try:
            yield sample, files
        finally:
            files.close()


def _cases(
    bench: str,
    sample: Sample,
    files: Files,
    work: Callable[[Path, list[Change]], Measured],
    baseline: str,
    plain: Measured,
) -> Iterator[Case]:
    for name, into, changes in (
        ("empty", files.empty, sample.cells()),
        ("older", files.filled, sample.cells(2)),
        ("same", files.filled, sample.cells()),
        ("deletes", files.filled, sample.deletes()),
    ):
        yield Case(
            bench, name + sample.suffix, sample.rows, len(changes), work(into, changes), baseline, plain
        )  # fmt: skip


@contextmanager
def _unsynced(db: apsw.Connection) -> Iterator[None]:
    db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").fetchall()
    yield
