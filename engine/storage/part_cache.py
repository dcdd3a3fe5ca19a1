"""Reads that many sessions of one file want at about the same time, done once; and their bytes are made once.

Of what was written just now one read is made without filters, and is for all: who wrote some of it, or brought it, gets
it without that, filtered in memory. Of a longer history, whoever comes first reads for all with filters of its own, and
what these let through whole is the same for everybody else whose filters hide nothing of it either. A part that was
read before the file moved on is still right: what was written since is above its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from engine.ids import SiteId
from engine.session import ReadPart
from engine.storage.read_cache import ReadCache
from engine.tables import Intervals, Part, Shown, Span, weight
from engine.wire import EncodedChanges

RECENT = 16
"""Versions of which one read without filters is made: others at the file want them, too, so that little is in vain."""


@dataclass(frozen=True, slots=True)
class SharedRead:
    """A part, what it was read for, who wrote what is in it, and about how many bytes it has."""

    part: Part
    asked: ReadPart
    authors: frozenset[SiteId | None]
    size: int

    def served(self, action: ReadPart) -> Part | None:
        """Return just what ``action`` would find, as far as this tells that; else None."""
        part = self.part
        known = not part.hidden and part.newest >= action.least
        if known and action.exclude_site not in self.authors and not _hides(action):  # as mostly
            return part
        if action == self.asked:
            return part
        if not known:
            return None
        if part.place or action.span.late:  # with a filter, more would be in it; without one, all of some tables
            return None
        shown = Shown(action.exclude_site, Intervals(action.exclude_versions), part.secondhand)
        changes = tuple(
            change
            for change in part.changes
            if shown.passes(change.site_id, change.cid, change.col_version, change.db_version)
        )
        return replace(part, changes=changes, hidden=shown.hid)


SharedPart = asyncio.Future[SharedRead]


class PartCache:
    """Those of one file.

    Args:
        read: performs a ``ReadPart``.
        crowd: whether several sessions are at the file.
    """

    def __init__(self, read: Callable[[ReadPart], Awaitable[Part]], crowd: Callable[[], bool]) -> None:
        self._read = read
        self._crowd = crowd
        self._reads: ReadCache[_Key, SharedRead] = ReadCache()
        self._latest: ReadPart | None = None
        """What was asked for of what was written just now, since that was last read ahead."""

    def forget(self) -> None:
        """Share nothing that was read so far: the file has moved on, and what is read now tells more."""
        self._reads.forget()

    def share(self, action: ReadPart) -> SharedPart | None:
        """Return a read in which ``action`` can take part, begun for it or before; None: it had better read alone."""
        key = _key(action)
        recent = action.least - action.span.since <= RECENT and self._crowd()
        if recent and not (action.place or action.span.late or action.span.late_columns):
            self._latest = action
        shared = self._reads.get(key)
        if shared is not None and shared.done():
            found = shared.result() if not shared.cancelled() and shared.exception() is None else None
            if found is None or found.part.hidden or found.part.newest < action.least:
                self._reads.drop(key, shared)
                shared = None
            elif found.served(action) is None:
                return None
        if shared is None:
            if recent:
                action = _for_all(action)
            elif _hides(action):
                return None
            shared = self._reads.begin(key, self._lead(action))
        return shared

    def ahead(self, version: int) -> ReadPart | None:
        """Return what those at the file will ask for as soon as it moves on from ``version``, if that can be told: they
        have asked for the like since this was last told."""
        latest, self._latest = self._latest, None
        if latest is None or latest.span.until is not None or not self._crowd():
            return None
        return replace(_for_all(latest), span=replace(latest.span, since=version), least=version)

    def keep(self, action: ReadPart, part: Part) -> None:
        """Share what was read ahead."""
        self._reads.keep(_key(action), _shared(action, part))

    async def read(self, action: ReadPart) -> Part:
        """Perform a ``ReadPart``, or take part in another's.

        Raises:
            ReplicaError: the file.
        """
        while (shared := self.share(action)) is not None:
            found = await asyncio.shield(shared)
            if (part := found.served(action)) is not None:
                return part
            if not found.part.hidden:
                break
        return await self._read(action)

    async def _lead(self, action: ReadPart) -> SharedRead:
        return _shared(action, await self._read(action))


_Key = tuple[Span, bytes, int, int]


def _key(action: ReadPart) -> _Key:
    return action.span, action.place, action.changes, action.size


def _for_all(action: ReadPart) -> ReadPart:
    return replace(action, exclude_site=None, exclude_versions=())


def _shared(action: ReadPart, part: Part) -> SharedRead:
    authors, size = frozenset(change.site_id for change in part.changes), sum(map(weight, part.changes))
    return SharedRead(replace(part, changes=EncodedChanges(part.changes)), action, authors, size)


def _hides(action: ReadPart) -> bool:
    """Whether its filter leaves out versions of its span; nobody else has such a one."""
    return bool(action.exclude_versions) and any(after > action.span.since for _, after in action.exclude_versions)
