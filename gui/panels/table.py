"""What the tables of all panels have in common, and the page that an empty panel shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QHelpEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
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
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.language import on_language_change, tr
from gui.models.values import as_tip
from gui.panels.column_fit import ColumnFit


class Table(QTableView):
    """Rows are chosen whole; columns can be moved and hidden; Ctrl+C copies the current cell.

    Args:
        copy_role: the role that holds a cell's text for the clipboard.
    """

    def __init__(self, copy_role: int = Qt.ItemDataRole.DisplayRole, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.placeholder = ""
        """Said in the middle while there is no row."""
        self._copy_role = copy_role
        self._fit: ColumnFit | None = None
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table; the arrow keys move in it
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 10)
        rows.setMinimumSectionSize(self.fontMetrics().height() + 4)
        self.setItemDelegate(CellDelegate(self))
        header = Header(self)
        self.setHorizontalHeader(header)
        header.setSectionsClickable(True)
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)
        self.copy_action = QAction(theme.icon("copy"), "", self)
        self.copy_action.setShortcut(QKeySequence.StandardKey.Copy)
        self.copy_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.copy_action.triggered.connect(self.copy)
        self.addAction(self.copy_action)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.copy_action.setText(tr("Copy cell"))
        self.widen()
        self.horizontalHeader().viewport().update()
        self.viewport().update()

    def widen(self) -> None:
        """Widen the columns whose headings would be cut."""
        header = self.horizontalHeader()
        for column in range(header.count()):
            if not header.isSectionHidden(column) and header.sectionSizeHint(column) > header.sectionSize(column):
                header.resizeSection(column, header.sectionSizeHint(column))
        if self._fit is not None:
            self.updateGeometry()
            self._fit.fit()

    def set_widths(self, letters: Iterable[int]) -> None:
        """Set the widths of the first columns, each in letters; headings are never cut."""
        one = self.fontMetrics().averageCharWidth()
        for column, count in enumerate(letters):
            self.setColumnWidth(column, max(count * one + 16, self.horizontalHeader().sectionSizeHint(column)))

    def keep_within(self, grows: int, least: Mapping[Any, int]) -> None:
        """Never scroll sideways: columns give way where there is little room.

        Args:
            grows: the column that takes what is left over. least: by column, its least width in letters.
        """
        self._fit = ColumnFit(self, grows, least)

    def save_state(self) -> bytes:
        """The columns' order, widths, visibility and the sorting, to be given to ``restore_state``."""
        if self._fit is not None:
            return self._fit.wished()
        return bytes(self.horizontalHeader().saveState().data())

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Take over what ``save_state`` returned; False when it does not fit, and nothing is changed then."""
        header = self.horizontalHeader()
        before = header.saveState()
        if not header.restoreState(QByteArray(state)):
            header.restoreState(before)
            return False
        if self._fit is not None:
            self._fit.restored()
        return True

    def copy(self) -> None:
        """Put the current cell's text on the clipboard."""
        index = self.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(str(index.data(self._copy_role)))

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Show a cell's tooltip as it is: what a peer wrote is no markup."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = self.indexAt(event.pos()).data(Qt.ItemDataRole.ToolTipRole)
            QToolTip.showText(event.globalPos(), as_tip(str(tip or "")), self.viewport())
            return True
        return super().viewportEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for two rows; with columns that are kept within, for these and two lines of what is said instead."""
        row = self.verticalHeader().defaultSectionSize()
        heading, frame = self.horizontalHeader().sizeHint().height(), 2 * self.frameWidth()
        if self._fit is not None:  # it is not scrolled sideways
            width = self._fit.least_width() + self.verticalScrollBar().sizeHint().width() + frame
            return QSize(width, max(row, 2 * self.fontMetrics().height() + 8) + heading + frame)
        around = heading + self.horizontalScrollBar().sizeHint().height()
        least = super().minimumSizeHint()
        return QSize(least.width(), max(least.height(), 2 * row + around))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Copy):  # the view's own would copy no more than the text shown
            self.copy()
        else:
            super().keyPressEvent(event)
            if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):  # also where the current cell was there before
                self.scrollTo(self.currentIndex())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        model = self.model()
        if self.placeholder and model is not None and model.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(16, 4, -16, -4), flags, self.placeholder)
            painter.end()

    def add_to(self, menu: QMenu) -> None:
        """Put into a context menu what every table can do: from the keyboard, the header cannot be reached."""
        menu.addAction(self.copy_action)
        if self.isSortingEnabled():
            menu.addAction(tr("Sort by this column")).triggered.connect(self._sort_by_current)
        self._fill_columns(menu.addMenu(tr("Columns")))

    def _sort_by_current(self) -> None:
        header, column = self.horizontalHeader(), self.currentIndex().column()
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        upwards = header.sortIndicatorSection() == column and header.sortIndicatorOrder() is up
        self.sortByColumn(column, down if upwards else up)

    def _choose_columns(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_columns(menu)
        menu.popup(self.horizontalHeader().mapToGlobal(where))

    def _fill_columns(self, menu: QMenu) -> None:
        """Entries that show and hide columns; the last one stays."""
        header, model = self.horizontalHeader(), self.model()
        shown = header.count() - header.hiddenSectionCount()
        for place in range(header.count()):
            column = header.logicalIndex(place)
            hidden = header.isSectionHidden(column)
            action = menu.addAction(str(model.headerData(column, Qt.Orientation.Horizontal)))
            action.setCheckable(True)
            action.setChecked(not hidden)
            action.setEnabled(hidden or shown > 1)
            action.toggled.connect(lambda on, column=column: header.setSectionHidden(column, not on))


GAP = 8
"""Pixels right of a number, so that it stands clear of the text in the next column."""


class CellDelegate(QStyledItemDelegate):
    """A cell; numbers, which are aligned to the right, keep some distance from it."""

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
    """A header whose words stand where the cells' do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, logicalIndex: int) -> None:  # noqa: N802, N803
        super().initStyleOptionForIndex(option, logicalIndex)
        if option.textAlignment & Qt.AlignmentFlag.AlignRight:
            option.text += "\u2002"


LETTERS = 84
"""In a line of a sentence on an empty page, at most."""

STEP = 4
"""Pixels by which its width is tried."""


class EmptyPage(QWidget):
    """A drawing, a heading and a sentence that teaches, in the middle, with buttons below.

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
        """Put buttons below the sentence, side by side."""
        self._buttons.addStretch(1)
        for button in buttons:
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)

    def show_message(self, heading: str, sentence: str) -> None:
        """Set the words."""
        self.heading.setText(heading)
        self.sentence.setText(sentence)
        width = self.fontMetrics().averageCharWidth() * LETTERS
        height = self._height(width)
        while width > STEP and self._height(width - STEP) <= height:
            width -= STEP  # as narrow as the same lines allow, so that none holds a lone word
        self.sentence.setFixedWidth(width)
        self.sentence.setMinimumHeight(height)

    def _height(self, width: int) -> int:
        """How high the sentence is at this width. (A label's own answer depends on the size it was given before.)"""
        room = QRect(0, 0, width, 10_000)
        wrapped = int(Qt.TextFlag.TextWordWrap)
        return self.sentence.fontMetrics().boundingRect(room, wrapped, self.sentence.text()).height()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self._picture.setPixmap(theme.icon(self._drawing).pixmap(QSize(48, 48), self.devicePixelRatio()))
