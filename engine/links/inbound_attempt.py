"""An attempt at a peer that has dialled us already: it goes by that connection, and makes none of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from engine.change import Change
from engine.links.attempt import Attempt, Ending
from engine.links.inbound import InboundConnection
from engine.tables import Applied


class InboundAttempt(Attempt):
    """Shows, asks and reports what an own connection would, as long as the visit goes on.

    Args:
        visit: of the peer. The others are as in ``Attempt``.
    """

    note = "Over the connection that it made to this machine; one is enough."

    def __init__(self, visit: InboundConnection, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._visit = visit
        self._ended = asyncio.Event()
        self.pump = visit.pump
        self.session = visit.pump.session
        self.before = self._summary(self.session, self.pump)

    async def run(self) -> Ending:
        """Go along until the visit is over, or this is told to hang up. Never fails."""
        self._visit.watchers.append(self)
        try:
            if self.hurry:  # not before the file was looked at
                self.hurry = False
                self.look()
            self.visit_stepped()
            await self._ended.wait()
        finally:
            self._visit.watchers.remove(self)
            await self._end()
        assert self.pump is not None
        assert self.session is not None
        self._on_finished(self._summary(self.session, self.pump))
        return self._ending or Ending.GAVE_WAY

    def hang_up(self, ending: Ending, *, code: int = 1000, reason: str = "Goodbye.") -> None:
        """End the attempt; the visit is the peer's, and goes on."""
        self._ending = ending
        self._ended.set()

    @property
    def held(self) -> bool:
        """A connection that is there is no trouble."""
        return True

    # What the visit reports (``engine.links.inbound.Watcher``)

    def visit_stepped(self) -> None:
        if self._visit.known:
            self._stepped()
        else:
            self._ended.set()

    def visit_merged(self, applied: Sequence[Applied]) -> None:
        self._on_in(applied)

    def visit_sent(self, changes: Sequence[Change]) -> None:
        self._on_out(changes)
