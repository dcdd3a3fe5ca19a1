"""Adds a peer, or changes one: every field says beside itself what is wrong with it, and "Test" tries it out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.api import Engine
from engine.checks.probe import ProbeReport
from engine.errors import SynclineError, UsageError
from engine.ids import DatabaseId
from engine.pairing.pairing_link import PairingLink, is_link, parse
from engine.settings import Direction, Mode, PeerConfig, check_url
from engine.settings.schema import DAYS
from engine.wire.handshake import check_room, check_token, encode_subprotocol
from gui.dialogs.add_database import choose_new_file
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.connection_test import ConnectionTestPanel
from gui.dialogs.inline_message import InlineMessage
from gui.dialogs.lan_devices import LanDevicesPanel
from gui.dialogs.validated_line_edit import ValidatedLineEdit
from gui.language import said, tr

WIDTH = 560
NEW = "new"
"""In place of a database's id: a file that is to be made, with the other side's tables."""

WEEK = 7 * 24 * 60


async def ask(
    parent: QWidget | None,
    engine: Engine,
    peer: PeerConfig | None = None,
    database: str | None = None,
    *,
    link: str = "",
) -> PeerConfig | None:
    """Let a person add a peer, or change one.

    Args:
        parent: the window that the dialog belongs to.
        engine: takes the peer on; it is open.
        peer: the one to change; None adds one.
        database: the id of the database to begin with.
        link: a pairing link that was opened from outside, whole or not.

    Returns:
        the peer as the engine has it now; None when the person thought better of it.
    """
    dialog = PeerDialog(parent, engine, peer, database)
    if link:
        dialog.take(link)
    dialog.start(dialog.load_token())
    if dialog.adding:
        dialog.start(dialog.nearby.search())
    return dialog.saved if await dialog.answered() else None


class PeerDialog(AsyncDialog):
    """The form; see ``ask``. ``saved`` is the outcome."""

    def __init__(
        self, parent: QWidget | None, engine: Engine, peer: PeerConfig | None = None, database: str | None = None
    ) -> None:
        super().__init__(parent)
        self.saved: PeerConfig | None = None
        self._engine = engine
        self._peer = peer
        self.setWindowTitle(tr("Add peer") if peer is None else tr("Edit peer"))
        self._make_fields()
        self._make_layout()
        self._fill(peer, database)
        self._connect()
        self._refresh()
        self._refresh_nearby()
        self.resize(WIDTH, self.sizeHint().height())
        self.address.setFocus()

    # What is seen

    def _make_fields(self) -> None:
        self.nearby = LanDevicesPanel(self._engine)
        self.nearby.setVisible(self.adding)
        self.database = QComboBox()
        self.database.setAccessibleName(tr("Database"))
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Name"))
        example = tr("wss://example.org:8080/sync, or a pairing link")
        self.address = ValidatedLineEdit(tr("Address"), self._check_address, example=example)
        self.words = InlineMessage()
        self.address.add_below(self.words)
        self.room = ValidatedLineEdit(tr("Room"), check_room, example=tr("the database's name on the hub"))
        self.token = ValidatedLineEdit(
            tr("Token"), _check_token, example=tr("leave empty if the hub asks for none"), secret=True
        )
        self.where = InlineMessage()
        self.token.add_below(self.where)
        self.mode = QComboBox()
        self.mode.setAccessibleName(tr("When to sync"))
        self.mode.addItem(tr("At once: stay connected"), Mode.LIVE)
        self.mode.addItem(tr("At an interval"), Mode.EVERY)
        self.mode.addItem(tr("Manually"), Mode.MANUAL)
        self.minutes = QSpinBox()
        self.minutes.setAccessibleName(tr("Minutes between syncs"))
        self.minutes.setRange(1, WEEK)
        self.minutes.setSuffix(tr(" min"))
        self.direction = QComboBox()
        self.direction.setAccessibleName(tr("Direction"))
        self.direction.addItem(tr("Both ways"), Direction.BOTH)
        self.direction.addItem(tr("Receive only"), Direction.RECEIVE)
        self.direction.addItem(tr("Send only"), Direction.SEND)
        self.stale = QSpinBox()
        self.stale.setAccessibleName(tr("Stale after"))
        self.stale.setRange(0, DAYS[1])
        self.stale.setSpecialValueText(tr("as in the settings"))
        self.stale.setSuffix(tr(" days"))
        self.stale.setToolTip(
            tr("After this many days without contact, the peer is marked as stale, and a notification says so")
        )
        self.connection_test = ConnectionTestPanel(self._probe, self.start)
        self.problem = InlineMessage.of_problem()
        self.buttons = QDialogButtonBox()
        text = tr("Add") if self._peer is None else tr("Save")
        self.ok = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.ok.setDefault(True)

    def _make_layout(self) -> None:
        when = QHBoxLayout()
        when.addWidget(self.mode, 1)
        when.addWidget(self.minutes)
        self.fields = QWidget()
        form = QFormLayout(self.fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        form.addRow(tr("&Database:"), self.database)
        form.addRow(tr("&Address:"), self.address)
        form.addRow(tr("&Room:"), self.room)
        form.addRow(tr("To&ken:"), self.token)
        form.addRow(tr("&Name:"), self.name)
        form.addRow(tr("&Sync:"), when)
        label = form.labelForField(when)
        assert isinstance(label, QLabel)
        label.setBuddy(self.mode)
        form.addRow(tr("D&irection:"), self.direction)
        form.addRow(tr("Sta&le after:"), self.stale)
        column = QVBoxLayout(self)
        column.addWidget(self.nearby)
        column.addSpacing(6)
        column.addWidget(self.fields)
        column.addSpacing(6)
        column.addWidget(self.connection_test)
        column.addWidget(self.problem)
        column.addStretch()
        column.addWidget(self.buttons)

    def _fill(self, peer: PeerConfig | None, database: str | None) -> None:
        for known in self._engine.settings.databases:
            self.database.addItem(known.name, known.id)
            self.database.setItemData(self.database.count() - 1, str(known.path), Qt.ItemDataRole.ToolTipRole)
        if peer is None:
            self.database.addItem(tr("A new file, with the other side's tables…"), NEW)
        chosen = self.database.findData(peer.database if peer else database)
        self.database.setCurrentIndex(max(0, chosen) if self.database.count() else -1)
        self.database.setEnabled(peer is None)
        self.minutes.setValue(15)
        if peer is not None:
            self.database.setToolTip(tr("To sync another database, add another peer"))
            self.name.setText(peer.name)
            self.address.line.setText(peer.url)
            self.room.line.setText(peer.room)
            self.mode.setCurrentIndex(self.mode.findData(peer.mode))
            self.minutes.setValue(peer.minutes)
            self.direction.setCurrentIndex(self.direction.findData(peer.direction))
            self.stale.setValue(peer.stale_days or 0)
        self._token_before = ""

    def _connect(self) -> None:
        for field in (self.address, self.room, self.token):
            field.changed.connect(self._changed)
        self.database.currentIndexChanged.connect(self._changed)
        self.database.currentIndexChanged.connect(self._refresh_nearby)
        self.nearby.machine_chosen.connect(self._refresh)
        self.nearby.link_wanted.connect(self.address.setFocus)
        self.direction.currentIndexChanged.connect(self._changed)
        self.mode.currentIndexChanged.connect(self._refresh)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _refresh_nearby(self) -> None:
        if self.adding:
            self.start(self.nearby.set_database(DatabaseId("") if self._new else self.database.currentData()))

    async def load_token(self) -> None:
        """Fill in the peer's token, unless another was typed meanwhile, and say below it where it is kept."""
        if self._peer is not None:
            try:
                token = await self._engine.peers.tokens.get(self._peer.id) or ""
            except SynclineError as error:
                self.problem.show_message(in_words(error))
            else:
                if self.token.text == self._token_before:
                    self._token_before = token
                    self.token.line.setText(token)
        self.where.show_message(said(await self._engine.peers.tokens.where()))
        self.fit()

    @property
    def adding(self) -> bool:
        """Whether it is about a new peer."""
        return self._peer is None

    def take(self, link: str) -> None:
        """Fill a pairing link in, as if it was pasted."""
        self.address.put(link)

    # What is typed

    def draft(self) -> PeerConfig:
        """The peer as the form has it.

        Raises:
            UsageError: something in it cannot be; says what.
        """
        new = PeerConfig.new(
            self.database.currentData() or DatabaseId(""),
            self.address.text,
            room=self.room.text,
            name=self.name.text().strip(),
            mode=Mode(self.mode.currentData()),  # Qt keeps the plain text of it
            minutes=self.minutes.value(),
            direction=Direction(self.direction.currentData()),
        )
        new = replace(new, stale_days=self.stale.value() or None)
        if self._peer is None:
            return new
        pin = self._peer.fingerprint if new.url.startswith("wss:") else ""
        return replace(new, id=self._peer.id, paused=self._peer.paused, fingerprint=pin)

    @property
    def _new(self) -> bool:
        return bool(self.database.currentData() == NEW)

    @property
    def link(self) -> PairingLink | None:
        """The pairing link that stands in place of an address; None when there is none, or not a whole one."""
        if self._peer is None and is_link(self.address.text):
            with suppress(UsageError):
                return parse(self.address.text)
        return None

    def _check_address(self, text: str) -> None:
        if self._peer is None and is_link(text):
            parse(text)
        else:
            check_url(text)

    def _changed(self) -> None:
        """What a test found was about something else."""
        self.connection_test.clear()
        self.problem.show_message("")
        self._refresh()

    def _refresh(self) -> None:
        """Say what is wrong, and allow what can be done."""
        link = self.link
        for part in (self.room, self.token, self.direction, self.stale, self.connection_test):
            part.setEnabled(link is None)  # the link says it all; it can be tried only once
        if link is None:
            self.words.show_message("")
            problems = [self.address.validate(), self.room.validate(), self.token.validate()]
            if not any(problems):
                problems.append(self.room.validate(self._twin() or self._cannot_travel()))
        else:
            words = " ".join(link.words)
            self.words.show_message(
                tr("For the room “{room}”. Both machines show: {words}", room=link.room, words=words)
            )
            problems = [self.address.validate()]
        if link is None and self._new:
            problems.append(tr("For a new file, paste a pairing link: the other machine provides the tables."))
        wrong = next(filter(None, problems), "")
        self.name.setPlaceholderText(self._usual_name())
        self.minutes.setVisible(self.mode.currentData() == Mode.EVERY)
        self.connection_test.button.setEnabled(not wrong and link is None)
        self.ok.setEnabled(not wrong)
        self.ok.setToolTip(wrong)
        self.fit()

    def _usual_name(self) -> str:
        if self.link is not None and (name := self._name_by(self.link)):
            return name
        try:
            return PeerConfig.new(DatabaseId(""), self.address.text, room=self.room.text).name
        except UsageError:
            return tr("any name; by default the room and the host")

    def _name_by(self, link: PairingLink) -> str:
        """What the link's machine is called here already, or calls itself; '' when neither is known."""
        known = self._engine.pairing.paired_before(link, self.database.currentData())
        return known.name if known is not None else self.nearby.name_of(link.fingerprint)

    def _twin(self) -> str:
        """Two peers for the same room would sync everything twice."""
        draft = self.draft()
        for peer in self._engine.settings.peers:
            same = (peer.database, peer.url, peer.room) == (draft.database, draft.url, draft.room)
            if same and peer.id != draft.id:
                return tr("“{peer}” already syncs this database with this room.", peer=peer.name)
        return ""

    def _cannot_travel(self) -> str:
        try:
            encode_subprotocol(self.room.text, self.token.text or None, own=1)
        except UsageError as error:
            return in_words(error)
        return ""

    async def _probe(self) -> ProbeReport:
        draft = self.draft()
        return await self._engine.checks.probe(
            draft.database, draft.url, draft.room, self.token.text, fingerprint=draft.fingerprint
        )

    # The end

    def accept(self) -> None:
        """Save, and close when that went well."""
        if self.ok.isEnabled():
            self.connection_test.clear()
            self._allow(False)
            self.start(self._save())

    async def _save(self) -> None:
        link = self.link
        try:
            if link is not None:
                self.saved = await self._pair(link)
                if self.saved is None:
                    self._allow(True)
                else:
                    QDialog.accept(self)
                return
            draft, token = self.draft(), self.token.text
            if self._peer is None:
                await self._engine.peers.add(draft, token=token or None)
            else:
                await self._engine.peers.update(draft, token=token if token != self._token_before else None)
        except SynclineError as error:
            self._allow(True)
            self.problem.show_message(in_words(error))
            self.fit()
        else:
            self.saved = draft
            QDialog.accept(self)

    async def _pair(self, link: PairingLink) -> PeerConfig | None:
        """Use the link; None when a place for the new file was asked for, and none was given."""
        name = self.name.text().strip() or self._name_by(link)
        mode, minutes = Mode(self.mode.currentData()), self.minutes.value()
        if not self._new:
            return await self._engine.pairing.pair(
                link, self.database.currentData(), name=name, mode=mode, minutes=minutes
            )
        path = await choose_new_file(self, f"{link.room}.db")
        if path is None:
            return None
        return await self._engine.pairing.pair_new(link, path, name=name, mode=mode, minutes=minutes)

    def _allow(self, allowed: bool) -> None:
        for part in (self.fields, self.connection_test, self.ok):
            part.setEnabled(allowed)


def _check_token(token: str) -> None:
    if token:
        check_token(token)
