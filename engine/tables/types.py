"""The values that a replica's methods take and return."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from engine.change import Change, SQLiteValue
from engine.ids import SiteId
from engine.table_shape import Dataset
from engine.tables.introspect import Table
from engine.tables.likely_reference import LikelyReference


class SyncedTable(Protocol):
    """A table that is synced, of any kind."""

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
    def slots(self) -> Mapping[str, int]:
        """A number for each tracked column, which changes if the column is dropped and comes back.

        (Always 0 in cr-sqlite's.)
        """

    @property
    def layout(self) -> object:
        """What a place in the table depends on: one made under another layout (by its ``repr``) is useless."""

    @property
    def anchors(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The table and its records, each with a column: what its mark is put on."""


class DescribedTable(SyncedTable, Protocol):
    """A synced table with everything that the file's schema says about it."""

    @property
    def table(self) -> Table:
        """The table according to the schema."""


class SyncedTables(Protocol):
    """All synced tables of a file, as of one version of its schema."""

    @property
    def synced(self) -> Mapping[str, SyncedTable]:
        """Those that take part in sync, by name."""

    @property
    def marks(self) -> Mapping[str, str]:
        """The marks by which tables are recognised, by table name, for those that bear a whole one."""


class MarkedTables(SyncedTables, Protocol):
    """The same, with what clocks rest on."""

    @property
    def bases(self) -> Mapping[str, Basis]:
        """The present basis of each marked table, by name."""


class Basis(NamedTuple):
    """What a clock or a place rests on in a table: its mark (``engine.clocks.table_marks``), and columns by slot."""

    mark: str
    slots: frozenset[tuple[str, int]]

    def of(self, columns: Collection[str]) -> Basis:
        """Return what rests on these columns alone."""
        return Basis(self.mark, frozenset(one for one in self.slots if one[0] in columns))

    def stands_in(self, now: Basis | None) -> bool:
        """Return whether the table, whose basis is ``now``, is still the same in all of this."""
        return now is not None and self.mark == now.mark and self.slots <= now.slots

    @property
    def columns(self) -> frozenset[str]:
        """The names of the columns."""
        return frozenset(name for name, _ in self.slots)


Bases = tuple[tuple[str, Basis], ...]
"""Table names, each with what is relied on in it."""


@dataclass(frozen=True, slots=True)
class Received:
    """The clock that a merge records together with its data.

    Attributes:
        site_id: the peer's 16 bytes, never our own.
        version: the peer's db_version; with this merge, every change up to it is held.
        since: the clock that the merge continues, which must be held already. 0: the merge holds everything.
        tables: the tables that the clock covers from now on; None leaves them as they are (the stock dialect).
        resend: no filter hid anything, so that a wish for that is fulfilled (``Replica.ask_again``).
        covered: what ``since`` is taken to cover, of which only what is above it has come.
        bases: what the merge rests on in each of ``tables``, which must still be the same, and which the clock covers.
            A table that is not among them is covered with all its columns.
        arrived: tables, each with the dataset ids whose rows are now all held (``engine.clocks.datasets``).
    """

    site_id: SiteId
    version: int
    since: int = 0
    tables: tuple[str, ...] | None = None
    resend: bool = False
    covered: Bases = ()
    bases: Bases = ()
    arrived: tuple[tuple[str, tuple[bytes, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """How much of an interrupted range of a peer's history is held; recorded with each part.

    Attributes:
        site_id: the peer's 16 bytes.
        since, until: the range, in versions of the peer's.
        token: the place in it, made by the peer and opaque. Empty: nothing is held yet, the range is only wished for.
        resend: the range was requested without filters.
        bases: as in ``Received``.
    """

    site_id: SiteId
    since: int
    until: int
    token: bytes
    resend: bool = False
    bases: Bases = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a file knows of one peer.

    Attributes:
        received: how much of its history is held.
        sent: how much of ours it has confirmed, None for never.
        covered: what ``received`` covers, of the tables and columns that the file has now.
        place: where an interrupted range can resume, if it can.
        mine: the lineage tokens by which the peer may know this file.
        seen: those that it has shown, as (number, token) in order.
        bases: the present bases of the file's tables.
        forgetful: the file may have lost something it wrote itself, as a table was recreated since.
        met: those of the covered tables whose rows had met the peer's before tables had dataset ids.
        stale: what was told about the rows of a table is no longer true; then nothing else is known.
    """

    received: int = 0
    sent: int | None = None
    covered: Bases = ()
    place: Place | None = None
    mine: tuple[bytes, ...] = ()
    seen: tuple[tuple[int, bytes], ...] = ()
    bases: Bases = ()
    forgetful: bool = False
    met: tuple[str, ...] = ()
    stale: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that ``received`` covers, if only in some columns."""
        return tuple(name for name, _ in self.covered)


class Meeting(NamedTuple):
    """Two sides' tables that meet: what was ``told`` of our rows, and what of ``theirs``."""

    table: str
    told: Dataset
    theirs: Dataset


class Applied(NamedTuple):
    """One incoming change that won. (A named tuple, as there is one for each change of a merge.)

    Attributes:
        change: as merged: with the author filled in, and the value as the column stores it.
        key: the unpacked primary key.
        old: the value that it overwrote; also None if there was none.
        had_old: True if a live row's column value was overwritten.
        local_version: the db_version that it was stamped with here.
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
        applied: the changes that won, in order; made when first read.
        before, after: the file's db_version before and after it. Every cell stamped in (before, after] was written by
            this merge.
    """

    applied: Sequence[Applied]
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Some of a file's changes.

    Attributes:
        changes: in (db_version, seq) order; whole versions only.
        until: every change with since < db_version <= until is included, except those filtered out. Never above the
            file's own db_version.
        more: the file has versions above ``until``.
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
        eligible: it is synced or could be.
        reasons: why not, a sentence for each obstacle.
        kind: the kind of table it is synced as, in people's words; None if it is not.
        cautions: what to know about syncing it all the same, a sentence each.
        not_proposed: why it is not proposed although it may be eligible, in a sentence: it is a framework's own. '' for
            a table that is synced.
        without_triggers: how it can be synced by leaving out its triggers, if only these stand in the way, in a
            sentence; else ''.
        likely_references: its columns that may be references, which a person has to say before it is made syncable.
        rows: how many it holds now.
        columns: the tracked columns, in table order; those that would be tracked if it is not synced.
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
    not_proposed: str = ""
    without_triggers: str = ""
    likely_references: tuple[LikelyReference, ...] = ()

    @property
    def proposed(self) -> bool:
        """Whether a person who has said nothing about it may want it synced."""
        return self.eligible and not self.not_proposed


class Coverage(NamedTuple):
    """How much of a file is synced.

    Attributes:
        synced: how many tables take part in sync.
        tables: how many there are; the others stay on this machine.
    """

    synced: int
    tables: int

    @property
    def left_out(self) -> int:
        """How many tables stay on this machine."""
        return max(0, self.tables - self.synced)


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


class TableDigest(NamedTuple):
    """A table's content in few bytes: the number of live rows, a digest of them, and one of all causal lengths."""

    table: str
    rows: int
    live: bytes
    history: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """What a migration drops.

    Attributes:
        table: the table.
        column: the column; '' for the whole table.
        rows: how many rows are lost; for a column, those that have a value in it.
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
        indexes: those that are dropped; the text creates the ones that it has again.
    """

    created: tuple[str, ...] = ()
    dropped: tuple[Lost, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    removed: tuple[Lost, ...] = ()
    indexes: tuple[str, ...] = ()

    @property
    def loses(self) -> int:
        """How many rows and values would be lost; 0 if nothing that contains anything is dropped."""
        return sum(lost.rows for lost in (*self.dropped, *self.removed))
