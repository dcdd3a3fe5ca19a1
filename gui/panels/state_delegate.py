"""The painting of a peer's state."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.models.peers import PROGRESS_ROLE, SENTENCE_ROLE


class StateDelegate(QStyledItemDelegate):
    """Paints the icon and word of a state, the reason, and the progress of a running sync as a thin bar below."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        bright = option.palette.color(QPalette.ColorRole.HighlightedText)
        self._paint_sentence(painter, option, index, bright if chosen else theme.tone_color(theme.QUIET))
        progress = index.data(PROGRESS_ROLE)
        if progress is None:
            return
        done, total = progress
        groove = QRectF(option.rect).adjusted(6, option.rect.height() - 4, -6, -1)
        bar = QRectF(groove)
        bar.setWidth(groove.width() * min(1.0, done / total))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(bright if chosen else theme.tone_color(theme.BUSY))
        painter.setOpacity(0.25)
        painter.drawRoundedRect(groove, 1.5, 1.5)
        painter.setOpacity(1.0)
        painter.drawRoundedRect(bar, 1.5, 1.5)
        painter.restore()

    def _paint_sentence(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex, color: QColor
    ) -> None:
        sentence = index.data(SENTENCE_ROLE)
        if not sentence:
            return
        whole = QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        room = option.widget.style().subElementRect(QStyle.SubElement.SE_ItemViewItemText, whole, option.widget)
        room.setLeft(room.left() + whole.fontMetrics.horizontalAdvance(whole.text) + 16)
        room.setRight(option.rect.right() - 4)
        painter.save()
        painter.setPen(color)
        text = whole.fontMetrics.elidedText(sentence, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
