"""Merging into an empty table, over older rows, the same rows again, and deletes; and in sessions' batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from engine.change import Change
from engine.cli.bench.files import Files, run_many
from engine.cli.bench.samples import Row, Sample, ordinary_samples, samples
from engine.cli.bench.timing import Case, Watch

BATCH = 2_000
"""About how many changes a session sends at once; a batch ends with a row."""


def cases(rows: int) -> Iterator[Case]:
    """Yield every case, grouped by sample."""
    for sample in (*samples(rows), *ordinary_samples(rows)):
        files = Files(sample)
        try:
            yield from _cases(sample, files)
            yield from _batched(sample, files)
        finally:
            files.close()


def _cases(sample: Sample, files: Files) -> Iterator[Case]:
    def inserts(watch: Watch) -> None:
        rows = sample.plain_rows()
        with files.database(files.plain) as db, watch.running():
            run_many(db, sample.insert, rows)

    def upserts(watch: Watch) -> None:
        rows = sample.plain_rows(2)
        with files.database(files.plain_filled) as db, watch.running():
            run_many(db, sample.upsert, rows)

    def deletes(watch: Watch) -> None:
        keys: list[Row] = sample.keys()
        with files.database(files.plain_filled) as db, watch.running():
            run_many(db, sample.delete, keys)

    def merge(into: Callable[[], Path], make: Callable[[], list[Change]]) -> Callable[[Watch], None]:
        def work(watch: Watch) -> None:
            changes = make()
            with files.replica(into()) as replica, watch.running():
                replica.merge(changes)

        return work

    plain = "plain inserts of the same rows"
    over = "plain upserts of the same rows over the older ones"
    for name, into, make, baseline, reference in (
        ("empty", lambda: files.empty, sample.cells, plain, inserts),
        ("older", lambda: files.filled, lambda: sample.cells(2), plain, inserts),
        ("older-upsert", lambda: files.filled, lambda: sample.cells(2), over, upserts),
        ("same", lambda: files.filled, sample.cells, plain, inserts),
    ):
        work = merge(into, make)
        yield Case(
            "merge", sample.prefix + name + sample.suffix, sample.rows, sample.changes, work, baseline, reference
        )
    into_filled = merge(lambda: files.filled, sample.deletes)
    name = f"{sample.prefix}deletes{sample.suffix}"
    yield Case("merge", name, sample.rows, sample.rows, into_filled, "plain deletes of the same rows", deletes)


def _batched(sample: Sample, files: Files) -> Iterator[Case]:
    """Yield cases with a transaction for each batch, compared with as many plain inserts."""
    each = max(1, BATCH // len(sample.columns))

    def inserts(watch: Watch) -> None:
        rows = sample.plain_rows()
        with files.database(files.plain) as db, watch.running():
            for at in range(0, len(rows), each):
                run_many(db, sample.insert, rows[at : at + each])

    def merge(into: Callable[[], Path], version: int) -> Callable[[Watch], None]:
        def work(watch: Watch) -> None:
            changes, step = sample.cells(version), each * len(sample.columns)
            with files.replica(into()) as replica, watch.running():
                for at in range(0, len(changes), step):
                    replica.merge(changes[at : at + step])

        return work

    for name, work in (
        ("empty", merge(lambda: files.empty, 1)),
        ("older", merge(lambda: files.filled, 2)),
        ("same", merge(lambda: files.filled, 1)),
    ):
        called = f"{sample.prefix}batched-{name}{sample.suffix}"
        yield Case(
            "merge",
            called,
            sample.rows,
            sample.changes,
            work,
            "plain inserts of the same rows, as often committed",
            inserts,
        )
