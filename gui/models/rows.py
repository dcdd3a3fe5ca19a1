"""Rows that differ between two sides: one line each, with what either side has."""

from __future__ import annotations

import enum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.differences import Row, RowDifference
from gui.models import values

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """What each column shows."""

    TABLE = 0
    ROW = 1
    HERE = 2
    THERE = 3


class RowsModel(QAbstractTableModel):
    """The rows of a comparison."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[RowDifference, ...] = ()

    def show(self, rows: tuple[RowDifference, ...]) -> None:
        """Show these in place of all others."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid() or role not in (Role.DisplayRole, Role.ToolTipRole):
            return None
        return self._text(self._rows[index.row()], Column(index.column()))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or role != Role.DisplayRole:
            return None
        return {
            Column.TABLE: self.tr("Table"),
            Column.ROW: self.tr("Row"),
            Column.HERE: self.tr("Here"),
            Column.THERE: self.tr("There"),
        }[Column(section)]

    def _text(self, row: RowDifference, column: Column) -> str:
        match column:
            case Column.TABLE:
                return values.shown(row.table)
            case Column.ROW:
                return values.key_shown(row.key)
            case Column.HERE:
                return self._side(row, row.here)
            case _:
                return self._side(row, row.there)

    def _side(self, row: RowDifference, side: Row | None) -> str:
        """What one side has, in a line: of a row that both have, what differs."""
        if side is None:
            return self.tr("no such row")
        if row.too_large:
            return self.tr("too large to be shown")
        both = zip(row.columns, side, strict=True)
        return ", ".join(
            f"{values.shown(name)}: {values.shown(value)}"
            for name, value in both
            if name in row.differing or row.here is None or row.there is None
        )
