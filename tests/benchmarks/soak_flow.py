"""The change flow under load: 10,000 changes a second into a visible list that follows them, in groups or as cells.

Run it as a program: ``python -m tests.benchmarks.soak_flow``; ``--help`` lists its options. It prints how late a timer
of 5 ms was (the stalls of the loop), how much of that the thread itself computed (on a busy machine others do the
rest), and how memory grew once the list was full. It judges nothing.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from engine.change import SENTINEL, SQLiteValue
from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.history.bursts import Bursts
from gui.panels.flow import FlowPanel

BEATS = 20
"""Batches a second, as the bridge sends them."""
PROBE = 5
"""Milliseconds between two beats of the timer that is watched."""
EVENTS = 4
"""Events in a batch."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--changes", type=int, default=1_000_000, help="how many in all")
    parser.add_argument("--rate", type=int, default=10_000, help="changes a second")
    parser.add_argument("--text", default="", help="filter by this text all the while")
    parser.add_argument("--cells", action="store_true", help="show the plain list")
    parser.add_argument("--single", action="store_true", help="make every event a group")
    parser.add_argument("--open", action="store_true", help="open each group as it comes")
    options = parser.parse_args()
    app = QApplication([])
    panel = FlowPanel()
    panel.set_peer_names({"laptop": "laptop → hub", "desktop": "desktop → hub"})
    panel.text.setText(options.text)
    panel.cells.setChecked(options.cells)
    if options.open:
        panel.groups.rowsInserted.connect(
            lambda parent, _, last: parent.isValid() or panel.tree.expand(panel.groups.index(last, 0))
        )
    panel.resize(1100, 600)
    panel.show()
    soak = Soak(panel, options.rate, options.changes, single=options.single)
    app.exec()
    soak.report()


class Soak:
    """Feeds a panel and watches the loop.

    Args:
        panel: visible. rate: changes a second. changes: how many in all; the application ends then.
        single: whether each event stands alone.
    """

    def __init__(self, panel: FlowPanel, rate: int, changes: int, *, single: bool = False) -> None:
        self._panel = panel
        self._bursts = None if single else Bursts()
        self._size = rate // BEATS // EVENTS
        self._random = random.Random(1)
        self._count = 0
        self._changes = changes
        self._busy: list[float] = []
        self._cpu = time.thread_time()
        self._late: list[float] = []
        self._adding: list[float] = []
        self._memory: list[tuple[float, float]] = []
        self._collecting: list[float] = []
        self._due = self._began = time.perf_counter()
        self._probe = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=PROBE)
        self._probe.timeout.connect(self._beat)
        self._next: list[ChangesMoved] = []
        self._feed = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=500 // BEATS)
        self._feed.timeout.connect(self._make_or_add)
        self._memo = QTimer(interval=500)
        self._memo.timeout.connect(lambda: self._memory.append((time.perf_counter() - self._began, resident())))
        for timer in (self._probe, self._feed, self._memo):
            timer.start()
        gc.callbacks.append(self._collected)

    def _beat(self) -> None:
        now = time.perf_counter()
        self._late.append(max(0.0, now - self._due) * 1000)
        cpu = time.thread_time()
        self._busy.append((cpu - self._cpu) * 1000)
        self._cpu = cpu
        self._due = now + PROBE / 1000

    def _make_or_add(self) -> None:
        """In turn: making a batch is not the panel's work, and is not to be counted with it."""
        if not self._next:
            self._next = [self._event() for _ in range(EVENTS)]
            return
        events, self._next = self._next, []
        before = time.perf_counter()
        self._panel.append(events)
        self._adding.append((time.perf_counter() - before) * 1000)
        if self._count >= self._changes:
            QApplication.quit()

    def _event(self) -> ChangesMoved:
        peer, way = self._random.choice(
            [("laptop", FlowDirection.IN), ("desktop", FlowDirection.OUT), ("", FlowDirection.LOCAL)]
        )
        changes = tuple(self._change() for _ in range(self._size))
        burst = 0 if self._bursts is None else self._bursts.number("todo", peer, way)
        return ChangesMoved(time.time(), "todo", peer, way, changes, burst)

    def _change(self) -> FlowChange:
        self._count += 1
        value: SQLiteValue = self._random.choice([None, self._count, 1.5, "a text " * 5, "two\nlines", b"\0\xff" * 40])
        column = SENTINEL if self._count % 10 == 0 else "text"
        return FlowChange("todo", (self._count,), column, value, self._count, b"author of 16 by.", 1, "old", True)

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] == 2:
            now = time.perf_counter() * 1000
            if phase == "start":
                self._collecting.append(-now)
            else:
                self._collecting[-1] += now

    def report(self) -> None:
        """Print what was seen."""
        gc.callbacks.remove(self._collected)
        seconds = time.perf_counter() - self._began
        model = self._panel.current_model
        print(f"{self._count:,} changes in {seconds:.0f} s; {model.rowCount():,} lines of {model.held:,} held")
        print(f"loop stalls (ms):  {spread(self._late)}  over {len(self._late):,} beats")
        print(f"computed from beat to beat (ms):  {spread(self._busy)}")
        print(f"adding a batch (ms):  {spread(self._adding)}")
        if self._collecting:
            print(f"full garbage collections: {len(self._collecting)}, the longest {max(self._collecting):.1f} ms")
        full = [point for point in self._memory if point[0] > 0.5 * seconds]
        print(f"memory: {self._memory[0][1]:.0f} MB at first, {self._memory[-1][1]:.0f} MB at the end,")
        print(f"  growing by {slope(full) * 60:+.1f} MB a minute in the second half")


def spread(values: list[float]) -> str:
    """The median, the 99th percentile and the worst."""
    ranked = sorted(values)
    return f"p50 {ranked[len(ranked) // 2]:.1f}  p99 {ranked[len(ranked) * 99 // 100]:.1f}  worst {ranked[-1]:.1f}"


def slope(points: list[tuple[float, float]]) -> float:
    """The slope of the straight line through points, by least squares."""
    count = len(points)
    x0 = sum(x for x, _ in points) / count
    y0 = sum(y for _, y in points) / count
    return sum((x - x0) * (y - y0) for x, y in points) / sum((x - x0) ** 2 for x, _ in points)


def resident() -> float:
    """Megabytes of memory in use by this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
