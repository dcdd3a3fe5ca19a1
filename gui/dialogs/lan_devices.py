"""The panel of the machines that share in the local network.

Being found lets nobody in: the panel says how to get the pairing link of the one that is selected.
"""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QLabel, QVBoxLayout, QWidget

from engine.api import Engine
from engine.errors import SynclineError
from engine.ids import DatabaseId
from engine.pairing.discovery import Discovery, Found, mark
from gui.dialogs.base import in_words
from gui.dialogs.inline_message import InlineMessage
from gui.language import said, tr
from gui.models.lan_devices import Column, FoundModel
from gui.panels.table import Table

ROWS = 4
"""How many rows are visible at once."""

_WIDTHS = {Column.MACHINE: 18, Column.OFFERS: 38, Column.ADDRESS: 16}


class LanDevicesPanel(QWidget):
    """The list of the machines nearby, and what to do about the selected one."""

    machine_chosen = Signal(object)
    """Emitted with the selected machine, a ``Found``; None if it is gone, or none is selected."""
    link_wanted = Signal()
    """Emitted when a machine was activated, by Enter or a double click: its pairing link is needed next."""

    def __init__(self, engine: Engine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._discovery: Discovery | None = None
        self._database = ""
        self.model = FoundModel(self)
        self.table = Table()
        self.table.setModel(self.model)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAccessibleName(tr("Machines in this network"))
        self.table.set_widths(_WIDTHS[column] for column in Column)
        header, row = self.table.horizontalHeader(), self.table.verticalHeader().defaultSectionSize()
        self.table.setFixedHeight(header.sizeHint().height() + ROWS * row + 2 * self.table.frameWidth())
        self.note = InlineMessage()
        label = QLabel(tr("&In this network:"))
        label.setBuddy(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (label, self.table, self.note):
            column.addWidget(part)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self.table.activated.connect(self.link_wanted)
        self._show_empty()

    @property
    def machine(self) -> Found | None:
        """The selected machine; None if none is."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.rows[rows[0].row()] if rows else None

    def name_of(self, fingerprint: str) -> str:
        """Return the name that the machine with this certificate fingerprint gives itself; '' if it was not found."""
        rows = self.model.rows
        return next((found.name for found in rows if found.certificate == mark(fingerprint)), "")

    async def search(self) -> None:
        """Search until cancelled; return early if searching is impossible."""
        try:
            async with self._engine.pairing.discover(self._moved) as self._discovery:
                self._moved()
                self._show_empty(self._discovery.problem)
                await asyncio.Event().wait()
        except SynclineError as error:
            self._show_empty(in_words(error))
        finally:
            self._discovery = None

    async def set_database(self, database: DatabaseId) -> None:
        """Set the database, by its id, that a machine is sought for; the latest call counts."""
        self._database = database
        try:
            offer = await self._engine.pairing.discovery_id(database) if database else ""
        except SynclineError:  # its own row says what is wrong with it
            offer = ""
        if database != self._database:
            return
        marks = {
            mark(peer.fingerprint)
            for peer in self._engine.settings.peers
            if peer.database == database and peer.fingerprint
        }
        self.model.set_ours(offer, marks)
        self._chosen()

    def _moved(self) -> None:
        if self._discovery is not None:
            self.model.show(self._discovery.found)
            self._chosen()

    def _show_empty(self, problem: str = "") -> None:
        self.table.placeholder = said(problem) or tr(
            "Nothing found yet. On the other machine, press Share, then choose a database and “In the local network”."
        )
        self.table.viewport().update()

    def _chosen(self) -> None:
        machine = self.machine
        self.note.show_message("" if machine is None else self._what_to_do(machine))
        self.machine_chosen.emit(machine)

    def _what_to_do(self, machine: Found) -> str:
        if self.model.is_peer(machine):
            return tr("{machine} is already a peer of this database.", machine=machine.name)
        return tr(
            "{machine} accepts only machines with a pairing link. There, press Share, then New "
            "link. Open that link here, or paste it below.",
            machine=machine.name,
        )
