"""Reads the journal: for the activity panel when it has new lines and somebody looks, for the change flow once."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer

from gui.bridge import Bridge
from gui.commands import Commands
from gui.panels.activity import SYNCS, ActivityPanel
from gui.panels.flow import FlowPanel

PAUSE = 400
"""Milliseconds between two readings, however much is synced."""


async def restore_flow(commands: Commands, flow: FlowPanel) -> None:
    """Have the change flow begin with what moved before this start."""
    journal = commands.engine.history.journal
    if journal is not None:
        flow.restore(await journal.moved_before())


async def forget_flow(commands: Commands) -> None:
    """Have the change flow begin empty at the next start."""
    journal = commands.engine.history.journal
    if journal is not None:
        await journal.forget_moved()


class JournalReader(QObject):
    """Between the engine's journal and the panel.

    Args:
        commands: runs the readings. bridge: says when there are new lines. panel: shows them.
    """

    def __init__(self, commands: Commands, bridge: Bridge, panel: ActivityPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._commands = commands
        self._panel = panel
        self._soon = QTimer(self, singleShot=True, interval=PAUSE)
        self._soon.timeout.connect(self._read)
        bridge.activity.connect(self.read_soon)
        bridge.flow.connect(lambda _: self._flowed())
        panel.choice_changed.connect(self._read)
        panel.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Read when the panel comes into sight."""
        if event.type() == QEvent.Type.Show:
            self._read()
        return super().eventFilter(watched, event)

    def read_soon(self) -> None:
        """There may be something new."""
        if self._panel.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _flowed(self) -> None:
        if self._panel.choice.currentIndex() != SYNCS:
            self.read_soon()

    def _read(self) -> None:
        self._commands.start(self._show())

    async def _show(self) -> None:
        journal = self._commands.engine.history.journal
        if journal is None:
            return
        if self._panel.choice.currentIndex() == SYNCS:
            self._panel.set_syncs(await journal.syncs())
        else:
            self._panel.set_overwritten(await journal.overwritten())
