"""Makes a script on which the two engines differ as short as it gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from tests.peers.scripts import Block, Feed, Script, Step
from tests.peers.worlds import Arena, Difference

PARTS = ("queries", "steps", "filled")


def shrink(script: Script, arena: Arena) -> tuple[Script, Difference]:
    """Leave out everything without which the two still differ: halves first, single steps and changes last."""
    difference = arena.differs(script)
    assert difference is not None
    size = sum(len(getattr(script, part)) for part in PARTS)
    while size:
        kept = 0  # pieces that proved necessary
        while (shorter := next(islice(pieces(script, size), kept, None), None)) is not None:
            found = arena.differs(shorter)
            if found is None or found.kind != difference.kind:
                kept += 1
            else:
                script, difference = shorter, found
        size //= 2
    return script, difference


def pieces(script: Script, size: int) -> Iterator[Script]:
    """The script without each run of ``size`` of its steps, in order."""
    for part in PARTS:
        for shorter in without(getattr(script, part), size):
            fields: dict[str, Any] = {part: shorter}
            yield replace(script, **fields)


def without(steps: tuple[Step, ...], size: int) -> Iterator[tuple[Step, ...]]:
    """``steps`` without ``size`` of them that follow each other, or with less inside one of them."""
    for at in range(0, len(steps), size):
        yield steps[:at] + steps[at + size :]
    for at, step in enumerate(steps):
        match step:
            case Block():
                smaller: Iterator[Step] = (replace(step, steps=inner) for inner in without(step.steps, size))
            case Feed():
                changes = step.changes
                smaller = (
                    replace(step, changes=changes[:n] + changes[n + size :]) for n in range(0, len(changes), size)
                )
            case _:
                continue
        for inner in smaller:
            yield (*steps[:at], inner, *steps[at + 1 :])
