"""Six machines in a ring and in a full mesh: every change arrives everywhere, once, under its author's name."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import pytest

from engine.hub import Hub
from engine.replica import Replica
from engine.settings import PeerConfig
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write

SIZE = 6

RING = [(n, (n + 1) % SIZE) for n in range(SIZE)]
MESH = [(n, m) for n in range(SIZE) for m in range(n)]
BOTH = [(n, m) for n in range(SIZE) for m in range(SIZE) if n != m]
"""Each dials each, so that every two have dialled one another."""


def crossed(hubs: list[Hub]) -> int:
    """The changes that have crossed any connection, whether the other side had them already or not."""
    sessions = [guest.driver.session for hub in hubs for guest in hub.inside]
    return sum(session.inbound.changes + session.outbound.changes for session in sessions)


def authors(path: Path) -> Counter[bytes]:
    """How many changes of each author a file holds."""
    with Replica.open(path, readonly=True) as replica:
        return Counter(change.site_id for change in replica.changes(0).changes)


@pytest.mark.parametrize("graph", [RING, MESH, BOTH], ids=["ring", "mesh", "both"])
def test_every_change_arrives_everywhere_and_stops(tmp_path: Path, graph: list[tuple[int, int]]) -> None:
    """Five crossings of each change are the least that can be.

    At most it crosses each connection once in each direction, and those of its author in one: two who have it from a
    third may tell each other at the same time.
    """

    @on_loop
    async def test() -> None:
        files = [make_file(tmp_path / f"m{n}" / "room") for n in range(SIZE)]
        async with contextlib.AsyncExitStack() as stack:
            engines = [await stack.enter_async_context(plain_engine()) for _ in files]
            hubs = [await engine.serving.start(path.parent) for engine, path in zip(engines, files, strict=True)]
            for here, there in graph:
                database = await engines[here].databases.add(files[here])
                await engines[here].peers.add(PeerConfig.new(database.id, hubs[there].url, room="room"))
            for engine in engines:
                await engine.peers.wait_in_sync(timeout=PATIENCE)
            lines = {frozenset(pair) for pair in graph}
            await until(lambda: sum(hub.guests.total() for hub in hubs) == len(lines), "one connection for each two")
            before = crossed(hubs)
            for number in range(4):
                for n, path in enumerate(files):
                    write(path, "INSERT INTO item (id, name) VALUES (?, ?)", n * 100 + number, f"by {n}")
                await until(lambda: all(rows(path) == rows(files[0]) for path in files), "all are the same")
            for engine in engines:
                await engine.peers.wait_in_sync(timeout=PATIENCE)
            moved = crossed(hubs) - before
            assert sum(hub._counters.sessions for hub in hubs) <= len(graph), "no connection began anew"
        everywhere = [authors(path) for path in files]
        assert all(found == everywhere[0] for found in everywhere)
        assert len(everywhere[0]) == SIZE
        made = everywhere[0].total()
        print(f"{moved} changes crossed {len(lines)} links for {made} made: {moved / made:.2f} for each")
        assert SIZE - 1 <= moved / made <= 2 * len(lines) - 2 * len(lines) / SIZE

    test()
