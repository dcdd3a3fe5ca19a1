"""The messages two sides of a link exchange, as plain values.

Two dialects share the byte primitives. The stock dialect (cr-sqlite.md 10.2) is what the published ws-client and
ws-server speak; the own dialect is spoken when both ends are Syncline, and its tags start at 64, so that the
two can never be mistaken for each other.
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
"""The highest number of the own dialect that this code speaks."""

OLDEST = 2
"""The lowest, with a Syncline that is older."""

TYPED = 3
"""The number from which on greetings tell the types of columns and what is parked."""

TEMPLATES = 4
"""The number from which on a failure tells a template and its arguments, so that it can be translated."""


JOINING = 4
"""The number from which on they tell which rows belong together, and rows that never met are joined when it is settled
how."""

COLUMNS = 5
"""The number from which on a table is synced in the columns that both sides have, and a column that comes later is
asked for from the start."""

LEADING = 5
"""The number from which on the side that was dialled can join rows, too."""

LOOSE = 6
"""The number from which on greetings tell to which foreign keys apps do not keep."""

COUNTING = 7
"""The number from which on a side tells how many changes of a range are on their way."""


def spoken(highest: int) -> int:
    """The number in which to go on with a side that speaks up to ``highest``; our lowest if it cannot speak that."""
    return max(OLDEST, min(highest, PROTOCOL))


class Cursor(NamedTuple):
    """A place in a replica's history: everything up to this ``db_version`` (and, in it, this ``seq``)."""

    version: int
    seq: int


# The stock dialect (cr-sqlite.md 10.2)


@dataclass(frozen=True, slots=True)
class AnnouncePresence:
    """Client to server, first: who I am, and how far I hold of each site's history."""

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
    """A gap was seen: of ``whose`` history I only hold up to ``since``."""

    whose: SiteId
    since: Cursor


@dataclass(frozen=True, slots=True)
class StartStreaming:
    """Server to client: send me what came after ``since``, except from these authors."""

    since: Cursor
    exclude_sites: tuple[SiteId, ...]
    local_only: bool


@dataclass(frozen=True, slots=True)
class CreateDbOnPrimary:
    """Between stock servers only: make this room's file."""

    request_id: int
    room: str
    schema_name: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class ApplyChangesOnPrimary:
    """Between stock servers only: merge these changes into this room."""

    request_id: int
    sender: SiteId
    changes: tuple[Change, ...]
    room: str
    new_last_seen: Cursor


@dataclass(frozen=True, slots=True)
class Ping:
    """Between stock servers only."""


@dataclass(frozen=True, slots=True)
class Pong:
    """Between stock servers only."""


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
    """First from each side: who I am, my clock, my schema ('' when it has no name), the shapes of my CRRs, and which
    of them take no part for now."""

    protocol: int
    site_id: SiteId
    db_version: int
    schema_name: str
    schema_version: int
    tables: tuple[Shape, ...]
    parked: tuple[Parked, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    """Of each table."""


@dataclass(frozen=True, slots=True)
class Want:
    """The receiver leads: of ``tables`` I hold everything up to ``since``, of all others nothing. Send the rest.

    ``number`` counts the Wants of a session from 1. With ``resend`` no filter applies. A range that was cut goes on
    after ``place``, which came with its latest batch, and ends at ``until`` as it did; an empty place begins anew.
    ``late`` are columns of ``tables`` of which nothing is held.
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
    """A part of the range from ``since`` to ``until``; with an empty ``place`` the last one, which moves the clock.

    ``want`` names the Want that it answers, ``number`` counts the batches of a session from 0. ``place`` is where to
    go on after this batch, in words that only the sender understands. ``more``: others follow at once. It may be
    empty and still move the clock. Every change names its author.
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
    """One batch is on my disk, and your history up to this version of yours."""

    version: int


@dataclass(frozen=True, slots=True)
class Status:
    """My db_version is now this; sent also when it rose with nothing to send."""

    db_version: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """After the greeting: the tokens by which you may know this file, and the latest of yours that it keeps, if any."""

    tokens: tuple[bytes, ...]
    seen: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Renewal:
    """Before I send changes: keep this token of mine from now on, and say so."""

    token: bytes


@dataclass(frozen=True, slots=True)
class Renewed:
    """This token of yours is on my disk."""

    token: bytes


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """Tell me the digests of the tables that we have in common; ``number`` counts the requests of a session."""

    number: int


@dataclass(frozen=True, slots=True)
class Digest:
    """The digests of each table: (name, live rows, digest of them, digest of the causal lengths)."""

    number: int
    tables: tuple[tuple[str, int, bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Before Hello, to a hub that has no such room yet: my schema ('' when it has no name), and plans of my CRRs.

    ``equal_values`` is how my file breaks ties (``merge-equal-values``): the room must do the same.
    """

    schema_name: str
    schema_version: int
    plans: tuple[TablePlan, ...]
    equal_values: bool = False


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Ask me for all of my history once more, and let no filter hide anything of it: ours differ."""


@dataclass(frozen=True, slots=True)
class Joined:
    """It is settled that my rows of this table and yours belong together, said back when that is on disk; or it is not,
    and a person on my side is asked how they are joined. ``found``: how they compare, from my side."""

    table: str
    settled: bool
    found: JoinCount = NOTHING_FOUND


@dataclass(frozen=True, slots=True)
class Leads:
    """Before my Lineage, from the side that was dialled: a person on my side has said how rows are joined that never
    met, so in this session it is my side that compares and joins them."""


@dataclass(frozen=True, slots=True)
class Coming:
    """So many changes follow, about, in my next Batches, up to the end of their range. Only for a person to see."""

    changes: int


@dataclass(frozen=True, slots=True)
class TablesRequest:
    """Tell me the plans of your CRRs; also before Hello, by somebody who wants to know no more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Before hanging up: why, for a person (``engine.peer_text``), and whether trying again can help."""

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
