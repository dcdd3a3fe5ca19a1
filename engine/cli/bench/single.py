"""Merging one change at a time: by ``INSERT INTO crsql_changes`` in one transaction, and each in a transaction."""

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
"""Of so many rows, one is measured in transactions of their own."""


def sql_cases(rows: int) -> Iterator[Case]:
    """As a program merges that knows cr-sqlite: ``executemany`` on the virtual table, beside that on a plain one."""
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
    """``Replica.merge`` with one change, beside as many plain inserts of a row. Neither waits for the disk: the log is
    written ahead (WAL), and synced when it is copied."""
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
