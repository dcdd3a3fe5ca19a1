"""The base of what reads something from each database: once it is open, and again after it has moved."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer

from engine.errors import SynclineError
from engine.events import DatabaseChanged
from engine.ids import DatabaseId
from gui.bridge import Bridge
from gui.commands import Commands

PAUSE = 2_000
"""Milliseconds between readings, however fast the clocks move."""

SHARE = 5
"""A pause lasts at least this many times as long as the last reading, so that merging gets its share."""


class DatabaseReader(QObject):
    """Reads something from each database; subclasses implement ``_tell``, which reads it and emits a signal.

    Args:
        commands: runs the readings.
        bridge: reports when a database moved.
    """

    def __init__(self, commands: Commands, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self._wanted: dict[DatabaseId, None] = {}
        self._rest = QTimer(self, singleShot=True, interval=PAUSE)
        self._rest.timeout.connect(self._read_soon)
        self._reading = False
        bridge.databases_changed.connect(self._databases_changed)
        bridge.database_removed.connect(lambda database: self._wanted.pop(database, None))

    @property
    def rests(self) -> bool:
        """Whether nothing is being read, or waiting to be."""
        return not (self._wanted or self._reading or self._rest.isActive())

    async def read(self, database: DatabaseId) -> None:
        """Read one database now."""
        with contextlib.suppress(SynclineError):  # it was removed, or cannot be read: its row says so
            await self._tell(database)

    async def _tell(self, database: DatabaseId) -> None:
        raise NotImplementedError

    def _want(self, databases: Iterable[DatabaseId]) -> None:
        """Read these databases soon."""
        self._wanted.update(dict.fromkeys(databases))
        self._read_soon()

    def _databases_changed(self, changed: list[DatabaseChanged]) -> None:
        self._want(one.database for one in changed if not one.problem)

    def _read_soon(self) -> None:
        if self._wanted and not self._reading and not self._rest.isActive():
            self._reading = True
            self._commands.start(self._read())

    async def _read(self) -> None:
        wanted, self._wanted = self._wanted, {}
        begun = time.monotonic()
        try:
            for database in wanted:
                await self.read(database)
        finally:
            self._reading = False
            self._rest.start(max(PAUSE, round(1000 * SHARE * (time.monotonic() - begun))))
