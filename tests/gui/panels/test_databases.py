"""The list of databases and the header, as a person uses them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.tables import Coverage
from gui.models.database_status import ALL
from gui.models.databases import DatabasesModel
from gui.panels.database_header import DatabaseHeader
from gui.panels.databases import DatabasesPanel
from tests.gui.models.samples import change, moved, status
from tests.gui.models.test_databases import database
from tests.gui.panels.test_peers import heard, press


@pytest.fixture
def panel(qtbot: QtBot) -> DatabasesPanel:
    model = DatabasesModel()
    panel = DatabasesPanel(model)
    model.setParent(panel)
    qtbot.addWidget(panel)
    model.update_databases([database("notes"), database("books"), database("d")])
    panel.resize(panel.width(), 500)
    panel.show()
    return panel


def test_one_is_chosen_with_the_keys(panel: DatabasesPanel, qtbot: QtBot) -> None:
    chosen = heard(panel.chosen_changed)
    assert panel.chosen() == ALL
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    qtbot.keyClick(panel.list, Qt.Key.Key_End)
    qtbot.keyClick(panel.list, Qt.Key.Key_Home)
    assert chosen == ["books", "notes", ALL]
    qtbot.keyClicks(panel.list, "no")
    assert panel.chosen() == "notes", "by the beginning of its name"


def test_the_choice_stays_when_rows_move_and_is_all_when_it_goes(panel: DatabasesPanel) -> None:
    panel.choose("notes")
    chosen = heard(panel.chosen_changed)
    panel.model.update_databases([database("atlas"), database("notes", "It is gone.")])
    assert panel.chosen() == "notes"
    panel.model.remove_database("books")
    assert (panel.chosen(), chosen) == ("notes", [])
    panel.model.remove_database("notes")
    assert (panel.chosen(), chosen[-1]) == (ALL, ALL)
    panel.choose("nobody")
    assert panel.chosen() == ALL


def test_a_menu_for_a_database_and_none_for_all(panel: DatabasesPanel) -> None:
    asked = heard(panel.menu_requested)
    for row in (0, 1):
        panel.list.customContextMenuRequested.emit(panel.list.visualRect(panel.model.index(row)).center())
    assert [one[0] for one in asked] == ["books"]


def test_narrow_it_is_icons_and_both_are_painted(panel: DatabasesPanel) -> None:
    panel.model.append([moved(change(1))])
    panel.model.update_peers([status("a", database="notes")])
    wide, picture = panel.width(), picture_of(panel)
    panel.set_narrow(True)
    assert panel.maximumWidth() < wide / 2
    panel.resize(panel.maximumWidth(), 500)
    narrow = picture_of(panel)
    assert len({picture.pixel(x, 12) for x in range(picture.width())}) > 4
    assert len({narrow.pixel(narrow.width() // 2, y) for y in range(narrow.height())}) > 4


def picture_of(panel: DatabasesPanel) -> QImage:
    return panel.grab().toImage()


def test_no_timer_runs_while_nothing_moves(panel: DatabasesPanel) -> None:
    assert not panel._moving.isActive()
    panel.model.append([moved(change(1))])
    assert panel._moving.isActive()
    panel.hide()
    assert not panel._moving.isActive()


def test_the_header_is_about_the_chosen_one(qtbot: QtBot) -> None:
    header = DatabaseHeader()
    qtbot.addWidget(header)
    qtbot.addWidget(header.coverage)
    model = DatabasesModel(header)
    model.update_databases([database("notes")])
    model.update_peers([status("a", database="notes", name="hub")])
    header.show()
    header.show_status(model.status("notes"), Coverage(6, 15))
    assert (header.name.text(), header.sentence.text()) == ("notes", "In sync with hub.")
    assert header.coverage.text() == "6 of 15 tables; 9 stay on this machine."
    tables, sync, remove = (
        heard(one) for one in (header.tables_requested, header.sync_requested, header.remove_requested)
    )
    qtbot.mouseClick(header.coverage, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(header.tables, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(header.sync, Qt.MouseButton.LeftButton)
    press(header.menu_for("notes"), "Remove…")
    assert (tables, sync, remove) == (["notes", "notes"], ["notes"], ["notes"])
    header.show_status(model.status(ALL), None)
    assert header.coverage.isHidden()
    assert header.tables.isHidden()
    assert header.sync.isEnabled()
