"""Logs the rows of rooms that cannot be sent, each once for as long as it cannot."""

from __future__ import annotations

import logging

from engine.tables import Waiting

log = logging.getLogger(__name__)


class WithheldLog:
    """What the log says of the rows of rooms; a room may be closed and opened in between."""

    def __init__(self) -> None:
        self._logged: dict[str, tuple[str, ...]] = {}

    def update(self, room: str, waiting: Waiting) -> None:
        """Log what of the room waits now and was not logged yet, or that nothing waits any more."""
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
