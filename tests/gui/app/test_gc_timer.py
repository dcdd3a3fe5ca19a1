"""Garbage is collected on the GUI thread only: Qt objects must not be destroyed on another one."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject, QTimer

from gui import gc_timer
from gui.gc_timer import GcTimer
from tests.engine.live import until
from tests.gui.aio import on_gui_loop


class Knot(QObject):
    """An object that only the garbage collector can free."""

    def __init__(self) -> None:
        super().__init__()
        self.timer = QTimer(self)
        self.timer.start(10_000)
        self.me = self


@on_gui_loop
async def test_knots_are_freed_on_this_thread(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(gc_timer, "ROUND_MS", 10)
    threads: set[int] = set()
    with GcTimer():
        assert not gc.isenabled()
        knots = [Knot() for _ in range(3)]
        gone = [weakref.ref(knot, lambda _: threads.add(threading.get_ident())) for knot in knots]
        del knots

        def allocate() -> None:
            kept = [[number] for number in range(50_000)]
            assert len(kept) == 50_000

        busy = threading.Thread(target=allocate)
        busy.start()
        busy.join()
        assert all(reference() is not None for reference in gone), "collected on another thread"
        litter = [[number] for number in range(5_000)]
        await until(lambda: all(reference() is None for reference in gone), "freed by the timer")
        assert len(litter) == 5_000
    assert threads == {threading.get_ident()}
    assert gc.isenabled()
