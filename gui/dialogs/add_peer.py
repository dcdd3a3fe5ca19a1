"""The dialog that adds a peer in one of three ways, or changes one: form, nearby machines, "Test" button."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from engine.api import Engine
from engine.checks.probe import ProbeReport
from engine.errors import SynclineError
from engine.ids import DatabaseId
from engine.pairing.pairing_link import PairingLink, is_link
from engine.settings import Mode, PeerConfig
from gui.dialogs.add_database import choose_new_file
from gui.dialogs.base import AsyncDialog, in_words
from gui.dialogs.connection_test import ConnectionTestPanel
from gui.dialogs.inline_message import InlineMessage
from gui.dialogs.lan_devices import LanDevicesPanel
from gui.dialogs.peer_form import PeerForm
from gui.dialogs.peer_ways import Way, WayChoice
from gui.dialogs.scroll_body import ScrollBody
from gui.language import said, tr

WIDTH = 580


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
        engine: the open engine that the peer is added to.
        peer: the peer to change; None adds one.
        database: the id of the database that is selected at first.
        link: a pairing link that was opened from outside the program; it may be incomplete.

    Returns:
        the peer as the engine now knows it; None if the person cancelled.
    """
    dialog = PeerDialog(parent, engine, peer, database)
    if link:
        dialog.take(link)
    dialog.start(dialog.load_token())
    if dialog.adding:
        dialog.start(dialog.nearby.search())
    return dialog.saved if await dialog.answered() else None


