"""The page that the window shows while there is no database: three ways to start, each in one sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.language import on_language_change, tr
from gui.theme import icon

LETTERS = 56
"""The width of a line of text, in letters."""


class FirstStart(QWidget):
    """A page with a heading, and a button and a sentence for each way."""

    add_database_requested = Signal()
    add_peer_requested = Signal()
    demo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = QLabel()
        font = self.heading.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        self.heading.setFont(font)
        self.database = QPushButton(icon("add-database"), "")
        self.link = QPushButton(icon("add-peer"), "")
        self.demo = QPushButton(icon("resume"), "")
        self._sentences = {button: QLabel() for button in (self.database, self.link, self.demo)}
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(18)
        for row, (button, sentence) in enumerate(self._sentences.items()):
            button.setMinimumHeight(40)
            sentence.setWordWrap(True)
            sentence.setTextFormat(Qt.TextFormat.PlainText)
            grid.addWidget(button, row, 0)
            grid.addWidget(sentence, row, 1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(grid)
        middle.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(24)
        column.addStretch(2)
        column.addWidget(self.heading, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(middle)
        column.addStretch(3)
        self.database.clicked.connect(self.add_database_requested)
        self.link.clicked.connect(self.add_peer_requested)
        self.demo.clicked.connect(self.demo_requested)
        on_language_change(self._retranslate)

    def _retranslate(self) -> None:
        self.heading.setText(tr("What would you like to sync?"))
        words = {
            self.database: (
                tr("A database of mine…"),
                tr("Choose the SQLite file of an app, or drop it here; it is backed up before anything changes."),
            ),
            self.link: (
                tr("A link from another machine…"),
                tr("Paste the link that “Share” shows there: its tables come along, into a new file here."),
            ),
            self.demo: (
                tr("Watch the demo"),
                tr("Two todo lists that are kept in sync, in a window of their own; nothing of yours is touched."),
            ),
        }
        for button, (text, sentence) in words.items():
            button.setText(text)
            button.setAccessibleName(text.rstrip("…"))
            button.setAccessibleDescription(sentence)
            label = self._sentences[button]
            label.setText(sentence)
            label.setFixedWidth(label.fontMetrics().averageCharWidth() * LETTERS)
            label.setMinimumHeight(label.heightForWidth(label.width()))
