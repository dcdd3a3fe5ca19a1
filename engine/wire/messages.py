"""The messages that two sides of a link exchange, as plain values.

Two dialects share the byte primitives. The published ws-client and ws-server speak the stock dialect (cr-sqlite.md
10.2). Our own is spoken if both ends are Syncline; its tags start at 64, so that no message of one can be mistaken for
one of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from engine.change import Change
from engine.ids import SiteId
from engine.table_plan import TablePlan
from engine.table_shape import NOTHING_FOUND, Dataset, JoinCount, Parked, Shape
from engine.wire.row_messages import RowMessage

PROTOCOL = 7
"""The highest protocol number of our own dialect that this code speaks."""

OLDEST = 2
"""The lowest protocol number that it speaks, with an older Syncline."""

TYPED = 3
"""The protocol number since which greetings contain column types and parked tables."""

TEMPLATES = 4
"""The protocol number since which a Failure carries a template and its arguments, so that it can be translated."""


JOINING = 4
"""The protocol number since which greetings say which rows belong together, and rows that never met are joined only
once it is decided how."""

COLUMNS = 5
"""The protocol number since which a table is synced in the columns that both sides have, and a column added later is
requested from the start."""

LEADING = 5
"""The protocol number since which the side that was dialled can join rows, too."""

LOOSE = 6
"""The protocol number since which greetings name the foreign keys that apps violate."""

COUNTING = 7
"""The number from which on a side tells how many changes of a range are on their way."""


def spoken(highest: int) -> int:
    """Return the protocol number to use with a side that speaks up to ``highest``, but never below our lowest."""
    return max(OLDEST, min(highest, PROTOCOL))


class Cursor(NamedTuple):
    """A place in a replica's history: everything up to this ``db_version`` and, within it, this ``seq``."""

    version: int
    seq: int


# The stock dialect (cr-sqlite.md 10.2)


@dataclass(frozen=True, slots=True)
class AnnouncePresence:
    """The client's first message: who it is, and how much of each site's history it holds."""

    sender: SiteId
    last_seens: tuple[tuple[SiteId, Cursor], ...]
    schema_name: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Every change of ``sender`` after ``since``, in ascending order of version."""

    sender: SiteId
    since: Cursor
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RejectChanges:
    """A gap was noticed: the sender of this holds the history of ``whose`` only up to ``since``."""

    whose: SiteId
    since: Cursor


@dataclass(frozen=True, slots=True)
class StartStreaming:
    """The server's request for everything after ``since``, except changes by ``exclude_sites``."""

    since: Cursor
    exclude_sites: tuple[SiteId, ...]
    local_only: bool


@dataclass(frozen=True, slots=True)
class CreateDbOnPrimary:
    """Between stock servers only: a request to create a room's file."""

    request_id: int
    room: str
    schema_name: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class ApplyChangesOnPrimary:
    """Between stock servers only: a request to merge changes into a room."""

    request_id: int
    sender: SiteId
    changes: tuple[Change, ...]
    room: str
    new_last_seen: Cursor


@dataclass(frozen=True, slots=True)
class Ping:
    """Between stock servers only: a sign of life."""


@dataclass(frozen=True, slots=True)
class Pong:
    """Between stock servers only: the answer to a Ping."""


@dataclass(frozen=True, slots=True)
class CreateDbOnPrimaryResponse:
    """Between stock servers only: the file exists as of this transaction."""

    request_id: int
    txid: int


@dataclass(frozen=True, slots=True)
class Err:
    """Between stock servers only: the request failed."""

    request_id: int
    error: str


@dataclass(frozen=True, slots=True)
class ApplyChangesOnPrimaryResponse:
    """Between stock servers only: the changes were merged."""

    request_id: int


# The own dialect


class FailureCode(IntEnum):
    """Why a side hangs up. A newer peer may send numbers that are not listed here."""

    TOKEN = 1
    ROOM = 2
    SCHEMA = 3
    VERSION = 4
    CLONE = 5
    TOO_LARGE = 6
    INTERNAL = 7
    PROTOCOL = 8
    BUSY = 9


@dataclass(frozen=True, slots=True)
class Hello:
    """Each side's first message: who it is, its clock, its schema and its tables.

    Attributes:
        protocol: the protocol number that the rest is encoded in.
        db_version: the file's own version.
        schema_name: '' if the schema has no name.
        tables: the shapes of the synced tables.
        parked: those that take no part in sync for now.
        datasets: which rows belong together, for each of ``tables``; empty below ``JOINING``.
    """

    protocol: int
    site_id: SiteId
    db_version: int
    schema_name: str
    schema_version: int
    tables: tuple[Shape, ...]
    parked: tuple[Parked, ...] = ()
    datasets: tuple[Dataset, ...] = ()


