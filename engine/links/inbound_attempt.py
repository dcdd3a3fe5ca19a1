"""An attempt at a peer that has dialled us already: it uses that connection and makes none of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from engine.change import Change
from engine.links.attempt import GOODBYE, Attempt, Ending
from engine.links.inbound import InboundConnection
from engine.session import SessionFacts
from engine.session.close_codes import CloseCode
from engine.table_shape import Join
from engine.tables import Applied
from engine.text import t


class InboundAttempt(Attempt):
    """Shows and reports what a connection of our own would, as long as the inbound connection lasts.

    Args:
        inbound: the peer's connection. The others are as in ``Attempt``.
    """

    note = t("Uses the connection that the other side opened to this machine.")

    def __init__(self, inbound: InboundConnection, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._inbound = inbound
        self._ended = asyncio.Event()
        self.driver = inbound.driver
        self.session = inbound.driver.session
        self.before = self._summary(self.session, self.driver)

    async def run(self) -> Ending:
        """Follow the inbound connection until it is over, or this attempt is told to hang up. Never fails."""
        self._inbound.watchers.append(self)
        try:
            if self.hurry:  # not before the file was looked at
                self.hurry = False
                self.check_now()
            self.inbound_stepped(self._inbound.driver.session.facts())
            await self._ended.wait()
        finally:
            self._inbound.watchers.remove(self)
            await self._end()
        assert self.driver is not None
        assert self.session is not None
        self._listener.finished(self._summary(self.session, self.driver))
        return self._ending or Ending.GAVE_WAY

    def hang_up(self, ending: Ending, *, code: int = CloseCode.NORMAL_CLOSURE, reason: str = GOODBYE) -> None:
        """End the attempt; the inbound connection is the peer's, and stays."""
        self._ending = ending
        self._ended.set()

    def have_joined(self, joins: Mapping[str, Join]) -> None:
        """Do the same as ``InboundConnection.have_joined``."""
        self._inbound.have_joined(joins)

    @property
    def held(self) -> bool:
        """True: a connection that exists was of use."""
        return True

    # What the inbound connection reports (``engine.links.inbound.Watcher``)

    def inbound_stepped(self, facts: SessionFacts) -> None:
        if self._inbound.known:
            self._stepped(facts)
        else:
            self._ended.set()

    def inbound_merged(self, applied: Sequence[Applied]) -> None:
        self._listener.merged(applied)

    def inbound_sent(self, changes: Sequence[Change]) -> None:
        self._listener.sent(changes)
