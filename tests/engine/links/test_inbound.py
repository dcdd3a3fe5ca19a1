"""Two sides that dial each other keep one connection, and the side that goes by the other's says the truth of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine.api import Engine
from engine.checks.repair import Side
from engine.events import ChangesMoved, FlowDirection, PeerChanged, SyncFailed
from engine.hub import Hub
from engine.links.inbound import gives_way
from engine.links.peer_status import STILL_CONNECTED
from engine.peer_state import PeerStatus, State
from engine.replica import Replica
from engine.settings import Direction, Mode, Pause, PeerConfig
from tests.engine.fake_proxy import FakeProxy
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write

OVER_THEIRS = "Uses the connection that the other side opened to this machine."


@dataclass
class Machine:
    """One that serves its file and dials the other one."""

    path: Path
    engine: Engine
    hub: Hub
    peer: str = ""

    @property
    def guests(self) -> int:
        return self.hub.guests["room"]

    @property
    def came(self) -> int:
        return self.hub._counters.sessions

    @property
    def row(self) -> PeerStatus:
        return self.engine.peers.statuses()[0]

    async def dial(self, other: Machine, mode: Mode = Mode.LIVE, direction: Direction = Direction.BOTH) -> None:
        database = await self.engine.databases.add(self.path)
        config = PeerConfig.new(database.id, other.hub.url, room="room", mode=mode, direction=direction)
        self.peer = (await self.engine.peers.add(config)).id

    async def change(self, **changes: object) -> None:
        config = replace(self.engine.settings.peers[0], **changes)  # type: ignore[arg-type]
        await self.engine.peers.update(config)

    def site(self) -> bytes:
        with Replica.open(self.path, readonly=True) as replica:
            return replica.site_id


@contextlib.asynccontextmanager
async def two(folder: Path) -> AsyncIterator[tuple[Machine, Machine]]:
    """Two machines, that with the smaller site id first."""
    async with contextlib.AsyncExitStack() as stack:
        machines = []
        for name in "ab":
            path = make_file(folder / name / "room")
            engine = await stack.enter_async_context(plain_engine())
            machines.append(Machine(path, engine, await engine.serving.start(path.parent)))
        small, large = sorted(machines, key=Machine.site)
        yield small, large


async def settled(one: Machine, other: Machine) -> None:
    """Wait until both rows are in sync over one connection: it is the visited side that goes by the other's."""

    def so() -> bool:
        over_theirs = [(each.guests, OVER_THEIRS in each.row.reason) for each in (one, other)]
        return sorted(over_theirs) == [(0, False), (1, True)] and one.row.state is other.row.state is State.IN_SYNC

    await until(so, "one connection, and both rows in sync")


async def alone(here: Machine, there: Machine) -> None:
    """Wait until only ``here`` has dialled and is in sync, and ``there``, which is paused, has seen who it is.

    The row of ``here`` alone says too little: it still shows "In sync" for a moment while it dials anew.
    """
    await until(
        lambda: (
            here.row.state is State.IN_SYNC
            and there.guests == 1
            and OVER_THEIRS not in here.row.reason
            and STILL_CONNECTED in there.row.reason
        ),
        "the other's connection comes back",
    )


async def write_both_ways(one: Machine, other: Machine, number: int) -> None:
    for n, each in enumerate((one, other)):
        write(each.path, "INSERT INTO item (id, name) VALUES (?, 'x')", 10 * number + n)
    await until(lambda: rows(one.path) == rows(other.path) and len(rows(one.path)) >= 2, "both hold both")


def test_both_sides_compute_the_same_answer() -> None:
    """Whatever each connection is like: never do both give way, and only where neither could take both's place none."""
    for ours, theirs in ((b"a", b"b"), (b"b", b"a")):
        assert gives_way(ours, theirs, stays=True) is not gives_way(theirs, ours, stays=True)
        assert gives_way(ours, theirs, stays=False)


@on_loop
async def test_who_is_visited_already_does_not_dial(tmp_path: Path) -> None:
    """The first who dialled keeps its connection, whichever it is; then the other's turn comes by itself."""
    async with two(tmp_path) as (small, large):
        await small.dial(large)
        await until(lambda: small.row.state is State.IN_SYNC, "the first is there")
        await large.dial(small)
        await settled(small, large)
        assert large.guests == 1, "both dialled: the smaller site id's stays"
        for number, (first, second) in enumerate(((small, large), (large, small)), 1):
            await first.engine.peers.pause(Pause.FOREVER)
            await alone(second, first)
            await first.engine.peers.pause(None)
            await settled(small, large)
            assert first.guests == 1, "it knows its peer by now, and is visited: it does not dial"
            await write_both_ways(small, large, number)


