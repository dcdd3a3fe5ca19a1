"""Injured frames against sessions in every state: each ends in words or goes on, and no clock is ahead of its data.

``SYNCLINE_BUDGET=600`` looks for longer; ``SYNCLINE_SEED`` repeats one case.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from engine.change import MAX_VERSION, SENTINEL, Change
from engine.errors import SynclineError, WireError
from engine.replica import Replica
from engine.session import Merge, Session
from engine.tables import pack_columns, unpack_columns
from engine.wire import MAX_SMALL, Batch, decode, encode
from tests import budget
from tests.engine.session.world import End
from tests.faults.recordings import Moment, Recording, injured

FRAMES = 1_000
"""Frames in one case."""

CASES = budget.pick(8, 40, soak=200)
"""Cases at least: in CI 40,000 frames."""


pytestmark = pytest.mark.xdist_group("fuzz")  # they share what is recorded


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(tmp_path_factory.mktemp("recording"))


class Judge(End):
    """A session's driver that looks at every clock that is recorded, and at what was recorded with it."""

    def __init__(self, replica: Replica, session: Session, rng: random.Random) -> None:
        super().__init__(replica, session, begun=True)
        self._rng = rng

    def _do(self, action: object) -> None:
        if not isinstance(action, Merge):
            super()._do(action)
            return
        before, after = clocks(self.replica), {}
        try:
            super()._do(action)
        except SynclineError:
            assert clocks(self.replica) == before, "a merge that failed has moved a clock"
            raise
        after = clocks(self.replica)
        if action.received is not None:
            peer = action.received.site_id
            assert action.received.since <= before.get(peer, 0), "a clock was recorded above a gap"
            assert 0 <= action.received.version < MAX_VERSION
            before[peer] = max(before.get(peer, 0), action.received.version)
        assert after == before, "a clock moved that was not accepted"
        some = self._rng.sample(action.changes, min(3, len(action.changes)))
        lost = [change for change in some if lacks(self.replica, change)]
        assert not lost, f"recorded as received, but not there: {lost}"


def clocks(replica: Replica) -> dict[bytes, int]:
    return dict(replica.announcements())


def lacks(replica: Replica, change: Change) -> bool:
    """Whether the file holds neither this change nor a later one of its cell."""
    if change.cid != SENTINEL and change.cl % 2 == 0:
        return False  # a cell of a deleted row: there is no such thing, and it changes nothing
    pk = pack_columns([int(key) for key in unpack_columns(change.pk) if isinstance(key, int | float)])  # as it is kept
    held = {
        cid: (length, version)
        for cid, length, version in replica.connection.execute(
            'SELECT cid, cl, col_version FROM crsql_changes WHERE "table" = ? AND pk = ?', (change.table, pk)
        )
    }
    length = max((length for length, _ in held.values()), default=0)
    if length != change.cl or change.cid == SENTINEL or change.col_version == 0:
        return length < change.cl
    return change.cid not in held or held[change.cid][1] < change.col_version


@pytest.mark.soak
@pytest.mark.slow
def test_injured_frames_in_every_state(recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # power cuts are looked at elsewhere
    roles = sorted(recording.roles)
    ends: Counter[str] = Counter()
    for case in budget.cases("fuzz: 1,000 injured frames each", seconds=8, at_least=CASES):
        rng = case.random
        for name in ("one", "other"):
            shutil.copyfile(recording.folder / name, tmp_path / name)
        one, other = Replica.open(tmp_path / "one"), Replica.open(tmp_path / "other")
        sites = {replica.site_id: replica for replica in (one, other)}
        for replica in sites.values():
            replica.connection.pragma("synchronous", "off")
        frames = 0
        while frames < FRAMES:
            moment = rng.choice(recording.roles[rng.choice(roles)])
            session = moment.again()
            judge = Judge(sites[session.here.site_id], session, rng)
            for frame in conversation(rng, moment, recording.frames):
                frames += 1
                try:
                    judge.receive(frame)
                    judge.work()
                    judge.flush()
                    judge.work()
                except Exception as error:
                    error.add_note(f"seed {case.seed}: {moment.role} was told {frame.hex()}")
                    raise
                if session.closed is not None:
                    break
            ends[kind_of_end(session)] += 1
        one.close()
        other.close()
    assert ends["goes on"] > 0
    assert ends["1007"] > 0
    budget.count(f"fuzz: sessions end with {dict(ends.most_common())}", ends.total())


def conversation(rng: random.Random, moment: Moment, others: list[bytes]) -> Iterator[bytes]:
    """What this session is told from here on: frames that nobody would send, or not now."""
    for number, frame in enumerate(moment.next[:4]):
        if number and rng.random() < 0.5:
            yield frame
        elif rng.random() < 0.1:
            yield rng.randbytes(rng.randint(0, 200))
        else:
            other = rng.choice(others)
            yield other if rng.random() < 0.05 else injured(rng, frame if rng.random() < 0.8 else other, others)


def kind_of_end(session: Session) -> str:
    """Its close code; what it says must be fit for a close frame and for a person."""
    closed = session.closed
    if closed is None:
        return "goes on"
    assert closed.code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011) or 4000 <= closed.code < 5000
    assert closed.reason.isprintable()
    assert closed.to_peer.isprintable()
    assert closed.reason
    assert closed.to_peer
    return str(closed.code)


