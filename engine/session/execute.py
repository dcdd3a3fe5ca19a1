"""Carries out on a replica what actions ask for: for ``engine.storage.replica_host``, and for whoever drives a session
without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from engine.errors import FileBusy, StorageFailed, SynclineError, TableBroken
from engine.replica import Replica
from engine.sqlite.steps import Steps, at_once
from engine.tables import MergeResult, Part

from . import join_pairs, join_rows
from .actions import (
    BackUp,
    ComparePage,
    FindDeleted,
    FindReferring,
    FindRows,
    GiveUpRows,
    JoinAction,
    ListCopies,
    Merge,
    Read,
    ReadPart,
    Settle,
    Snapshot,
    TakeNames,
    TakeRows,
)
from .vlcn_messages import Versions

T = TypeVar("T")

LOCKED = 5.0
"""Seconds to wait for a file that another program has locked."""

MERGE_SLICE = 5_000
"""Changes merged in one transaction, which is how long an app that writes to the file may have to wait."""


def snapshot(replica: Replica, generation: int = 0, *, clocks: bool = True) -> Snapshot:
    """Return what a session must know to begin; ``generation`` as in ``Snapshot``.

    Without ``clocks``, which is enough for our own dialect, the number of peers so far makes it no slower.
    """
    name, version = replica.schema_identity()
    peers = replica.tracked_peers() if clocks else []
    datasets = replica.datasets()
    return Snapshot(
        site_id=replica.site_id,
        db_version=replica.db_version(),
        tables=tuple(shape for shape in replica.shapes() if shape.name in datasets),
        parked=replica.parked(),
        schema_name=name,
        schema_version=version,
        received={peer.site_id: peer.received for peer in peers if peer.received is not None},
        sent={peer.site_id: peer.sent for peer in peers if peer.sent is not None},
        generation=generation,
        lineage_mark=replica.lineage_mark(),
        datasets=datasets,
    )


def join_step(replica: Replica, action: JoinAction) -> Steps[Any]:
    """Carry out an action that joins rows, one short transaction a step. (Backups are made elsewhere.)

    Raises:
        ReplicaError: the table has changed, a row is refused, or the file cannot be used.
    """
    match action:
        case ComparePage(table, low, rows, more, columns):
            return (yield from join_rows.compare(replica, table, low, rows, more=more, columns=columns))
        case ListCopies(table, columns, compared):
            return (yield from join_pairs.copies(replica, table, columns, compared))
        case TakeNames(table, pairs, kept):
            return replica.take_names(table, pairs, kept)
        case FindRows(table, keys):
            return (yield from join_rows.found(replica, table, keys))
        case FindDeleted(table, above):
            return replica.deleted_above(table, above)
        case TakeRows(table, taken, kept, columns):
            return replica.take_rows(table, taken, kept, columns)
        case FindReferring(tables):
            return replica.referring_to(tables)
        case GiveUpRows(meetings, kept):
            return replica.give_up_rows(meetings, kept)
        case Settle(meeting):
            return replica.settle(meeting)
        case BackUp(table, since):  # is made after this
            replica.capture()
            return None if table and replica.is_written_since(table, since) else replica.db_version()


def read(replica: Replica, action: Read) -> Versions:
    """Read whole versions, and encode them. What is returned is durable.

    Raises:
        WireError: a change that cannot be sent.
    """
    found = replica.changes(
        action.since,
        exclude_site=action.exclude_site,
        exclude_versions=action.exclude_versions,
        limit=action.limit,
        leave_out=[shape.name for shape in replica.shapes() if shape.refers],
    )
    if found.until > action.since:  # also when filters left nothing: the number itself is sent
        replica.ensure_durable()
    return Versions(found, masked=action.masked).encode()


def read_part(replica: Replica, action: ReadPart) -> Part:
    """Read a part of a range. What is returned is durable.

    Raises:
        TableBroken: a table is parked, perhaps only since just now.
    """
    try:
        part = replica.part(
            action.span,
            place=action.place,
            exclude_site=action.exclude_site,
            exclude_versions=action.exclude_versions,
            changes=action.changes,
            size=action.size,
            count=action.count,
        )
    except TableBroken as error:
        replica.park(error.table, error.reason)
        raise
    if part.until != action.span.until:  # its end was fixed just now: nothing above it is ever in the range
        replica.ensure_durable()
    return part


def merge(
    replica: Replica, action: Merge, *, floor: int = 0, size: int = 0, report_applied: bool = True
) -> list[MergeResult]:
    """Merge in slices; the clock, or the place, moves with the last one.

    Args:
        floor, report_applied: as in ``Replica.merge``.
        size: changes in one slice, ``MERGE_SLICE`` by default.

    Raises:
        TableBroken: a table does not take what was sent for it, and has just been parked.
    """
    results: list[MergeResult] = []
    at_once(merging(replica, action, results, floor=floor, size=size, report_applied=report_applied))
    return results


def merging(
    replica: Replica, action: Merge, results: list[MergeResult], *, floor: int, size: int = 0, report_applied: bool
) -> Steps[None]:
    """Merge as ``merge`` does, one slice a step, and append the outcome to ``results``."""
    try:
        yield from _slices(replica, action, results, floor, size or MERGE_SLICE, report_applied)
    except TableBroken as error:
        replica.park(error.table, error.reason)
        raise


def merging_and_reading(
    replica: Replica,
    action: Merge,
    results: list[MergeResult],
    ahead: ReadPart | None,
    *,
    floor: int,
    report_applied: bool,
) -> Steps[Part | None]:
    """Merge as ``merging`` does, and read in its last step what everybody else is going to ask for.

    Args:
        ahead: what to read; None for nothing.

    Returns:
        what was read, durable; None if nothing is new or it could not be read (whoever asks for it is told why).

    Raises:
        StorageFailed: also if what was merged is not durable.
    """
    yield from merging(replica, action, results, floor=floor, report_applied=report_applied)
    if ahead is None or results[-1].after == results[0].before:
        return None
    try:
        return read_part(replica, ahead)
    except StorageFailed:
        raise
    except SynclineError:
        return None


def _when_free(replica: Replica, work: Callable[[], T]) -> Steps[T]:
    """Write as soon as no other program has the file locked: one short try a step, so that reads get their turn in
    between.

    Raises:
        FileBusy: it was locked for too long.
    """
    patient_until = time.monotonic() + LOCKED
    while True:
        try:
            with replica.short_tries():
                return work()
        except FileBusy:
            if time.monotonic() >= patient_until:
                raise
        yield


def _slices(
    replica: Replica, action: Merge, results: list[MergeResult], floor: int, size: int, report_applied: bool
) -> Steps[None]:
    at = 0
    while True:
        part = action.changes[at : at + size]
        at += size
        last = at >= len(action.changes)
        merge_part = partial(
            replica.merge,
            part,
            author=action.author,
            source=action.source,
            tokens=action.tokens,
            received=action.received if last else None,
            place=action.place if last else None,
            js_numbers=action.js_numbers,
            floor=floor,
            report_applied=report_applied,
            tables=action.tables,
        )
        results.append((yield from _when_free(replica, merge_part)))
        floor = max(floor, results[-1].after)
        if last:
            return
        yield
