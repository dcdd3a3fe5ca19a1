"""A window that is opened again begins with the changes that moved last."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from engine.api import Engine
from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.history.journal import Journal
from engine.ids import DatabaseId
from engine.settings import DatabaseConfig, Settings
from gui.app import shell
from gui.models.flow_group_text import Column
from tests.engine.live import make_file, until, write
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import click


@on_gui_loop
async def test_the_flow_survives_a_restart(tmp_path: Path) -> None:
    mine, journal = make_file(tmp_path / "todo.db"), tmp_path / "journal.db"
    settings = Settings(databases=(DatabaseConfig.new(mine),))
    lines = tuple(FlowChange("note", (number,), "text", "x", number, None, 1) for number in range(12))
    async with Journal(journal) as before:
        came = ChangesMoved(time.time(), DatabaseId("d"), "p", FlowDirection.IN, lines, 1)
        before.add_moved(came, "desktop")
    async with shell(Engine(settings, journal=Journal(journal)), asyncio.Event()) as window:
        groups = window.flow.groups
        await until(lambda: groups.held == 12, "they are read")
        said = [groups.index(0, column).data() for column in (Column.PEER, Column.WHAT, Column.CONTENT)]
        assert said == ["desktop", "12 rows", "note 12"]
        write(mine, "INSERT INTO item (id, name) VALUES (1, 'mine')")
        await until(lambda: groups.held > 12, "and what is new comes after")
        assert groups.index(1, Column.WHAT).data() == "1 row"
    async with shell(Engine(settings, journal=Journal(journal)), asyncio.Event()) as window:
        groups = window.flow.groups
        await until(lambda: groups.held > 12, "both are there")
        assert [groups.index(row, Column.CONTENT).data() for row in range(2)] == ["note 12", "item 1"]
        click(window.flow.clear)
        write(mine, "INSERT INTO item (id, name) VALUES (2, 'later')")
        await until(lambda: groups.rowCount(), "what comes later is there")
    async with shell(Engine(settings, journal=Journal(journal)), asyncio.Event()) as window:
        groups = window.flow.groups
        await until(lambda: groups.rowCount(), "only that is there")
        assert groups.index(0, Column.CONTENT).data() == "item 1"
        assert groups.rowCount() == 1, "what was cleared does not come back"
