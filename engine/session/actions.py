"""What a session asks its driver to do, and what it must know of its replica to begin.

The driver performs actions in the order given, one at a time, and answers ``Read`` and ``Merge`` before it feeds the
session anything else that could race with them: ``read_done``, ``merge_done``, ``known``, ``renewed``, ``kept``,
``digested``, ``answered`` or ``failed``.
``engine.session.execute`` does on a replica what each of them asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.change import Change
from engine.ids import SiteId
from engine.table_shape import Parked, Shape
from engine.tables import Place, Received, Span
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
        received: received clocks by site id: how far we hold each peer's history.
        sent: sent clocks as they are recorded, by site id.
        lineage_mark: ``Replica.lineage_mark``.
        generation: which file this was, should another take its place under the same path.
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


@dataclass(frozen=True, slots=True)
class Send:
    """Put one binary frame on the wire. ``changes`` are those inside, for the change flow."""

    data: bytes
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """Read changes above ``since`` (``Replica.changes``), make them durable, and answer with ``read_done``.

    They will be sent in the name of the sender if ``masked``. ``least`` as in ``ReadPart``.
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

    ``least`` is a version that the file must have reached, as far as the session knows: a part that somebody else has
    read will do if it had.
    """

    span: Span
    place: bytes
    exclude_site: SiteId | None
    exclude_versions: tuple[tuple[int, int], ...]
    changes: int
    size: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class LookUp:
    """Look up what the file knows of this peer now (``Replica.known``), and answer with ``known``."""

    site_id: SiteId
    parked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renew:
    """Make a new token to show to this peer (``Replica.renew_lineage``), and answer with ``renewed``."""

    site_id: SiteId
    confirmed: bytes | None


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the token that this peer shows from now on (``Replica.keep_lineage``), and answer with ``kept``."""

    site_id: SiteId
    token: bytes
    after: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Keep on disk that we ask this peer for its history above ``since`` once more (``Replica.ask_again``)."""

    site_id: SiteId
    since: int


@dataclass(frozen=True, slots=True)
class TakeDigests:
    """Take the digests of these tables (``Replica.digests``), and answer with ``digested``."""

    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryRows:
    """Find out what the peer asks about rows or tables (``row_queries.answer``), and answer with ``answered``."""

    question: Question | TablesRequest


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge a batch and, in the transaction of its last part, record ``received`` or ``place``.

    Answer with ``merge_done``. ``until`` is the peer's version up to which its history is held then; ``received`` is
    None when the batch does not move the clock, and ``place`` unless it is a part of a range. ``tables`` take part.
    This action is the only way by which a session can move a received clock: the hard rule has one door.
    """

    changes: tuple[Change, ...]
    until: int
    received: Received | None
    author: bytes | None = None
    js_numbers: bool = False
    place: Place | None = None
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordSent:
    """Remember that the peer has confirmed our history up to ``version``. May be put off and coalesced."""

    site_id: SiteId
    version: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket after everything before this was sent.

    Attributes:
        code: WebSocket close code.
        reason: a sentence for the person on this side.
        peer_reason: what the close frame tells the other side (paths of this machine do not belong there).
        retry: whether it is no refusal, and dialling again soon can help. ``regreet`` means: at once, nothing is wrong.
            ``parked`` means: not before one side has altered its tables, so that a look now and then is enough.
    """

    code: int
    reason: str
    peer_reason: str
    retry: bool = True
    regreet: bool = False
    parked: bool = False


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
    | Merge
    | RecordSent
    | Ping
    | Close
)
