"""Keeps the clocks panel up to date: reads the selected database's clocks when they may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QObject, QTimer

from engine.events import DatabaseChanged
from engine.peer_state import PeerStatus
from gui.commands import Commands
from gui.panels.clocks import ClocksPanel

PAUSE = 300
"""Milliseconds between readings, however fast the clocks move."""

LATER = 1_500
"""Milliseconds from the last news to a final reading: a confirmation is reported a moment before it is on disk."""


class ClockReader(QObject):
    """Reads clocks from the engine for the panel, while that is visible.

    Args:
        commands: runs the readings.
        panel: shows the clocks.
    """

    def __init__(self, commands: Commands, panel: ClocksPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self._panel = panel
        self._databases: dict[str, DatabaseChanged] = {}
        self._peers: list[PeerStatus] = []
        self._soon = QTimer(self, singleShot=True, interval=PAUSE)
        self._later = QTimer(self, singleShot=True, interval=LATER)
        for timer in (self._soon, self._later):
            timer.timeout.connect(self._read)
        panel.database_chosen.connect(self._read)
        panel.installEventFilter(self)

    def peers_changed(self, peers: Iterable[PeerStatus]) -> None:
        """Take note of the peers, whose site ids may be known now, and whose clocks may have moved."""
        self._peers = list(peers)
        self._read_soon()

    def databases_changed(self, databases: Mapping[str, DatabaseChanged]) -> None:
        """Take note of the databases, whose clocks may have moved."""
        self._databases = dict(databases)
        self._panel.set_databases({database.database: database.name for database in databases.values()})
        self._read_soon()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Read when the panel becomes visible."""
        if event.type() == QEvent.Type.Show:
            self._read_soon()
        return super().eventFilter(watched, event)

    def _read_soon(self) -> None:
        if self._panel.isVisible():
            if not self._soon.isActive():
                self._soon.start()
            self._later.start()

    def _read(self) -> None:
        database = self._databases.get(self._panel.chosen() or "")
        if database is None or database.site_id is None or database.problem:
            self._panel.model.set_clocks(None, 0, [], {})
        else:
            self._commands.start(self._show(database, database.site_id))

    async def _show(self, database: DatabaseChanged, own_site: bytes) -> None:
        clocks = await self._commands.engine.databases.clocks(database.database)
        if self._panel.chosen() != database.database:
            return
        latest = self._databases.get(database.database, database)
        names = {known.site_id: known.name for known in self._databases.values() if known.site_id is not None}
        last: dict[bytes, float] = {}
        # if two peers answer as the same site, the one of this database gives the name
        for peer in sorted(self._peers, key=lambda peer: peer.database == database.database):
            if peer.site_id is not None:
                names[peer.site_id] = peer.name
                last[peer.site_id] = max(last.get(peer.site_id, 0.0), peer.last_success or 0.0)
        heard = {site: when for site, when in last.items() if when}
        self._panel.model.set_clocks(own_site, latest.db_version, clocks, names, heard)