class PeerDialog(AsyncDialog):
    """The dialog of ``ask``; ``saved`` is the outcome, None unless accepted."""

    def __init__(
        self, parent: QWidget | None, engine: Engine, peer: PeerConfig | None = None, database: str | None = None
    ) -> None:
        super().__init__(parent)
        self.saved: PeerConfig | None = None
        self._engine = engine
        self._peer = peer
        self._token_before = ""
        self.setWindowTitle(tr("Add peer") if peer is None else tr("Edit peer"))
        self.ways = WayChoice()
        self.ways.setVisible(self.adding)
        self.nearby = LanDevicesPanel(engine)
        self.form = PeerForm(engine, peer, database, name_by=self._name_by)
        self.connection_test = ConnectionTestPanel(self._probe, self.start)
        self.problem = InlineMessage.of_problem()
        self._make_buttons()
        self._make_layout()
        self._connect()
        self._show_way()
        self._refresh()
        self._refresh_nearby()
        self.resize(WIDTH, min(self.sizeHint().height(), self.room()))
        self.form.address.setFocus()

    # What is seen

    def _make_buttons(self) -> None:
        self.buttons = QDialogButtonBox()
        text = tr("Add") if self.adding else tr("Save")
        self.ok = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.ok.setDefault(True)

    def _make_layout(self) -> None:
        body = ScrollBody()
        body.column.addWidget(self.ways)
        body.column.addWidget(self.nearby)
        body.column.addSpacing(6)
        body.column.addWidget(self.form)
        body.column.addSpacing(6)
        body.column.addWidget(self.connection_test)
        body.column.addWidget(self.problem)
        body.column.addStretch()
        column = QVBoxLayout(self)
        column.addWidget(body, 1)
        column.addWidget(self.buttons)

    def _connect(self) -> None:
        self.ways.changed.connect(self._show_way)
        self.ways.changed.connect(self._changed)
        self.form.address.changed.connect(self._follow)
        self.form.changed.connect(self._changed)
        self.connection_test.trusted.connect(self.form.trust)
        self.form.refresh_needed.connect(self._refresh)
        self.form.database.currentIndexChanged.connect(self._refresh_nearby)
        self.nearby.machine_chosen.connect(self._refresh)
        self.nearby.link_wanted.connect(self.form.address.setFocus)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _show_way(self) -> None:
        """Show what belongs to the chosen way; for an existing peer, its address."""
        way = self.ways.way if self.adding else Way.HUB
        self.nearby.setVisible(self.adding and way is Way.NETWORK)
        self.connection_test.setVisible(way is Way.HUB)  # a link can be tried only once
        self.form.show_way(way)

    def _follow(self) -> None:
        """Switch to the way that fits a pasted link or address."""
        text, way = self.form.address.text.lower(), self.ways.way
        if self.adding and way is Way.HUB and is_link(text):
            self.ways.choose(Way.LINK)
        elif self.adding and way is not Way.HUB and text.startswith(("ws:", "wss:")):
            self.ways.choose(Way.HUB)

    def _refresh_nearby(self) -> None:
        if self.adding:
            database = DatabaseId("") if self.form.is_new_file else self.form.database.currentData()
            self.start(self.nearby.set_database(database))

    async def load_token(self) -> None:
        """Fill in the peer's token, unless another was typed meanwhile, and say below it where it is stored."""
        if self._peer is not None:
            try:
                token = await self._engine.peers.tokens.get(self._peer.id) or ""
            except SynclineError as error:
                self.problem.show_message(in_words(error))
            else:
                if self.form.token.text == self._token_before:
                    self._token_before = token
                    self.form.token.line.setText(token)
        self.form.where.show_message(said(await self._engine.peers.tokens.where()))
        self.fit()

    @property
    def adding(self) -> bool:
        """Whether the dialog adds a peer, rather than changing one."""
        return self._peer is None

    def take(self, link: str) -> None:
        """Fill in a pairing link as if it had been pasted."""
        self.form.address.put(link)

    # What is typed

    def _changed(self) -> None:
        """Clear the test result, which was about other input."""
        self.connection_test.clear()
        self.problem.show_message("")
        self._refresh()

    def _refresh(self) -> None:
        """Show what is wrong, and enable what is possible."""
        wrong = self.form.validate()
        linked = self.form.link is not None
        self.connection_test.setEnabled(not linked)  # a link can be tried only once
        self.connection_test.button.setEnabled(not wrong and not linked)
        self.ok.setEnabled(not wrong)
        self.ok.setToolTip(wrong)
        self.fit()

    def _name_by(self, link: PairingLink) -> str:
        """Return the name that the link's machine has here, or gives itself; '' if neither is known."""
        known = self._engine.pairing.paired_before(link, self.form.database.currentData())
        return known.name if known is not None else self.nearby.name_of(link.fingerprint)

    async def _probe(self) -> ProbeReport:
        draft = self.form.draft()
        database = None if self.form.is_new_file else draft.database
        return await self._engine.checks.probe(
            database, draft.url, draft.room, self.form.token.text, fingerprint=draft.pin
        )

    # The end

    def accept(self) -> None:
        """Save the peer; the dialog closes if that succeeds."""
        if self.ok.isEnabled():
            self.connection_test.clear()
            self._allow(False)
            self.start(self._save())

    async def _save(self) -> None:
        link = self.form.link
        try:
            self.saved = await (self._pair(link) if link is not None else self._keep())
        except SynclineError as error:
            self._allow(True)
            self.problem.show_message(in_words(error))
            self.fit()
        else:
            if self.saved is None:
                self._allow(True)
            else:
                QDialog.accept(self)

    async def _keep(self) -> PeerConfig | None:
        """Add or change the peer; None if the person was asked where to create the file, and cancelled."""
        draft, token = self.form.draft(), self.form.token.text
        if self._peer is not None:
            await self._engine.peers.update(draft, token=token if token != self._token_before else None)
            return draft
        if not self.form.is_new_file:
            return await self._engine.peers.add(draft, token=token or None)
        path = await choose_new_file(self, f"{draft.room.removesuffix('.db')}.db")
        if path is None:
            return None
        return await self._engine.databases.add_from_room(path, draft, token=token or None)

    async def _pair(self, link: PairingLink) -> PeerConfig | None:
        """Use the link; None if the person was asked where to create the file, and cancelled."""
        name = self.form.name.text().strip() or self._name_by(link)
        mode, minutes = Mode(self.form.mode.currentData()), self.form.minutes.value()
        if not self.form.is_new_file:
            return await self._engine.pairing.pair(
                link, self.form.database.currentData(), name=name, mode=mode, minutes=minutes
            )
        path = await choose_new_file(self, f"{link.room}.db")
        if path is None:
            return None
        return await self._engine.pairing.pair_new(link, path, name=name, mode=mode, minutes=minutes)

    def _allow(self, allowed: bool) -> None:
        for part in (self.form, self.connection_test, self.ok):
            part.setEnabled(allowed)
