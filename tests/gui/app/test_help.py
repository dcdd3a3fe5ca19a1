"""The help menu."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine import __version__
from engine.api import Engine
from engine.settings import Settings
from gui.app import shell
from gui.help_menu import DOCUMENTS, HelpMenu
from tests.engine.live import until
from tests.gui.aio import on_gui_loop


def test_the_documents_that_are_there_can_be_opened(qtbot: QtBot, tmp_path: Path) -> None:
    menu = HelpMenu(folder=tmp_path)
    qtbot.addWidget(menu)
    assert [one.text() for one in menu.actions()] == [f"Version {__version__}", "About Syncline"]
    menu = HelpMenu()
    qtbot.addWidget(menu)
    menu.document_requested.disconnect()  # no program is to be started
    asked: list[Path] = []
    menu.document_requested.connect(asked.append)
    for one in menu.actions()[:5]:
        one.trigger()
    assert asked == [DOCUMENTS / f"{name}.md" for name in ("guide", "two-machines", "hub", "troubleshooting", "README")]
    assert all(one.is_file() for one in asked)


@on_gui_loop
async def test_about_says_which_version_it_is() -> None:
    async with shell(Engine(Settings()), asyncio.Event()) as window:
        window.toolbar.help.about.trigger()
        await until(lambda: [one for one in window.findChildren(QMessageBox) if one.isVisible()], "it is shown")
        [box] = window.findChildren(QMessageBox)
        assert __version__ in box.text()
        box.reject()
        await until(lambda: not window.findChildren(QMessageBox), "and goes")
