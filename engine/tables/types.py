"""What a replica's methods take and return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from engine.change import Change, SQLiteValue
from engine.ids import SiteId
from engine.tables.introspect import Table
from engine.text import Text, counted, sentences, t


class SyncedTable(Protocol):
    """A table that is synced, of whichever kind."""

    @property
    def name(self) -> str:
        """The name by which peers know it."""

    @property
    def key(self) -> tuple[str, ...]:
        """The key's columns, in key order."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The tracked columns, in table order."""

    @property
    def layout(self) -> object:
        """What a place in it rests on: one made under another layout (by its ``repr``) is good for nothing."""

    @property
    def anchors(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The table and its records, each with a column of it: what its mark is put on."""


class DescribedTable(SyncedTable, Protocol):
    """A synced table with all that the file's schema tells of it."""

    @property
    def table(self) -> Table:
        """That."""


class SyncedTables(Protocol):
    """All tables of a file that are synced, as of one version of its schema."""

    @property
    def synced(self) -> Mapping[str, SyncedTable]:
        """Those that take part in sync, by name."""

    @property
    def marks(self) -> Mapping[str, str]:
        """By which each is known to be the one it was, by name; of those that bear a whole mark."""


@dataclass(frozen=True, slots=True)
class Received:
    """The clock that a merge records together with its data.

    Attributes:
        site_id: the peer's 16 bytes, never our own.
        version: the peer's db_version; with this merge, every change up to it is held.
        since: the clock that the merge continues: it must be held already. 0: the merge holds everything.
        tables: the tables that the clock covers from now on; None leaves them as they are (the stock dialect).
        resend: no filter hid anything of it, so that a wish for that is fulfilled (``Replica.ask_again``).
        covered: the tables that ``since`` is taken to cover: only what is above it has come of them.
        marks: of the file's tables that it rests on (``engine.clocks.table_marks``): they must still be the same.
    """

    site_id: SiteId
    version: int
    since: int = 0
    tables: tuple[str, ...] | None = None
    resend: bool = False
    covered: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """How far a range of a peer's history is held that was cut in the middle; recorded with each part of it.

    Attributes:
        site_id: the peer's 16 bytes.
        since, until: the range, in versions of the peer's.
        token: the place in it, opaque; the peer made it. Empty: nothing of it is held yet, it is only wished for.
        resend: the range was asked for without filters.
        marks: as in ``Received``.
    """

    site_id: SiteId
    since: int
    until: int
    token: bytes
    resend: bool = False
    marks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a file knows of one peer.

    Attributes:
        received: how far of its history is held. sent: how far of ours it has confirmed, None for never.
        tables: the tables that ``received`` covers, among those the file has now.
        place: where a cut range can go on, if it can.
        mine: the lineage tokens by which the peer may know this file.
        seen: the ones that it has shown, (number, token) in order.
        marks: by which the file's tables are known to be what they are now.
        forgetful: it may not hold all that it has written itself, as a table was made anew since.
    """

    received: int = 0
    sent: int | None = None
    tables: tuple[str, ...] = ()
    place: Place | None = None
    mine: tuple[bytes, ...] = ()
    seen: tuple[tuple[int, bytes], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    forgetful: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A range of our history: since < db_version <= until, of some tables, those in ``late`` from 0.

    ``until`` is None as long as nothing was read of it: the first part fixes it.
    """

    since: int
    until: int | None
    tables: tuple[str, ...]
    late: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a span.

    Attributes:
        changes: in (db_version, seq) order, minus the filtered ones.
        until: the span's end. It differs from the one asked for when the place could not be honoured (the span
            begins anew then) and when the file's own version is below it (nothing was read then).
        place: where to go on; empty after the last part.
        newest: the file's db_version.
        hidden: whether filters left anything out.
    """

    changes: tuple[Change, ...]
    until: int
    place: bytes
    newest: int
    hidden: bool = False


class Applied(NamedTuple):
    """One incoming change that won. (A named tuple: there is one for each change of a merge.)

    Attributes:
        change: as merged: the author filled in, the value as the column stores it.
        key: the unpacked primary key.
        old: the value it overwrote; None also when there was none.
        had_old: True when a live row's column value was overwritten.
        local_version: the db_version it was stamped with here.
    """

    change: Change
    key: tuple[SQLiteValue, ...]
    old: SQLiteValue
    had_old: bool
    local_version: int


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What one merge did.

    Attributes:
        applied: the changes that won, in order; made when it is first looked into.
        before: the file's db_version before, read inside the transaction.
        after: and after; every cell stamped in (before, after] was written by this merge.
    """

    applied: Sequence[Applied]
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Some of a file's changes.

    Attributes:
        changes: in (db_version, seq) order; whole versions only.
        until: every change with since < db_version <= until is in, minus the filtered ones. Never above the
            file's own db_version.
        more: the file holds versions above ``until``.
    """

    changes: list[Change]
    until: int
    more: bool


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One table of a person's.

    Attributes:
        name: its exact name.
        syncable: it is synced, and can be read and merged.
        eligible: it is one or could become one.
        reasons: why not, one sentence for each obstacle.
        kind: as which kind of table it is synced, as people call that; None if it is not.
        cautions: what to know of its sync all the same, one sentence each.
        rows: how many it holds now.
        columns: the tracked columns (for a table that is not synced: those that would be), in table order.
        key: the primary key's columns, in key order.
    """

    name: str
    syncable: bool
    eligible: bool
    reasons: tuple[str, ...]
    rows: int
    columns: tuple[str, ...]
    key: tuple[str, ...]
    kind: str | None = None
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackedPeer:
    """The clocks kept for one peer, None where there is none.

    Attributes:
        site_id: the peer's 16 bytes.
        received: how far of its history we hold on disk.
        sent: how far of ours it has confirmed on its disk.
    """

    site_id: SiteId
    received: int | None
    sent: int | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that cannot be sent: its table's wire name, its key as it can be shown, and why, in a sentence."""

    table: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a file cannot be sent for now.

    Attributes:
        rows: some of the rows. more: how many there are besides.
        counter: why nothing at all can be that is written now; "" where it can.
        hints: what to do, in sentences. repairable: whether ``Replica.repair`` helps some of it.
    """

    rows: tuple[WaitingRow, ...] = ()
    more: int = 0
    counter: str = ""
    hints: tuple[str, ...] = ()
    repairable: bool = False

    def __bool__(self) -> bool:
        return bool(self.rows or self.counter)

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> Text:
        """All of it, for a person."""
        count = self.more
        more = counted(count, t("1 more row cannot be sent."), t("{count:,} more rows cannot be sent.", count=count))
        return sentences(*self.reasons, more if count else "", *self.hints)

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence for the counter, and for each row that is named."""
        return (*((self.counter,) if self.counter else ()), *(row.reason for row in self.rows))


class TableDigest(NamedTuple):
    """What a table holds, in few bytes: how many live rows, a digest of them, and one of all causal lengths."""

    table: str
    rows: int
    live: bytes
    history: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """What a migration drops.

    Attributes:
        table: the table.
        column: the column of it; empty for the whole table.
        rows: how many rows are lost; of a column, those that hold a value in it.
    """

    table: str
    column: str
    rows: int


@dataclass(frozen=True, slots=True)
class Migration:
    """What a schema text changes in a file.

    Attributes:
        created: tables.
        dropped: tables.
        added: columns, as (table, column).
        removed: columns.
        indexes: those dropped; the ones that the text has too are made anew.
    """

    created: tuple[str, ...] = ()
    dropped: tuple[Lost, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    removed: tuple[Lost, ...] = ()
    indexes: tuple[str, ...] = ()

    @property
    def loses(self) -> int:
        """How many rows and values would be gone; 0 when nothing that holds anything is dropped."""
        return sum(lost.rows for lost in (*self.dropped, *self.removed))
