"""Counts the changes that are due to peers which are not connected: a session counts for those that are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from engine.api.core import Core
from engine.errors import SynclineError
from engine.ids import DatabaseId
from engine.links.peer_status import Board
from engine.replica import Replica

log = logging.getLogger(__name__)

QUIET = 0.5
"""Seconds between two counts of one database, however fast its app writes."""


class DueCounter:
    """Has what is due counted, each time a database has moved on.

    Args:
        core: the engine's.
        boards: returns the rows of all peers and guests of a database.
    """

    def __init__(self, core: Core, boards: Callable[[DatabaseId], Iterable[Board]]) -> None:
        self._core = core
        self._boards = boards
        self._counting: dict[DatabaseId, asyncio.Task[None]] = {}
        self._ended = False

    def moved(self, database: DatabaseId) -> None:
        """Count soon, if a row of this database lacks a number."""
        if not self._ended and database not in self._counting and self._uncounted(database):
            task = asyncio.get_running_loop().create_task(self._count(database))
            self._counting[database] = task
            task.add_done_callback(lambda _: self._counting.pop(database, None))

    async def close(self, database: DatabaseId | None = None) -> None:
        """Stop counting what a database has; by default, any, for good."""
        self._ended = self._ended or database is None
        tasks = [task for known, task in self._counting.items() if database in (None, known)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _uncounted(self, database: DatabaseId) -> list[Board]:
        return [board for board in self._boards(database) if board.uncounted]

    async def _count(self, database: DatabaseId) -> None:
        try:
            while boards := self._uncounted(database):
                for since in {board.status.confirmed for board in boards}:
                    changes = await self._core.run(database, Replica.count_changes, since)
                    for board in boards:
                        board.counted(since, changes)
                await asyncio.sleep(QUIET)
        except SynclineError as error:  # the number stays unknown until the file can be used again
            log.info("%s: %s", database, error)
