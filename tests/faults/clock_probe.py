"""A look at files in use: is a recorded clock ahead of the data it stands for?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.change import SENTINEL, Change
from engine.crr import connect
from engine.sqlite.values import greater
from tests.engine.live import rows


@dataclass(frozen=True)
class Snapshot:
    """What one file held at one moment: its id, the clocks it recorded, its cells, each row's causal length."""

    name: str
    site_id: bytes
    clocks: dict[bytes, int]
    cells: dict[tuple[str, bytes, str], Change]
    lengths: dict[tuple[str, bytes], int]

    def lacks(self, change: Change) -> bool:
        """Whether merging the change would still do something."""
        length = self.lengths.get((change.table, change.pk), 0)
        if length != change.cl:
            return length < change.cl
        mine = self.cells.get((change.table, change.pk, change.cid))
        if change.cid == SENTINEL or change.col_version == 0:
            return False  # that the row has the causal length is all that these say
        if mine is None or mine.col_version != change.col_version:
            return mine is None or mine.col_version < change.col_version
        return greater(change.val, mine.val)


def snapshot(path: Path) -> Snapshot:
    """Read a file in one transaction, beside whoever writes to it or was killed at it."""
    connection = connect(path, readonly=True, recover=True)
    connection.set_busy_timeout(20_000)
    try:
        with connection:
            [(site_id,)] = connection.execute("SELECT site_id FROM crsql_site_id WHERE ordinal = 0")
            clocks = dict(connection.execute("SELECT site_id, version FROM crsql_tracked_peers WHERE tag + event = 0"))
            changes = [Change(*row) for row in connection.execute("SELECT * FROM crsql_changes")]
    finally:
        connection.close()
    return Snapshot(
        path.name,
        site_id,
        clocks,
        {(change.table, change.pk, change.cid): change for change in changes},
        {(change.table, change.pk): change.cl for change in changes},
    )


def look(paths: Iterable[Path]) -> None:
    """Assert that no file's clock of another one is ahead of the data."""
    paths = list(paths)
    receivers = [snapshot(path) for path in paths]
    # Read after the clocks: a cell that is still under an old version now was under it when the clock was recorded.
    senders = [snapshot(path) for path in paths]
    for receiver in receivers:
        for sender in senders:
            clock = receiver.clocks.get(sender.site_id, 0)
            missing = [c for c in sender.cells.values() if c.db_version <= clock and receiver.lacks(c)]
            assert not missing, f"{receiver.name} holds {sender.name} up to {clock}, but not {missing[:3]}"


def digest(path: Path) -> tuple[object, object]:
    """What converged files have in common: live rows, and the causal length of every row there ever was."""
    return rows(path), sorted(snapshot(path).lengths.items())
