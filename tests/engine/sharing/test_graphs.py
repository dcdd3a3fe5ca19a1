"""Six machines in a ring and in a full mesh: every change arrives everywhere, once, under its author's name."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.crr import Replica
from engine.engine import Engine
from engine.events import ChangesMoved, Way
from engine.settings import PeerConfig
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write

SIZE = 6

RING = [(n, (n + 1) % SIZE) for n in range(SIZE)]
MESH = [(n, m) for n in range(SIZE) for m in range(n)]


@contextlib.contextmanager
def counting(engines: list[Engine]) -> Iterator[Counter[Way]]:
    """Count the changes that cross any link: the dialling side sees both ways."""
    count: Counter[Way] = Counter()
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(engine.subscribe(whole=True)) for engine in engines]
        yield count
        for stream in streams:
            for event in stream.drain():
                if isinstance(event, ChangesMoved):
                    count[event.way] += len(event.changes)


def authors(path: Path) -> Counter[bytes]:
    """How many changes of each author a file holds."""
    with Replica.open(path, readonly=True) as replica:
        return Counter(change.site_id for change in replica.changes(0).changes)


@pytest.mark.parametrize(("graph", "most"), [(RING, 8.0), (MESH, 20.0)], ids=["ring", "mesh"])
def test_every_change_arrives_everywhere_and_stops(tmp_path: Path, graph: list[tuple[int, int]], most: float) -> None:
    """``most`` changes cross links for each one made; five are the least that can be."""

    @on_loop
    async def test() -> None:
        files = [make_file(tmp_path / f"m{n}" / "room") for n in range(SIZE)]
        async with contextlib.AsyncExitStack() as stack:
            engines = [await stack.enter_async_context(plain_engine()) for _ in files]
            hubs = [await engine.serve(path.parent) for engine, path in zip(engines, files, strict=True)]
            for here, there in graph:
                database = await engines[here].add_database(files[here])
                await engines[here].add_peer(PeerConfig.new(database.id, hubs[there].url, room="room"))
            for engine in engines:
                await engine.wait_in_sync(timeout=PATIENCE)
            with counting(engines) as crossed:
                for number in range(4):
                    for n, path in enumerate(files):
                        write(path, "INSERT INTO item (id, name) VALUES (?, ?)", n * 100 + number, f"by {n}")
                    await until(lambda: all(rows(path) == rows(files[0]) for path in files), "all are the same")
                for engine in engines:
                    await engine.wait_in_sync(timeout=PATIENCE)
        everywhere = [authors(path) for path in files]
        assert all(found == everywhere[0] for found in everywhere)
        assert len(everywhere[0]) == SIZE
        made = everywhere[0].total()
        moved = crossed[Way.IN] + crossed[Way.OUT]
        print(f"{moved} changes crossed {len(graph)} links for {made} made: {moved / made:.2f} for each")
        assert SIZE - 1 <= moved / made <= most

    test()
