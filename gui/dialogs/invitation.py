"""The panel that hands over a pairing link: its database, the link as text and QR code, the words to compare."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QGroupBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.api import Engine
from engine.errors import SynclineError
from engine.ids import DatabaseId
from engine.links.peer_status import clock_time
from engine.pairing.paired_devices import GOOD_FOR
from engine.pairing.pairing_link import qr_modules
from gui.dialogs.base import in_words
from gui.dialogs.inline_message import InlineMessage
from gui.language import tr

MODULE = 3
"""The size of one module of the QR code, in pixels."""

BORDER = 4
"""The width of the light margin around it, in modules; scanners need it."""


class InvitationPanel(QGroupBox):
    """Creates pairing links, one at a time, and shows the latest while it is valid."""

    made = Signal()
    """Emitted when a new link is shown."""

    def __init__(self, engine: Engine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._others = True
        self.setTitle(tr("Pair another machine"))
        self.room = QComboBox()
        self.room.setAccessibleName(tr("Link for"))
        self.make = QPushButton(tr("&New link"))
        self.make.setAutoDefault(False)
        self.link = QLineEdit()
        self.link.setAccessibleName(tr("Pairing link"))
        self.link.setReadOnly(True)
        self.copy = QPushButton(tr("&Copy"))
        self.copy.setAutoDefault(False)
        self.code = QLabel()
        self.code.setAccessibleName(tr("Pairing link as a QR code"))
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note = InlineMessage(None)
        self.words = QLabel()
        self.words.setAccessibleName(tr("Six words to compare"))
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.words.font()
        font.setBold(True)
        self.words.setFont(font)
        self.problem = InlineMessage.of_problem()
        self._expiry = QTimer(self, singleShot=True)
        self._expiry.setInterval(int(GOOD_FOR * 1000))
        label = QLabel(tr("&Link for:"))
        label.setBuddy(self.room)
        making, made, shown, said = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        making.addWidget(label)
        making.addWidget(self.room, 1)
        making.addWidget(self.make)
        made.addWidget(self.link, 1)
        made.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.addLayout(making)
        column.addLayout(made)
        said.addStretch()
        said.addWidget(self.note)
        said.addWidget(self.words)
        said.addStretch()
        shown.addWidget(self.code)
        shown.addLayout(said, 1)
        column.addLayout(shown)
        column.addWidget(self.problem)
        self.make.clicked.connect(self._make)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.link.text()))
        self._expiry.timeout.connect(self._expire)
        self.withdraw()

    def offer(self, databases: Sequence[tuple[str, str]], *, others: bool) -> None:
        """Set the shared databases, as (name, id) pairs, for one of which a link can be created.

        Args:
            others: whether other machines can connect; only then is there a QR code to scan.
        """
        if others is not self._others:
            self._others = others
            self.setTitle(tr("Pair another machine") if others else tr("Pair another program on this machine"))
        chosen = self.room.currentData()
        self.room.clear()
        for name, database in databases:
            self.room.addItem(name, database)
        self.room.setCurrentIndex(max(0, self.room.findData(chosen)) if databases else -1)
        self.setEnabled(bool(databases))

    def withdraw(self, why: str = "", words: Sequence[str] = ()) -> None:
        """Remove the link, which was used, has expired, or no longer matches what is shared.

        Args:
            why: the text shown instead.
            words: the words that both machines show, to be compared.
        """
        self._expiry.stop()
        self._show("", why, words)

    def used(self, name: str, words: Sequence[str]) -> None:
        """Say that the machine called ``name`` used the link, and show the words to compare."""
        text = tr("{machine} has used the link and has access now. Both machines show:", machine=name)
        self.withdraw(text, words)

    def _expire(self) -> None:
        self.withdraw(tr("The link was valid for ten minutes. Create a new one."))

    def _make(self) -> None:
        self.problem.show_message("")
        try:
            link = self._engine.sharing.invite(DatabaseId(self.room.currentData()))
        except SynclineError as error:
            self.problem.show_message(in_words(error))
            return
        until = clock_time(time.time() + GOOD_FOR)
        if self._others:
            text = tr(
                "On the other machine, open the link, or paste it under “Add peer”. It works once, "
                "until {time}, for anyone who has it. Both machines show:",
                time=until,
            )
        else:
            text = tr(
                "Other machines cannot use this link. In the other program on this machine, paste it under “Add peer”. "
                "It works once, until {time}. Both show:",
                time=until,
            )
        self._show(link.text(), text, link.words)
        self._expiry.start()
        self.made.emit()

    def _show(self, link: str, text: str, words: Sequence[str]) -> None:
        self.link.setText(link)
        self.link.setCursorPosition(0)
        for part in (self.link, self.copy):
            part.setVisible(bool(link))
        scanned = bool(link) and self._others
        self.code.setVisible(scanned)
        if scanned:
            self.code.setPixmap(code_of(link))
        self.note.show_message(text)
        self.words.setText("  ".join(words))
        self.words.setVisible(bool(words))


def code_of(text: str) -> QPixmap:
    """Return the QR code of a text: dark on light in every theme, as scanners expect it."""
    rows = qr_modules(text)
    size = len(rows) + 2 * BORDER
    image = QImage(size, size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                image.setPixel(x + BORDER, y + BORDER, 0xFF000000)
    return QPixmap.fromImage(image.scaled(size * MODULE, size * MODULE))