# No frame takes more than its share


def varuint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


CHANGE = bytes(4) + bytes(16) + b"\x05" + bytes(16) + bytes(8) + b"\x00"


def columns(count: int) -> bytes:
    """Changes of which no two are of one kind, or by one author."""
    changes = (Change("t", bytes((n % 2,)), str(n), 1, n, n, n.to_bytes(16), 1, n) for n in range(count))
    return encode(Batch(1, 0, 0, 1, b"", False, tuple(changes)))


GREEDY: dict[str, Callable[[int], bytes]] = {
    "names in a Want": lambda n: b"\x41\x01" + bytes(8) + varuint(n) + bytes(n + 20),
    "tables in a Hello": lambda n: b"\x40\x01" + bytes(33) + varuint(n // 3) + bytes(n),
    "columns in a Hello": lambda n: b"\x40\x01" + bytes(33) + b"\x01\x01a\x00" + varuint(n // 2) + b"\x01a" * (n // 2),
    "tables to make": lambda n: b"\x4b\x00" + bytes(8) + varuint(n // 4) + bytes(n),
    "tokens": lambda n: b"\x46" + varuint(n // 16) + bytes(n + 1),
    "digests": lambda n: b"\x4a\x00" + varuint(n // 34) + bytes(n),
    "clocks": lambda n: b"\x01" + bytes(16) + varuint(n // 25) + bytes(n + 20),
    "sites to leave out": lambda n: b"\x04" + bytes(9) + varuint(n // 16) + bytes(n + 20),
    "changes": lambda n: b"\x02" + bytes(25) + varuint(n // len(CHANGE)) + CHANGE * (n // len(CHANGE)),
    "changes of as many kinds": lambda n: columns(n // 20),
    "keys to look up": lambda n: b"\x4c\x01\x01a" + varuint(n) + bytes(n),
    "a long number": lambda n: b"\x43" + b"\x80" * n,
    "long texts": lambda n: b"\x45\x01" + varuint(n) + b"x" * n + b"\x01",
}
"""Frames of about ``n`` bytes that make a reader do as much as they can."""


def work(frame: bytes) -> int:
    """How many calls it takes to read a frame: unlike seconds, the same on any machine."""
    calls = 0

    def count(_: FrameType, event: str, __: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    gc.collect()
    gc.disable()  # what earlier tests left is not this reader's work
    sys.setprofile(count)
    try:
        decode(frame)
    except WireError:
        pass
    finally:
        sys.setprofile(before)
        gc.enable()
    return calls


@pytest.mark.parametrize("name", GREEDY)
def test_reading_takes_no_more_than_its_share(name: str) -> None:
    """Twice the bytes, at most twice the work; and none at all for what has the size of changes and holds none."""
    once, twice = (work(GREEDY[name](size)) for size in (20_000, 40_000))
    assert twice <= 2 * once + 10
    assert twice < 40_000 * 10
    if not name.startswith("changes"):
        assert work(GREEDY[name](MAX_SMALL + 100)) < 300
