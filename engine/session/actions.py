"""What a session asks its driver to do, and what it must know about its replica to begin.

The driver performs actions in the order given, one at a time, and answers ``Read`` and ``Merge`` before it feeds the
session anything else that could race with them: ``read_done``, ``merge_done``, ``known``, ``renewed``, ``kept``,
``digested``, ``answered`` or ``failed``. ``engine.session.execute`` carries them out on a replica.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.change import Change, SQLiteValue
from engine.ids import SiteId
from engine.table_shape import Dataset, Parked, Shape
from engine.tables import Meeting, Place, Received, Span
from engine.wire import TablesRequest

from .row_queries import Question


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The replica as it was when the session began, read in one go.

    Attributes:
        site_id: our 16 bytes.
        db_version: our clock, on disk.
        tables: the shapes of our CRRs that take part in sync.
        parked: those that do not, and why.
        schema_name, schema_version: what the stock dialect announces (cr-sqlite.md 10.7); None without a name.
        received: received clocks by site id, that is, how much of each peer's history we hold.
        sent: the recorded sent clocks, by site id.
        lineage_mark: ``Replica.lineage_mark``.
        datasets: which rows each table has.
        generation: tells this file from another that takes its place under the same path.
    """

    site_id: SiteId
    db_version: int
    tables: tuple[Shape, ...] = ()
    parked: tuple[Parked, ...] = ()
    schema_name: str | None = None
    schema_version: int = -1
    received: Mapping[SiteId, int] = field(default_factory=dict)
    sent: Mapping[SiteId, int] = field(default_factory=dict)
    generation: int = 0
    lineage_mark: int = 0
    datasets: Mapping[str, Dataset] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """Put one binary frame on the wire. ``changes`` are those inside, for the change flow."""

    data: bytes
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """Read changes above ``since`` (``Replica.changes``), make them durable, and answer with ``read_done``.

    If ``masked``, they are sent in the name of the sender. ``least`` as in ``ReadPart``.
    """

    since: int
    exclude_site: SiteId | None
    exclude_versions: tuple[tuple[int, int], ...]
    limit: int
    masked: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class ReadPart:
    """Read a part of a range (``Replica.part``), make it durable, and answer with ``read_done``.

    ``least`` is a version that the file has reached, to the session's knowledge: a part that was read for somebody else
    will do if it is no older. ``count``: whether to count what is left, too.
    """

    span: Span
    place: bytes
    exclude_site: SiteId | None
    exclude_versions: tuple[tuple[int, int], ...]
    changes: int
    size: int
    least: int = 0
    count: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Look up what the file knows about this peer now (``Replica.known``), and answer with ``known``.

    ``loose``: by table, the foreign keys that apps violate, as the peer has told.
    """

    site_id: SiteId
    parked: tuple[str, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    announced: int = 0
    loose: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Renew:
    """Make a new lineage token for this peer (``Replica.renew_lineage``), and answer with ``renewed``."""

    site_id: SiteId
    confirmed: bytes | None


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the latest token that this peer has shown (``Replica.keep_lineage``), and answer with ``kept``."""

    site_id: SiteId
    token: bytes
    after: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Record that we ask this peer for its history above ``since`` once more (``Replica.ask_again``)."""

    site_id: SiteId
    since: int


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Compare a page of the peer's rows, with their digests, with ours above ``low`` (``join_rows.compare``), in the
    columns that both sides have, and answer with ``joined``."""

    table: str
    low: bytes
    rows: tuple[tuple[bytes, bytes], ...]
    more: bool
    columns: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ListCopies:
    """List our rows of a table whose numbers each side has handed out (``join_pairs.copies``), in the columns that both
    sides have, and answer with ``joined``; ``compared``: which of these are compared, in the order of their names."""

    table: str
    columns: frozenset[str]
    compared: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class TakeNames:
    """Give our rows the names of the peer's that they are copies of (``Replica.take_names``), and answer with
    ``joined``."""

    table: str
    pairs: tuple[tuple[bytes, bytes, bool], ...]
    kept: int


