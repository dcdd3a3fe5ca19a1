"""What tables and trees share: copying cells, choosing columns and fitting them, and literal tooltips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QHelpEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QToolTip

from gui import theme
from gui.language import on_language_change, tr
from gui.models.values import as_tip
from gui.panels.column_fit import ColumnFit

if TYPE_CHECKING:
    _View = QAbstractItemView
else:
    _View = object


class CellView(_View):
    """A mixin for Qt's views: whole lines are selected, columns move and hide, and Ctrl+C copies the current cell."""

    placeholder = ""
    """The text shown in the middle while there are no lines."""
    _fit: ColumnFit | None = None
    _copy_role: int = Qt.ItemDataRole.DisplayRole

    def columns_header(self) -> QHeaderView:
        """Return the header of the columns."""
        raise NotImplementedError

    def set_up(self, copy_role: int) -> None:
        """Prepare the view, which must have its header.

        Args:
            copy_role: the role with the text of a cell for the clipboard.
        """
        self._copy_role = copy_role
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)  # Tab leaves the view; the arrow keys move in it
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.columns_header()
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
        self.columns_header().viewport().update()
        self.viewport().update()

    def widen(self) -> None:
        """Widen the columns whose headings would be cut off."""
        header = self.columns_header()
        for column in range(header.count()):
            if not header.isSectionHidden(column) and header.sectionSizeHint(column) > header.sectionSize(column):
                header.resizeSection(column, header.sectionSizeHint(column))
        if self._fit is not None:
            self.updateGeometry()
            self._fit.fit()

    def set_widths(self, letters: Iterable[int]) -> None:
        """Set the widths of the first columns, each in letters; headings are never cut off."""
        one = self.fontMetrics().averageCharWidth()
        for column, count in enumerate(letters):
            self.columns_header().resizeSection(
                column, max(count * one + 16, self.columns_header().sectionSizeHint(column))
            )

    def keep_within(self, grows: int, least: Mapping[Any, int]) -> None:
        """Never scroll sideways: columns shrink where space is scarce.

        Args:
            grows: the column that takes the space that is left.
            least: by column, its least width in letters.
        """
        self._fit = ColumnFit(self, self.columns_header(), grows, least)

    def least_size(self, fit: ColumnFit, line: int) -> QSize:
        """Return the least size of a view that does not scroll sideways, whose lines are ``line`` pixels high."""
        frame = 2 * self.frameWidth()
        width = fit.least_width() + self.verticalScrollBar().sizeHint().width() + frame
        height = max(line, 2 * self.fontMetrics().height() + 8) + self.columns_header().sizeHint().height() + frame
        return QSize(width, height)

    def save_state(self) -> bytes:
        """Return the order, widths and visibility of the columns, and the sorting, for ``restore_state``."""
        if self._fit is not None:
            return self._fit.wished()
        return bytes(self.columns_header().saveState().data())

    def restore_state(self, state: bytes | QByteArray) -> bool:
        """Restore what ``save_state`` returned; if it does not fit, change nothing and return False."""
        header = self.columns_header()
        before = header.saveState()
        if not header.restoreState(QByteArray(state)):
            header.restoreState(before)
            return False
        if self._fit is not None:
            self._fit.restored()
        return True

    def copy(self) -> None:
        """Copy the text of the current cell to the clipboard."""
        index = self.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(str(index.data(self._copy_role)))

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Show tooltips literally: what a peer wrote is no markup."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = self.indexAt(event.pos()).data(Qt.ItemDataRole.ToolTipRole)
            QToolTip.showText(event.globalPos(), as_tip(str(tip or "")), self.viewport())
            return True
        return super().viewportEvent(event)

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
        """Add what every view offers to a context menu, since the header cannot be reached from the keyboard."""
        menu.addAction(self.copy_action)
        self._fill_columns(menu.addMenu(tr("Columns")))

    def _choose_columns(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_columns(menu)
        menu.popup(self.columns_header().mapToGlobal(where))

    def _fill_columns(self, menu: QMenu) -> None:
        """Add entries that show and hide columns; the last visible one cannot be hidden."""
        header, model = self.columns_header(), self.model()
        shown = header.count() - header.hiddenSectionCount()
        for place in range(header.count()):
            column = header.logicalIndex(place)
            hidden = header.isSectionHidden(column)
            action = menu.addAction(str(model.headerData(column, Qt.Orientation.Horizontal)))
            action.setCheckable(True)
            action.setChecked(not hidden)
            action.setEnabled(hidden or shown > 1)
            action.toggled.connect(lambda on, column=column: header.setSectionHidden(column, not on))
