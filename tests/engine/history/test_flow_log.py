"""The latest changes are kept with the journal, for the next start."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.history import flow_log
from engine.history.journal import Journal
from engine.ids import DatabaseId, SiteId
from engine.truncate import Clipped, stands_for
from tests.engine.live import on_loop


@on_loop
async def test_the_latest_changes_are_there_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    long_text, long_blob = "é" * 20_000, b"\0\1" * 20_000
    changes = (
        FlowChange("item", (1, "k"), "name", "new", 7, SiteId(bytes(16)), 1, "old", True, "1 of laptop"),
        FlowChange("item", (2, b"\0"), "size", None, 8, None, 1, None, True),
        FlowChange("item", (3.5,), "text", long_text, 9, None, 3, long_blob, True),
    )
    came = ChangesMoved(time.time(), DatabaseId("d"), "p", FlowDirection.IN, changes[:2], 5)
    more = replace(came, changes=changes[2:], time=came.time + 1)
    mine = ChangesMoved(time.time(), DatabaseId("d"), "", FlowDirection.LOCAL, changes[:1], 6)
    async with Journal(file) as one:
        for event, name in ((came, "Laptop"), (more, "Laptop"), (mine, "")):
            one.add_moved(event, name)
        assert await one.moved_before() == ([], {}), "only what was there before it was opened"
    async with Journal(file) as one:
        one.add_moved(replace(mine, burst=9), "")
        events, names = await one.moved_before()
        assert names == {"p": "Laptop"}
        assert [events[0], events[2]] == [came, mine]
        short = events[1].changes[0]
        assert isinstance(short.value, Clipped)
        assert isinstance(short.old, Clipped)
        assert (len(short.value), short.value.whole) == (flow_log.LONGEST, 20_000)
        assert stands_for(short.value, long_text)
        assert stands_for(short.old, long_blob)
        assert replace(short, value=long_text, old=long_blob) == changes[2]


@on_loop
async def test_only_the_last_of_many_changes_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    lines = tuple(FlowChange("item", (number,), "n", number, number, None, 1) for number in range(1_500))
    async with Journal(file) as one:
        one.add_moved(ChangesMoved(time.time(), DatabaseId("d"), "p", FlowDirection.OUT, lines[:700], 1), "")
        await one.syncs()  # they are on disk
        one.add_moved(ChangesMoved(time.time(), DatabaseId("d"), "p", FlowDirection.OUT, lines[700:], 2), "")
    async with Journal(file) as one:
        events, _ = await one.moved_before()
        kept = [change.version for event in events for change in event.changes]
        assert kept == list(range(1_500 - flow_log.KEPT, 1_500))
    stored = apsw.Connection(str(file))
    assert stored.execute("SELECT count(*) FROM moved").get == flow_log.KEPT
    stored.close()


@pytest.mark.parametrize("damage", ["pk = x'ff'", "way = 'SIDEWAYS'"])
@on_loop
async def test_lines_that_nobody_can_read_are_no_defect(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    """A later version may know of another direction; the file may be damaged."""
    file = tmp_path / "journal.db"
    change = FlowChange("item", (1,), "name", "new", 7, None, 1)
    async with Journal(file) as one:
        one.add_moved(ChangesMoved(time.time(), DatabaseId("d"), "p", FlowDirection.IN, (change,), 5), "Laptop")
    with closing(apsw.Connection(str(file))) as db:
        db.execute(f"UPDATE moved SET {damage}")
    async with Journal(file) as one:
        assert await one.moved_before() == ([], {})
    assert "could not be read" in caplog.text
    caplog.clear()
