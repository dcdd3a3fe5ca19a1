"""What the tables of all panels share, and the page that an empty panel shows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionHeader,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.language import tr
from gui.panels.cell_view import CellView


class Table(CellView, QTableView):
    """A table of whole rows: columns move and hide, and Ctrl+C copies the current cell.

    Args:
        copy_role: the role with the text of a cell for the clipboard.
    """

    def __init__(self, copy_role: int = Qt.ItemDataRole.DisplayRole, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setShowGrid(False)
        self.setWordWrap(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 10)
        rows.setMinimumSectionSize(self.fontMetrics().height() + 4)
        self.setItemDelegate(CellDelegate(self))
        self.setHorizontalHeader(Header(self))
        self.set_up(copy_role)

    def columns_header(self) -> QHeaderView:
        return self.horizontalHeader()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return space for two rows; with fitted columns, for these and two lines of the placeholder."""
        row = self.verticalHeader().defaultSectionSize()
        if self._fit is not None:
            return self.least_size(self._fit, row)
        around = self.horizontalHeader().sizeHint().height() + self.horizontalScrollBar().sizeHint().height()
        least = super().minimumSizeHint()
        return QSize(least.width(), max(least.height(), 2 * row + around))

    def add_to(self, menu: QMenu) -> None:
        """Add what every table offers to a context menu, and sorting."""
        menu.addAction(self.copy_action)
        if self.isSortingEnabled():
            menu.addAction(tr("Sort by this column")).triggered.connect(self._sort_by_current)
        self._fill_columns(menu.addMenu(tr("Columns")))

    def _sort_by_current(self) -> None:
        header, column = self.horizontalHeader(), self.currentIndex().column()
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        upwards = header.sortIndicatorSection() == column and header.sortIndicatorOrder() is up
        self.sortByColumn(column, down if upwards else up)


GAP = 8
"""Pixels right of a number, which set it off from the text in the next column."""


class CellDelegate(QStyledItemDelegate):
    """Paints a cell; numbers, which are aligned to the right, keep some distance from the edge."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        alignment = index.data(Qt.ItemDataRole.TextAlignmentRole)
        if alignment is not None and alignment & Qt.AlignmentFlag.AlignRight:
            ground = QStyleOptionViewItem(option)
            self.initStyleOption(ground, index)
            ground.text = ""
            option.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, ground, painter, option.widget)
            option.rect.setRight(option.rect.right() - GAP)
        super().paint(painter, option, index)


class Header(QHeaderView):
    """A header whose words are aligned with those of the cells."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, logicalIndex: int) -> None:  # noqa: N802, N803
        super().initStyleOptionForIndex(option, logicalIndex)
        if option.textAlignment & Qt.AlignmentFlag.AlignRight:
            option.text += "\u2002"


LETTERS = 84
"""The greatest width of a line of text on an empty page, in letters."""

STEP = 4
"""The step by which narrower widths are tried, in pixels."""


class EmptyPage(QWidget):
    """A drawing, a heading and a sentence that teaches, centred, with buttons below.

    Args:
        drawing: the name of an icon.
    """

    def __init__(self, drawing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing = drawing
        self._picture = QLabel()
        self.heading = QLabel()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        font = self.heading.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        self.heading.setFont(font)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(12)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(1)
        for label in (self._picture, self.heading, self.sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            row = QHBoxLayout()  # not an alignment: that would cut a wrapped text short
            row.addStretch(1)
            row.addWidget(label)
            row.addStretch(1)
            column.addLayout(row)
        column.addSpacing(6)
        column.addLayout(self._buttons)
        column.addStretch(1)
        self._draw()

    def add_buttons(self, *buttons: QPushButton) -> None:
        """Add buttons below the sentence, side by side."""
        self._buttons.addStretch(1)
        for button in buttons:
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)

    def show_message(self, heading: str, sentence: str) -> None:
        """Set the heading and the sentence."""
        self.heading.setText(heading)
        self.sentence.setText(sentence)
        width = self.fontMetrics().averageCharWidth() * LETTERS
        height = self._height(width)
        while width > STEP and self._height(width - STEP) <= height:
            width -= STEP  # as narrow as the same lines allow, so that none holds a lone word
        self.sentence.setFixedWidth(width)
        self.sentence.setMinimumHeight(height)

    def _height(self, width: int) -> int:
        """Return the height of the sentence at this width, in pixels.

        A label's own answer would depend on the size that it had before.
        """
        room = QRect(0, 0, width, 10_000)
        wrapped = int(Qt.TextFlag.TextWordWrap)
        return self.sentence.fontMetrics().boundingRect(room, wrapped, self.sentence.text()).height()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Redraw in the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self._picture.setPixmap(theme.icon(self._drawing).pixmap(QSize(48, 48), self.devicePixelRatio()))
