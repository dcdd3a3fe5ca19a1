"""What the engine tells the world, as frozen values: enough for every panel of the window and for ``--json``.

Times are seconds since the epoch (``time.time()``), clocks are db_versions, site ids are 16 bytes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from engine.change import SQLiteValue
from engine.ids import DatabaseId, PeerId, SiteId
from engine.peer_state import PeerStatus
from engine.settings import Settings
from engine.text import t


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
    ``global_key`` is what all machines call a row to which each gives a number of its own (``engine.tables.spoken``);
    ``key`` has its number here.
    """

    table: str
    key: tuple[SQLiteValue, ...]
    column: str
    value: SQLiteValue
    version: int
    author: SiteId | None
    cl: int
    old: SQLiteValue = None
    had_old: bool = False
    global_key: str = ""


@dataclass(frozen=True, slots=True)
class PeerChanged:
    """A peer's row is different now."""

    status: PeerStatus


@dataclass(frozen=True, slots=True)
class PeerRemoved:
    """A peer is configured no more."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class GuestChanged:
    """The row of a guest of what this machine shares is different now."""

    status: PeerStatus


@dataclass(frozen=True, slots=True)
class GuestRemoved:
    """A guest has no row any more: it may not come in, nothing is shared, or it is a configured peer by now."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class ChangesMoved:
    """Changes came in, went out, or were made here by any program.

    ``peer`` is empty for local ones; for those of a guest it is the guest's name. ``burst`` is the same for what came
    in one go, a transaction or a sync (``engine.history.bursts``); with 0 an event stands alone.
    """

    time: float
    database: DatabaseId
    peer: str
    way: FlowDirection
    changes: tuple[FlowChange, ...]
    burst: int = 0


@dataclass(frozen=True, slots=True)
class DatabaseChanged:
    """A database was added, or its own clock moved. ``problem`` says why it cannot be used, if so."""

    database: DatabaseId
    name: str
    path: str
    site_id: SiteId | None
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

    ``hint`` says what to do. ``peer`` is the name of a guest where that was turned away.
    """

    peer: str
    sentence: str
    hint: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who was paired with this machine and may come in.

    Attributes:
        name: what its machine calls itself.
        room: what it may sync.
        connected: it is here now.
        seen: when it last was; None for never since it was paired.
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
    | GuestChanged
    | GuestRemoved
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
