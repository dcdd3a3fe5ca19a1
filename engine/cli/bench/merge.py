"""Merging: into an empty table, over older rows, the same again, and deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from engine.change import Change
from engine.cli.bench.files import Files, run_many
from engine.cli.bench.samples import Row, Sample, ordinary_samples, samples
from engine.cli.bench.timing import Case, Watch


def cases(rows: int) -> Iterator[Case]:
    """Every case, the files of one sample after those of the other."""
    for sample in (*samples(rows), *ordinary_samples(rows)):
        files = Files(sample)
        try:
            yield from _cases(sample, files)
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
