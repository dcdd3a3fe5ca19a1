"""Shares reads that many sessions of one file want at about the same time: they are made once, and encoded once.

What was written just now is read once without filters, for everybody; a session that wrote or brought some of it gets
it filtered in memory. A longer history is read with the filters of whoever comes first; if these let everything
through, it is the same for all others whose filters hide nothing of it either. A part that was read before the file
moved on is still right, as what was written since lies above its end.
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
"""The most versions that are read without filters: other sessions of the file want them too, so little is wasted."""


@dataclass(frozen=True, slots=True)
class SharedRead:
    """A part, the action it was read for, who wrote what is in it, and its size in bytes, about."""

    part: Part
    asked: ReadPart
    authors: frozenset[SiteId | None]
    size: int

    def served(self, action: ReadPart) -> Part | None:
        """Return exactly what ``action`` would find, if this read can tell; otherwise None."""
        part = self.part
        known = not part.hidden and part.newest >= action.least
        if known and action.exclude_site not in self.authors and not _hides(action):  # as mostly
            return part
        if action == self.asked:
            return part
        if not known:
            return None
        if part.place or action.span.late:  # filtered, the part would reach further; late tables are not filtered
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
    """The shared reads of one file.

    Args:
        read: performs a ``ReadPart``.
        crowd: returns whether several sessions use the file.
    """

    def __init__(self, read: Callable[[ReadPart], Awaitable[Part]], crowd: Callable[[], bool]) -> None:
        self._read = read
        self._crowd = crowd
        self._reads: ReadCache[_Key, SharedRead] = ReadCache()
        self._latest: ReadPart | None = None
        """The latest request for what was written just now, since ``ahead`` was last called."""

    def forget(self) -> None:
        """Share nothing that was read so far: the file has moved on, and a new read finds more."""
        self._reads.forget()

    def share(self, action: ReadPart) -> SharedPart | None:
        """Return a read that ``action`` can share, beginning one if need be; None if it should read alone."""
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
        """Return the read that sessions will ask for as soon as the file moves on from ``version``.

        Returns:
            None if that cannot be known, as none has asked for such a read since the last call.
        """
        latest, self._latest = self._latest, None
        if latest is None or latest.span.until is not None or not self._crowd():
            return None
        return replace(_for_all(latest), span=replace(latest.span, since=version), least=version)

    def keep(self, action: ReadPart, part: Part) -> None:
        """Share what was read ahead."""
        self._reads.keep(_key(action), _shared(action, part))

    async def read(self, action: ReadPart) -> Part:
        """Perform a ``ReadPart``, or share another session's.

        Raises:
            ReplicaError: reading the file failed.
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
    """Return whether the action's filter leaves out versions of its span: hardly another session has the same one."""
    return bool(action.exclude_versions) and any(after > action.span.since for _, after in action.exclude_versions)
