"""Divides changes into the batches in which they are merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from engine.change import Change

AT_ONCE = 16_384
"""About how many changes are in a batch. With fewer, random keys are slower, as each batch visits most pages of their
indexes; with more, other threads wait longer."""


def are_many(changes: Iterable[Change]) -> bool:
    """Return whether there are more than one batch.

    A caller's own iterator counts as few, as it is code that may write on the connection between two batches.
    """
    return isinstance(changes, list | tuple) and len(changes) > AT_ONCE


def batches(changes: Iterable[Change]) -> Iterator[Sequence[Change]]:
    """Divide changes into batches, but never between consecutive changes to one row, if they fit into one."""
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
    """Return where the batch ends that begins at ``at``."""
    end = most = at + AT_ONCE
    if end >= len(changes):
        return len(changes)
    while end > at and changes[end - 1].pk == changes[end].pk:
        end -= 1
    return end if end > at else most
