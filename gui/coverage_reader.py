"""Reads how many tables of each database are synced."""

from __future__ import annotations

from PySide6.QtCore import Signal

from engine.ids import DatabaseId
from gui.database_reader import DatabaseReader


class CoverageReader(DatabaseReader):
    """Reads the coverage of each database from the engine."""

    coverage_read = Signal(str, object)
    """Emitted with a database's id and its ``Coverage``."""

    async def _tell(self, database: DatabaseId) -> None:
        self.coverage_read.emit(database, await self._commands.engine.databases.coverage(database))
