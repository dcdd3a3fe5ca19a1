"""Whether merging stays as fast while a file grows: the time for all changes, with several sizes of one table."""

from __future__ import annotations

from collections.abc import Iterator

from engine.cli.bench.files import Files, run_many
from engine.cli.bench.samples import Sample, samples
from engine.cli.bench.timing import Case, Watch

BLOCK = 3_000
"""How many rows are merged in a transaction."""


def cases(rows: int) -> Iterator[Case]:
    """Yield cases with 1/30, 1/3, 10/3 and 10 times the rows: by default 10 thousand to 3 million changes."""
    for share in (1 / 30, 1 / 3, 10 / 3, 10):
        sample = samples(max(1, round(rows * share)))[0]
        files = Files(sample)
        try:
            yield _case(sample, files)
        finally:
            files.close()


def _case(sample: Sample, files: Files) -> Case:
    blocks = [range(at, min(at + BLOCK, sample.rows)) for at in range(0, sample.rows, BLOCK)]

    def merge(watch: Watch) -> None:
        with files.replica(files.empty) as replica:
            for block in blocks:
                changes = sample.cells_of(block)
                with watch.running():
                    replica.merge(changes)

    def insert(watch: Watch) -> None:
        with files.database(files.plain) as db:
            for block in blocks:
                rows = [(*sample.of(n), *sample.values(n)) for n in block]
                with watch.running():
                    run_many(db, sample.insert, rows)

    plain = "plain inserts of the same rows"
    return Case("growth", str(sample.changes), sample.rows, sample.changes, merge, plain, insert)
