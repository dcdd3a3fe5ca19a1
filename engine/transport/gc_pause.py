"""Keeps what a large message holds from the garbage collector.

To look for cycles it goes through everything there is, and the whole process stands still meanwhile: with a million
changes at work, for a quarter of a second each time. They make no cycles, and go when they are merged.
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
    """While a large message is read: nothing is collected. What there is then is kept from the collector.

    Under the window the collector is off all the time (``gui.gc_timer``), and stays so.
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
    """While a large message is read and merged. Afterwards the collector sees everything again."""
    global _at_work
    _at_work += 1
    try:
        yield
    finally:
        _at_work -= 1
        if not _at_work:
            gc.unfreeze()