@on_loop
async def test_both_dial_at_the_same_time(tmp_path: Path) -> None:
    """Again and again, a little apart in either order: one connection each time, and nothing counts as a failure."""
    twice = 0
    async with two(tmp_path) as (small, large):
        await small.dial(large)
        await large.dial(small)
        await settled(small, large)
        with small.engine.subscribe() as of_small, large.engine.subscribe() as of_large:
            for seed in range(8):
                chance = random.Random(seed)
                for each in (small, large):
                    await each.engine.peers.pause(Pause.FOREVER)
                await until(lambda: small.guests + large.guests == 0, "nobody is connected")
                before = small.came + large.came
                first, second = (small, large) if seed % 2 else (large, small)
                await first.engine.peers.pause(None)
                await asyncio.sleep(chance.choice((0.0, 0.001, chance.uniform(0.0, 0.02))))
                await second.engine.peers.pause(None)
                await settled(small, large)
                connections = small.came + large.came - before
                assert connections == 1 or (connections, large.guests) == (2, 1), "the smaller site id's stays of two"
                twice += connections == 2
                await write_both_ways(small, large, seed + 1)
            told = [*of_small.drain(), *of_large.drain()]
        assert twice, "they met"
        states = {event.status.state for event in told if isinstance(event, PeerChanged)}
        assert not states & {State.WAITING, State.NEEDS_YOU}
        assert not [event for event in told if isinstance(event, SyncFailed)]


@on_loop
async def test_the_row_that_gave_way_shows_asks_and_mends_as_any_other(tmp_path: Path) -> None:
    async with two(tmp_path) as (small, large):
        await small.dial(large)
        await large.dial(small)
        await settled(small, large)
        with large.engine.subscribe(whole=True) as events:
            await write_both_ways(small, large, 1)
            await until(lambda: large.row.received == large.row.confirmed == 2, "its clocks move")
            moved: list[ChangesMoved] = []

            def both_ways_told() -> bool:
                moved.extend(event for event in events.drain() if isinstance(event, ChangesMoved) and event.peer)
                return len({event.way for event in moved}) > 1

            await until(both_ways_told, "the flow has both")
        assert {event.way for event in moved} == {FlowDirection.IN, FlowDirection.OUT}
        assert {event.peer for event in moved} == {large.peer}
        assert await large.engine.peers.sync_now() == {large.peer: None}
        write(large.path, "UPDATE item SET name = 'y'")
        assert await large.engine.peers.sync_now() == {large.peer: None}
        assert rows(small.path) == rows(large.path), "sync now looked at the file, and waited"
        assert (await large.engine.checks.verify(large.peer)).summary == "identical: 1 table, 2 rows"
        for side in Side:
            await large.engine.checks.send_again(large.peer, side)
        assert large.guests == 1
        await settled(small, large)


@on_loop
async def test_a_visit_that_is_to_be_short_or_carries_less_takes_nobodys_place(tmp_path: Path) -> None:
    """And who would only pull goes by an inbound connection that stays, without a connection of its own."""
    async with two(tmp_path) as (small, large):
        await small.dial(large, direction=Direction.RECEIVE)
        await large.dial(small)
        await until(lambda: small.row.state is large.row.state is State.IN_SYNC, "in sync")
        await until(
            lambda: (small.guests, large.guests) == (1, 0) and OVER_THEIRS in small.row.reason,
            "the one that carries all is enough",
        )
        await small.change(direction=Direction.BOTH, mode=Mode.MANUAL)
        await large.change(mode=Mode.MANUAL)
        await until(lambda: small.guests + large.guests == 0, "both by hand")
        assert await small.engine.peers.sync_now() == {small.peer: None}
        assert await large.engine.peers.sync_now() == {large.peer: None}
        await until(lambda: large.row.state is State.IDLE and small.guests == 0, "it has hung up")
        await large.change(mode=Mode.LIVE)
        await until(lambda: large.row.state is State.IN_SYNC, "in sync")
        write(small.path, "INSERT INTO item (id, name) VALUES (1, 'x')")
        assert await small.engine.peers.sync_now() == {small.peer: None}
        assert rows(small.path) == rows(large.path) != []
        assert (small.guests, large.guests) == (1, 0)
        await until(lambda: small.row.state is State.IDLE, "by hand again")


