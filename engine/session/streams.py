"""How far a session has come: with the greeting, and with each side's history."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

from engine.ids import SiteId
from engine.table_shape import ParkedTable, Shared

from .actions import Merge


class Phase(enum.IntEnum):
    """How far the two sides have met. It only ever rises, and keeps its value when the session closes."""

    GREETING = 0
    """The other side has not greeted."""
    LOOKING_UP = 1
    """It has greeted; what our file knows of it is being looked up."""
    GREETED = 2
    """Both have greeted; the other side has still to show the tokens by which its file can be recognized."""
    COMPARING = 3
    """It has shown them; what our file knows of them is being looked up."""
    MET = 4
    """The other file is the one that we know. The published dialect comes here with its greeting."""


@dataclass(slots=True)
class Inbound:
    """The peer's history, as far as it is here, in versions of the peer's."""

    announced: int | None = None
    """What the peer said to have; None before it did."""
    offered: int = 0
    """What is accepted for merging."""
    received: int = 0
    """What is on our disk: its clock."""
    changes: int = 0
    """Changes merged in this session."""
    merges: deque[Merge] = field(default_factory=deque)
    """Batches that are accepted and not on our disk yet; the first is being merged while ``merging``."""
    merging: bool = False
    more_coming: bool = False
    """Whether the latest batch said that more follows."""
    behind: int = 0
    """About how many versions of the current range are on our disk, though its clock is not."""
    coming: int = 0
    """About how many changes of it have not arrived, as far as the peer has told."""

    @property
    def to_receive(self) -> int:
        """How many versions the peer announced that are not on our disk yet."""
        return max(0, (self.announced or 0) - self.received)

    def merged(self) -> Merge:
        """Return the batch that was being merged, and is on our disk now."""
        merge = self.merges.popleft()
        self.merging = False
        self.changes += len(merge.changes)
        if merge.received is not None:
            self.received = max(self.received, merge.received.version)
        return merge


@dataclass(slots=True)
class Outbound:
    """How far our history has reached the other side, in our versions."""

    asked: bool = False
    """Whether the peer has asked for it."""
    scanned: int = 0
    """What was read."""
    position: int = 0
    """What was sent."""
    confirmed: int = 0
    """What is on the peer's disk."""
    recorded: int | None = None
    """``confirmed`` as it was last recorded, or found in our file."""
    changes: int = 0
    """Changes sent in this session."""
    reading: bool = False
    """Whether a read is running."""
    own_versions: list[tuple[int, int]] = field(default_factory=list)
    """Spans (before, after] of versions that hold nothing but what came over this very link."""

    def note_own_versions(self, before: int, after: int) -> None:
        """Remember that our versions in (before, after] hold nothing but what came over this very link."""
        if after <= before:
            return
        if self.own_versions and self.own_versions[-1][1] == before:
            before = self.own_versions.pop()[0]
        self.own_versions.append((before, after))


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a session knows about itself at one moment; states are derived from it.

    Attributes:
        peer: its site id, once it has greeted.
        greeted, kin, closed: whether the peer has greeted, is the one that our file knows, and the session has ended.
        confirms, note, parked, one_sided, shared: as in ``Session``.
        received, confirmed: up to which version each side's history is on the other's disk.
        to_receive, to_send, changes_to_receive, changes_to_send, all_received, all_sent, in_sync, changes: as in
            ``Session``.
    """

    peer: SiteId | None
    greeted: bool
    kin: bool
    closed: bool
    confirms: bool
    received: int
    confirmed: int
    to_receive: int
    to_send: int
    changes_to_receive: int | None
    changes_to_send: int | None
    all_received: bool
    all_sent: bool
    in_sync: bool
    parked: tuple[ParkedTable, ...]
    one_sided: tuple[str, ...]
    shared: Shared | None
    note: str
    changes: int
