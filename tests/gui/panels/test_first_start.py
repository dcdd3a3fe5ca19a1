"""The page that is shown while there is no database."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.panels.first_start import FirstStart
from tests.gui.panels.test_peers import heard


def test_three_ways_each_with_a_sentence(qtbot: QtBot) -> None:
    page = FirstStart()
    qtbot.addWidget(page)
    page.show()
    asked = [heard(one) for one in (page.add_database_requested, page.add_peer_requested, page.demo_requested)]
    for button in (page.database, page.link, page.demo):
        assert button.accessibleName()
        assert button.accessibleDescription().endswith(".")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [len(one) for one in asked] == [1, 1, 1]
