"""How late a 5 ms timer fires in one thread, such as the window's, while another thread merges."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator

from engine.cli.bench.files import Files
from engine.cli.bench.samples import Sample, samples
from engine.cli.bench.timing import Case, Measured, Watch

TICK = 0.005
BLOCK = 3_000
"""How many rows' changes are merged in one transaction."""

IDLE = 1.0
"""Seconds for which the timer runs beside a sleeping thread, as the baseline."""


def cases(rows: int) -> Iterator[Case]:
    """Yield the 99th percentile and the worst of the ticks; ``seconds`` is how late they are."""
    sample = samples(rows)[0]
    files = Files(sample)
    try:
        for name, share in (("p99", 0.99), ("worst", 1.0)):
            yield Case(
                "stall", name, sample.rows, sample.changes, _while_merging(sample, files, share),
                "late beside a thread that sleeps", _while_idle(share),
            )  # fmt: skip
    finally:
        files.close()


def _while_merging(sample: Sample, files: Files, share: float) -> Measured:
    def work(watch: Watch) -> None:
        starts = range(0, sample.rows, BLOCK)
        blocks = [sample.cells_of(range(at, min(at + BLOCK, sample.rows))) for at in starts]

        def merge() -> None:
            with files.replica(files.empty) as replica:
                for changes in blocks:
                    replica.merge(changes)

        watch.seconds = _late(threading.Thread(target=merge), share)

    return work


def _while_idle(share: float) -> Measured:
    def work(watch: Watch) -> None:
        watch.seconds = _late(threading.Thread(target=time.sleep, args=(IDLE,)), share)

    return work


def _late(thread: threading.Thread, share: float) -> float:
    late: list[float] = []
    thread.start()
    while thread.is_alive():
        due = time.perf_counter() + TICK
        time.sleep(TICK)
        late.append(time.perf_counter() - due)
    thread.join()
    if share >= 1 or len(late) < 100:
        return max(late)
    return statistics.quantiles(late, n=100)[98]