@dataclass(frozen=True, slots=True)
class Want:
    """The receiver's request for what it lacks: of ``tables`` everything after ``since``, of all others everything.

    Attributes:
        number: counts the Wants of a session, from 1.
        since: a version of the peer's.
        tables: those of which everything up to it is held.
        resend: apply no filter.
        until: where the range ends, if an interrupted one is to be resumed.
        place: resume after this place, which came with the latest batch; empty to begin the range again.
        late: columns of ``tables`` of which nothing is held, by table.
    """

    number: int
    since: int
    tables: tuple[str, ...]
    resend: bool
    until: int
    place: bytes
    late: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of the range from ``since`` to ``until``. The last part has an empty ``place`` and moves the clock.

    A batch may have no changes and still move the clock. Every change names its author.

    Attributes:
        want: the number of the Want that it answers.
        number: counts the batches of a session, from 0.
        since, until: versions of the sender's.
        place: where to resume after this batch, in a form that only the sender understands.
        more: another batch follows at once.
    """

    want: int
    number: int
    since: int
    until: int
    place: bytes
    more: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Confirm:
    """One batch is on the sender's disk, and so is the receiver's history up to this version."""

    version: int


@dataclass(frozen=True, slots=True)
class Status:
    """The sender's db_version is now this; also sent if it rose without anything to send."""

    db_version: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """After the greeting: the tokens by which the receiver may know this file, and the latest one that it has kept of
    the receiver's, if any."""

    tokens: tuple[bytes, ...]
    seen: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Renewal:
    """Before changes are sent: the token that the receiver is to keep for the sender from now on, and to confirm."""

    token: bytes


@dataclass(frozen=True, slots=True)
class Renewed:
    """The confirmation that this token of the receiver's is on the sender's disk."""

    token: bytes


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """A request for the digests of the tables that both sides have; ``number`` counts the requests of a session."""

    number: int


@dataclass(frozen=True, slots=True)
class Digest:
    """The digests of each table, as (name, live rows, digest of them, digest of the causal lengths)."""

    number: int
    tables: tuple[tuple[str, int, bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Before Hello, to a hub that has no such room yet: the sender's schema and the plans of its tables.

    Attributes:
        schema_name: '' if the schema has no name.
        equal_values: how the sender's file breaks ties (``merge-equal-values``); the room must do the same.
    """

    schema_name: str
    schema_version: int
    plans: tuple[TablePlan, ...]
    equal_values: bool = False


@dataclass(frozen=True, slots=True)
class SendAgain:
    """A request to ask for the sender's whole history once more, unfiltered, as the two sides differ."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Whether the rows of a table belong together on both sides.

    Attributes:
        settled: it is decided that they do; the receiver sends it back once that is on disk. False: it is not, and a
            person on the sender's side is asked how to join them.
        found: how the rows compare, seen from the sender's side.
    """

    table: str
    settled: bool
    found: JoinCount = NOTHING_FOUND


@dataclass(frozen=True, slots=True)
class Leads:
    """Before Lineage, from the side that was dialled: it compares and joins the rows in this session, as a person there
    has said how to join rows that never met."""


@dataclass(frozen=True, slots=True)
class Coming:
    """So many changes follow, about, in my next Batches, up to the end of their range. Only for a person to see."""

    changes: int


@dataclass(frozen=True, slots=True)
class TablesRequest:
    """A request for the plans of the receiver's tables; also sent before Hello by somebody who wants nothing else."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Sent before hanging up: why, in words for a person (``engine.peer_text``), and whether trying again can help."""

    code: int
    sentence: str
    retry: bool


StockMessage = (
    AnnouncePresence
    | Changes
    | RejectChanges
    | StartStreaming
    | CreateDbOnPrimary
    | ApplyChangesOnPrimary
    | Ping
    | Pong
    | CreateDbOnPrimaryResponse
    | Err
    | ApplyChangesOnPrimaryResponse
)
OwnMessage = (
    Hello
    | Want
    | Batch
    | Confirm
    | Status
    | Failure
    | Lineage
    | Renewal
    | Renewed
    | DigestRequest
    | Digest
    | Tables
    | SendAgain
    | TablesRequest
    | Joined
    | Leads
    | Coming
    | RowMessage
)
Message = StockMessage | OwnMessage
