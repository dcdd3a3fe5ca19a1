"""The limit of the line: how much passes in which time, that nothing is lost or changes its place, and a real sync."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.api import Engine
from engine.cli.options import limited as limited_by
from engine.errors import UsageError
from engine.settings import Settings
from engine.transport.bandwidth import HIGH, LINE, Bandwidth, Lane
from engine.transport.token_bucket import BURST, TokenBucket
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, rows, write

RATE = 100_000


class Timer(asyncio.TimerHandle):
    """A call that is due at a time of the simulated clock."""


class Clock:
    """A clock that stands still, and goes on from one call that is due to the next."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self._due: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._loop.close()

    def now(self) -> float:
        return self.time

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self.time + seconds, call, (), self._loop)
        heapq.heappush(self._due, (self.time + seconds, next(self._numbers), timer))
        return timer

    def go_on(self, until: float = float("inf")) -> None:
        """Let the time pass up to a moment, or until nothing is due any more."""
        while self._due and self._due[0][0] <= until:
            self.time, _, timer = heapq.heappop(self._due)
            if not timer.cancelled():
                timer._run()
        if until < float("inf"):
            self.time = until


class Line:
    """One lane on a line with a limit, and what came of it: (time, bytes) that were written."""

    def __init__(self, clock: Clock, line: Bandwidth) -> None:
        self.written: list[tuple[float, bytes]] = []
        self.told: list[bool] = []
        self.rests: list[tuple[float, bool]] = []
        self.lane = Lane(
            line,
            write=lambda data: self.written.append((clock.time, data)),
            full=self.told.append,
            rest=lambda rests: self.rests.append((clock.time, rests)),
            later=clock.later,
        )

    @property
    def bytes(self) -> bytes:
        return b"".join(data for _, data in self.written)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limited(clock: Clock, rate: int = RATE) -> Bandwidth:
    line = Bandwidth(clock.now)
    line.set_limit(rate)
    return line


def test_a_bucket_lets_its_rate_pass_and_little_more_at_first(clock: Clock) -> None:
    bucket = TokenBucket(RATE, clock.now)
    assert bucket.take(int(RATE * BURST)) == 0.0, "what was saved up"
    assert bucket.take(RATE) == 1.0
    assert bucket.take(RATE) == 2.0, "who asks next waits for those before"
    clock.time += 2.0
    assert bucket.take(0) == 0.0
    assert bucket.take(RATE // 10) == pytest.approx(0.1)
    clock.time += 1_000.0
    assert bucket.take(int(RATE * BURST) + RATE) == pytest.approx(1.0), "no more is saved up than a burst"


def test_what_is_sent_keeps_its_order_and_the_rate(clock: Clock) -> None:
    line = Line(clock, limited(clock))
    sent = [bytes([number % 251]) * size for number, size in enumerate((10, 300_000, 2, 40_000, 1, 400_000))]
    for data in sent:
        line.lane.send(data)
    assert line.written[0] == (1_000.0, sent[0]), "a small message goes at once"
    clock.go_on()
    assert line.bytes == b"".join(sent)
    assert line.lane.waiting == 0
    passed = 0
    for at, data in line.written:
        passed += len(data)
        assert passed <= RATE * (at - 1_000.0 + BURST) + 1
        assert len(data) <= max(RATE // 20, len(sent[0]))
    assert clock.time - 1_000.0 == pytest.approx((passed - RATE * BURST) / RATE)


def test_a_sender_is_told_to_wait_while_much_does(clock: Clock) -> None:
    line = Line(clock, limited(clock))
    line.lane.send(bytes(HIGH))
    assert line.told == []
    line.lane.send(bytes(HIGH))
    assert line.told == [True]
    clock.go_on()
    assert line.told == [True, False]


def test_connections_share_the_line(clock: Clock) -> None:
    shared = limited(clock)
    one, other = Line(clock, shared), Line(clock, shared)
    for line in (one, other):
        line.lane.send(bytes(500_000))
    clock.go_on(1_005.0)
    halves = [len(line.bytes) for line in (one, other)]
    assert sum(halves) == pytest.approx(RATE * 5.5, rel=0.02)
    assert min(halves) > 200_000, "none waits for the other's end"


def test_reading_rests_until_what_came_is_paid_for(clock: Clock) -> None:
    line = Line(clock, limited(clock))
    line.lane.came(int(RATE * BURST))
    assert line.rests == []
    line.lane.came(RATE)
    line.lane.came(RATE)
    clock.go_on()
    assert line.rests == [(1_000.0, True), (1_002.0, False)]


@pytest.mark.parametrize("how", ["no limit", "hurry", "another"])
def test_what_waits_goes_on_when_the_limit_changes(clock: Clock, how: str) -> None:
    shared = limited(clock, 10_000)
    line = Line(clock, shared)
    sent = bytes(range(250)) * 4_000
    line.lane.send(sent)
    line.lane.came(1_000_000)
    clock.go_on(1_003.0)
    assert 0 < len(line.bytes) < 50_000
    match how:
        case "no limit":
            shared.set_limit(0)
        case "hurry":
            line.lane.hurry()
            line.lane.send(b"goodbye")
            sent += b"goodbye"
        case _:
            shared.set_limit(1_000_000)
            clock.go_on(1_005.0)
    assert line.bytes == sent
    assert line.told[-1] is False
    if how != "hurry":
        assert line.rests[-1] == (1_003.0, False)
    clock.go_on()
    assert line.bytes == sent


def test_a_connection_that_is_gone_sends_nothing_more(clock: Clock) -> None:
    shared = limited(clock)
    line = Line(clock, shared)
    line.lane.send(bytes(500_000))
    line.lane.came(500_000)
    before = len(line.bytes)
    line.lane.end()
    clock.go_on()
    shared.set_limit(0)
    assert (len(line.bytes), line.lane.waiting, line.rests) == (before, 0, [(1_000.0, True)])


def test_the_command_line_names_a_limit_or_takes_that_of_the_settings() -> None:
    kept = Settings(bandwidth_limit=70)
    assert [limited_by(kept, named).bandwidth_limit for named in (None, 0, 200)] == [70, 0, 200]
    for wrong in (-1, 9, 10**9):
        with pytest.raises(UsageError, match="kB/s"):
            limited_by(kept, wrong)


@on_loop
async def test_a_sync_keeps_to_the_limit_and_comes_to_its_end(tmp_path: Path) -> None:
    """Both ends are in this process, so that each byte counts twice, sent and received. Time is only ever longer."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    for number in range(20):
        write(a, "INSERT INTO item (id, name) VALUES (?, ?)", number, f"{number:02}" * 25_000)
    assert LINE.sent is None
    async with Engine(Settings(bandwidth_limit=500)) as client, Engine(Settings()) as hub_engine:
        hub = await hub_engine.serving.start(room.parent)
        began = time.monotonic()
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert time.monotonic() - began > (1_000_000 - 500_000 * BURST) / 500_000
        assert rows(room) == rows(a)
        write(a, "INSERT INTO item (id, name) VALUES (100, ?)", "x" * 3_000_000)
        await client.change_settings(bandwidth_limit=0)
        assert LINE.sent is None
        await client.peers.wait_in_sync(timeout=PATIENCE)
        with pytest.raises(UsageError):
            await client.change_settings(bandwidth_limit=1)
        await client.change_settings(bandwidth_limit=20)
        write(a, "INSERT INTO item (id, name) VALUES (101, ?)", "y" * 3_000_000)
    assert LINE.sent is None, "who leaves does not wait, and leaves no limit behind"
