"""Shares databases from this machine: which, how far, the pairing link with its code, and who may come in."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.engine import Engine
from engine.errors import SynclineError
from engine.events import Guest, Paired, SharingChanged
from engine.sharing.link import qr_modules
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.note import Note
from gui.models.sentences import told
from gui.models.times import relative

WIDTH = 560
MODULE = 4
"""Pixels of one module of the code."""

BORDER = 4
"""Modules of light around it, which readers need."""


async def ask(parent: QWidget | None, engine: Engine) -> None:
    """Let a person share databases, make pairing links, and throw others out; the engine is open."""
    dialog = ShareDialog(parent, engine)
    dialog.start(dialog.listen())
    await dialog.answered()


class ShareDialog(AsyncDialog):
    """See ``ask``. What is changed holds at once."""

    def __init__(self, parent: QWidget | None, engine: Engine) -> None:
        super().__init__(parent)
        self._engine = engine
        self._turn = asyncio.Lock()
        self.setWindowTitle(self.tr("Share"))
        self._make_fields()
        self._make_layout()
        self._connect()
        self._show_guests(tuple(engine.guests()))
        self._show_link("")
        self._look()
        self.resize(WIDTH, self.sizeHint().height())

    # What is seen

    def _make_fields(self) -> None:
        self.databases = QListWidget()
        self.databases.setAccessibleName(self.tr("Databases to share"))
        self.databases.setMaximumHeight(110)
        for known in self._engine.settings.databases:
            item = QListWidgetItem(known.name)
            item.setData(Qt.ItemDataRole.UserRole, known.id)
            item.setToolTip(str(known.path))
            shared = self._engine.sharing is not None and known.room in self._engine.sharing.rooms
            item.setCheckState(Qt.CheckState.Checked if shared else Qt.CheckState.Unchecked)
            self.databases.addItem(item)
        self.lan = QCheckBox(self.tr("In the local network, not for this machine alone"))
        self.lan.setChecked(self._engine.settings.share_lan)
        self.state = Note(None)
        self.problem = Note.of_problem()
        self.room = QComboBox()
        self.room.setAccessibleName(self.tr("Link for"))
        self.invite = QPushButton(self.tr("New link"))
        self.link = QLineEdit()
        self.link.setAccessibleName(self.tr("Pairing link"))
        self.link.setReadOnly(True)
        self.copy = QPushButton(self.tr("Copy"))
        self.code = QLabel()
        self.code.setAccessibleName(self.tr("Pairing link as a QR code"))
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words = Note(None)
        self.guests = QListWidget()
        self.guests.setAccessibleName(self.tr("Who may come in"))
        self.guests.setMaximumHeight(110)
        self.nobody = Note()
        self.throw_out = QPushButton(self.tr("Throw out"))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)

    def _make_layout(self) -> None:
        making = QHBoxLayout()
        making.addWidget(QLabel(self.tr("Link for:")))
        making.addWidget(self.room, 1)
        making.addWidget(self.invite)
        made = QHBoxLayout()
        made.addWidget(self.link, 1)
        made.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.addWidget(QLabel(self.tr("Share these databases:")))
        for part in (self.databases, self.lan, self.state, self.problem):
            column.addWidget(part)
        column.addLayout(making)
        column.addLayout(made)
        column.addWidget(self.code)
        column.addWidget(self.words)
        column.addWidget(QLabel(self.tr("Who may come in:")))
        for part in (self.guests, self.nobody):
            column.addWidget(part)
        column.addWidget(self.throw_out, 0, Qt.AlignmentFlag.AlignRight)
        column.addStretch()
        column.addWidget(self.buttons)

    def _connect(self) -> None:
        self.databases.itemChanged.connect(lambda: self.start(self._apply()))
        self.lan.toggled.connect(lambda: self.start(self._apply()))
        self.invite.clicked.connect(self._make_link)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.link.text()))
        self.guests.currentRowChanged.connect(lambda row: self.throw_out.setEnabled(row >= 0))
        self.throw_out.clicked.connect(lambda: self.start(self._throw_out()))
        self.buttons.rejected.connect(self.reject)

    async def listen(self) -> None:
        """Follow who comes and goes, as long as the dialog is open."""
        with self._engine.subscribe() as events:
            async for event in events:
                match event:
                    case SharingChanged(guests=guests, problem=problem):
                        self.problem.say(told(problem))
                        self._show_guests(guests)
                        self._look()
                    case Paired(name, words):
                        self._show_link("")
                        used = self.tr("%1 has used the link. Both machines show: %2")
                        self.words.say(used.replace("%1", name).replace("%2", " ".join(words)))
                    case _:
                        pass

    def _look(self) -> None:
        """Show what is shared, and allow what can be done."""
        share = self._engine.sharing
        if share is None:
            self.state.say(self.tr("Nothing is shared."))
        else:
            self.state.say(self.tr("Shared at port %1.").replace("%1", str(share.port)))
        chosen = self.room.currentData()
        self.room.clear()
        for known in self._engine.settings.databases:
            if share is not None and known.room in share.rooms:
                self.room.addItem(known.name, known.id)
        self.room.setCurrentIndex(max(0, self.room.findData(chosen)) if self.room.count() else -1)
        self.room.setEnabled(self.room.count() > 0)
        self.invite.setEnabled(self.room.count() > 0)
        self.fit()

    def _show_guests(self, guests: tuple[Guest, ...]) -> None:
        chosen = self.guests.currentItem().data(Qt.ItemDataRole.UserRole) if self.guests.currentItem() else None
        self.guests.clear()
        for guest in guests:
            item = QListWidgetItem(self._line(guest))
            item.setData(Qt.ItemDataRole.UserRole, guest.name)
            self.guests.addItem(item)
            if guest.name == chosen:
                self.guests.setCurrentItem(item)
        self.guests.setVisible(bool(guests))
        self.nobody.say("" if guests else self.tr("Nobody was paired yet."))
        self.throw_out.setEnabled(self.guests.currentRow() >= 0)

    def _line(self, guest: Guest) -> str:
        if guest.connected:
            text = self.tr("%1: %2, connected")
        elif guest.seen is None:
            text = self.tr("%1: %2, not seen yet")
        else:
            text = self.tr("%1: %2, last seen %3").replace("%3", relative(guest.seen))
        return text.replace("%2", guest.room).replace("%1", guest.name)

    def _show_link(self, text: str) -> None:
        self.link.setText(text)
        self.link.setCursorPosition(0)
        self.link.setVisible(bool(text))
        self.copy.setVisible(bool(text))
        self.code.setVisible(bool(text))
        if text:
            self.code.setPixmap(code_of(text))
        self.fit()

    # What is done

    async def _apply(self) -> None:
        async with self._turn:
            items = [self.databases.item(row) for row in range(self.databases.count())]
            chosen = [item for item in items if item.checkState() == Qt.CheckState.Checked]
            self._show_link("")
            self.words.say("")
            self.problem.say("")
            try:
                if chosen:
                    ids = [str(item.data(Qt.ItemDataRole.UserRole)) for item in chosen]
                    await self._engine.share(ids, lan=self.lan.isChecked())
                else:
                    await self._engine.stop_sharing()
            except SynclineError as error:
                self.problem.say(in_words(error))
            self._look()

    def _make_link(self) -> None:
        try:
            link = self._engine.invite(str(self.room.currentData()))
        except SynclineError as error:
            self.problem.say(in_words(error))
            return
        self._show_link(link.text())
        text = self.tr("Good once, for ten minutes. Keep it to yourself. Both machines show: %1")
        self.words.say(text.replace("%1", " ".join(link.words)))

    async def _throw_out(self) -> None:
        item = self.guests.currentItem()
        if item is not None:
            try:
                await self._engine.throw_out(str(item.data(Qt.ItemDataRole.UserRole)))
            except SynclineError as error:
                self.problem.say(in_words(error))


def code_of(text: str) -> QPixmap:
    """Return the QR code of a text: dark on light in every theme, as readers expect it."""
    rows = qr_modules(text)
    size = len(rows) + 2 * BORDER
    image = QImage(size, size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                image.setPixel(x + BORDER, y + BORDER, 0xFF000000)
    return QPixmap.fromImage(image.scaled(size * MODULE, size * MODULE))
