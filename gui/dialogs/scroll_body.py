"""The part of a dialog that is scrolled where a screen is too low for all of it; its buttons stay in sight below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

LEAST = 160
"""Pixels below which it never goes."""


class ScrollBody(QScrollArea):
    """Asks for the height of what is in it, and does with less. ``column`` is the layout for that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._page = QWidget()
        self.column = QVBoxLayout(self._page)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.setWidget(self._page)
        self._page.installEventFilter(self)

    def show_whole(self, part: QWidget) -> None:
        """Scroll until a part is seen whole, as far as there is room for it."""
        self.column.activate()
        self._page.resize(self.viewport().width(), max(self.viewport().height(), self._needed(self.viewport().width())))
        self.ensureWidgetVisible(part, 0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """What is in it wants another height: say so to the dialog."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:  # noqa: N802
        wanted = self._page.sizeHint()
        width = max(wanted.width(), self.viewport().width() if self.isVisible() else 0)
        return QSize(wanted.width(), self._needed(width))

    def _needed(self, width: int) -> int:
        return (
            self.column.totalHeightForWidth(width)
            if self.column.hasHeightForWidth()
            else self._page.sizeHint().height()
        )

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        least = self._page.minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(least.width() + bar, min(LEAST, least.height()))
