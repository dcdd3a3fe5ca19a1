"""Rows of two sides that have never met: the window asks how they are joined."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from engine.replica import Replica
from engine.table_shape import Join, JoinCount
from gui.dialogs.join import ask
from tests.engine.apps import running
from tests.engine.live import until
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import dialog, scene
from tests.gui.dialogs.answers import asking, click, press

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL)"


@pytest.mark.parametrize(
    ("button", "outcome"),
    [("Keep all", Join.BOTH), ("Keep all, theirs first", Join.SAME), ("Only theirs", Join.REPLACE), ("", None)],
)
def test_three_answers_and_none(button: str, outcome: Join | None) -> None:
    @on_gui_loop
    async def go() -> None:
        question = ask(None, "notes", "Desk", JoinCount(1_200, 3, 14, 9, 1))
        async with asking(QMessageBox, question) as (box, answer):
            assert "1,200; different: 3; only here: 14; only there: 9." in box.text()
            assert "Deleted on one of the two sides: 1." in box.text()
            if button:
                click(next(one for one in box.buttons() if one.text() == button))
            else:
                press(box.focusWidget() or box, Qt.Key.Key_Return)
        assert answer.result() is outcome

    go()


@on_gui_loop
async def test_it_is_asked_below_the_peers_and_done(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        with running(it.mine) as mine, running(it.room) as room:
            for app, path, rows in ((mine, it.mine, "('a', 'A')"), (room, it.room, "('a', 'B')")):
                app.do(NOTES, f"INSERT INTO notes VALUES {rows}")
                with Replica.open(path) as replica:
                    replica.make_ordinary("notes")
            panel = it.window.peers
            await until(
                lambda: "“notes” here and on the other side have never met" in panel.remedy.note.text, "it asks"
            )
            assert panel.remedy.button.text() == "Join…"
            assert "until you choose, with “Join…”, how they are joined." in panel.remedy.note.text
            assert "--join" not in panel.remedy.note.text
            click(panel.remedy.button)
            question = await dialog(it.window, QMessageBox)
            assert "different: 1;" in question.text()
            click(next(button for button in question.buttons() if button.text() == "Only theirs"))
            await until(lambda: mine.do("SELECT * FROM notes") == [("a", "B")], "theirs are here")
            await it.state("In sync")
            assert not panel.remedy.isVisible()
