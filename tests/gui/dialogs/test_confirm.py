"""Asking before something is removed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from gui.dialogs.confirm import confirm
from tests.engine.live import until
from tests.gui.aio import application, on_gui_loop
from tests.gui.dialogs.answers import asking, click, press


@pytest.mark.parametrize(
    ("key", "outcome"), [(Qt.Key.Key_Escape, False), (Qt.Key.Key_Return, False), (None, True)], ids=str
)
def test_only_the_button_says_yes(key: Qt.Key | None, outcome: bool) -> None:
    @on_gui_loop
    async def go() -> None:
        question = confirm(None, "Remove peer", "Remove <b>Desk</b>?", "Remove")
        async with asking(QMessageBox, question) as (box, answer):
            assert (box.windowTitle(), box.text()) == ("Remove peer", "Remove <b>Desk</b>?")
            assert box.textFormat() is Qt.TextFormat.PlainText
            if key is not None:
                press(box.focusWidget() or box, key)
            else:
                click(next(button for button in box.buttons() if button.text() == "Remove"))
        assert answer.result() is outcome

    go()


@on_gui_loop
async def test_enter_means_no_after_a_change_of_style_too() -> None:
    app = application()
    style = app.style().name()
    async with asking(QMessageBox, confirm(None, "Remove peer", "Remove it?", "Remove")) as (box, answer):
        cancel = box.button(QMessageBox.StandardButton.Cancel)
        app.setStyle("Windows")
        app.setStyle("Fusion")
        await until(lambda: cancel.isDefault() and cancel.hasFocus(), "Cancel is the default again")
        press(cancel, Qt.Key.Key_Return)
    assert answer.result() is False
    app.setStyle(style)
