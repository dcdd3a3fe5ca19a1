"""The clocks panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.tables import TrackedPeer
from gui.models.clocks import Column
from gui.panels.clocks import ClocksPanel

ONE, TWO, OWN = (bytes([number]) * 16 for number in (1, 2, 3))


@pytest.fixture
def panel(qtbot: QtBot) -> ClocksPanel:
    panel = ClocksPanel()
    qtbot.addWidget(panel)
    panel.show()
    return panel


def test_a_database_is_chosen(panel: ClocksPanel, qtbot: QtBot) -> None:
    chosen: list[str] = []
    panel.database_chosen.connect(chosen.append)
    assert panel.chosen() is None
    panel.set_databases({"a": "todo", "b": "notes"})
    assert panel.chosen() == "a"
    panel.database.setFocus()
    qtbot.keyClick(panel.database, Qt.Key.Key_Down)
    assert chosen == ["b"]
    panel.set_databases({"c": "more", "b": "renamed"})
    assert (panel.chosen(), panel.database.currentText()) == ("b", "renamed")
    panel.set_databases({})
    assert panel.chosen() is None
    assert chosen == ["b"], "only what a person chooses is told"


def test_the_own_clock_is_told(panel: ClocksPanel) -> None:
    assert panel.own.text() == ""
    panel.set_databases({"a": "todo"})
    assert "No clock yet" in panel.own.text()
    panel.model.set_clocks(OWN, 1234, [], {})
    assert "1,234" in panel.own.text()
    assert "03030303" in panel.own.text()
    assert panel.own.toolTip() == OWN.hex()


def test_site_ids_are_copied_whole_and_clocks_sorted(panel: ClocksPanel, qtbot: QtBot) -> None:
    panel.set_databases({"a": "todo"})
    panel.model.set_clocks(OWN, 1, [TrackedPeer(ONE, 5, None), TrackedPeer(TWO, 2**40, 3)], {})
    panel.table.sortByColumn(Column.RECEIVED, Qt.SortOrder.DescendingOrder)
    panel.table.setCurrentIndex(panel.proxy.index(0, Column.SITE))
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == TWO.hex()
