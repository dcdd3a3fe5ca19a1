"""The change flow, as a person reads it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QTextDocument, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.events import FlowDirection
from gui.models import flow
from gui.models.flow import LINE_ROLE, Column
from gui.panels.flow import FlowPanel
from tests.gui.aio import QT_PATIENCE
from tests.gui.models.samples import change, moved

CAPACITY = 500


@pytest.fixture
def panel(qtbot: QtBot) -> FlowPanel:
    panel = FlowPanel(CAPACITY)
    panel.cells.setChecked(True)
    qtbot.addWidget(panel)
    panel.resize(1000, 300)
    panel.show()
    return panel


def add(panel: FlowPanel, first: int, end: int) -> None:
    panel.append([moved(*map(change, range(first, end)))])
    QApplication.processEvents()


def seen(panel: FlowPanel) -> tuple[int, int]:
    """The versions of the first and the last line in sight."""
    table = panel.table
    top, bottom = table.rowAt(2), table.rowAt(table.viewport().height() - 2)
    versions = [panel.model.index(row, 0).data(LINE_ROLE)[1].version for row in (top, bottom)]
    return versions[0], versions[1]


def wheel(panel: FlowPanel, notches: int) -> None:
    """Turn the wheel up (positive) or down over the table."""
    view = panel.table.viewport()
    where = QPointF(view.rect().center())
    event = QWheelEvent(
        where,
        view.mapToGlobal(where),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_it_follows_the_newest(panel: FlowPanel) -> None:
    for first in range(0, 3 * CAPACITY, 100):
        add(panel, first, first + 100)
        assert seen(panel)[1] == first + 99
    assert panel.follow.isChecked()


def test_it_stays_at_the_end_when_the_window_changes(panel: FlowPanel) -> None:
    add(panel, 0, 100)
    for height in (200, 500, 260):
        panel.resize(1000, height)
        QApplication.processEvents()
        assert seen(panel)[1] == 99


def test_the_filters_go_below_when_one_line_has_no_room(panel: FlowPanel, qtbot: QtBot) -> None:
    boxes = (panel.peer, panel.table_choice, panel.way)
    bar = (panel.text, *boxes, panel.pause, panel.clear)

    def lies_in(lines: int) -> None:
        def so() -> bool:
            whole = all(widget.width() >= widget.sizeHint().width() for widget in (*boxes, panel.pause))
            inside = all(widget.geometry().right() < panel.width() for widget in bar)
            return whole and inside and len({widget.y() // 20 for widget in bar}) == lines

        qtbot.waitUntil(so, timeout=QT_PATIENCE)

    lies_in(1)
    panel.resize(panel.minimumSizeHint().width(), 300)
    lies_in(2)
    panel.resize(1000, 300)
    lies_in(1)
    panel.pause.setText("123,456,789 waiting " * 4)
    lies_in(2)
    panel.pause.setText("Pause")
    lies_in(1)


def test_scrolling_up_stops_following_and_what_is_read_stays(panel: FlowPanel) -> None:
    add(panel, 0, CAPACITY)
    wheel(panel, 1)
    assert not panel.follow.isChecked()
    reading = seen(panel)
    for first in range(CAPACITY, CAPACITY + 200, 50):  # the oldest give way
        add(panel, first, first + 50)
        assert seen(panel) == reading
    for _ in range(300):
        wheel(panel, -1)
    assert panel.follow.isChecked()
    add(panel, CAPACITY + 200, CAPACITY + 210)
    assert seen(panel)[1] == CAPACITY + 209


def test_what_is_read_may_give_way_itself(panel: FlowPanel) -> None:
    add(panel, 0, CAPACITY)
    panel.table.scrollToTop()
    add(panel, CAPACITY, CAPACITY + 50)
    assert not panel.follow.isChecked()
    assert seen(panel)[0] == 50


def test_keys_scroll_too(panel: FlowPanel, qtbot: QtBot) -> None:
    add(panel, 0, 200)
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert not panel.follow.isChecked()
    qtbot.keyClick(panel.table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert panel.follow.isChecked()


def test_the_switch_goes_to_the_end(panel: FlowPanel, qtbot: QtBot) -> None:
    add(panel, 0, 200)
    panel.table.scrollToTop()
    qtbot.mouseClick(panel.follow, Qt.MouseButton.LeftButton)
    assert seen(panel)[1] == 199


def test_older_lines_that_a_filter_finds_do_not_move_what_is_read(
    panel: FlowPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "SLICE", 100)
    panel.append([moved(*(change(number, "even" if number % 2 == 0 else "odd") for number in range(CAPACITY)))])
    panel.text.setText("even")
    panel.table.executeDelayedItemsLayout()
    wheel(panel, 1)
    assert panel.model.searching
    assert not panel.follow.isChecked()
    reading = seen(panel)
    qtbot.waitUntil(lambda: not panel.model.searching, timeout=QT_PATIENCE)
    assert panel.counts.text() == "250 of 500 changes"
    assert seen(panel) == reading


def test_a_filter_shows_the_newest_that_pass(panel: FlowPanel, qtbot: QtBot) -> None:
    add(panel, 0, 200)
    panel.text.setText("1")
    qtbot.waitUntil(lambda: not panel.model.searching, timeout=QT_PATIENCE)
    QApplication.processEvents()
    assert seen(panel)[1] == 199


def test_pause_holds_back_and_counts(panel: FlowPanel, qtbot: QtBot) -> None:
    add(panel, 0, 10)
    qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    add(panel, 10, 1250)
    add(panel, 1250, 1250 + CAPACITY - 20)
    assert panel.model.rowCount() == 10
    assert panel.pause.text() == "500 waiting", "no more wait than can be shown"
    qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert panel.pause.text() == "Pause"
    assert panel.model.rowCount() == CAPACITY
    assert seen(panel)[1] == 1250 + CAPACITY - 21


def test_clear(panel: FlowPanel, qtbot: QtBot) -> None:
    add(panel, 0, 100)
    panel.table.scrollToTop()
    qtbot.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert panel.model.rowCount() == 0
    assert panel.follow.isChecked()
    add(panel, 100, 200)
    assert seen(panel)[1] == 199


def test_filters_are_offered_and_combined(panel: FlowPanel, qtbot: QtBot) -> None:
    panel.set_peer_names({"p": "Laptop", "q": "Desktop"})
    panel.append(
        [
            moved(change(1, "red"), change(2, "blue", table="list"), change(3, "red", table="list")),
            moved(change(4, "red", table="list"), peer="q", way=FlowDirection.OUT),
            moved(change(5, "red"), peer="", way=FlowDirection.LOCAL),
        ]
    )
    choices = [panel.table_choice.itemText(place) for place in range(panel.table_choice.count())]
    assert choices == ["All tables", "item", "list"]
    panel.table_choice.setCurrentIndex(2)
    qtbot.keyClicks(panel.text, "red")
    panel.way.setCurrentIndex(panel.way.findData(FlowDirection.IN))
    assert shown(panel) == [3]
    panel.show_peer("q")
    assert (panel.text.text(), panel.peer.currentText()) == ("", "Desktop")
    assert shown(panel) == [4]
    panel.set_peer_names({"p": "Laptop"})
    assert shown(panel) == [1, 2, 3, 4, 5], "a peer that is gone filters no more"


def shown(panel: FlowPanel) -> list[int]:
    return [panel.model.index(row, 0).data(LINE_ROLE)[1].version for row in range(panel.model.rowCount())]


def test_a_whole_value_is_copied(panel: FlowPanel, qtbot: QtBot) -> None:
    panel.append([moved(change(1, "long " * 1000))])
    panel.table.setCurrentIndex(panel.model.index(0, Column.VALUE))
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "long " * 1000


def test_columns_are_remembered(panel: FlowPanel, qtbot: QtBot) -> None:
    panel.table.setColumnWidth(Column.KEY, 321)
    again = FlowPanel()
    qtbot.addWidget(again)
    assert again.restore_state(panel.save_state())
    assert again.table.columnWidth(Column.KEY) == 321


def test_a_tooltip_shows_markup_as_it_was_written(panel: FlowPanel) -> None:
    hostile = "<b>bold</b> <img src='file:///etc/passwd'> a & b  c"
    panel.append([moved(change(1, hostile))])
    QApplication.processEvents()
    where = panel.table.visualRect(panel.model.index(0, Column.VALUE)).center()
    view = panel.table.viewport()
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, where, view.mapToGlobal(where)))
    document = QTextDocument()
    document.setHtml(QToolTip.text())
    QToolTip.hideText()
    assert document.toPlainText().startswith(f"{hostile}\n(")
    assert "<img" not in document.toHtml()
