"""Changes to bytes and back, as the own dialect sends them; beside Python's own pickle of the same tuples."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

from engine.bench.samples import samples
from engine.bench.timing import Case, Watch
from engine.change import Change
from engine.wire.changes import put_changes, take_changes
from engine.wire.primitives import Reader

MESSAGE = 5_000
"""Changes in a message."""


def cases(rows: int) -> Iterator[Case]:
    """Encode and decode, for each kind of key."""
    for sample in samples(rows):
        changes = sample.cells()
        messages = [changes[at : at + MESSAGE] for at in range(0, len(changes), MESSAGE)]
        pickled = [pickle.dumps([tuple(change) for change in message], 5) for message in messages]

        def encode(watch: Watch, messages: list[list[Change]] = messages) -> None:
            with watch.running():
                for message in messages:
                    put_changes(bytearray(), message, authored=True)

        def decode(watch: Watch, messages: list[list[Change]] = messages) -> None:
            sent = [bytearray() for _ in messages]
            for out, message in zip(sent, messages, strict=True):
                put_changes(out, message, authored=True)
            with watch.running():
                for out in sent:
                    take_changes(Reader(bytes(out)), authored=True)

        def dump(watch: Watch, messages: list[list[Change]] = messages) -> None:
            plain = [[tuple(change) for change in message] for message in messages]
            with watch.running():
                for message in plain:
                    pickle.dumps(message, 5)

        def load(watch: Watch, pickled: list[bytes] = pickled) -> None:
            with watch.running():
                for message in pickled:
                    pickle.loads(message)

        count = len(changes)
        yield Case("codec", "encode" + sample.suffix, sample.rows, count, encode, "pickle.dumps of the same", dump)
        yield Case("codec", "decode" + sample.suffix, sample.rows, count, decode, "pickle.loads of the same", load)
