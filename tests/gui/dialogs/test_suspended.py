"""Most rows of a table are gone: the window asks whether they are meant to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from engine.replica import Replica
from tests.engine.apps import running
from tests.engine.live import until
from tests.engine.ordinary.test_suspended import ANEW, FILL, WHY
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import dialog, scene
from tests.gui.dialogs.answers import click

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER NOT NULL DEFAULT 0)"


@pytest.mark.parametrize(
    ("answer", "left"), [("Bring them back", 30), ("Delete them everywhere", 2)], ids=["back", "delete"]
)
def test_a_question_with_two_answers(tmp_path: Path, answer: str, left: int) -> None:
    @on_gui_loop
    async def go() -> None:
        async with scene(tmp_path) as it:
            await it.state("In sync")
            with running(it.mine) as mine, running(it.room) as room:
                for app, path in ((mine, it.mine), (room, it.room)):
                    app.do(NOTES)
                    with Replica.open(path) as replica:
                        replica.make_ordinary("notes")
                mine.do(FILL)
                await until(lambda: room.do("SELECT count(*) FROM notes") == [(30,)], "the hub has them")
                mine.do(*ANEW)
                panel = it.window.peers
                await until(lambda: WHY in panel.remedy.note.text, "it is said below the peers")
                assert "“Answer…” gets them back from the other machines" in panel.remedy.note.text
                click(panel.remedy.button)
                question = await dialog(it.window, QMessageBox)
                assert "28 of the 30 rows of “notes” are gone" in question.text()
                click(next(button for button in question.buttons() if button.text() == answer))
                await it.state("In sync")
                await until(lambda: room.do("SELECT count(*) FROM notes") == [(left,)], "the hub has as many")
                await until(lambda: mine.do("SELECT count(*) FROM notes") == [(left,)], "and so has this side")
                assert not panel.remedy.isVisible()

    go()
