"""Keyboard navigation to every cell of a tree.

In Qt's tables the arrow keys do that; in a tree that selects whole lines they only expand and collapse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTreeView, QTreeWidget, QTreeWidgetItem

from gui.models.values import cells_in_words

if TYPE_CHECKING:
    _Tree = QTreeView
else:
    _Tree = object


class CellKeys(_Tree):
    """A mixin for trees, for the keys Left and Right.

    Right expands a collapsed line, and then goes from cell to cell. Left goes back, collapses the line from its first
    cell, and from there goes to the parent.
    """

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Handle Left and Right; leave all other keys to the view."""
        current, plain = (
            self.currentIndex(),
            event.modifiers() in (Qt.KeyboardModifier(0), Qt.KeyboardModifier.KeypadModifier),
        )
        if event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right) or not plain or not current.isValid():
            super().keyPressEvent(event)
            return
        event.accept()
        self._go(current, right=event.key() == Qt.Key.Key_Right)

    def _go(self, current: QModelIndex, *, right: bool) -> None:
        line, columns = current.siblingAtColumn(0), self._columns(current)
        place = columns.index(current.column()) if current.column() in columns else 0
        can_open = self.itemsExpandable() and current.model().hasChildren(line)
        if right and place == 0 and can_open and not self.isExpanded(line):
            self.setExpanded(line, True)
        elif right and place + 1 < len(columns):
            self.setCurrentIndex(current.siblingAtColumn(columns[place + 1]))
        elif not right and place > 0:
            self.setCurrentIndex(current.siblingAtColumn(columns[place - 1]))
        elif not right and can_open and self.isExpanded(line):
            self.setExpanded(line, False)
        elif not right and line.parent().isValid():
            self.setCurrentIndex(line.parent().siblingAtColumn(columns[0]))

    def _columns(self, current: QModelIndex) -> list[int]:
        """Return the visible columns of this line, from left to right."""
        if self.isFirstColumnSpanned(current.row(), current.parent()):
            return [0]
        header = self.header()
        shown = (header.logicalIndex(place) for place in range(header.count()))
        return [column for column in shown if not header.isSectionHidden(column)]


class CellTree(CellKeys, QTreeWidget):
    """A tree of ``SpokenItem`` with keyboard navigation between cells; Space toggles the check box of a line."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.setCurrentIndex(self.currentIndex().siblingAtColumn(0))
        super().keyPressEvent(event)


def say_whole(item: QTreeWidgetItem) -> None:
    """Have a screen reader say all cells of a line, each with its heading, wherever in the line one is.

    Args:
        item: in its tree, with the texts that it will have.
    """
    heading = item.treeWidget().headerItem()
    words = cells_in_words((heading.text(column), item.text(column)) for column in range(item.columnCount()))
    for column in range(item.columnCount()):
        item.setData(column, Qt.ItemDataRole.AccessibleDescriptionRole, words)
