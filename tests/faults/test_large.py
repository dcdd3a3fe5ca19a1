"""Large things from process to process: memory that is bounded, and a cut that goes on from the last confirmed place.

With ``--full`` some of them have the size that they are promised for: a million changes, a transaction of 200 MB, one
cell of 50 MB. Elsewhere, and in the other direction, they are smaller.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.crr import connect
from engine.replica import Replica
from engine.session.batch_limits import WINDOW_BYTES
from tests import budget
from tests.engine.live import SCHEMA, make_file, on_loop, writing
from tests.faults.proxy import Proxy
from tests.faults.test_processes import program
from tests.ports import free_port

MB = 1_000_000

COPIES = 8
"""How often one large change may lie in memory on its way: SQLite's, Python's, the message, the frame, the socket's."""

ROOM_TO_WORK = 6 * WINDOW_BYTES
"""Bytes by which a process may grow whatever is sent: a few windows, as messages and as Python objects."""

BIG = budget.is_full()
"""Whether to run at the promised sizes."""


@dataclass(frozen=True)
class Load:
    """What is sent.

    Attributes:
        fill: makes the file, with so many rows.
        rows: how many. row: bytes of each on the wire, about. cell: bytes of the largest cell.
    """

    fill: Callable[[Path, int], None]
    rows: int
    row: int
    cell: int = 0


def small_rows(path: Path, count: int) -> None:
    """One version with three changes for each row."""
    with writing(path) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra)")
        numbers = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT ?) "
        connection.execute(f"{numbers} INSERT INTO item SELECT n, printf('%0160d', n), n, n * 0.5 FROM r", (count,))
        connection.execute("SELECT crsql_as_crr('item')").fetchall()


def blobs(size: int) -> Callable[[Path, int], None]:
    """One transaction that writes a blob of this size into each row."""

    def fill(path: Path, count: int) -> None:
        with writing(path) as connection:
            connection.execute(SCHEMA).fetchall()
            with connection:
                new = ((row, size) for row in range(count))
                connection.executemany("INSERT INTO item (id, extra) VALUES (?, randomblob(?))", new)

    return fill


def changes(count: int) -> Load:
    return Load(small_rows, count // 3, 185)


def batch(rows: int, cell: int) -> Load:
    return Load(blobs(cell), rows, cell + 200, cell)


LOADS = {
    "a million changes": ("up", changes(1_000_000 if BIG else 100_000)),
    "changes": ("down", changes(100_000)),
    "a batch of 200 MB": ("down", batch(2_000 if BIG else 400, MB // 10)),
    "a batch": ("up", batch(400, MB // 10)),
    "cells of 40 MB": ("up", batch(5, 40 * MB)),
    "a cell of 50 MB": ("up", batch(1, 50 * MB)),
    "a cell of 50 MB down": ("down", batch(1, 50 * MB)),
}

QUICK = "changes"
"""The one that a quick run moves."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory another process has used")
@pytest.mark.parametrize(
    "name", [QUICK, *(pytest.param(name, marks=pytest.mark.full) for name in LOADS if name != QUICK)]
)
def test_large(tmp_path: Path, name: str) -> None:
    on_loop(_large, seconds=600)(tmp_path, name, *LOADS[name])


async def _large(folder: Path, name: str, direction: str, load: Load) -> None:
    room, client_file = folder / "hub" / "room", folder / "clients" / "a.db"
    source, target = (client_file, room) if direction == "up" else (room, client_file)
    source.parent.mkdir()
    connect(source, create=True).close()
    load.fill(source, load.rows)
    make_file(target)
    port = free_port()
    with program("hub", room.parent, str(port), "15") as hub:
        await hub.ready()
        async with Proxy(port) as proxy:
            way, whole = proxy.up if direction == "up" else proxy.down, load.rows * load.row
            way.freezes_at = whole / 2
            with program("clients", client_file.parent, proxy.url, "15") as client:
                await client.ready()
                at_rest = [hub.peak(), client.peak()]
                await moved(lambda: way.frozen)
                if load.rows > 1:
                    await moved(lambda: row_count(target) > 0)
                before, held = way.moved, await asyncio.to_thread(row_count, target)
                proxy.reset()
                way.thaw()
                await moved(lambda: holds(target, source))
                grown = [now - then for now, then in zip([hub.peak(), client.peak()], at_rest, strict=True)]
    again, left = way.moved - before, load.rows - held
    budget.count(f"{name}: {whole / MB:.0f} MB in rows, hub and client grew by {[n // MB for n in grown]} MB")
    assert load.rows == 1 or 0 < left < load.rows, "the cut was not in the middle"
    assert proxy.dials == 2
    assert again < 1.1 * left * load.row + MB, f"{again} bytes after the cut, of {whole}; {held} rows were held"
    assert max(grown) < ROOM_TO_WORK + COPIES * load.cell
    assert same_rows(source, target)


async def moved(condition: Callable[[], bool]) -> None:
    """Wait for what takes as long as it takes."""
    while not await asyncio.to_thread(condition):
        await asyncio.sleep(0.05)


def row_count(path: Path) -> int:
    with Replica.open(path) as replica:
        count: int = replica.connection.execute("SELECT count(*) FROM item").get
        return count


def holds(target: Path, source: Path) -> bool:
    """Whether the target has recorded all of the source's history."""
    with Replica.open(source, readonly=True) as sender, Replica.open(target, readonly=True) as receiver:
        return receiver.received_clock(sender.site_id) == sender.db_version()


def same_rows(one: Path, other: Path) -> bool:
    every = "SELECT id, name, n, extra FROM item ORDER BY id"
    with Replica.open(one, readonly=True) as a, Replica.open(other, readonly=True) as b:
        pairs = itertools.zip_longest(a.connection.execute(every), b.connection.execute(every))
        return all(row == same for row, same in pairs)
