"""Whole versions in messages of the published protocol: divided and encoded once for all who are sent the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from engine.change import SENTINEL, Change
from engine.ids import SiteId
from engine.tables import ChangeSet, Intervals, weight
from engine.wire import EncodedChanges, MaskedChanges

MESSAGE_BYTES = 8 * 1024 * 1024
"""About how large a message becomes, unless one version alone is larger."""

_version = attrgetter("db_version")


class Versions:
    """What a ``Read`` found: ``changes``, ``until`` and ``more`` as in ``ChangeSet``.

    Args:
        found: by the replica.
        masked: whether the changes are sent in the name of the sender, as a hub does.
    """

    def __init__(self, found: ChangeSet, *, masked: bool) -> None:
        self.changes, self.until, self.more = found.changes, found.until, found.more
        self._masked = masked

    @cached_property
    def messages(self) -> tuple[EncodedChanges, ...]:
        """Divide the changes into messages of whole versions."""
        kind = MaskedChanges if self._masked else EncodedChanges
        return tuple(map(kind, _divided(self.changes)))

    @cached_property
    def size(self) -> int:
        """The approximate size of the changes in bytes."""
        return sum(map(weight, self.changes))

    @cached_property
    def authors(self) -> frozenset[SiteId | None]:
        """The site ids of the changes' authors."""
        return frozenset(change.site_id for change in self.changes)

    def encode(self) -> Versions:
        """Compute size, authors and the bytes of every message now, on the calling thread.

        Raises:
            WireError: a change that cannot be sent.
        """
        _ = self.size, self.authors
        for message in self.messages:
            message.encoded(own=False)
        return self

    def without(self, site: SiteId | None, versions: Sequence[tuple[int, int]]) -> Versions:
        """Return what is left when ``Replica.changes`` is told to exclude these; this object itself if that is
        everything."""
        hidden = Intervals(versions)
        if site not in self.authors and not hidden:
            return self
        changes = [
            change
            for change in self.changes
            if change.col_version == 0
            or (not hidden.hold(change.db_version) and (change.site_id != site or _revives(change)))
        ]
        return self.of(changes)

    def of(self, changes: list[Change]) -> Versions:
        """Return these of the changes only; this object itself if they are all."""
        if len(changes) == len(self.changes):
            return self
        return Versions(ChangeSet(changes, self.until, self.more), masked=self._masked)


def _revives(change: Change) -> bool:
    """Return whether a change is the sentinel of a revival.

    It may bear the author of any cell that it set to version 0 (cr-sqlite.md 7.2).
    """
    return change.cid == SENTINEL and change.col_version > 1 and change.col_version % 2 == 1


def _divided(changes: Sequence[Change]) -> Iterator[list[Change]]:
    some: list[Change] = []
    size = 0
    for _, version in groupby(changes, key=_version):
        more = list(version)
        more_size = sum(map(weight, more))
        if some and size + more_size > MESSAGE_BYTES:
            yield some
            some, size = [], 0
        some += more
        size += more_size
    if some:
        yield some
