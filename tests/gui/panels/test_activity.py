"""The activity panel, as a person reads it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from engine.history.journal import OverwrittenLine, SyncLine
from gui.panels.activity import OVERWRITTEN, SYNCS, ActivityPanel

ONE = SyncLine(time.time(), "p", "Laptop", "todo", 1200, 3, 5000, 100, 0.5, "")
OLD = OverwrittenLine(time.time(), "d", "p", "Laptop", "item", (1,), "name", "a\u202eb", "<b>new</b>", bytes(16))


@pytest.fixture
def panel(qtbot: QtBot) -> ActivityPanel:
    panel = ActivityPanel()
    qtbot.addWidget(panel)
    panel.resize(1000, 300)
    panel.show()
    return panel


def cells(panel: ActivityPanel, row: int) -> list[str]:
    model = panel.tables[panel.pages.currentIndex()].model()
    return [model.index(row, column).data() for column in range(model.columnCount())]


def test_syncs_in_words(panel: ActivityPanel) -> None:
    now = replace(ONE, time=time.time())  # not the module's: a run may go on past midnight
    hours = replace(now, time=now.time - 86_400 * 3, sent=0, received=0, seconds=7300.0)
    panel.set_syncs([replace(now, error="The connection\nwas cut."), now, hours])
    assert cells(panel, 0)[1:] == ["Laptop", "todo", "1,200", "3", "5.1 kB", "0.5 s", "The connection↵was cut."]
    assert cells(panel, 1)[-1] == "Complete"
    assert cells(panel, 2)[-2:] == ["2 h 1 min", "Nothing new"]
    assert len(cells(panel, 2)[0]) > len(cells(panel, 1)[0]), "another day is named"
    assert panel.count.text() == "3 syncs"


def test_new_lines_come_above_and_what_is_chosen_stays(panel: ActivityPanel) -> None:
    panel.set_syncs([ONE])
    panel.tables[SYNCS].selectRow(0)
    panel.set_syncs([replace(ONE, sent=7), ONE])
    assert [index.row() for index in panel.tables[SYNCS].selectionModel().selectedRows()] == [1]


def test_sorting_and_filtering(panel: ActivityPanel, qtbot: QtBot) -> None:
    panel.set_syncs([replace(ONE, sent=number, peer_name=name) for number, name in ((2, "b"), (10, "a"), (1, "ab"))])
    panel.tables[SYNCS].sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert [cells(panel, row)[3] for row in range(3)] == ["10", "2", "1"]
    qtbot.keyClicks(panel.filter, "A")
    assert panel.count.text() == "2 syncs"


def test_overwritten_values_are_shown_safely_and_asked_for(panel: ActivityPanel, qtbot: QtBot) -> None:
    asked: list[OverwrittenLine] = []
    panel.value_requested.connect(asked.append)
    panel.choice.setCurrentIndex(OVERWRITTEN)
    panel.set_overwritten([OLD, replace(OLD, whole=False, old=None)])
    assert cells(panel, 0)[-2:] == ["a⟨202E⟩b", "<b>new</b>"]
    assert cells(panel, 1)[-2] == "(too large to keep)"
    assert not panel.export.isEnabled()
    table = panel.tables[OVERWRITTEN]
    table.setCurrentIndex(table.model().index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert asked == [OLD]
    table.customContextMenuRequested.emit(table.visualRect(table.model().index(0, 0)).center())
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.actions()[0].trigger()
    menu.close()
    assert asked == [OLD, OLD]


def test_a_cell_is_copied(panel: ActivityPanel, qtbot: QtBot) -> None:
    panel.set_syncs([ONE])
    panel.tables[SYNCS].setCurrentIndex(panel.tables[SYNCS].model().index(0, 1))
    qtbot.keyClick(panel.tables[SYNCS], Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Laptop"


def test_columns_are_remembered(panel: ActivityPanel, qtbot: QtBot) -> None:
    panel.tables[SYNCS].setColumnWidth(1, 222)
    panel.tables[OVERWRITTEN].setColumnWidth(5, 333)
    again = ActivityPanel()
    qtbot.addWidget(again)
    assert again.restore_state(panel.save_state())
    assert (again.tables[SYNCS].columnWidth(1), again.tables[OVERWRITTEN].columnWidth(5)) == (222, 333)
    assert not again.restore_state(b"zz")
    assert not again.restore_state(b"zz|zz")
