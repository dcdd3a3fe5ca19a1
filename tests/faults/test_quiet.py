"""Connecting again when nothing is new costs next to nothing, however much both sides hold."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.peer_state import State
from engine.replica import Replica
from engine.settings import Direction, Mode
from tests import budget
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, writing
from tests.faults.proxy import Proxy

ROWS = budget.pick(2_000, 10_000)
RECONNECTS = 10

ENOUGH = 2_000
"""Bytes in both directions together that one reconnect may take: the handshake, the greetings, no change."""


def fill(path: Path, first: int, rng: random.Random) -> None:
    """Many rows, in large versions and small ones."""
    with writing(path) as connection:
        row, last = first, first + ROWS
        while row < last:
            size = min(rng.choice((1, 10, ROWS // 3)), last - row)
            with connection:
                new = ((row + n, f"name {row + n}", n) for n in range(size))
                connection.executemany("INSERT INTO item VALUES (?, ?, ?, x'00ff')", new)
            row += size


def clocks(path: Path) -> object:
    """Its own, and the received ones; those of what was sent are written a little later."""
    with Replica.open(path, readonly=True) as replica:
        received = ((one.site_id, one.received) for one in replica.tracked_peers() if one.received is not None)
        return replica.db_version(), sorted(received)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.MANUAL], ids=["push", "pull"])
@pytest.mark.parametrize("direction", list(Direction), ids=lambda direction: direction.value)
@on_loop
async def test_reconnects_with_nothing_new(tmp_path: Path, mode: Mode, direction: Direction) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    rng = random.Random(3)
    fill(a, 0, rng)
    fill(room, ROWS, rng)
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)

        def heard() -> bool:  # a confirmation that is cut off says nothing
            return all(
                guest.driver.session.all_confirmed for guest in hub.inside if guest.driver.session.outbound.asked
            )

        async with Proxy(hub.port) as proxy:
            peer = await add_peer(client, a, proxy.url, mode=mode, direction=direction)
            assert await client.peers.sync_now() == {peer: None}
            await until(lambda: client.peers.statuses()[0].state in (State.IN_SYNC, State.IDLE), "at rest")
            await until(heard, "all is confirmed")
            held = {Direction.BOTH: (2, 2), Direction.SEND: (1, 2), Direction.RECEIVE: (2, 1)}[direction]
            assert (len(rows(a)), len(rows(room))) == tuple(n * ROWS for n in held)
            before = clocks(a), clocks(room)
            sizes = []
            for number in range(RECONNECTS):
                start = proxy.up.moved, proxy.down.moved
                if mode is Mode.LIVE:
                    proxy.reset()
                    await until(lambda number=number: proxy.dials == number + 2, "dialled again")  # type: ignore[misc]
                    await client.peers.wait_in_sync(timeout=PATIENCE)
                    await until(heard, "all is confirmed")
                else:
                    assert await client.peers.sync_now() == {peer: None}
                    await until(lambda: hub.guests.total() == 0, "hung up")
                sizes.append((proxy.up.moved - start[0], proxy.down.moved - start[1]))
            assert proxy.dials == RECONNECTS + 1
    assert max(up + down for up, down in sizes) < ENOUGH, sizes
    assert (clocks(a), clocks(room)) == before
    worst = max(sizes, key=sum)
    budget.count(f"quiet reconnects, {mode.value}, {direction.value}: at most {worst} bytes up and down", len(sizes))
