"""Hours of rest in minutes: the real window with ten links whose hub is down, while a clock of its own runs fast.

Run it as a program: ``python -m tests.benchmarks.soak_idle [--hours 8]``. Every simulated second each repeating
timer that is due goes off, the window is painted where it changed, and each peer is tried every 45 s, as after hours
without its hub. It prints how memory grew from hour to hour, and how long the loop was held up. It judges nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from array import array
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from engine.api import Engine
from engine.cli.bench.guests import SCHEMA
from engine.crr import connect
from engine.peer_state import PeerStatus, State
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings
from gui.app import shell
from gui.lifecycle import make_application, run_coroutine
from gui.window import Window
from tests.benchmarks.soak_flow import resident, slope, spread

LINKS = 10
TRIED_EVERY = 45
"""Simulated seconds between two tries of a peer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=int, default=8)
    options = parser.parse_args()
    app = make_application()
    with tempfile.TemporaryDirectory() as folder:
        run_coroutine(app, lambda quit_asked: _soak(Path(folder), quit_asked, options.hours))


async def _soak(folder: Path, quit_asked: asyncio.Event, hours: int) -> int:
    databases, peers = [], []
    for number in range(LINKS):
        file = folder / f"{number}.db"
        connection = connect(file, create=True)
        connection.execute(SCHEMA).fetchall()
        connection.close()
        databases.append(DatabaseConfig.new(file))
        peers.append(PeerConfig.new(databases[-1].id, "ws://127.0.0.1:9/sync", room="room", mode=Mode.LIVE))
    engine = Engine(Settings(databases=tuple(databases), peers=tuple(peers)))
    async with shell(engine, quit_asked) as window:
        await asyncio.sleep(2)
        clock = Clock(window, engine.peers.statuses(), hours * 3600)
        for hour in range(hours):
            for _ in range(3600):
                clock.second()
                await asyncio.sleep(0)  # what was asked for is painted
            clock.report(hour + 1)
        clock.conclude()
    return 0


class Clock:
    """Lets simulated time pass over a window.

    Args:
        window: shown. peers: as they are now. seconds: how many will pass.
    """

    def __init__(self, window: Window, peers: list[PeerStatus], seconds: int) -> None:
        self._bridge = window.bridge
        self._peers = peers
        self._passed = 0
        self._fired = 0
        self._timers = [
            (timer, max(1, timer.interval() // 1000))
            for widget in [*QApplication.topLevelWidgets(), *QApplication.allWidgets(), window.bridge, window.commands]
            for timer in widget.findChildren(QTimer)
            if not timer.isSingleShot()
        ]
        self._timers = list(dict(self._timers).items())
        self._stalls = array("d", bytes(8 * seconds))  # made before memory is measured
        self._memory: list[tuple[float, float]] = []
        self._before = time.perf_counter()
        began = time.time()
        time.time = lambda: began + self._passed  # type: ignore[assignment]

    def second(self) -> None:
        """One more second is over."""
        now = time.perf_counter()
        self._stalls[self._passed] = (now - self._before) * 1000
        self._before = now
        self._passed += 1
        for timer, seconds in self._timers:
            if self._passed % seconds == 0 and timer.isActive():
                timer.timeout.emit()
                self._fired += 1
        for place, peer in enumerate(self._peers):
            if (self._passed + place * 4) % TRIED_EVERY == 0:
                now = time.time()
                self._peers[place] = replace(
                    peer, state=State.WAITING, reason="Refused.", last_attempt=now, next_attempt=now + TRIED_EVERY
                )
                self._bridge.peers_changed.emit([self._peers[place]])
        if self._passed % 60 == 0:
            self._memory.append((self._passed / 3600, resident()))

    def report(self, hour: int) -> None:
        """Print how it stands after an hour."""
        print(f"hour {hour}: {self._memory[-1][1]:.1f} MB; {self._fired:,} timers went off", flush=True)

    def conclude(self) -> None:
        """Print the slope and the stalls."""
        half = [point for point in self._memory if point[0] > self._memory[-1][0] / 2]
        print(f"memory: {self._memory[0][1]:.1f} MB at first, {self._memory[-1][1]:.1f} MB at the end,")
        print(f"  growing by {slope(half) * 1000:+.0f} KB a simulated hour in the second half")
        print(f"the loop in a simulated second (ms):  {spread(list(self._stalls))}")


if __name__ == "__main__":
    main()
