"""The state of a peer, as a person reads it."""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass

from engine.ids import DatabaseId, PeerId, SiteId
from engine.table_shape import ParkedTable, Shared
from engine.text import sentences, t


class State(enum.Enum):
    """The state of a peer. The value is the word that a person reads."""

    IN_SYNC = t("In sync")
    SENT = t("Sent")
    SYNCING = t("Syncing")
    CONNECTING = t("Connecting")
    WAITING = t("Waiting")
    IDLE = t("Idle")
    PAUSED = t("Paused")
    NEEDS_YOU = t("Needs you")


class Remedy(enum.Enum):
    """What a person can begin with when a peer needs them."""

    JOIN = enum.auto()
    ANSWER = enum.auto()
    COMPARE_TABLES = enum.auto()
    REPAIR = enum.auto()
    NEW_ID = enum.auto()
    PAIR = enum.auto()
    EDIT = enum.auto()


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One row of the peers table: of a configured peer, or of a guest of what this machine shares.

    Attributes:
        peer: id of the configured peer, or the guest's name.
        name, database, url, room: as configured; a guest has no ``url``.
        state: derived from clocks, never from a hope.
        reason: one sentence: why this state, and what comes next; ``sentence`` counts down besides.
        remedy: what to begin with, where it needs a person and that is known.
        site_id: who answered, once known.
        received: their clock that we hold on disk ("last seen").
        confirmed: our clock that they hold on theirs.
        to_send, to_receive: versions still to go.
        changes_to_send, changes_to_receive: about how many changes these have; None where that is not known.
        done, total: progress of the sync under way, in versions; both 0 when none is.
        changes, size: how many changes and bytes it has moved, both ways; changes_left: about how many changes are
            left, seconds_left: how long it goes on at this pace, None while that cannot be told.
        last_success, last_attempt, next_attempt: times, None for never.
        parked: the tables that both sides have and that are not synced for now, as of the last connection.
        one_sided: which columns stay on one side, in sentences, likewise.
        shared: how many tables each side syncs, and how many with the other, likewise; None where it does not tell.
        waiting: what of the database cannot be sent for now, in sentences, likewise.
        guest: it was paired with this machine, and connects by itself.
    """

    peer: PeerId
    name: str
    database: DatabaseId
    url: str
    room: str
    state: State
    reason: str
    site_id: SiteId | None = None
    received: int = 0
    confirmed: int = 0
    to_send: int = 0
    to_receive: int = 0
    changes_to_send: int | None = None
    changes_to_receive: int | None = None
    done: int = 0
    total: int = 0
    changes: int = 0
    changes_left: int | None = None
    size: int = 0
    seconds_left: int | None = None
    last_success: float | None = None
    last_attempt: float | None = None
    next_attempt: float | None = None
    remedy: Remedy | None = None
    parked: tuple[ParkedTable, ...] = ()
    one_sided: tuple[str, ...] = ()
    shared: Shared | None = None
    waiting: str = ""
    guest: bool = False

    @property
    def explanation(self) -> str:
        """The reason, and what cannot be sent."""
        return sentences(self.reason, self.waiting) if self.waiting else self.reason

    def sentence(self, now: float | None = None) -> str:
        """Return the explanation as of ``now`` (by default the clock's); while waiting it says when the next try is."""
        if self.state is not State.WAITING or self.next_attempt is None:
            return self.explanation
        seconds = self.next_attempt - (time.time() if now is None else now)
        return t("Next try in {seconds:.0f} s: {reason}", seconds=max(seconds, 1), reason=self.explanation)
