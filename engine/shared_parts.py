"""Reads that many sessions of one file want at about the same time, done once; and their bytes are made once.

Whoever comes first reads for all, with filters of its own. What these let through whole is the same for everybody else
whose filters hide nothing of it either. A part that was read before the file moved on is still right: what was written
since is above its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from engine.crr import Part, Span, weight
from engine.session import ReadPart
from engine.wire import SharedChanges

KEEP = 1.0
"""Seconds for which a part is kept for those who come later."""

KEPT = 64 * 1024
"""Bytes of the largest part that is kept, about; what is larger is shared only by those who wait for it together."""


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


class SharedParts:
    """Those of one file.

    Args:
        read: performs a ``ReadPart``.
    """

    def __init__(self, read: Callable[[ReadPart], Awaitable[Part]]) -> None:
        self._read = read
        self._reads: dict[tuple[Span, bytes, int, int], asyncio.Task[_Read]] = {}

    def forget(self) -> None:
        """Share nothing that was read so far: the file has moved on, and what is read now tells more."""
        self._reads.clear()

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
            if self._reads.get(key) is shared:
                del self._reads[key]
        reading = self._reads[key] = asyncio.get_running_loop().create_task(self._lead(action))
        reading.add_done_callback(lambda _: self._done(key, reading))
        return (await asyncio.shield(reading)).part

    async def _lead(self, action: ReadPart) -> _Read:
        part = await self._read(action)
        shared = replace(part, changes=SharedChanges(part.changes))
        return _Read(shared, frozenset(change.site_id for change in part.changes), sum(map(weight, part.changes)))

    def _done(self, key: tuple[Span, bytes, int, int], reading: asyncio.Task[_Read]) -> None:
        def drop() -> None:
            if self._reads.get(key) is reading:
                del self._reads[key]

        if reading.cancelled() or reading.exception() is not None or reading.result().size > KEPT:
            drop()
        else:
            asyncio.get_running_loop().call_later(KEEP, drop)
