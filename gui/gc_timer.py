"""Python's garbage collector, on the GUI thread only.

Left alone it runs on whatever thread happens to allocate, such as a replica's, and would destroy Qt objects there,
which Qt does not allow. So it is switched off, and a slow timer on the GUI thread does its work instead.
"""

from __future__ import annotations

import gc
from types import TracebackType
from typing import Self

from PySide6.QtCore import QObject, QTimer

ROUND_MS = 1000
"""Milliseconds between checks whether a collection is due."""

YOUNG_ROUNDS = 10
"""How many collections of one generation lead to one of the next older."""


class GcTimer(QObject):
    """A context manager that collects garbage while its block runs; create it on the GUI thread."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setInterval(ROUND_MS)
        self._timer.timeout.connect(self._check)
        self._threshold = gc.get_threshold()[0]
        self._was_enabled = gc.isenabled()

    def __enter__(self) -> Self:
        gc.disable()
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.stop()
        gc.collect()
        if self._was_enabled:
            gc.enable()

    def _check(self) -> None:
        young, middle, old = gc.get_count()
        if young <= self._threshold:
            return
        generation = 2 if old >= YOUNG_ROUNDS and middle >= YOUNG_ROUNDS else 1 if middle >= YOUNG_ROUNDS else 0
        gc.collect(generation)
