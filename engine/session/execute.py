"""What actions ask of a replica, done on it: for ``engine.storage.replica_host``, and for whoever drives a session
without one."""

from __future__ import annotations

from engine.errors import TableBroken
from engine.replica import Replica
from engine.sqlite.steps import Steps, at_once
from engine.tables import MergeResult, Part

from .actions import Merge, Read, ReadPart, Snapshot
from .vlcn_messages import Versions

MERGE_SLICE = 5_000
"""Changes merged in one transaction: an app that writes to the file waits no longer than they take."""


def snapshot(replica: Replica, generation: int = 0) -> Snapshot:
    """What a session must know to begin; ``generation`` as in ``Snapshot``."""
    name, version = replica.schema_identity()
    return Snapshot(
        site_id=replica.site_id,
        db_version=replica.db_version(),
        tables=replica.shapes(),
        parked=replica.parked(),
        schema_name=name,
        schema_version=version,
        received=dict(replica.announcements()),
        sent={peer.site_id: peer.sent for peer in replica.tracked_peers() if peer.sent is not None},
        generation=generation,
        lineage_mark=replica.lineage_mark(),
    )


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
    )
    if found.until > action.since:  # also when filters left nothing: the number itself is sent
        replica.ensure_durable()
    return Versions(found, masked=action.masked).encode()


def read_part(replica: Replica, action: ReadPart) -> Part:
    """Read a part of a range. What is returned is durable.

    Raises:
        TableBroken: a table is parked, be it since just now.
    """
    try:
        part = replica.part(
            action.span,
            place=action.place,
            exclude_site=action.exclude_site,
            exclude_versions=action.exclude_versions,
            changes=action.changes,
            size=action.size,
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
    """Merge in slices; the clock, or the place, moves with the last.

    Args:
        floor, report_applied: as in ``Replica.merge``.
        size: changes in one slice, ``MERGE_SLICE`` by default.

    Raises:
        TableBroken: a table does not take what was sent for it, and is parked since just now.
    """
    results: list[MergeResult] = []
    at_once(merging(replica, action, results, floor=floor, size=size, report_applied=report_applied))
    return results


def merging(
    replica: Replica, action: Merge, results: list[MergeResult], *, floor: int, size: int = 0, report_applied: bool
) -> Steps[None]:
    """As ``merge``, one slice at each step; what comes of it is added to ``results``."""
    try:
        yield from _slices(replica, action, results, floor, size or MERGE_SLICE, report_applied)
    except TableBroken as error:
        replica.park(error.table, error.reason)
        raise


def _slices(
    replica: Replica, action: Merge, results: list[MergeResult], floor: int, size: int, report_applied: bool
) -> Steps[None]:
    at = 0
    while True:
        part = action.changes[at : at + size]
        at += size
        last = at >= len(action.changes)
        results.append(
            replica.merge(
                part,
                author=action.author,
                received=action.received if last else None,
                place=action.place if last else None,
                js_numbers=action.js_numbers,
                floor=floor,
                report_applied=report_applied,
                tables=action.tables,
            )
        )
        floor = max(floor, results[-1].after)
        if last:
            return
        yield
