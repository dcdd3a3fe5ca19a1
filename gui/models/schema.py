"""How two sides' tables differ: one row for each difference, and what can be done about it."""

from __future__ import annotations

import enum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.schema_help import Cure, SchemaLine
from gui import theme
from gui.models import values
from gui.models.sentences import told

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class Column(enum.IntEnum):
    """What each column shows."""

    TABLE = 0
    COLUMN = 1
    HERE = 2
    THERE = 3
    CURE = 4


class SchemaModel(QAbstractTableModel):
    """The lines of a comparison."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[SchemaLine, ...] = ()

    def show(self, lines: tuple[SchemaLine, ...]) -> None:
        """Show these in place of all others."""
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self.lines[index.row()], Column(index.column())
        match role:
            case Role.DisplayRole | Role.ToolTipRole:
                return self._text(line, column)
            case Role.ForegroundRole if column is Column.CURE:
                return theme.tone_color(_TONES[line.cure])
            case _:
                return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or role != Role.DisplayRole:
            return None
        return {
            Column.TABLE: self.tr("Table"),
            Column.COLUMN: self.tr("Column"),
            Column.HERE: self.tr("Here"),
            Column.THERE: self.tr("There"),
            Column.CURE: self.tr("What can be done"),
        }[Column(section)]

    def _text(self, line: SchemaLine, column: Column) -> str:
        match column:
            case Column.TABLE:
                return values.shown(line.table)
            case Column.COLUMN:
                return values.shown(line.column)
            case Column.HERE:
                return told(line.here)
            case Column.THERE:
                return told(line.there)
            case _:
                words = told(line.cure.value)
                return words[:1].upper() + words[1:]


_TONES = {
    Cure.ADD_HERE: theme.GOOD,
    Cure.ADD_THERE: theme.BUSY,
    Cure.MAKE_SYNCABLE: theme.WAIT,
    Cure.BY_HAND: theme.BAD,
    Cure.NONE: theme.QUIET,
}
