"""Paints the cells of the change flow fast enough for a view that changes entirely twenty times a second."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon, QPainter, QPalette
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem

from gui import theme
from gui.models.flow import FlowModel
from gui.models.flow_tree import FlowTreeModel
from gui.panels.table import GAP, CellDelegate

_SPECIAL = (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver).value


class FlowDelegate(CellDelegate):
    """Paints plain cells itself, where the usual way asks the model for a dozen roles; other cells as usual.

    Args:
        model: the model, which is asked directly.
        view: the view that is painted.
        right: the column that is aligned to the right; -1 for none.
    """

    def __init__(self, model: FlowModel | FlowTreeModel, view: QAbstractItemView, right: int = -1) -> None:
        super().__init__(view)
        self._model = model
        self._right = right
        self._view = view
        self._icons: dict[str, QIcon] = {}

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if option.state.value & _SPECIAL:
            super().paint(painter, option, index)
            return
        text, drawing, faint = self._model.cell(index)
        rect, metrics = option.rect, option.fontMetrics
        left, width = rect.left() + 4, rect.width() - 8
        if drawing:
            edge = option.decorationSize.height()
            self._icon(drawing).paint(painter, left, rect.top() + (rect.height() - edge) // 2, edge, edge)
            left, width = left + edge + 6, width - edge - 6
        if metrics.horizontalAdvance(text) > width:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        if index.column() == self._right:
            left += width - metrics.horizontalAdvance(text) - GAP
        role = QPalette.ColorRole.PlaceholderText if faint else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(role))
        painter.drawText(left, rect.top() + (rect.height() - metrics.height()) // 2 + metrics.ascent(), text)

    def _icon(self, drawing: str) -> QIcon:
        if drawing not in self._icons:
            self._icons[drawing] = theme.icon(drawing)
        return self._icons[drawing]
