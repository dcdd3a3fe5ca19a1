"""What the engine tells the world, as frozen values: enough for every panel of the window and for ``--json``.

Times are seconds since the epoch (``time.time()``), clocks are db_versions, site ids are 16 bytes.
"""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass

from engine.change import SQLiteValue
from engine.ids import DatabaseId, PeerId
from engine.settings import Settings
from engine.table_shape import ParkedTable
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

    COMPARE_TABLES = enum.auto()
    REPAIR = enum.auto()
    NEW_ID = enum.auto()
    PAIR = enum.auto()
    EDIT = enum.auto()


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One row of the peers table.

    Attributes:
        peer: id of the configured peer. ``name``, ``database``, ``url`` and ``room`` as configured.
        state: derived from clocks, never from a hope.
        reason: one sentence: why this state, and what comes next; ``sentence`` counts down besides.
        remedy: what to begin with, where it needs a person and that is known.
        site_id: who answered, once known.
        received: their clock that we hold on disk ("last seen").
        confirmed: our clock that they hold on theirs.
        to_send, to_receive: versions still to go.
        done, total: progress of the sync under way, in versions; both 0 when none is.
        last_success, last_attempt, next_attempt: times, None for never.
        parked: the tables that both sides have and that are not synced for now, as of the last connection.
        waiting: what of the database cannot be sent for now, in sentences, likewise.
    """

    peer: PeerId
    name: str
    database: DatabaseId
    url: str
    room: str
    state: State
    reason: str
    site_id: bytes | None = None
    received: int = 0
    confirmed: int = 0
    to_send: int = 0
    to_receive: int = 0
    done: int = 0
    total: int = 0
    last_success: float | None = None
    last_attempt: float | None = None
    next_attempt: float | None = None
    remedy: Remedy | None = None
    parked: tuple[ParkedTable, ...] = ()
    waiting: str = ""

    @property
    def explanation(self) -> str:
        """The reason, and what cannot be sent."""
        return sentences(self.reason, self.waiting) if self.waiting else self.reason

    def sentence(self, now: float | None = None) -> str:
        """The explanation as of ``now`` (by default the clock's): one that waits says first in how many seconds it
        tries."""
        if self.state is not State.WAITING or self.next_attempt is None:
            return self.explanation
        seconds = self.next_attempt - (time.time() if now is None else now)
        return t("Next try in {seconds:.0f} s: {reason}", seconds=max(seconds, 1), reason=self.explanation)


class FlowDirection(enum.Enum):
    """The direction of a change in the flow."""

    IN = t("in")
    OUT = t("out")
    LOCAL = t("local")


@dataclass(frozen=True, slots=True)
class FlowChange:
    """One line of the change flow.

    ``key`` is the unpacked primary key. ``old`` is the value that an incoming change overwrote; ``had_old`` tells a
    NULL that was there from nothing at all. ``version`` is the db_version here; ``author`` the 16 bytes of its site.
    """

    table: str
    key: tuple[SQLiteValue, ...]
    column: str
    value: SQLiteValue
    version: int
    author: bytes | None
    cl: int
    old: SQLiteValue = None
    had_old: bool = False


@dataclass(frozen=True, slots=True)
class PeerChanged:
    """A peer's row is different now."""

    status: PeerStatus


@dataclass(frozen=True, slots=True)
class PeerRemoved:
    """A peer is configured no more."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class ChangesMoved:
    """Changes came in, went out, or were made here by any program.

    ``peer`` is empty for local ones; for those of a guest, who has no row, it is the guest's name.
    """

    time: float
    database: DatabaseId
    peer: str
    way: FlowDirection
    changes: tuple[FlowChange, ...]


@dataclass(frozen=True, slots=True)
class DatabaseChanged:
    """A database was added, or its own clock moved. ``problem`` says why it cannot be used, if so."""

    database: DatabaseId
    name: str
    path: str
    site_id: bytes | None
    db_version: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseRemoved:
    """A database is configured no more; its file is untouched."""

    database: DatabaseId


@dataclass(frozen=True, slots=True)
class SyncFinished:
    """One line of the activity list: a session that is over or was cut, or a burst of changes on one that goes on.

    ``sent`` and ``received`` count changes, ``bytes_out`` and ``bytes_in`` the frames' bytes. ``error`` is empty when
    all went well.
    """

    time: float
    peer: PeerId
    sent: int
    received: int
    bytes_out: int
    bytes_in: int
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class SyncFailed:
    """An attempt came to nothing: told once, until it goes well or fails otherwise."""

    time: float
    peer: PeerId
    error: str


@dataclass(frozen=True, slots=True)
class AttentionNeeded:
    """A peer was refused, and it looks as if only a person could mend that: told once, though it is tried again.

    ``hint`` says what to do. ``peer`` is the name of a guest, who has no row, where that was turned away.
    """

    peer: str
    sentence: str
    hint: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who was paired with this machine and may come in.

    Attributes:
        name: what its machine calls itself. room: what it may sync.
        connected: it is here now. seen: when it last was; None for never since it was paired.
    """

    name: str
    room: str
    connected: bool
    seen: float | None


@dataclass(frozen=True, slots=True)
class HubChanged:
    """The hub started, stopped, or its guests changed: room -> number of connected peers."""

    url: str
    rooms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SharingChanged:
    """Sharing began or ended, or its guests changed. ``port`` is 0 when nothing is shared; ``problem`` says why."""

    port: int
    guests: tuple[Guest, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Paired:
    """Another machine used a pairing link of ours. ``words`` are the six that it shows too."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Something in the settings is otherwise now, be it a switch or a peer."""

    settings: Settings


Event = (
    PeerChanged
    | PeerRemoved
    | ChangesMoved
    | DatabaseChanged
    | DatabaseRemoved
    | SyncFinished
    | SyncFailed
    | AttentionNeeded
    | HubChanged
    | SharingChanged
    | Paired
    | SettingsChanged
)
