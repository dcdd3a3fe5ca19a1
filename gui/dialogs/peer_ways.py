"""The choice of how a peer is found: by a pairing link, in this network, or by the address of a hub."""

from __future__ import annotations

import enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QRadioButton, QVBoxLayout, QWidget

from gui.language import tr


class Way(enum.Enum):
    """How a peer is found."""

    LINK = enum.auto()
    NETWORK = enum.auto()
    HUB = enum.auto()


class WayChoice(QWidget):
    """Radio buttons that ask how the peer is found."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = {
            Way.LINK: QRadioButton(tr("A &pairing link, which the other machine shows under “Share”")),
            Way.NETWORK: QRadioButton(tr("A &machine in this network that shares")),
            Way.HUB: QRadioButton(tr("A &hub, by its address")),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for button in self.buttons.values():
            column.addWidget(button)
            button.toggled.connect(self._toggled)
        self.buttons[Way.LINK].setChecked(True)

    @property
    def way(self) -> Way:
        """The selected way."""
        return next(way for way, button in self.buttons.items() if button.isChecked())

    def choose(self, way: Way) -> None:
        """Select a way."""
        self.buttons[way].setChecked(True)

    def _toggled(self, on: bool) -> None:
        if on:
            self.changed.emit()
