"""From changes to lines of the change flow, and the stream of events that carries them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from engine.change import Change
from engine.crr import Applied, unpack_columns
from engine.events import Event, FlowChange


def flow_in(applied: Iterable[Applied]) -> tuple[FlowChange, ...]:
    """Return the lines for changes that were merged, with what they overwrote."""
    return tuple(
        FlowChange(
            table=one.change.table,
            key=one.key,
            column=one.change.cid,
            value=one.change.val,
            version=one.local_version,
            author=one.change.site_id,
            cl=one.change.cl,
            old=one.old,
            had_old=one.had_old,
        )
        for one in applied
    )


def flow_of(changes: Iterable[Change]) -> tuple[FlowChange, ...]:
    """Return the lines for changes that were sent, or made here."""
    return tuple(
        FlowChange(
            table=change.table,
            key=tuple(unpack_columns(change.pk)),
            column=change.cid,
            value=change.val,
            version=change.db_version,
            author=change.site_id,
            cl=change.cl,
        )
        for change in changes
    )


class EventStream:
    """The events from now on: an async iterator with a bounded memory.

    A reader that is too slow loses the oldest events, never the newest; ``lost`` counts them. Statuses and clocks are
    whole values, so that losing an old one loses nothing but a line of the flow.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self.lost = 0
        self._events: deque[Event] = deque()
        self._limit = limit
        self._filled = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        """Add an event; for the engine."""
        if len(self._events) >= self._limit:
            self._events.popleft()
            self.lost += 1
        self._events.append(event)
        self._filled.set()

    def drain(self) -> list[Event]:
        """Return and forget everything that has come, without waiting (for readers with a timer of their own)."""
        events = list(self._events)
        self._events.clear()
        self._filled.clear()
        return events

    def close(self) -> None:
        """End the iteration once what has come is read."""
        self._closed = True
        self._filled.set()

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        return self._events.popleft()
