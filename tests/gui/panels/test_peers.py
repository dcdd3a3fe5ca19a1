"""The peers panel, as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, SignalInstance
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QMenu, QPushButton, QTableView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from engine.peer_state import Remedy, State
from engine.settings import Pause
from gui import language
from gui.models.peer_columns import Column
from gui.models.peers import SENTENCE_ROLE
from gui.panels.clocks import ClocksPanel
from gui.panels.flow import FlowPanel
from gui.panels.peers import PeersPanel
from tests.gui.aio import QT_PATIENCE, application
from tests.gui.models.samples import status


@pytest.fixture
def panel(qtbot: QtBot) -> PeersPanel:
    panel = PeersPanel()
    qtbot.addWidget(panel)
    panel.resize(1000, 300)
    panel.show()
    return panel


def heard(signal: SignalInstance) -> list[Any]:
    """Everything that a signal says from now on."""
    said: list[Any] = []
    signal.connect(lambda *args: said.append(args[0] if len(args) == 1 else args))
    return said


def test_an_empty_panel_teaches(panel: PeersPanel, qtbot: QtBot) -> None:
    peer, share = heard(panel.add_peer_requested), heard(panel.share_requested)
    panel.set_database_names({"d": "todo"})
    assert "No peer yet" in panel.empty.heading.text()
    seen = panel.empty.sentence.size()
    panel.set_database_names({"d": "todo"})  # told again, as whenever a database moved
    assert panel.empty.sentence.size() == seen
    assert seen.width() > 200
    qtbot.mouseClick(panel.add_peer_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.share_button, Qt.MouseButton.LeftButton)
    assert [len(said) for said in (peer, share)] == [1, 1]
    panel.set_sharing("Shared; connected: visitor.")
    assert "visitor" in panel.empty.sentence.text()
    panel.model.update([status("a")])
    assert panel.table.isVisible()
    panel.model.remove("a")
    assert panel.empty.isVisible()


def test_of_one_database(panel: PeersPanel) -> None:
    panel.set_database_names({"d": "todo", "e": "empty"})
    panel.model.update([status("a"), status("b", database="f")])
    panel.show_database("d")
    assert panel.proxy.rowCount() == 1
    panel.filter.setText("peer b")
    assert panel.proxy.rowCount() == 0
    panel.filter.clear()
    panel.show_database("e")
    assert panel.empty.isVisible(), "it has none, whatever others have"
    panel.show_database("")
    assert panel.proxy.rowCount() == 2


def test_filter_and_choice(panel: PeersPanel, qtbot: QtBot) -> None:
    chosen = heard(panel.selection_changed)
    panel.model.update([status("a", name="Laptop"), status("b", name="Desktop"), status("c", name="Lab")])
    qtbot.keyClicks(panel.filter, "la")
    assert panel.proxy.rowCount() == 2
    panel.table.selectAll()
    assert panel.selected() == chosen[-1] == ["c", "a"], "from the top down, by name"


def test_the_menu_says_what_a_person_asks_for(panel: PeersPanel) -> None:
    panel.model.update([status("a"), status("b")])
    sync, pause, edit, remove, flow = (
        heard(signal)
        for signal in (
            panel.sync_requested,
            panel.pause_requested,
            panel.edit_requested,
            panel.remove_requested,
            panel.flow_requested,
        )
    )
    menu = panel.menu_for(["a"])
    press(menu, "Sync now")
    press(menu, "Show changes")
    press(menu, "Edit…")
    press(menu, "Remove…")
    press(menu, "Until resumed")
    press(menu, "Resume")
    assert (sync, flow, edit, remove) == ([["a"]], ["a"], ["a"], [["a"]])
    assert pause == [(["a"], Pause.FOREVER), (["a"], None)]
    both = panel.menu_for(["a", "b"])
    assert not action(both, "Edit…").isEnabled()
    assert action(both, "Sync now").isEnabled()


def test_guests_are_rows_that_nobody_can_dial(panel: PeersPanel) -> None:
    panel.model.update([status("a"), status("studio", name="studio", url="", guest=True)])
    panel.set_sharing("Shared; connected: studio.")
    names = {panel.proxy.index(row, Column.NAME).data() for row in range(panel.proxy.rowCount())}
    assert names == {"Peer a", "studio (guest)"}
    edit, share, remove, revoke, flow, verify = (
        heard(signal)
        for signal in (
            panel.edit_requested,
            panel.share_requested,
            panel.remove_requested,
            panel.revoke_requested,
            panel.flow_requested,
            panel.verify_requested,
        )
    )
    panel.filter.setText("guest")
    panel.table.selectRow(0)
    assert (panel.selected(), panel.selected_guests()) == ([], ["studio"])
    panel.table.activated.emit(panel.proxy.index(0, 0))
    delete(panel)
    menu = panel.menu_for_guests(panel.selected_guests())
    press(menu, "Show changes")
    press(menu, "Verify")
    press(menu, "Share…")
    press(menu, "Revoke access…")
    assert (edit, remove, share, flow, verify) == ([], [], [(), ()], ["studio"], ["studio"])
    assert revoke == [["studio"], ["studio"]]
    panel.filter.clear()
    panel.table.selectAll()
    delete(panel)
    assert remove == [["a"]], "a guest is thrown out by itself, or not at all"


def delete(panel: PeersPanel) -> None:
    """What the key does where the table has the focus."""
    next(one for one in panel.table.actions() if one.shortcut() == QKeySequence.StandardKey.Delete).trigger()


def action(menu: QMenu, text: str) -> Any:
    """An action by its text, in the menu or one below it."""
    every = [*menu.actions(), *(one for below in menu.findChildren(QMenu) for one in below.actions())]
    return next(one for one in every if one.text() == text)


def press(menu: QMenu, text: str) -> None:
    action(menu, text).trigger()


def test_the_menu_opens_on_the_row(panel: PeersPanel, qtbot: QtBot) -> None:
    panel.model.update([status("a"), status("b")])
    panel.table.selectRow(1)
    where = panel.table.visualRect(panel.proxy.index(1, 0)).center()
    panel.table.customContextMenuRequested.emit(where)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=QT_PATIENCE)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QMenu)
    asked = heard(panel.sync_requested)
    press(popup, "Sync now")
    popup.close()
    assert asked == [["b"]]


def test_keys(panel: PeersPanel, qtbot: QtBot) -> None:
    panel.model.update([status("a", name="Laptop"), status("b", name="Desktop")])
    removed, edited = heard(panel.remove_requested), heard(panel.edit_requested)
    panel.table.setFocus()
    panel.table.setCurrentIndex(panel.proxy.index(0, Column.NAME))
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Desktop"
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert (removed, edited) == ([["b"]], ["b"])
    qtbot.keyClick(panel.table, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert panel.filter.hasFocus(), "Tab leaves the table"


def test_columns_are_remembered(panel: PeersPanel, qtbot: QtBot) -> None:
    panel.model.update([status("a", received=1), status("b", received=2)])
    header = panel.table.horizontalHeader()
    header.moveSection(header.visualIndex(Column.ADDRESS), 0)
    header.setSectionHidden(Column.DATABASE, True)
    panel.table.setColumnWidth(Column.NAME, 222)
    panel.table.sortByColumn(Column.RECEIVED, Qt.SortOrder.DescendingOrder)
    state = panel.save_state()

    again = PeersPanel()
    qtbot.addWidget(again)
    again.model.update(panel.model.statuses())
    assert again.restore_state(state)
    header = again.table.horizontalHeader()
    assert header.visualIndex(Column.ADDRESS) == 0
    assert header.isSectionHidden(Column.DATABASE)
    assert again.table.columnWidth(Column.NAME) == 222
    assert again.proxy.index(0, Column.RECEIVED).data() == "2", "and sorted as before"
    assert not again.restore_state(b"not a state")
    assert header.visualIndex(Column.ADDRESS) == 0


def test_columns_and_sorting_from_the_keyboard(panel: PeersPanel) -> None:
    panel.model.update([status("a", name="B", received=1), status("b", name="A", received=2)])
    panel.table.setCurrentIndex(panel.proxy.index(0, Column.RECEIVED))
    for expected in (["1", "2"], ["2", "1"], ["1", "2"]):
        press(panel.menu_for(["a"]), "Sort by this column")
        assert [panel.proxy.index(row, Column.RECEIVED).data() for row in range(2)] == expected
    assert panel.table.isColumnHidden(Column.CONFIRMED), "at first"
    for hidden in (False, True):
        press(panel.menu_for(["a"]), "Confirmed clock")
        assert panel.table.isColumnHidden(Column.CONFIRMED) is hidden


@pytest.fixture(params=["en", "de"])
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    """Everything is in this language."""
    language.install(application(), request.param)
    yield request.param
    language.install(application(), "en")


def test_at_first_what_matters_is_seen_and_nothing_scrolls(spoken: str, panel: PeersPanel) -> None:
    panel.model.update([status("a"), status("b", state=State.NEEDS_YOU, reason="The token was refused. " * 9)])
    panel.resize(853 - 64, 300)
    header = panel.table.horizontalHeader()
    shown = {column for column in Column if not header.isSectionHidden(column)}
    more = {Column.DATABASE, Column.CONFIRMED, Column.LAST_ATTEMPT, Column.ADDRESS}
    assert shown == set(Column) - more
    assert panel.table.horizontalScrollBar().maximum() == 0
    assert header.length() == panel.table.viewport().width()
    assert header.sectionSize(Column.STATE) > 180, "the state has room for its sentence"
    assert panel.proxy.index(0, Column.NAME).data() == "Peer b", "the worst is on top"
    assert "The token was refused." in panel.proxy.index(0, Column.STATE).data(SENTENCE_ROLE)


def test_the_databases_are_named_where_those_of_several_are_shown(panel: PeersPanel) -> None:
    panel.set_database_names({"d": "todo"})
    assert panel.table.isColumnHidden(Column.DATABASE)
    panel.set_database_names({"d": "todo", "e": "notes"})
    assert not panel.table.isColumnHidden(Column.DATABASE)
    panel.show_database("d")
    assert panel.table.isColumnHidden(Column.DATABASE)


def test_the_sentence_stands_beside_the_word(panel: PeersPanel) -> None:
    def picture(reason: str) -> QImage:
        panel.model.update([status("a", reason=reason)])
        place = panel.table.visualRect(panel.proxy.index(0, Column.STATE))
        image = panel.table.viewport().grab(place).toImage()
        return image.copy(image.width() // 2, 0, image.width() // 2, image.height())

    assert picture("") != picture("Everything is on both disks, as far as anybody can tell.")


def test_columns_can_be_hidden_but_not_all(panel: PeersPanel) -> None:
    panel.model.update([status("a")])
    header = panel.table.horizontalHeader()
    for column in Column:
        header.setSectionHidden(column, False)
    for column in list(Column)[1:]:
        header.customContextMenuRequested.emit(QPoint(5, 5))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        one = action(menu, str(panel.proxy.headerData(column, Qt.Orientation.Horizontal)))
        assert one.isEnabled()
        one.trigger()
        menu.close()
    assert header.hiddenSectionCount() == len(Column) - 1
    header.customContextMenuRequested.emit(QPoint(5, 5))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert not action(menu, "Peer").isEnabled()
    menu.close()


def test_progress_is_drawn_in_the_row(panel: PeersPanel) -> None:
    def picture(done: int, state: State = State.SYNCING) -> QImage:
        panel.model.update([status("a", state, done=done, total=100)])
        place = panel.table.visualRect(panel.proxy.index(0, Column.STATE))
        image = panel.table.viewport().grab(place).toImage()
        return image.copy(0, image.height() - 4, image.width(), 4)  # below the words

    early, late = picture(10), picture(90)
    assert early != late
    assert picture(0, State.WAITING) != early


def test_times_go_on_only_while_seen(panel: PeersPanel, qtbot: QtBot) -> None:
    assert panel._ticking.isActive()
    panel.hide()
    assert not panel._ticking.isActive()


@pytest.mark.parametrize("kind", [PeersPanel, FlowPanel, ClocksPanel])
def test_every_control_has_a_name_for_screen_readers(qtbot: QtBot, kind: type[QWidget]) -> None:
    panel = kind()
    qtbot.addWidget(panel)
    controls = [
        one for of in (QLineEdit, QComboBox, QPushButton, QToolButton, QTableView) for one in panel.findChildren(of)
    ]
    named = [one for one in controls if not one.objectName().startswith("qt_") and isinstance(one.parent(), QWidget)]
    ours = [one for one in named if not isinstance(one.parent(), QLineEdit)]  # Qt's own clear button
    assert ours
    assert [one for one in ours if not one.accessibleName()] == []


@pytest.mark.parametrize(
    ("remedy", "signal", "text"),
    [
        (Remedy.COMPARE_TABLES, "tables_requested", "Compare tables…"),
        (Remedy.JOIN, "join_requested", "Join…"),
        (Remedy.ANSWER, "answer_requested", "Answer…"),
        (Remedy.REPAIR, "repair_requested", "Repair…"),
        (Remedy.NEW_ID, "new_id_requested", "Give it a new id…"),
        (Remedy.PAIR, "pair_requested", "Pair again…"),
        (Remedy.EDIT, "edit_requested", "Edit peer…"),
    ],
)
def test_what_a_peer_needs_stands_below_with_a_button(
    panel: PeersPanel, qtbot: QtBot, remedy: Remedy, signal: str, text: str
) -> None:
    asked = heard(getattr(panel, signal))
    well, first, chosen = (
        status("well"),
        replace(status("first"), state=State.NEEDS_YOU, reason="Why so.", remedy=None),
        replace(status("chosen"), state=State.NEEDS_YOU, reason="For this.", remedy=remedy),
    )
    panel.model.update([well])
    assert not panel.remedy.isVisible()
    panel.model.update([first, chosen])
    assert "Why so." in panel.remedy.note.text
    assert not panel.remedy.button.isVisible()
    flags = QItemSelectionModel.SelectionFlag
    panel.table.selectionModel().select(panel.proxy.index(0, 0), flags.ClearAndSelect | flags.Rows)
    assert "For this." in panel.remedy.note.text
    assert panel.remedy.button.text() == text
    qtbot.mouseClick(panel.remedy.button, Qt.MouseButton.LeftButton)
    assert asked == ["chosen"]
    panel.model.update([replace(one, state=State.IN_SYNC, remedy=None) for one in (first, chosen)])
    assert not panel.remedy.isVisible()
