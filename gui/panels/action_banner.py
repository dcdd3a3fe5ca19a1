"""The banner below the peers: what a peer needs a person for, in full sentences, and a button to start with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from engine.peer_state import PeerStatus, Remedy, State
from gui.dialogs.inline_message import InlineMessage
from gui.language import on_language_change, said, tr
from gui.theme import state_icon


class ActionBanner(QFrame):
    """A banner that is hidden unless a peer needs a person."""

    asked = Signal(str, object)
    """Emitted with the peer's id and the ``Remedy`` to start with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._peer: PeerStatus | None = None
        self.note = InlineMessage(None, partial(state_icon, State.NEEDS_YOU))
        self.button = QPushButton()
        self.button.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.note, 1)
        row.addWidget(self.button)
        self.hide()
        on_language_change(self._retranslate)

    def show_for(self, peers: Sequence[PeerStatus], chosen: Sequence[str]) -> None:
        """Show what a selected peer needs, or else what the first peer in need of a person does."""
        needing = [peer for peer in peers if peer.state is State.NEEDS_YOU or peer.remedy is not None]
        needing.sort(key=lambda peer: peer.peer not in chosen)
        peer = needing[0] if needing else None
        if peer == self._peer:
            return
        self._peer = peer
        self.setVisible(peer is not None)
        self._retranslate()

    def _retranslate(self) -> None:
        peer = self._peer
        if peer is not None:
            self.note.show_message(f"{peer.name}: {said(peer.sentence())}")
            self.button.setVisible(peer.remedy is not None)
            self.button.setText(self._words(peer.remedy))
        self.button.setAccessibleName(self._words(peer.remedy if peer else None))

    def _ask(self) -> None:
        if self._peer is not None and self._peer.remedy is not None:
            self.asked.emit(self._peer.peer, self._peer.remedy)

    def _words(self, remedy: Remedy | None) -> str:
        match remedy:
            case Remedy.JOIN:
                return tr("Join…")
            case Remedy.ANSWER:
                return tr("Answer…")
            case Remedy.COMPARE_TABLES:
                return tr("Compare tables…")
            case Remedy.REPAIR:
                return tr("Repair…")
            case Remedy.NEW_ID:
                return tr("Give it a new id…")
            case Remedy.PAIR:
                return tr("Pair again…")
            case _:
                return tr("Edit peer…")
