"""A message with an icon, shown below what it is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QIcon, QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStyle, QWidget

from engine.peer_state import State
from gui.theme import BAD, QUIET, Tone, state_icon, tone_color

MakeIcon = Callable[[], QIcon]


class InlineMessage(QWidget):
    """A message that takes as many lines as it needs, and no space while it is empty.

    Args:
        tone: the colour of the text; None for the usual text colour.
        icon: makes the icon in front of the text, if any. (A function, as no object may hold one of our icons: PySide
            crashes when the garbage collector ends a QIcon whose engine is in Python.)
    """

    def __init__(self, tone: Tone | None = QUIET, icon: MakeIcon | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self._icon = icon
        self._picture = QLabel()
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)  # what others named or said is no markup
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop)  # beside its icon, however much room there is
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self._paint()
        self.hide()

    @classmethod
    def of_problem(cls, parent: QWidget | None = None) -> InlineMessage:
        """Return a message that reports a problem."""
        return cls(BAD, partial(state_icon, State.NEEDS_YOU), parent)

    @property
    def text(self) -> str:
        """The text; '' while the message is hidden."""
        return self._label.text()

    def show_message(self, text: str, icon: MakeIcon | None = None) -> None:
        """Show this text ('' hides the message), with another icon if one is given."""
        self._icon = icon or self._icon
        self._label.setText(text)
        self._insist()
        self._paint()
        self.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Reserve enough lines: a form layout reckons with too few."""
        super().resizeEvent(event)
        self._insist()

    def _insist(self) -> None:
        width = self._label.width()
        self._label.setMinimumHeight(max(0, self._label.heightForWidth(width)) if self._label.text() else 0)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the colour scheme, light or dark."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange):
            self._paint()
        super().changeEvent(event)

    def _paint(self) -> None:
        self._picture.setVisible(self._icon is not None)
        if self._icon is not None:
            size = self.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize)
            self._picture.setPixmap(self._icon().pixmap(size, size))
        if self._tone is not None:
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.WindowText, tone_color(self._tone))
            self._label.setPalette(palette)
