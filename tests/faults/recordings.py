"""Frames as they go over the wire: the golden ones, those of whole sessions, and injured copies of all of them.

Sessions are recorded from real ones over real files, in both dialects and both roles. A ``Moment`` is a session as it
was before a certain frame came; it can be had as often as wanted, for a session is nothing but values.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import wire
from engine.replica import Replica
from engine.session import Session, Snapshot, SynclineSession, VlcnClientSession, VlcnHubSession
from engine.tables import pack_columns
from engine.wire import Message, encode
from tests.engine.session.world import End, Wire, make_replica, snapshot

GOLDEN = Path(__file__).parents[1] / "engine" / "wire" / "vectors.json"

LARGEST = 20_000
"""Bytes of the largest frame that is injured; those above would take most of the time."""


def midnight() -> float:
    """A clock that stands still."""
    return 0.0


@dataclass(frozen=True)
class Moment:
    """One session before one frame. ``role`` names it, ``number`` frames came before, ``next`` then and after."""

    role: str
    session: bytes
    number: int
    next: tuple[bytes, ...]

    def again(self) -> Session:
        """A session of one's own in this state."""
        session: Session = pickle.loads(self.session)
        return session


class _Recorded(End):
    """An end that keeps what it was before each frame."""

    def __init__(self, replica: Replica, session: Session, role: str) -> None:
        super().__init__(replica, session)
        self.role = role
        self.states: list[bytes] = []
        self.heard: list[bytes] = []

    def receive(self, data: bytes) -> None:
        self.states.append(pickle.dumps(self.session))
        self.heard.append(data)
        super().receive(data)

    def moments(self) -> Iterator[Moment]:
        for number, state in enumerate(self.states):
            yield Moment(self.role, state, number, tuple(self.heard[number:]))


class Recording:
    """Two files that have synced, closed again, and the sessions in which they did: the same in every run.

    Attributes:
        roles: every moment, by role. frames: one of each, and the golden ones.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rng = random.Random("recording")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "urandom", rng.randbytes)  # site ids and tokens
            one, other = make_replica(folder / "one"), make_replica(folder / "other")
            moments = record(one, other, rng)
        one.close()
        other.close()
        self.roles: dict[str, list[Moment]] = {}
        for moment in moments:
            self.roles.setdefault(moment.role, []).append(moment)
        self.frames = [*golden(), *map(encode, RARE), *(moment.next[0] for moment in moments)]

    def spoken(self, role: str, rng: random.Random) -> list[bytes]:
        """What somebody may say who begins well and goes on with what nobody would send."""
        whole = rng.choice([moment.next for moment in self.roles[role] if not moment.number])
        begun = list(whole[: rng.choice((0, 1, 1, 2, 3, 4))])
        return begun + [injured(rng, rng.choice(whole), self.frames) for _ in range(3)]


def record(one: Replica, other: Replica, rng: random.Random) -> list[Moment]:
    """Let two files sync in each dialect, with writes in between; return every moment of every session."""
    pairs = (("own", SynclineSession, "own", SynclineSession), ("link", VlcnClientSession, "hub", VlcnHubSession))
    moments: list[Moment] = []
    for round_, (name, kind, other_name, other_kind) in enumerate(pairs * 2):
        wire = Wire(
            _Recorded(one, kind(named(one), now=midnight), name),
            _Recorded(other, other_kind(named(other), now=midnight), other_name),
        )
        for step in range(2):
            for number, end in enumerate(wire.ends):
                row = 1_000 * round_ + 100 * number + 10 * step
                extras = [None, 1.5, b"\x00" * 9, "x" * 200]
                new = [(row + n, f"name {n}", n - 3, extras[(n + step) % 4]) for n in range(3)]
                end.replica.connection.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", new)
                end.replica.connection.execute("UPDATE item SET name = 'again' WHERE id % 7 = ?", (round_,))
                end.replica.connection.execute("DELETE FROM item WHERE id = ?", (row + 2,))
                end.local()
            wire.run(rng)
        for end in wire.ends:
            assert isinstance(end, _Recorded)
            assert end.session.in_sync or not end.session.confirms
            moments += end.moments()
    return moments


def named(replica: Replica) -> Snapshot:
    """What a session must know to begin; with a schema, which published peers need."""
    return dataclasses.replace(snapshot(replica), schema_name="main.sql", schema_version=7)


def golden() -> list[bytes]:
    """The frames that the published codec made."""
    vectors = json.loads(GOLDEN.read_text())["messages"]
    frames = (bytes.fromhex(vector["hex"]) for vector in vectors)
    return [frame for frame in frames if len(frame) < LARGEST]


RARE: tuple[Message, ...] = (
    wire.DigestRequest(1),
    wire.Digest(1, (("item", 2, bytes(16), bytes(16)),)),
    wire.Failure(3, "No.", True),
    wire.RangeRequest(1, "item", (b"", pack_columns([5]), b"")),
    wire.Ranges(1, ((5, bytes(16)), (6, bytes(16)))),
    wire.RowsRequest(1, "item", b"", pack_columns([1_000])),
    wire.Rows(1, ((pack_columns([5]), bytes(16)),), True),
    wire.ValuesRequest(1, "item", (pack_columns([0]), pack_columns([1]))),
    wire.Values(1, ((True, pack_columns([1, "x", b"y"])), (False, b""))),
)
"""Messages of the own dialect that a session between two well files does not need."""

_NUMBERS = tuple(struct.pack(">q", n) for n in (-1, -(2**63), 2**63 - 1, 2**62, 2**62 - 1, 0, 1, 5))
_LENGTHS = (b"\xff" * 7 + b"\x0f", b"\xff" * 30, b"\x80" * 40 + b"\x01", b"\xff\x7f", b"\xff\xff\x7f", b"\0", b"\x7f")


def injured(rng: random.Random, frame: bytes, others: list[bytes]) -> bytes:
    """One to four random injuries: flipped, cut, inserted, spliced, numbers and lengths that cannot be."""
    data = bytearray(frame)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randint(0, len(data))
        kind = rng.randrange(9)
        if kind == 0 and data:
            data[rng.randrange(len(data))] = rng.randrange(256)
        elif kind == 1 and data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 20))
        elif kind == 4:
            del data[at : at + rng.randint(1, 9)]
        elif kind == 5:
            data[at : at + 1] = rng.choice(_LENGTHS)
        elif kind == 6:
            data[at : at + 8] = rng.choice(_NUMBERS)
        elif kind == 7:
            other = rng.choice(others)
            start = rng.randint(0, len(other))
            data[at:] = other[start : start + LARGEST]
        else:
            data[at:at] = data[at : at + rng.randint(1, 60)]  # a piece of it twice
    return bytes(data[: 2 * LARGEST])
