"""What was synced and what was overwritten: gives long values in full, and restores values."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from engine.api.core import Core
from engine.api.files import Files
from engine.change import SQLiteValue
from engine.errors import SynclineError
from engine.events import FlowChange
from engine.history.journal import Journal
from engine.ids import DatabaseId
from engine.storage.restore import current, restore_value
from engine.truncate import Clipped, stands_for


class History:
    """What the change flow has shown and the journal keeps.

    Args:
        core, files: the engine's.
    """

    def __init__(self, core: Core, files: Files) -> None:
        self._core = core
        self._files = files

    @property
    def journal(self) -> Journal | None:
        """The syncs and overwritten values of the last 30 days; None if nothing is kept."""
        return self._core.journal

    async def full_change(self, database: DatabaseId, change: FlowChange) -> FlowChange:
        """Return a change of the flow with its values in full, as far as the file and the journal still hold them."""
        value, old = change.value, change.old
        if isinstance(value, Clipped):
            with contextlib.suppress(SynclineError):
                found = await self._core.run(database, current, change.table, change.key, change.column)
                value = found if stands_for(value, found) else value
        if isinstance(old, Clipped) and self.journal is not None:
            place = database, change.table, change.key, change.column
            for line in await self.journal.overwritten():
                if place == (line.database, line.table, line.key, line.column) and stands_for(old, line.old):
                    old = line.old
        return replace(change, value=value, old=old)

    async def restore_value(
        self,
        database: DatabaseId,
        table: str,
        key: tuple[SQLiteValue, ...],
        column: str,
        value: SQLiteValue,
        *,
        instead_of: SQLiteValue,
    ) -> None:
        """Write back a value that a peer's change overwrote with ``instead_of``; it is synced like any local write.

        Raises:
            UsageError: it cannot be restored, or something else has been written since; nothing has changed.
        """
        await self._core.run(database, restore_value, table, key, column, value, instead_of)
        await self._files.refresh_soon(database)
