"""The fields of a peer, each with its problem beside it; a pairing link can be given instead of an address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from engine.api import Engine
from engine.errors import UsageError
from engine.ids import DatabaseId
from engine.pairing.lan_server import room_for
from engine.pairing.pairing_link import PairingLink, is_link, parse
from engine.settings import Direction, Mode, PeerConfig, check_url
from engine.settings.schema import DAYS
from engine.settings.typed_address import completed
from engine.wire.handshake import ROOMS, check_room, check_token, encode_subprotocol
from engine.wire.room_address import room_of, without_room
from gui.dialogs.base import in_words
from gui.dialogs.inline_message import InlineMessage
from gui.dialogs.peer_ways import Way
from gui.dialogs.validated_line_edit import ValidatedLineEdit
from gui.language import tr

NEW = "new"
"""Stands for the id of a database whose file is yet to be created, with the tables of the other side."""

WEEK = 7 * 24 * 60


class PeerForm(QWidget):
    """The form with the fields of a peer.

    Args:
        engine: knows the databases and peers that exist.
        peer: the peer to change; None for a new one.
        database: the id of the database that is selected at first.
        name_by: returns the name of a pairing link's machine; '' if that is not known.

    Attributes:
        way: how a new peer is found, which decides which fields are shown.
    """

    changed = Signal()
    """Emitted when a field changed that the connection test depends on."""
    refresh_needed = Signal()
    """Emitted when any other field changed."""

    def __init__(
        self,
        engine: Engine,
        peer: PeerConfig | None,
        database: str | None,
        *,
        name_by: Callable[[PairingLink], str],
    ) -> None:
        super().__init__()
        self._engine = engine
        self._peer = peer
        self._name_by = name_by
        self._trusted = ("", "")
        self.way = Way.HUB
        self._make_fields()
        self._make_layout()
        self._fill(peer, database)
        for field in (self.address, self.room, self.token):
            field.changed.connect(self.changed)
        self.database.currentIndexChanged.connect(self.changed)
        self.direction.currentIndexChanged.connect(self.changed)
        self.mode.currentIndexChanged.connect(self.refresh_needed)

    # What is seen

    def _make_fields(self) -> None:
        self.database = QComboBox()
        self.database.setAccessibleName(tr("Database"))
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Name"))
        self.address = ValidatedLineEdit(tr("Address"), self._check_address)
        self.words = InlineMessage()
        self.address.add_below(self.words)
        self.room = ValidatedLineEdit(tr("Room"), self._check_room)
        self.room.missing = tr("Missing: the name of the database on the hub.")
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

    def _make_layout(self) -> None:
        when = QHBoxLayout()
        when.addWidget(self.mode, 1)
        when.addWidget(self.minutes)
        form = self._form = QFormLayout(self)
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
        self.show_way(Way.HUB)

    def show_way(self, way: Way) -> None:
        """Show the fields that a new peer needs when found this way: with a link, few are left."""
        self.way = way
        by_address = way is Way.HUB
        label = self._form.labelForField(self.address)
        assert isinstance(label, QLabel)
        label.setText(tr("&Address:") if by_address else tr("Lin&k:"))
        self.address.line.setAccessibleName(tr("Address") if by_address else tr("Pairing link"))
        self.address.line.setPlaceholderText(
            tr("wss://example.org:8080/sync/ROOM") if by_address else "syncline://pair?…"
        )
        self.address.missing = (
            tr("Missing: the address of the hub, as its owner gave it to you.")
            if by_address
            else tr("Missing: the link. On the other machine, press Share, then New link.")
        )
        for part in (self.room, self.token, self.direction, self.stale):
            self._form.setRowVisible(part, by_address)

    def _fill(self, peer: PeerConfig | None, database: str | None) -> None:
        for known in self._engine.settings.databases:
            self.database.addItem(known.name, known.id)
            self.database.setItemData(self.database.count() - 1, str(known.path), Qt.ItemDataRole.ToolTipRole)
        if peer is None:
            self.database.addItem(tr("A new file, with the other side's tables…"), NEW)
            tip = tr("You choose where to create it; its tables are made like those of the room")
            self.database.setItemData(self.database.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        chosen = self.database.findData(peer.database if peer else database)
        self.database.setCurrentIndex(max(0, chosen) if self.database.count() else -1)
        self.database.setEnabled(peer is None)
        self.minutes.setValue(15)
        if peer is not None:
            self.database.setToolTip(tr("To sync another database, add another peer"))
            self._trusted = peer.url, peer.trusted
            self.name.setText(peer.name)
            self.address.line.setText(peer.url)
            self.room.line.setText(peer.room)
            self.mode.setCurrentIndex(self.mode.findData(peer.mode))
            self.minutes.setValue(peer.minutes)
            self.direction.setCurrentIndex(self.direction.findData(peer.direction))
            self.stale.setValue(peer.stale_days or 0)

    # What is typed

    @property
    def is_new_file(self) -> bool:
        """Whether the database file is yet to be created."""
        return bool(self.database.currentData() == NEW)

    @property
    def link(self) -> PairingLink | None:
        """The pairing link that was given instead of an address; None if there is none, or it is incomplete."""
        if self._peer is None and is_link(self.address.text):
            with suppress(UsageError):
                return parse(self.address.text)
        return None

    def trust(self, fingerprint: str) -> None:
        """Accept the certificate with this fingerprint, and no other, at the address in the form."""
        self._trusted = check_url(self._url, path=ROOMS), fingerprint

    def draft(self) -> PeerConfig:
        """Return the peer as the form describes it.

        Raises:
            UsageError: a field is invalid; the message says which and why.
        """
        new = PeerConfig.new(
            self.database.currentData() or DatabaseId(""),
            self._url,
            room=self._room,
            name=self.name.text().strip(),
            mode=Mode(self.mode.currentData()),  # Qt keeps the plain text of it
            minutes=self.minutes.value(),
            direction=Direction(self.direction.currentData()),
        )
        new = replace(new, stale_days=self.stale.value() or None)
        url, trusted = self._trusted
        if urlsplit(url)[:2] == urlsplit(new.url)[:2]:  # another place has another certificate
            new = replace(new, trusted=trusted)
        if self._peer is None:
            return new
        pin = self._peer.fingerprint if new.url.startswith("wss:") and not new.trusted else ""
        return replace(new, id=self._peer.id, paused=self._peer.paused, fingerprint=pin)

    def validate(self) -> str:
        """Show the problem of each field beside it, enable what can be filled in, and return the first problem."""
        link = self.link
        for part in (self.room, self.token, self.direction, self.stale):
            part.setEnabled(link is None)  # the link says it all
        if link is None:
            self._take_room()
            self.words.show_message(self._where())
            problems = [self.address.validate(), self.room.validate(), self.token.validate()]
            if not any(problems):
                problems.append(self.room.validate(self._twin() or self._cannot_travel()))
        else:
            words = " ".join(link.words)
            self.words.show_message(
                tr("For the room “{room}”. Both machines show: {words}", room=link.room, words=words)
            )
            problems = [self.address.validate()]
        self.name.setPlaceholderText(self._usual_name())
        self.minutes.setVisible(self.mode.currentData() == Mode.EVERY)
        return next(filter(None, problems), "")

    def _check_address(self, text: str) -> None:
        if self._peer is None and (is_link(text) or self.way is not Way.HUB):
            parse(text)
        else:
            room_of(check_url(completed(text)))

    def _check_room(self, text: str) -> None:
        check_room(text or self._usual_room())

    @property
    def _url(self) -> str:
        """The address, completed with what need not be typed."""
        return completed(self.address.text)

    @property
    def _room(self) -> str:
        """The room as typed, or else the one named after the database."""
        return self.room.text or self._usual_room()

    def _usual_room(self) -> str:
        """Return the room named after the database; '' if there is none, or the address or the peer has one."""
        if self._peer is not None or self.is_new_file or self.database.currentIndex() < 0:
            return ""
        with suppress(UsageError):
            if room_of(check_url(self._url)):
                return ""
        return room_for(self.database.currentText())

    def _where(self) -> str:
        """Say which address the peer gets, if it is not the one that was typed."""
        with suppress(UsageError):
            url = PeerConfig.new(DatabaseId(""), self._url, room=self._room).url
            if self._peer is None and self.way is Way.HUB and url != self.address.text:
                return tr("Connects to {url}", url=url)
        return ""

    def _take_room(self) -> None:
        """Show the room that the address names, and disable the field: it cannot be another one."""
        room = ""
        with suppress(UsageError):
            room = room_of(check_url(self._url))
        self.room.setEnabled(not room)
        usual = self._usual_room()
        self.room.line.setPlaceholderText(usual or tr("the database's name on the hub"))
        if room and self.room.text != room:
            self.room.put(room)

    def _usual_name(self) -> str:
        if self.link is not None and (name := self._name_by(self.link)):
            return name
        try:
            return PeerConfig.new(DatabaseId(""), self._url, room=self._room).name
        except UsageError:
            return tr("any name; by default the room and the host")

    def _twin(self) -> str:
        """Return the problem if there is another peer for the same room: everything would be synced twice."""
        draft = self.draft()
        for peer in self._engine.settings.peers:
            same = (peer.database, without_room(peer.url), peer.room) == (
                draft.database,
                without_room(draft.url),
                draft.room,
            )
            if same and peer.id != draft.id:
                return tr("“{peer}” already syncs this database with this room.", peer=peer.name)
        return ""

    def _cannot_travel(self) -> str:
        try:
            encode_subprotocol(self._room, self.token.text or None, own=1)
        except UsageError as error:
            return in_words(error)
        return ""


def _check_token(token: str) -> None:
    if token:
        check_token(token)
