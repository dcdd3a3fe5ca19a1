"""Reads that many sessions of one file want at about the same time, done once; and their bytes are made once.

Whoever comes first reads for all, with filters of its own. What these let through whole is the same for everybody else
whose filters hide nothing of it either. A part that was read before the file moved on is still right: what was written
since is above its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from engine.session import ReadPart
from engine.storage.read_cache import ReadCache
from engine.tables import Part, Span, weight
from engine.wire import EncodedChanges


@dataclass(frozen=True, slots=True)
class _Read:
    """A part, who wrote what is in it, and about how many bytes it has."""

    part: Part
    authors: frozenset[bytes | None]
    size: int

    def serves(self, action: ReadPart) -> bool:
        """Whether this is just what ``action``, which excludes no version of the span, would find."""
        part = self.part
        return not part.hidden and part.newest >= action.least and action.exclude_site not in self.authors


class PartCache:
    """Those of one file.

    Args:
        read: performs a ``ReadPart``.
    """

    def __init__(self, read: Callable[[ReadPart], Awaitable[Part]]) -> None:
        self._read = read
        self._reads: ReadCache[tuple[Span, bytes, int, int], _Read] = ReadCache()

    def forget(self) -> None:
        """Share nothing that was read so far: the file has moved on, and what is read now tells more."""
        self._reads.forget()

    async def read(self, action: ReadPart) -> Part:
        """Perform a ``ReadPart``, or take part in another's.

        Raises:
            ReplicaError: the file.
        """
        span = action.span
        if any(after > span.since for _, after in action.exclude_versions):
            return await self._read(action)  # its filter hides something; nobody else has such a one
        key = (span, action.place, action.changes, action.size)
        while (shared := self._reads.get(key)) is not None:
            found = await asyncio.shield(shared)
            if found.serves(action):
                return found.part
            if not found.part.hidden:
                return await self._read(action)
            self._reads.drop(key, shared)
        return (await asyncio.shield(self._reads.begin(key, self._lead(action)))).part

    async def _lead(self, action: ReadPart) -> _Read:
        part = await self._read(action)
        shared = replace(part, changes=EncodedChanges(part.changes))
        return _Read(shared, frozenset(change.site_id for change in part.changes), sum(map(weight, part.changes)))
