"""Turns changes into lines of the change flow, and carries them in a stream of events."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import itemgetter

from engine.change import Change
from engine.events import ChangesMoved, Event, FlowChange
from engine.tables import Applied, shown_number, spoken, unpack_columns
from engine.truncate import clip

_HERE: Mapping[bytes, int] = {}


def flow_in(applied: Iterable[Applied]) -> tuple[FlowChange, ...]:
    """Return the lines for changes that were merged, with what they overwrote."""
    return tuple(
        FlowChange(
            table=one.change.table,
            key=tuple([shown_number(part, _HERE) for part in one.key]),  # of a row that was never here
            column=one.change.cid,
            value=one.change.val,
            version=one.local_version,
            author=one.change.site_id,
            cl=one.change.cl,
            old=one.old,
            had_old=one.had_old,
            global_key=spoken(unpack_columns(one.change.pk)),
        )
        for one in applied
    )


def flow_of(changes: Iterable[Change], here: Mapping[bytes, int] = _HERE) -> tuple[FlowChange, ...]:
    """Return the lines for changes that were sent, or made here.

    Args:
        here: the numbers that rows have here (``Replica.numbers_here``); other rows are shown with their original
            number.
    """
    return tuple(
        FlowChange(
            table=change.table,
            key=tuple([shown_number(part, here) for part in key]),
            column=change.cid,
            value=shown_number(change.val, here),
            version=change.db_version,
            author=change.site_id,
            cl=change.cl,
            global_key=spoken(key),
        )
        for change in changes
        for key in (unpack_columns(change.pk),)
    )


class EventStream:
    """The events from now on, in order: an async iterator with bounded memory.

    A reader that is too slow loses the oldest lines of the change flow (``lost`` counts those events); events about
    states are kept. Long values are truncated (``engine.truncate``), unless ``whole`` is set.

    Args:
        limit: how many unread events of the change flow are kept.
        whole: do not truncate values.
    """

    def __init__(self, limit: int = 10_000, *, whole: bool = False) -> None:
        self._whole = whole
        self.lost = 0
        self._serial = 0
        self._news: deque[tuple[int, Event]] = deque()
        self._moved: deque[tuple[int, Event]] = deque(maxlen=limit)
        self._filled = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        """Add an event; called by the engine."""
        self._serial += 1
        if isinstance(event, ChangesMoved):
            if not self._whole:
                event = replace(event, changes=tuple(map(clip, event.changes)))
            self.lost += len(self._moved) == self._moved.maxlen
            self._moved.append((self._serial, event))
        else:
            self._news.append((self._serial, event))
        self._filled.set()

    def drain(self) -> list[Event]:
        """Return and forget all unread events, without waiting."""
        events = [event for _, event in heapq.merge(self._news, self._moved, key=itemgetter(0))]
        self._news.clear()
        self._moved.clear()
        self._filled.clear()
        return events

    def close(self) -> None:
        """End the iteration once all unread events are read."""
        self._closed = True
        self._filled.set()

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event:
        while not self._news and not self._moved:
            if self._closed:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        first = min((queue for queue in (self._news, self._moved) if queue), key=lambda queue: queue[0][0])
        return first.popleft()[1]
