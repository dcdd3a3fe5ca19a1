"""Logs the rows of rooms that cannot be sent, each only once while it cannot."""

from __future__ import annotations

import logging

from engine.tables import Waiting

log = logging.getLogger(__name__)


class WithheldLog:
    """What was logged about the rows of rooms, which may be closed and opened in between."""

    def __init__(self) -> None:
        self._logged: dict[str, tuple[str, ...]] = {}

    def update(self, room: str, waiting: Waiting) -> None:
        """Log what waits in the room now and was not logged yet, or that nothing waits any more."""
        before = self._logged.get(room, ())
        if waiting.reasons == before:
            return
        if not waiting:
            del self._logged[room]
            log.info("All rows can be sent again", extra={"room": room})
            return
        self._logged[room] = waiting.reasons
        if set(waiting.reasons) - set(before):
            rows = [{"table": row.table, "key": row.key} for row in waiting.rows]
            log.warning("%s", waiting, extra={"room": room, "rows": rows, "more": waiting.more})
