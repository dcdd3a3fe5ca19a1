"""Reads the journal: for the activity panel while it is visible, and once for the change flow."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer

from gui.bridge import Bridge
from gui.commands import Commands
from gui.panels.activity import SYNCS, ActivityPanel
from gui.panels.flow import FlowPanel

PAUSE = 400
"""Milliseconds between readings, however much is synced."""


async def restore_flow(commands: Commands, flow: FlowPanel) -> None:
    """Fill the change flow with what moved before this start."""
    journal = commands.engine.history.journal
    if journal is not None:
        flow.restore(await journal.moved_before())


async def forget_flow(commands: Commands) -> None:
    """Have the change flow start empty the next time."""
    journal = commands.engine.history.journal
    if journal is not None:
        await journal.forget_moved()


class JournalReader(QObject):
    """Reads the engine's journal for the panel.

    Args:
        commands: runs the readings.
        bridge: reports that there are new lines.
        panel: shows the lines.
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
        """Read when the panel becomes visible."""
        if event.type() == QEvent.Type.Show:
            self._read()
        return super().eventFilter(watched, event)

    def read_soon(self) -> None:
        """Read in a moment, if the panel is visible."""
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