@dataclass(frozen=True, slots=True)
class FindRows:
    """Find out which of these keys have a row (``join_rows.found``), and answer with ``joined``."""

    table: str
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class FindDeleted:
    """Find keys of rows that were deleted here (``Replica.deleted_above``), and answer with ``joined``."""

    table: str
    above: int


@dataclass(frozen=True, slots=True)
class BackUp:
    """Back up our file, as rows are about to be given up, and answer with ``joined`` and a version that the backup is
    certain to hold. If a table was written to after the version at which it was read, make no backup and answer with
    None."""

    table: str = ""
    since: int = 0


@dataclass(frozen=True, slots=True)
class FindReferring:
    """Find which of our tables cannot be given up because others refer to their rows (``Replica.referring_to``), and
    answer with ``joined``."""

    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeRows:
    """Write the peer's rows over ours (``Replica.take_rows``), and answer with ``joined``; None: it has no such row."""

    table: str
    rows: tuple[tuple[bytes, tuple[SQLiteValue, ...] | None], ...]
    kept: int
    columns: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class GiveUpRows:
    """Replace all rows of tables by the peer's (``Replica.give_up_rows``), and answer with ``joined``."""

    meetings: tuple[Meeting, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Record that the rows of two sides belong together (``Replica.settle``), and answer with ``joined``."""

    meeting: Meeting


JoinAction = (
    ComparePage
    | ListCopies
    | FindRows
    | FindDeleted
    | FindReferring
    | BackUp
    | TakeRows
    | TakeNames
    | GiveUpRows
    | Settle
)


@dataclass(frozen=True, slots=True)
class TakeDigests:
    """Take the digests of these tables (``Replica.digests``), in the columns that both sides have, and answer with
    ``digested``."""

    tables: tuple[str, ...]
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueryRows:
    """Look up what the peer asks about rows or tables (``row_queries.answer``), and answer with ``answered``.

    ``columns``: those of the table that both sides have.
    """

    question: Question | TablesRequest
    columns: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge a batch and, in the transaction of its last part, record ``received`` or ``place``.

    Answer with ``merge_done``. ``until`` is the peer's version up to which we then hold its history. ``received`` is
    None if the batch does not move the clock, ``place`` is None unless it is a part of a range. ``tables`` take part.
    ``source`` is the peer, and ``tokens`` are those that its file has shown on this connection. This action is the only
    way in which a session can move a received clock: the hard rule has one door.
    """

    changes: tuple[Change, ...]
    until: int
    received: Received | None
    author: SiteId | None = None
    js_numbers: bool = False
    place: Place | None = None
    tables: tuple[str, ...] = ()
    source: SiteId | None = None
    tokens: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class RecordSent:
    """Record that the peer has confirmed our history up to ``version``. May be deferred and coalesced."""

    site_id: SiteId
    version: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket once everything before this has been sent.

    Attributes:
        code: WebSocket close code.
        reason: a sentence for the person on this side.
        peer_reason: what the other side is told, where it differs, as paths on this machine are none of its business.
        retry: whether this is no refusal, so that dialling again soon can help. ``regreet``: dial again at once, as
            nothing is wrong. ``parked``: dialling helps only once a side has altered its tables, so try rarely.
    """

    code: int
    reason: str
    peer_reason: str = ""
    retry: bool = True
    regreet: bool = False
    parked: bool = False

    @property
    def to_peer(self) -> str:
        """What the other side is told."""
        return self.peer_reason or self.reason


@dataclass(frozen=True, slots=True)
class Ping:
    """Ping the peer, and answer with ``ponged`` when all that it sent before its pong has been received."""


Action = (
    Send
    | Read
    | ReadPart
    | LookUp
    | Renew
    | Keep
    | AskAgain
    | TakeDigests
    | QueryRows
    | JoinAction
    | Merge
    | RecordSent
    | Ping
    | Close
)
