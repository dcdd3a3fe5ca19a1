"""The dialog that shares databases from this machine: which, how far, who has access, and links for new machines."""

from __future__ import annotations

import asyncio
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QCheckBox,
    QDialogButtonBox,
    QGroupBox,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from engine.api import Engine
from engine.errors import SynclineError
from engine.events import Guest, Paired, SharingChanged
from engine.ids import DatabaseId
from engine.peer_state import State
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.inline_message import InlineMessage
from gui.dialogs.invitation import InvitationPanel
from gui.dialogs.scroll_body import ScrollBody
from gui.language import said, tr
from gui.models.paired_devices import Column, GuestsModel
from gui.panels.table import Table
from gui.theme import state_icon

WIDTH = 580

ROWS = 3
"""How many databases, and guests, are visible at once; with fewer databases, their list is lower."""

_WIDTHS = {Column.NAME: 24, Column.ROOM: 24, Column.SEEN: 16}

TICK = 1_000
"""Milliseconds between updates of the relative times."""


async def ask(parent: QWidget | None, engine: Engine) -> None:
    """Let a person share databases, create pairing links, and revoke access; ``engine`` is open."""
    dialog = ShareDialog(parent, engine)
    dialog.start(dialog.listen())
    await dialog.answered()


class ShareDialog(AsyncDialog):
    """The dialog of ``ask``; each change takes effect at once."""

    def __init__(self, parent: QWidget | None, engine: Engine) -> None:
        super().__init__(parent)
        self._engine = engine
        self._turn = asyncio.Lock()
        self._requests = 0
        """How many changes by the person have not taken effect yet."""
        self.setWindowTitle(tr("Share"))
        self._make_fields()
        self._make_layout()
        self._connect()
        self._show_guests(tuple(engine.sharing.guests()))
        self._refresh()
        self.resize(WIDTH, min(self.sizeHint().height(), self.room()))

    # What is seen

    def _make_fields(self) -> None:
        settings = self._engine.settings
        self.on = QCheckBox(tr("&Share databases with other machines"))
        self.on.setChecked(settings.share)
        self.databases = QListWidget()
        self.databases.setAccessibleName(tr("Databases to share"))
        self.databases.setSpacing(2)
        for known in settings.databases:
            item = QListWidgetItem(known.name)
            item.setData(Qt.ItemDataRole.UserRole, known.id)
            item.setToolTip(str(known.path))
            chosen = bool(known.room) or len(settings.databases) == 1
            item.setCheckState(Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked)
            self.databases.addItem(item)
        rows = max(1, min(ROWS, self.databases.count()))
        self.databases.setFixedHeight(rows * self.fontMetrics().height() * 3 // 2 + 2 * self.databases.frameWidth())
        self.lan = QRadioButton(tr("In the &local network; encrypted, and only for paired machines"))
        self.alone = QRadioButton(tr("Only for programs on this &machine"))
        self.reach = QButtonGroup(self)
        for button in (self.lan, self.alone):
            self.reach.addButton(button)
        if settings.share or settings.share_lan or any(known.room for known in settings.databases):
            self._choose_reach(lan=settings.share_lan)  # it was asked before
        self.state = InlineMessage(None)
        self.problem = InlineMessage.of_problem()
        self.invitation = InvitationPanel(self._engine)
        self.model = GuestsModel(self)
        self.guests = Table()
        self.guests.setModel(self.model)
        self.guests.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.guests.setAccessibleName(tr("Machines with access"))
        self.guests.set_widths(_WIDTHS[column] for column in Column)
        row = self.guests.verticalHeader().defaultSectionSize()
        height = self.guests.horizontalHeader().sizeHint().height() + ROWS * row + 2 * self.guests.frameWidth()
        self.guests.setFixedHeight(height)
        self.revoke_guest = QPushButton(tr("Revoke &access"))
        self.revoke_guest.setAutoDefault(False)
        self.revoke_guest.setToolTip(tr("Disconnects the machine at once; it needs a new link to connect again"))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._ticking = QTimer(self, interval=TICK)

    def _make_layout(self) -> None:
        who = QGroupBox(tr("Machines with access"))
        inside = QVBoxLayout(who)
        inside.addWidget(self.guests)
        inside.addWidget(self.revoke_guest, 0, Qt.AlignmentFlag.AlignRight)
        body = self._body = ScrollBody()
        for part in (self.on, self.databases, self.lan, self.alone, self.state, self.problem, self.invitation, who):
            body.column.addWidget(part)
        body.column.addStretch()
        column = QVBoxLayout(self)
        column.addWidget(body, 1)
        column.addWidget(self.buttons)

    def _connect(self) -> None:
        self.on.toggled.connect(self._changed)
        self.databases.itemChanged.connect(self._changed)
        self.reach.buttonToggled.connect(lambda _, on: self._changed() if on else None)
        self.guests.selectionModel().selectionChanged.connect(self._allow)
        self.model.modelReset.connect(self._allow)
        self.invitation.made.connect(lambda: QTimer.singleShot(0, self, self._show_invitation))
        self.revoke_guest.clicked.connect(lambda: self.start(self._throw_out()))
        self._ticking.timeout.connect(self.model.refresh)
        self._ticking.start()
        self.buttons.rejected.connect(self.reject)

    async def listen(self) -> None:
        """Follow the engine's events while the dialog is open."""
        with self._engine.subscribe() as events:
            async for event in events:
                match event:
                    case SharingChanged(guests=guests, problem=problem):
                        self.problem.show_message(said(problem))
                        self._show_guests(guests)
                        self._refresh()
                    case Paired(name, words):
                        self.invitation.used(name, words)
                        self.fit()
                    case _:
                        pass

    def _refresh(self) -> None:
        """Show what is shared, and enable what is possible."""
        share = self._engine.sharing.server
        if share is not None and not self._requests:  # somebody else may have begun
            with QSignalBlocker(self.on):
                self.on.setChecked(True)
            if self.reach.checkedButton() is None:
                self._choose_reach(lan=share.lan)
        for part in (self.databases, self.lan, self.alone):
            part.setEnabled(self.on.isChecked())
        if share is None:
            self.state.show_message(self._what_is_missing(), partial(state_icon, State.IDLE))
        elif share.lan and not share.reaches_others:
            text = tr(
                "Shared at port {port}, but this machine is in no network at the moment: other machines cannot "
                "reach it.",
                port=share.port,
            )
            self.state.show_message(text, partial(state_icon, State.WAITING))
        elif share.lan:
            address = share.addresses[0]
            text = tr("Shared in the local network, at {address}, port {port}.", address=address, port=share.port)
            self.state.show_message(text, partial(state_icon, State.IN_SYNC))
        else:
            text = tr(
                "Shared at port {port}, for programs on this machine. Other machines cannot reach it.", port=share.port
            )
            self.state.show_message(text, partial(state_icon, State.WAITING))
        rooms = share.rooms if share is not None else {}
        shared = [(known.name, known.id) for known in self._engine.settings.databases if known.room in rooms]
        self.invitation.offer(shared, others=share is None or share.reaches_others)
        self.fit()

    def _choose_reach(self, *, lan: bool) -> None:
        """Show how far sharing reaches, without treating that as the person's choice."""
        with QSignalBlocker(self.reach):
            (self.lan if lan else self.alone).setChecked(True)

    def _what_is_missing(self) -> str:
        """Return the sentence that says why nothing is shared."""
        if not self.on.isChecked():
            return tr("Nothing is shared.")
        return tr("Choose who can reach it.") if self._checked() else tr("Choose a database.")

    def _checked(self) -> list[DatabaseId]:
        items = [self.databases.item(row) for row in range(self.databases.count())]
        checked = [item for item in items if item.checkState() == Qt.CheckState.Checked]
        return [DatabaseId(item.data(Qt.ItemDataRole.UserRole)) for item in checked]

    def _show_guests(self, guests: tuple[Guest, ...]) -> None:
        self.model.show(guests)
        self.guests.placeholder = (
            tr("None yet. Create a link, and open it on the other machine.")
            if self._engine.sharing.server is not None
            else tr("Machines are listed here while something is shared.")
        )
        self._allow()

    def _show_invitation(self) -> None:
        """Scroll until the new link and its QR code are visible, even on a low screen."""
        self.fit()
        self._body.show_whole(self.invitation)

    def _allow(self) -> None:
        self.revoke_guest.setEnabled(bool(self.guests.selectionModel().selectedRows()))

    # What is done

    def _changed(self) -> None:
        ready = self.on.isChecked() and self.reach.checkedButton() is not None
        chosen = self._checked() if ready else []
        self._requests += 1
        self.invitation.withdraw()
        self.problem.show_message("")
        applied = self.whole(self._apply(chosen, lan=self.lan.isChecked()))
        self.start(self._show_applied(applied))

    async def _apply(self, chosen: list[DatabaseId], *, lan: bool) -> None:
        async with self._turn:
            if chosen:
                await self._engine.sharing.start(chosen, lan=lan)
            elif self._engine.sharing.server is not None or self._engine.settings.share:
                await self._engine.sharing.stop()

    async def _show_applied(self, applied: asyncio.Future[None]) -> None:
        try:
            await applied
        except SynclineError as error:
            self.problem.show_message(in_words(error))
            with QSignalBlocker(self.on):
                self.on.setChecked(self._engine.sharing.server is not None)
        self._requests -= 1
        self._show_guests(tuple(self._engine.sharing.guests()))
        self._refresh()

    async def _throw_out(self) -> None:
        rows = self.guests.selectionModel().selectedRows()
        if rows:
            try:
                await self._engine.sharing.revoke(self.model.rows[rows[0].row()].name)
            except SynclineError as error:
                self.problem.show_message(in_words(error))
