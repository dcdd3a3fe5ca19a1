"""A table that is parked in this file: the window says so, and mends it on request."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QMessageBox

from engine.replica import Replica
from tests.engine.live import rows, until, write
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import dialog, scene
from tests.gui.dialogs.answers import click


@on_gui_loop
async def test_it_is_mended_by_one_press(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        panel = it.window.peers
        await it.state("In sync")
        with Replica.open(it.mine) as replica:
            replica.park("item", "a trigger keeps rows out")
        await it.state("Needs you")
        await until(panel.remedy.isVisible, "it is said below the peers")
        assert "The table “item” cannot be synced: a trigger keeps rows out." in panel.remedy.note.text
        assert panel.remedy.button.text() == "Repair…"
        write(it.room, "INSERT INTO item (id, name) VALUES (77, 'meanwhile')")
        click(panel.remedy.button)
        question = await dialog(it.window, QMessageBox)
        click(next(button for button in question.buttons() if button.text() == "Repair"))
        await it.state("In sync")
        assert rows(it.mine) == rows(it.room)
        assert not panel.remedy.isVisible()
