"""Keeps the content of large messages from the garbage collector.

To look for cycles, the collector goes through every object while the whole process stands still: with a million changes
in memory, for a quarter of a second each time. Changes make no cycles, and are gone once they are merged.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_reading = 0
_at_work = 0
_was_enabled = False


@contextmanager
def reading() -> Iterator[None]:
    """Collect nothing while a large message is decoded, and hide what exists afterwards from the collector.

    Under the window the collector is off all the time (``gui.gc_timer``), and stays off.
    """
    global _reading, _was_enabled
    if not _reading:
        _was_enabled = gc.isenabled()
    _reading += 1
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        _reading -= 1
        if not _reading and _was_enabled:
            gc.enable()


@contextmanager
def at_work() -> Iterator[None]:
    """Enclose the decoding and merging of a large message; afterwards the collector sees everything again."""
    global _at_work
    _at_work += 1
    try:
        yield
    finally:
        _at_work -= 1
        if not _at_work:
            gc.unfreeze()
