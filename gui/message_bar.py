"""A quiet bar for messages, mostly errors: they can be read, copied and dismissed, and block nobody."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStyle, QToolButton, QWidget

from gui.language import on_language_change, tr
from gui.models.values import number
from gui.theme import icon

KEPT = 20
"""The most notices that wait below the newest one."""


class MessageBar(QFrame):
    """Shows the newest notice, and the one before it when that is dismissed; hidden when there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: list[str] = []
        self._details: dict[str, str] = {}
        self._good: set[str] = set()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(self.backgroundRole().ToolTipBase)
        self.setForegroundRole(self.foregroundRole().ToolTipText)
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setForegroundRole(self.foregroundRole())
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._more = QLabel()
        self._copy = QToolButton()
        self._copy.setIcon(icon("copy"))
        self._copy.setAutoRaise(True)
        self._copy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._copy.clicked.connect(self.copy)
        self._close = QToolButton()
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setIcon(icon("clear"))
        self._close.setAutoRaise(True)
        self._close.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 6, 6)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self._text.setAccessibleName(tr("Notice"))
        self._copy.setAccessibleName(tr("Copy notice"))
        self._copy.setToolTip(tr("Copy the notice with all its details"))
        self._close.setAccessibleName(tr("Dismiss notice"))
        self._close.setToolTip(tr("Dismiss (Esc)"))
        self._show()

    @property
    def text(self) -> str:
        """The notice that is shown; '' for none."""
        return self._texts[-1] if self._texts else ""

    def show_info(self, text: str) -> None:
        """Show a message that is no problem, but worth copying."""
        self._good.add(text)
        self.show_message(text)

    def show_message(self, text: str, details: str = "") -> None:
        """Show a notice; one that already waits moves to the front.

        Args:
            text: the notice.
            details: copied with it, but not shown.
        """
        self._details = {known: what for known, what in self._details.items() if known in self._texts}
        self._details[text] = details
        if text in self._texts:
            self._texts.remove(text)
        self._texts = [*self._texts[-KEPT:], text]
        self._show()

    def copy(self) -> None:
        """Copy the notice with its details to the clipboard."""
        details = self._details.get(self.text, "")
        QGuiApplication.clipboard().setText(f"{self.text}\n\n{details}".strip())

    def dismiss(self) -> None:
        """Discard the notice that is shown."""
        if self._texts:
            self._texts.pop()
        self._show()

    def _show(self) -> None:
        self._good &= set(self._texts)
        kinds = QStyle.StandardPixmap
        kind = kinds.SP_MessageBoxInformation if self.text in self._good else kinds.SP_MessageBoxWarning
        size = self.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize)
        self._icon.setPixmap(self.style().standardIcon(kind).pixmap(size, size))
        self._text.setText(self.text)
        waiting = len(self._texts) - 1
        self._more.setText(tr("{count} more", count=number(waiting)))
        self._more.setVisible(waiting > 0)
        self.setVisible(bool(self._texts))