@on_loop
async def test_a_pause_is_not_said_to_stop_what_the_other_side_does(tmp_path: Path) -> None:
    async with two(tmp_path) as (small, large):
        await small.dial(large)
        await large.dial(small)
        await settled(small, large)
        await large.engine.peers.pause(Pause.FOREVER)
        still_connected = "Paused until resumed. The other side is still connected to this machine."
        await until(lambda: large.row.reason == still_connected, "it is said")
        await small.engine.peers.pause(Pause.FOREVER)
        await until(lambda: large.row.reason == "Paused until resumed.", "nobody is connected")
        await small.engine.peers.pause(None)
        await until(lambda: large.row.reason == still_connected, "it is said again")
        await large.engine.peers.pause(None)
        await settled(small, large)
        await large.engine.change_settings(auto_sync=False)
        await until(
            lambda: "Auto-sync is off." in large.row.reason and "still connected" in large.row.reason, "likewise"
        )


@on_loop
async def test_one_that_cannot_be_dialled_but_dials_is_in_sync(tmp_path: Path) -> None:
    """Its own connection would be the one to stay, but a firewall, say, is in the way."""
    async with two(tmp_path) as (small, large):
        await large.dial(small)
        await small.dial(large)
        await settled(small, large)
        await large.engine.serving.stop()
        await until(
            lambda: small.guests == 1 and small.row.state is State.IN_SYNC and OVER_THEIRS in small.row.reason,
            "over the other's connection",
        )
        await write_both_ways(small, large, 1)
        await large.engine.peers.pause(Pause.FOREVER)
        await until(lambda: small.row.state is State.WAITING, "nobody is there")
        assert "connection refused" in small.row.reason


@on_loop
async def test_another_machine_under_the_same_row_is_not_taken_for_the_one_before(tmp_path: Path) -> None:
    async with two(tmp_path) as (small, large), plain_engine() as third:
        path = make_file(tmp_path / "c" / "room")
        hub = await third.serving.start(path.parent)
        await small.dial(large)
        await large.dial(small)
        await settled(small, large)
        await large.change(url=hub.url)
        await until(lambda: large.row.site_id not in (None, small.site()), "the third is greeted")
        await until(lambda: large.row.state is State.IN_SYNC and hub.guests["room"] == 1, "a connection of its own")
        assert OVER_THEIRS not in large.row.reason
        await until(lambda: large.guests == 1, "and the smaller one dials again")
        await large.engine.peers.wait_in_sync(timeout=PATIENCE)


@pytest.mark.parametrize("leaves", ["quietly", "with the file"])
def test_the_other_side_goes_away(tmp_path: Path, leaves: str) -> None:
    @on_loop
    async def test() -> None:
        async with two(tmp_path) as (small, large):
            await small.dial(large)
            await large.dial(small)
            await settled(small, large)
            if leaves == "quietly":
                await small.engine.serving.stop()
                await small.engine.peers.remove(small.peer)
                await until(lambda: large.row.state is State.WAITING, "nobody is there")
            else:
                await large.engine.databases.remove(large.engine.settings.databases[0].id)
                assert large.engine.peers.statuses() == []
                await until(lambda: small.row.state is State.IN_SYNC, "it is served all the same")

    test()


@on_loop
async def test_who_is_refused_goes_by_a_visit(tmp_path: Path) -> None:
    """Its own way is barred for now; the peer, once it was known, comes to it, and leaves again."""
    async with two(tmp_path) as (here, there), FakeProxy(there.hub.port) as proxy:
        database = await here.engine.databases.add(here.path)
        await here.engine.peers.add(PeerConfig.new(database.id, proxy.url, room="room"))
        await until(lambda: here.row.state is State.IN_SYNC, "it knows the peer")
        proxy.answer("404 Not Found")
        await until(lambda: here.row.state is State.NEEDS_YOU, "refused")
        await there.dial(here)
        await until(lambda: here.row.state is State.IN_SYNC and OVER_THEIRS in here.row.reason, "the peer comes")
        await there.engine.peers.pause(Pause.FOREVER)
        await until(lambda: here.row.state is State.NEEDS_YOU, "its own way is tried again")
        proxy.answer("")
        await alone(here, there)
