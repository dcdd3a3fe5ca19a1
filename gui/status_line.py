"""The bottom line of the window: the state of all peers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QTextLayout
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStyle, QWidget

from gui.language import on_language_change, tr
from gui.models import times
from gui.models.values import as_tip
from gui.summary import Summary
from gui.theme import state_icon


class StatusLine(QWidget):
    """The worst state as an icon, with a line about it.

    Args:
        summarize: returns both.
    """

    changed = Signal(object)
    """Emitted with the ``Summary`` when it changed."""

    def __init__(self, summarize: Callable[[], Summary]) -> None:
        super().__init__()
        self._summarize = summarize
        self.summary = Summary(None, "")
        """The summary that is shown."""
        self._icon = QLabel()
        self._text = ElidedLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        self._midnight = QTimer(self, singleShot=True)
        self._midnight.timeout.connect(self.refresh)
        on_language_change(self._retranslate)

    def refresh(self) -> None:
        """Show the present summary."""
        self._midnight.start(times.to_midnight())
        summary = self._summarize()
        if summary != self.summary:
            self.summary = summary
            self._draw()
            self._text.setText(summary.whole)
            self._text.setToolTip(as_tip(summary.whole))
            self.changed.emit(summary)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the colour scheme, light or dark."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw()

    def _retranslate(self) -> None:
        self._text.setAccessibleName(tr("State of all peers"))
        self.refresh()

    def _draw(self) -> None:
        state = self.summary.state
        self._icon.setVisible(state is not None)
        if state is not None:
            size = self.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize)
            self._icon.setPixmap(state_icon(state).pixmap(size, size))


class ElidedLabel(QLabel):
    """A label that shows as much of its text as fits; the tooltip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)  # a peer's name is no markup
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the text, ending in “…” if there is more."""
        room, painter = self.contentsRect(), QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.style().drawItemText(painter, room, flags, self.palette(), self.isEnabled(), text, self.foregroundRole())
        painter.end()


class WrappedLabel(ElidedLabel):
    """An elided label with as many lines as fit."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of one line: the label takes more where there is room."""
        return QSize(1, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the text, wrapped between words, and ending in “…” if there is more."""
        room, height = self.contentsRect(), self.fontMetrics().height()
        begins = self._lines(room.width(), most=max(1, room.height() // height))
        if len(begins) == 1 and room.height() < 2 * height:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for number, (begin, end) in enumerate(zip(begins, [*begins[1:], None], strict=True)):
            where = QRect(room.left(), room.top() + number * height, room.width(), height)
            text = self.text()[begin:end].rstrip()
            text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            self.style().drawItemText(
                painter, where, flags, self.palette(), self.isEnabled(), text, self.foregroundRole()
            )
        painter.end()

    def _lines(self, width: int, most: int) -> list[int]:
        """Return the indices where the lines begin, at most ``most``; the last line may be too long."""
        layout = QTextLayout(self.text(), self.font())
        begins: list[int] = []
        layout.beginLayout()
        while len(begins) < most and (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            begins.append(line.textStart())
        layout.endLayout()
        return begins
