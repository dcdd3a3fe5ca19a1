"""Reads and encodes once what published clients of one file are sent, for all that are at the same version.

One read is made without filters. It is right for everybody who wrote none of it; a client that did gets it without its
own changes. A session that has just merged what the file now holds reads alone, if nobody else has read: hardly
anything is left for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from engine.session import Read, Versions
from engine.storage.read_cache import KEPT, ReadCache


class VersionCache:
    """The shared reads of one file for published clients.

    Args:
        read: performs a ``Read``.
    """

    def __init__(self, read: Callable[[Read], Coroutine[Any, Any, Versions]]) -> None:
        self._read = read
        self._reads: ReadCache[tuple[int, int, bool], Versions] = ReadCache()

    def forget(self) -> None:
        """Share nothing that was read so far: the file has moved on, and a new read finds more."""
        self._reads.forget()

    async def read(self, action: Read) -> Versions:
        """Perform a ``Read``, or share another session's.

        Raises:
            ReplicaError: reading the file failed.
            WireError: a change cannot be sent.
        """
        key = (action.since, action.limit, action.masked)
        while (shared := self._reads.get(key)) is not None:
            found = await asyncio.shield(shared)
            if found.more or found.until >= action.least:
                return await self._filtered(found, action)
            self._reads.drop(key, shared)
        if any(after > action.since for _, after in action.exclude_versions):
            return await self._read(action)
        everything = replace(action, exclude_site=None, exclude_versions=())
        reading = self._reads.begin(key, self._read(everything))
        return await self._filtered(await asyncio.shield(reading), action)

    async def _filtered(self, found: Versions, action: Read) -> Versions:
        if found.size <= KEPT:
            return found.without(action.exclude_site, action.exclude_versions)
        # on a thread, so that others on this loop need not wait
        return await asyncio.to_thread(_encoded_without, found, action)


def _encoded_without(found: Versions, action: Read) -> Versions:
    return found.without(action.exclude_site, action.exclude_versions).encode()
