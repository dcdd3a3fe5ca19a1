"""A bar above a table that takes two lines where one has no space for everything."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget


class FoldingBar(QWidget):
    """Lays widgets out in one line, or the middle ones in a second, so that none is ever cut off.

    Args:
        first: the widget on the left, which may grow.
        middle: the widgets that move below if they must.
        last: the widgets on the right.
    """

    def __init__(self, first: QWidget, middle: Sequence[QWidget], last: Sequence[QWidget]) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._top, self._middle = QHBoxLayout(), QHBoxLayout()
        self._top.addWidget(first, 3)
        self._top.addLayout(self._middle)
        self._top.addStretch(1)
        for widget in middle:
            self._middle.addWidget(widget)
        for widget in last:
            self._top.addWidget(widget)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(8, 6, 8, 6)
        self._lines.addLayout(self._top)
        for line in (self._top, self._middle, self._lines):
            line.setSpacing(8)
        self._folded = False

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the width of the wider of two lines, and the present height."""
        width = max(self._middle.minimumSize().width(), self._top_width()) + self._margins()
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fold or unfold."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Fold when a text that grew longer needs the second line."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        needed = self._top_width() + self._top.spacing() + self._middle.minimumSize().width() + self._margins()
        fold = self.width() < needed
        if fold == self._folded:
            return
        self._folded = fold
        if fold:
            self._top.removeItem(self._middle)
            self._middle.setParent(None)
            self._lines.addLayout(self._middle)
        else:
            self._lines.removeItem(self._middle)
            self._middle.setParent(None)
            self._top.insertLayout(1, self._middle)
        self.updateGeometry()

    def _top_width(self) -> int:
        """Return the least width of the first line without the middle, in pixels."""
        whole = self._top.minimumSize().width()
        return whole if self._folded else whole - self._middle.minimumSize().width() - self._top.spacing()

    def _margins(self) -> int:
        margins = self._lines.contentsMargins()
        return margins.left() + margins.right()
