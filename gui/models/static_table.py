"""A table of immutable lines that is described by its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon

from gui.models.sorting import SORT_ROLE

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
L = TypeVar("L")

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Shown(Generic[L]):
    """One column, and how a line is shown in it.

    Attributes:
        heading: the heading of the column.
        text: returns the text of a cell.
        width: the usual width, in letters.
        tip: returns the tooltip; the text by default.
        raw: returns the value to sort by; the text by default.
        number: whether the column is aligned to the right.
        icon, color: return the icon and the text colour, if any.
    """

    heading: str
    text: Callable[[L], str]
    width: int
    tip: Callable[[L], str] | None = None
    raw: Callable[[L], Any] | None = None
    number: bool = False
    icon: Callable[[L], QIcon] | None = None
    color: Callable[[L], QColor | None] | None = None


class LinesModel(QAbstractTableModel, Generic[L]):
    """A model that shows lines in columns.

    Args:
        columns: the columns, from left to right.
    """

    def __init__(self, columns: Sequence[Shown[L]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._lines: list[L] = []

    def set_columns(self, columns: Sequence[Shown[L]]) -> None:
        """Replace the columns by the same ones in other words: as many, in the same order."""
        self.columns = tuple(columns)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def set_lines(self, lines: Sequence[L]) -> None:
        """Show these lines; if new ones were only added at the front, the selection is kept."""
        lines = list(lines)
        new = len(lines) - len(self._lines)
        if new > 0 and lines[new:] == self._lines:
            self.beginInsertRows(QModelIndex(), 0, new - 1)
            self._lines = lines
            self.endInsertRows()
        elif lines != self._lines:
            self.beginResetModel()
            self._lines = lines
            self.endResetModel()

    def line(self, row: int) -> L:
        """Return the line in a row."""
        return self._lines[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self._lines[index.row()], self.columns[index.column()]
        match role:
            case Role.DisplayRole | Role.AccessibleTextRole:
                return column.text(line)
            case Role.ToolTipRole:
                return (column.tip or column.text)(line)
            case Role.TextAlignmentRole:
                return _RIGHT if column.number else _LEFT
            case Role.DecorationRole:
                return column.icon(line) if column.icon else None
            case Role.ForegroundRole:
                return column.color(line) if column.color else None
            case _ if role == SORT_ROLE:
                return (column.raw or (lambda line: column.text(line).casefold()))(line)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Role.TextAlignmentRole:
            return _RIGHT if self.columns[section].number else _LEFT
        return self.columns[section].heading if role == Role.DisplayRole else None
