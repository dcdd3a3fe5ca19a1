"""Local writes to a synced table, as a program makes them on our connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.cli.bench.files import Files, run_many
from engine.cli.bench.samples import Row, Sample, samples
from engine.cli.bench.timing import Case, Measured, Watch


def cases(rows: int) -> Iterator[Case]:
    """Yield inserts, updates of all columns, and deletes, with a row in each statement and all in one transaction."""
    for sample in samples(rows):
        files = Files(sample)
        try:
            yield from _cases(sample, files)
        finally:
            files.close()


def _cases(sample: Sample, files: Files) -> Iterator[Case]:
    updates: list[Row] = [(*sample.values(n, 2), *sample.of(n)) for n in range(sample.rows)]

    def synced(path: Path, sql: str, rows: list[Row]) -> Measured:
        def work(watch: Watch) -> None:
            with files.replica(path) as replica, watch.running():
                run_many(replica.connection, sql, rows)

        return work

    def plain(path: Path, sql: str, rows: list[Row]) -> Measured:
        def work(watch: Watch) -> None:
            with files.database(path) as db, watch.running():
                run_many(db, sql, rows)

        return work

    for name, sql, rows, before, plain_before, changes in (
        ("inserts", sample.insert, sample.plain_rows(), files.empty, files.plain, sample.changes),
        ("updates", sample.update, updates, files.filled, files.plain_filled, sample.changes),
        ("deletes", sample.delete, sample.keys(), files.filled, files.plain_filled, sample.rows),
    ):
        yield Case(
            "record", name + sample.suffix, sample.rows, changes, synced(before, sql, rows),
            f"plain {name} of the same rows", plain(plain_before, sql, rows),
        )  # fmt: skip
