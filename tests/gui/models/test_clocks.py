"""The model of the clocks."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from engine.tables import TrackedPeer
from gui.models.clocks import COPY_ROLE, ClocksModel, Column

Role = Qt.ItemDataRole
ONE, TWO, OWN = (bytes([number]) * 16 for number in (1, 2, 3))


@pytest.fixture
def model(qtbot: QtBot) -> ClocksModel:
    model = ClocksModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)
    return model


def cell(model: ClocksModel, row: int, column: Column, role: int = Role.DisplayRole) -> Any:
    return model.index(row, column).data(role)


def test_the_clocks(model: ClocksModel) -> None:
    seen = time.time() - 130
    model.set_clocks(OWN, 41, [TrackedPeer(ONE, 1240, None), TrackedPeer(TWO, None, 40)], {ONE: "Laptop"}, {ONE: seen})
    rows = [[cell(model, row, column) for column in Column] for row in range(model.rowCount())]
    assert rows == [["01010101", "Laptop", "1,240", "–", "2 min ago"], ["02020202", "unknown", "–", "40", "–"]]
    assert cell(model, 0, Column.SITE, Role.ToolTipRole) == cell(model, 0, Column.SITE, COPY_ROLE) == ONE.hex()
    assert (model.own_site, model.own_version) == (OWN, 41)


def test_the_same_sites_keep_their_rows(model: ClocksModel) -> None:
    resets: list[bool] = []
    told: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    model.clocks_set.connect(lambda: told.append(True))
    model.set_clocks(OWN, 1, [TrackedPeer(ONE, 1, 1)], {})
    model.set_clocks(OWN, 2, [TrackedPeer(ONE, 2, 1)], {})
    assert cell(model, 0, Column.RECEIVED) == "2"
    assert (len(resets), len(told)) == (1, 2)
    model.set_clocks(None, 0, [], {})
    assert model.rowCount() == 0
