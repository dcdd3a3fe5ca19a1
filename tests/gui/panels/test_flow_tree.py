"""The change flow in groups, as a person reads it, and the switch to the plain list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.events import FlowDirection
from engine.history.flow_log import FlowLog
from gui.models.flow_group_text import Column
from gui.models.flow_text import Column as CellColumn
from gui.panels.flow import FlowPanel
from tests.gui.models.samples import change, moved


@pytest.fixture
def panel(qtbot: QtBot) -> FlowPanel:
    panel = FlowPanel(500)
    qtbot.addWidget(panel)
    panel.set_peer_names({"p": "desktop"})
    panel.resize(1000, 300)
    panel.show()
    return panel


def add(panel: FlowPanel, burst: int, rows: range, **fields: object) -> None:
    panel.append([replace(moved(*(change(row, **fields) for row in rows)), burst=burst)])  # type: ignore[arg-type]
    QApplication.processEvents()


def seen(panel: FlowPanel) -> tuple[str, str]:
    """What stands in the first and the last line in sight."""
    tree = panel.tree
    lines = [tree.indexAt(QPoint(2, y)) for y in range(2, tree.viewport().height(), 4)]
    first, *_, last = (line.siblingAtColumn(Column.WHAT).data() for line in lines if line.isValid())
    return str(first), str(last)


def test_it_begins_in_groups_and_follows_the_newest(panel: FlowPanel) -> None:
    assert not panel.cells.isChecked()
    for burst in range(1, 60):
        add(panel, burst, range(burst))
        if burst > 30:
            assert seen(panel)[1] == f"{burst} rows"
    assert panel.follow.isChecked()


def test_what_is_read_stays_where_it_is(panel: FlowPanel) -> None:
    for burst in range(1, 31):
        add(panel, burst, range(burst))
    panel.tree.scrollToTop()
    panel.tree.verticalScrollBar().setValue(12)
    assert not panel.follow.isChecked()
    reading = seen(panel)
    for burst in range(31, 36):  # the oldest give way
        add(panel, burst, range(10))
        assert seen(panel) == reading
    panel.tree.scrollToBottom()
    assert panel.follow.isChecked()


def test_enter_opens_a_line_and_shows_a_change_whole(panel: FlowPanel, qtbot: QtBot) -> None:
    add(panel, 1, range(3), old="before", had_old=True)
    asked = QSignalSpy(panel.change_requested)
    panel.tree.setFocus()
    panel.tree.setCurrentIndex(panel.groups.index(0, 0))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Down):
        assert asked.count() == 0
        qtbot.keyClick(panel.tree, key)
    qtbot.keyClick(panel.tree, Qt.Key.Key_Return)
    assert asked.count() == 1
    assert asked.at(0)[1] == change(0, old="before", had_old=True)


def test_keys_lead_to_every_cell(panel: FlowPanel, qtbot: QtBot) -> None:
    """Right opens a line and goes on along it; Left goes back, closes it, and leads to the line above."""
    add(panel, 1, range(3))
    tree, left, right = panel.tree, Qt.Key.Key_Left, Qt.Key.Key_Right
    tree.setFocus()
    tree.columns_header().moveSection(Column.AUTHOR, Column.CONTENT)
    tree.columns_header().setSectionHidden(Column.PEER, True)
    tree.setCurrentIndex(panel.groups.index(0, 0))

    def at(key: Qt.Key) -> tuple[int, Column, bool]:
        qtbot.keyClick(tree, key)
        current = tree.currentIndex()
        return int(current.parent().isValid()), Column(current.column()), tree.isExpanded(panel.groups.index(0, 0))

    assert [at(right) for _ in range(5)] == [
        (0, Column.TIME, True),
        (0, Column.WHAT, True),
        (0, Column.AUTHOR, True),
        (0, Column.CONTENT, True),
        (0, Column.CONTENT, True),
    ]
    qtbot.keyClick(tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == panel.groups.index(0, Column.CONTENT).data()
    assert at(Qt.Key.Key_Down) == (1, Column.CONTENT, True), "the same column of the next line"
    assert [at(left) for _ in range(4)] == [
        (1, Column.AUTHOR, True),
        (1, Column.WHAT, True),
        (1, Column.TIME, True),
        (0, Column.TIME, True),
    ]
    assert at(left) == (0, Column.TIME, False)
    assert at(left) == (0, Column.TIME, False)


def test_a_screen_reader_says_a_whole_line(panel: FlowPanel) -> None:
    add(panel, 1, range(3), old="before", had_old=True)
    line = panel.groups.index(0, 0)
    said = [line.siblingAtColumn(column).data(Qt.ItemDataRole.AccessibleDescriptionRole) for column in Column]
    assert len(set(said)) == 1, "wherever in the line one is"
    assert said[0].endswith("; Peer: Came in from desktop; Rows: 3 rows; Content: item 3, overwrote 3 values")
    row = panel.groups.index(0, 0, line).data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert row.startswith("Rows: item 0; Content: ")
    assert "Time" not in row, "an empty cell is not said"


def test_an_open_line_grows_and_stays_open(panel: FlowPanel) -> None:
    add(panel, 1, range(2))
    line = panel.groups.index(0, 0)
    panel.tree.expand(line)
    add(panel, 1, range(2, 4))
    assert panel.tree.isExpanded(panel.groups.index(0, 0))
    assert [panel.tree.indexBelow(line).siblingAtColumn(Column.WHAT).data(), panel.groups.rowCount(line)] == [
        "item 0",
        4,
    ]


def test_cells_are_a_switch_away_and_nothing_is_lost(panel: FlowPanel, qtbot: QtBot) -> None:
    panel.append([replace(moved(*map(change, range(3))), burst=1), replace(moved(change(9)), burst=2)])
    assert (panel.groups.rowCount(), panel.counts.text()) == (2, "4 changes")
    qtbot.mouseClick(panel.cells, Qt.MouseButton.LeftButton)
    assert panel.table.isVisible()
    assert not panel.tree.isVisible()
    assert (panel.model.rowCount(), panel.groups.held, panel.counts.text()) == (4, 0, "4 changes")
    add(panel, 2, range(10, 12))
    qtbot.mouseClick(panel.cells, Qt.MouseButton.LeftButton)
    assert panel.tree.isVisible()
    assert (panel.groups.rowCount(), panel.model.held, panel.counts.text()) == (2, 0, "6 changes")


def test_the_switch_is_remembered(panel: FlowPanel, qtbot: QtBot) -> None:
    for cells in (True, False):
        panel.cells.setChecked(cells)
        again = FlowPanel()
        qtbot.addWidget(again)
        again.restore_way(panel.save_way())
        assert again.cells.isChecked() is cells


def test_filters_pause_and_clear_hold_for_groups(panel: FlowPanel, qtbot: QtBot) -> None:
    panel.append(
        [
            replace(moved(change(1, "red"), change(2, "blue", table="list")), burst=1),
            replace(moved(change(3, "red"), peer="", way=FlowDirection.LOCAL), burst=2),
        ]
    )
    panel.text.setText("red")
    assert (panel.groups.rowCount(), panel.counts.text()) == (2, "2 of 3 changes")
    panel.way.setCurrentIndex(panel.way.findData(FlowDirection.LOCAL))
    assert (panel.groups.rowCount(), panel.counts.text()) == (1, "1 of 3 changes")
    panel.show_table("list")
    assert (panel.groups.rowCount(), panel.counts.text()) == (1, "1 of 3 changes")
    panel.table_choice.setCurrentIndex(0)
    panel.way.setCurrentIndex(0)
    qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    add(panel, 3, range(5))
    assert (panel.groups.rowCount(), panel.pause.text()) == (2, "5 waiting")
    qtbot.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    assert panel.groups.rowCount() == 3
    qtbot.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert (panel.groups.rowCount(), panel.groups.held) == (0, 0)


def test_a_cell_is_copied_whole(panel: FlowPanel, qtbot: QtBot) -> None:
    add(panel, 1, range(1), value="long " * 1000)
    line = panel.groups.index(0, 0)
    row = panel.groups.index(0, 0, line)
    panel.tree.setExpanded(line, True)
    panel.tree.setExpanded(row, True)
    panel.tree.setCurrentIndex(panel.groups.index(0, Column.CONTENT, row))
    qtbot.keyClick(panel.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "long " * 1000


@pytest.mark.parametrize("cells", [True, False])
def test_what_was_there_at_the_last_start_comes_first(panel: FlowPanel, cells: bool) -> None:
    panel.cells.setChecked(cells)
    panel.append([replace(moved(change(7), change(8)), burst=9)])
    earlier = replace(moved(change(1), change(2), peer="gone", when=86_400.0 * 9.5), burst=3)
    panel.restore(FlowLog([earlier], {"gone": "old laptop", "p": "another name"}))
    column = CellColumn.PEER if cells else Column.PEER
    model = panel.current_model
    assert [model.index(row, column).data() for row in range(model.rowCount())] == (
        ["old laptop"] * 2 + ["desktop"] * 2 if cells else ["old laptop", "desktop"]
    )
    assert "Jan" in str(model.index(0, 0).data()), "of another day, that is said"
