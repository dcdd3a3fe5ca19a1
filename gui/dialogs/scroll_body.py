"""The part of a dialog that scrolls where the screen is too low for all of it; the buttons stay visible below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

LEAST = 160
"""The least height of the scrolled part, in pixels."""


class ScrollBody(QScrollArea):
    """A scroll area that asks for the full height of its contents, and makes do with less.

    Attributes:
        column: the layout for the contents.
    """

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
        """Scroll until all of a part is visible, as far as there is room for it."""
        self.column.activate()
        self._page.resize(self.viewport().width(), max(self.viewport().height(), self._needed(self.viewport().width())))
        self.ensureWidgetVisible(part, 0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Pass on to the dialog that the contents want another height."""
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
