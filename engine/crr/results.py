"""What a replica's methods take and return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from engine.change import Change, SQLiteValue


@dataclass(frozen=True, slots=True)
class Received:
    """The clock that a merge records together with its data.

    Attributes:
        site_id: the peer's 16 bytes, never our own.
        version: the peer's db_version; with this merge, every change up to it is held.
        since: the clock that the merge continues: it must be held already. 0: the merge holds everything.
    """

    site_id: bytes
    version: int
    since: int = 0


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
        applied: the changes that won, in order.
        before: the file's db_version before, read inside the transaction.
        after: and after; every cell stamped in (before, after] was written by this merge.
    """

    applied: tuple[Applied, ...]
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
        syncable: it is a CRR, and can be read and merged.
        eligible: it is one or could become one.
        reasons: why not, one sentence for each obstacle.
        rows: how many it holds now.
        columns: the tracked columns (for a table that is no CRR: those that would be), in table order.
        key: the primary key's columns, in key order.
    """

    name: str
    syncable: bool
    eligible: bool
    reasons: tuple[str, ...]
    rows: int
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrackedPeer:
    """The clocks kept for one peer, None where there is none.

    Attributes:
        site_id: the peer's 16 bytes.
        received: how far of its history we hold on disk.
        sent: how far of ours it has confirmed on its disk.
    """

    site_id: bytes
    received: int | None
    sent: int | None
