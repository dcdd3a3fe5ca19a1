"""Keeps the clocks panel up to date: reads the chosen database's clocks when they may have moved and are seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QObject, QTimer

from engine.events import DatabaseChanged, PeerStatus
from gui.commands import Commands
from gui.panels.clocks import ClocksPanel

PAUSE = 300
"""Milliseconds between two readings, however fast the clocks move."""


class ClockReader(QObject):
    """Between the engine and the panel.

    Args:
        commands: runs the readings. panel: shows them.
    """

    def __init__(self, commands: Commands, panel: ClocksPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.database: str | None = None
        """The chosen database's id."""
        self._commands = commands
        self._panel = panel
        self._databases: dict[str, DatabaseChanged] = {}
        self._names: dict[bytes, str] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._read)
        panel.database_chosen.connect(self._choose)
        panel.installEventFilter(self)

    def peers_changed(self, peers: Iterable[PeerStatus]) -> None:
        """Take in whose site ids are known; their clocks may have moved."""
        self._names = {peer.site_id: peer.name for peer in peers if peer.site_id is not None}
        self._read_soon()

    def databases_changed(self, databases: Mapping[str, DatabaseChanged]) -> None:
        """Take in the databases, and the clocks that moved."""
        self._databases = dict(databases)
        if self.database not in databases:
            self.database = next(iter(databases), None)
        self._panel.set_databases({database.database: database.name for database in databases.values()})
        self._read_soon()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Read when the panel comes into sight."""
        if event.type() == QEvent.Type.Show:
            self._read_soon()
        return super().eventFilter(watched, event)

    def _choose(self, database: str) -> None:
        self.database = database
        self._read()

    def _read_soon(self) -> None:
        if self._panel.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _read(self) -> None:
        if self.database is not None and self.database in self._databases:
            self._commands.start(self._show(self._databases[self.database]))

    async def _show(self, database: DatabaseChanged) -> None:
        if database.problem or database.site_id is None:
            self._panel.model.set_clocks(b"", 0, [], {})
            return
        clocks = await self._commands.engine.clocks(database.database)
        if database.database == self.database:
            latest = self._databases.get(self.database, database)
            self._panel.model.set_clocks(database.site_id, latest.db_version, clocks, self._names)
