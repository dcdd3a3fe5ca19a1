"""Changes to bytes and back, by columns as our own dialect sends them, and one by one as the published one does.

The baseline is Python's own pickle of the same tuples.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence

from engine.change import Change
from engine.cli.bench.samples import Sample, samples
from engine.cli.bench.timing import Case, Watch
from engine.session.batch_limits import BATCH_CHANGES
from engine.wire.batch_codec import put_batch, take_batch
from engine.wire.change_codec import put_changes, take_changes
from engine.wire.primitives import Reader

Put = Callable[[bytearray, Sequence[Change]], None]
Take = Callable[[Reader], tuple[Change, ...]]


def _put_stock(out: bytearray, changes: Sequence[Change]) -> None:
    put_changes(out, changes, authored=False)


def _take_stock(reader: Reader) -> tuple[Change, ...]:
    return take_changes(reader, authored=False)


LAYOUTS: tuple[tuple[str, Put, Take], ...] = (("", put_batch, take_batch), ("-stock", _put_stock, _take_stock))
"""The suffix of the case names for each layout, and its functions for writing and reading."""


def cases(rows: int) -> Iterator[Case]:
    """Yield the cases for encoding and decoding, for each layout and kind of key."""
    for layout, put, take in LAYOUTS:
        for sample in samples(rows):
            yield from _both_ways(sample, layout, put, take)


def _both_ways(sample: Sample, layout: str, put: Put, take: Take) -> Iterator[Case]:
    changes = sample.cells()
    messages = [changes[at : at + BATCH_CHANGES] for at in range(0, len(changes), BATCH_CHANGES)]

    def encode(watch: Watch) -> None:
        with watch.running():
            for message in messages:
                put(bytearray(), message)

    def decode(watch: Watch) -> None:
        sent = [bytearray() for _ in messages]
        for out, message in zip(sent, messages, strict=True):
            put(out, message)
        with watch.running():
            for out in sent:
                take(Reader(bytes(out)))

    def dump(watch: Watch) -> None:
        plain = [[tuple(change) for change in message] for message in messages]
        with watch.running():
            for message in plain:
                pickle.dumps(message, 5)

    def load(watch: Watch) -> None:
        pickled = [pickle.dumps([tuple(change) for change in message], 5) for message in messages]
        with watch.running():
            for message in pickled:
                pickle.loads(message)

    rows, count, name = sample.rows, len(changes), layout + sample.suffix
    yield Case("codec", "encode" + name, rows, count, encode, "pickle.dumps of the same", dump)
    yield Case("codec", "decode" + name, rows, count, decode, "pickle.loads of the same", load)
