"""Finds out which databases another program syncs as well: once for each file, as that takes a moment."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.events import DatabaseChanged
from engine.storage.other_sync import caution_of
from gui.bridge import Bridge
from gui.commands import Commands


class OtherSyncReader(QObject):
    """Checks each database file once for another program's sync.

    Args:
        commands: runs the checks.
        bridge: reports the databases.
    """

    found = Signal(str, object)
    """Emitted with a database's id and a sentence of the engine (which can be translated)."""

    def __init__(self, commands: Commands, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self._looked: set[tuple[str, str]] = set()
        bridge.databases_changed.connect(self._databases_changed)

    def _databases_changed(self, changed: list[DatabaseChanged]) -> None:
        for one in changed:
            if (one.database, one.path) not in self._looked:
                self._looked.add((one.database, one.path))
                self._commands.start(self._look(one.database, Path(one.path)))

    async def _look(self, database: str, path: Path) -> None:
        caution = await asyncio.to_thread(caution_of, path)
        if caution:
            self.found.emit(database, caution)
