"""Changes cut up into batches, in which they are merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from engine.change import Change

AT_ONCE = 16_384
"""Changes in a batch, about. Fewer are slower where keys are random, as each batch visits most pages of their indexes;
more keep other threads waiting for longer."""


def are_many(changes: Iterable[Change]) -> bool:
    """Whether they are more than one batch. A caller's own iterator, which counts as few, is code that may write on
    the connection between two batches."""
    return isinstance(changes, list | tuple) and len(changes) > AT_ONCE


def batches(changes: Iterable[Change]) -> Iterator[Sequence[Change]]:
    """Cut them up, but not between changes to one row that come together."""
    if isinstance(changes, list | tuple):
        at = 0
        while at < len(changes):
            end = _end(changes, at)
            yield changes[at:end]
            at = end
        return
    source = iter(changes)
    held: list[Change] = []
    while batch := held + list(islice(source, AT_ONCE)):
        held = []
        if len(batch) >= AT_ONCE:
            end, last = len(batch), batch[-1].pk
            while end and batch[end - 1].pk == last:
                end -= 1
            if end:
                batch, held = batch[:end], batch[end:]
        yield batch


def _end(changes: Sequence[Change], at: int) -> int:
    """Where the batch ends that begins at ``at``."""
    end = most = at + AT_ONCE
    if end >= len(changes):
        return len(changes)
    while end > at and changes[end - 1].pk == changes[end].pk:
        end -= 1
    return end if end > at else most
