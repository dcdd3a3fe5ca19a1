"""Quitting at any moment, again and again: nothing on stderr, no file left behind, nothing lost.

A program that has loaded everything forks for each start, and four of them are started at a time: a hundred quits take
about a minute of processor time.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from tests import budget
from tests.engine.live import make_file, writing
from tests.gui.app.program import Program, settings_for, version_of, wait
from tests.gui.app.test_exits import hub

__all__ = ["hub"]

LANES = budget.pick(2, 4)
QUITS = budget.pick(4, 32, soak=100)
ROWS = 1500
"""Rows that are new at each start: what is sent of them goes in several batches."""

LONG = 120.0
"""Seconds for what four programs and a hub do at the same time; only a failing test waits that long."""

LEFT = {"config/settings.toml", "config/window.ini", "data/in-use.lock", "data/journal.db", "data/logs/syncline.log"}
"""All files that there may be, besides backups."""


class Lane:
    """One program with a database, and a room of its own at the hub.

    Args:
        folder: where its files go. room: the file of its room. url: the hub.
    """

    def __init__(self, folder: Path, room: Path, url: str) -> None:
        self.room = room
        self.rows = 0
        self._home = folder / "home"
        self._temporary = folder / "tmp"
        self._temporary.mkdir(parents=True)
        self._mine = make_file(folder / "mine.db")
        settings_for(self._home, self._mine, url, room.name)
        self.program: Program | None = None

    def quit_once(self, case: budget.Case) -> bool:
        """Write, start, and quit at some moment, half of the time right after the first batch has arrived.

        Returns:
            whether that was in the middle: more of the rows had arrived than none, and fewer than all.
        """
        before = version_of(self.room)
        with writing(self._mine) as connection:
            connection.execute(
                "WITH RECURSIVE c(i) AS (SELECT ?1 UNION ALL SELECT i+1 FROM c WHERE i < ?2)"
                " INSERT INTO item (id, name) SELECT i, 'name ' || i FROM c",
                (self.rows, self.rows + ROWS - 1),
            )
        self.rows += ROWS
        self.start()
        if case.random.random() < 0.5:
            wait(lambda: version_of(self.room) > before, "the first batch arrives", LONG)
            time.sleep(case.random.uniform(0, 0.1))
        else:
            time.sleep(case.random.uniform(0, 1.5))
        assert self.program is not None
        assert self.program.ends_well(case.random.choice([signal.SIGTERM, signal.SIGINT])) == ""
        assert list(self._temporary.iterdir()) == []
        files = {file.relative_to(self._home).as_posix() for file in self._home.rglob("*") if file.is_file()}
        assert {file for file in files if not file.startswith("data/backups/")} <= LEFT
        assert "Traceback" not in (self._home / "data" / "logs" / "syncline.log").read_text()
        return before < version_of(self.room) and self.arrived < self.rows

    def start(self) -> None:
        """Start the program; it has the lock then, and hears signals."""
        self.program = Program(self._home, temporary=self._temporary, forked=True)
        wait((self._home / "config" / "running.lock").exists, "the program has the lock", LONG)

    def close(self) -> None:
        """End the program, if a test failed."""
        if self.program is not None:
            self.program.kill()

    def describe(self) -> str:
        """How it stands, and the end of its log."""
        log = (self._home / "data" / "logs" / "syncline.log").read_text()[-1500:]
        return f"{self.room.name}: {self.arrived} of {self.rows} rows; {log}"

    @property
    def arrived(self) -> int:
        """How many rows the hub has."""
        with writing(self.room) as connection:
            return int(connection.execute("SELECT count(*) FROM item").fetchone()[0])


@pytest.fixture
def lanes(hub: tuple[Path, str], tmp_path: Path) -> Iterator[list[Lane]]:
    room, url = hub
    rooms = [make_file(room.with_name(f"room{number}")) for number in range(LANES)]
    with contextlib.ExitStack() as stack:
        made = [Lane(tmp_path / file.name, file, url) for file in rooms]
        for lane in made:
            stack.callback(lane.close)
        yield made


@pytest.mark.soak
@pytest.mark.slow
def test_quitting_in_the_middle_of_a_sync_again_and_again(lanes: list[Lane]) -> None:
    cases = budget.cases("quitting in the middle", seconds=1, at_least=QUITS, looks_for="in the middle of a sync")
    with ThreadPoolExecutor(LANES) as pool:
        while some := list(islice(cases, LANES)):
            tries = [pool.submit(lane.quit_once, case) for lane, case in zip(lanes, some, strict=False)]
            for case, one in zip(some, tries, strict=True):
                try:
                    case.found(one.result())
                except AssertionError as error:
                    error.add_note(f"seed {case.seed}; {[lane.describe() for lane in lanes]}")
                    raise
    for lane in lanes:  # all of it arrives after all
        lane.start()
        while (before := lane.arrived) < lane.rows:
            wait(
                lambda lane=lane, before=before: lane.arrived > before, f"more than {before} of {lane.rows} rows", LONG
            )
        assert lane.program is not None
        assert lane.program.ends_well(signal.SIGTERM) == ""
