"""Columns give way where there is little room, and come back; no table of the window is scrolled sideways."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray
from pytestqt.qtbot import QtBot

from engine.peer_state import State
from gui import language
from gui.models.labels import state_word
from gui.models.peer_columns import Column
from gui.panels.flow import FlowPanel
from gui.panels.peers import PeersPanel
from gui.panels.table import Table
from tests.gui.aio import application
from tests.gui.models.samples import status

WIDE = 1200
ICON = 16


@pytest.fixture
def panel(qtbot: QtBot) -> PeersPanel:
    panel = PeersPanel()
    qtbot.addWidget(panel)
    panel.model.update([status("a", state=State.NEEDS_YOU)])
    panel.resize(WIDE, 300)
    panel.show()
    return panel


def fits(table: Table) -> bool:
    return table.horizontalHeader().length() <= table.viewport().width()


@pytest.mark.parametrize("spoken", ["en", "de"])
def test_a_state_is_never_cut(panel: PeersPanel, qtbot: QtBot, spoken: str) -> None:
    table = panel.table
    try:
        language.install(application(), spoken)
        qtbot.waitUntil(lambda: panel.minimumSizeHint().width() >= table.minimumSizeHint().width())
        panel.resize(panel.minimumSizeHint())
        assert panel.width() < 800
        qtbot.waitUntil(lambda: fits(table))
        words = [table.fontMetrics().horizontalAdvance(state_word(state)) for state in State]
        assert table.columnWidth(Column.STATE) >= max(words) + ICON
    finally:
        language.install(application(), "en")


def test_columns_come_back(panel: PeersPanel, qtbot: QtBot) -> None:
    table = panel.table
    before = [table.columnWidth(column) for column in Column]
    panel.resize(panel.minimumSizeHint())
    assert table.columnWidth(Column.NAME) < before[Column.NAME]
    kept = panel.save_state()
    panel.resize(WIDE, 300)
    assert [table.columnWidth(column) for column in Column] == before
    other = PeersPanel()
    qtbot.addWidget(other)
    other.resize(WIDE, 300)
    other.show()
    assert other.restore_state(QByteArray(kept))
    assert other.table.columnWidth(Column.NAME) == before[Column.NAME], "what was wished for is remembered"


def test_a_width_that_a_person_gave_is_kept(panel: PeersPanel, qtbot: QtBot) -> None:
    table = panel.table
    wished = table.columnWidth(Column.NAME) + 40
    table.setColumnWidth(Column.NAME, wished)
    panel.resize(panel.minimumSizeHint())
    qtbot.waitUntil(lambda: fits(table))
    panel.resize(WIDE, 300)
    assert table.columnWidth(Column.NAME) == wished


def test_a_column_that_is_added_takes_its_room_from_others(panel: PeersPanel, qtbot: QtBot) -> None:
    panel.resize(panel.minimumSizeHint().width() + 60, 300)
    panel.table.setColumnHidden(Column.ADDRESS, False)
    panel.resize(panel.minimumSizeHint().width(), 300)
    qtbot.waitUntil(lambda: fits(panel.table))


def test_the_flow_fits_beside_the_databases(qtbot: QtBot) -> None:
    flow = FlowPanel()
    qtbot.addWidget(flow)
    flow.resize(760, 300)
    flow.show()
    assert flow.width() == 760
    assert flow.tree.header().length() <= flow.tree.viewport().width()
    flow.cells.setChecked(True)
    assert flow.width() == 760
    assert fits(flow.table)
