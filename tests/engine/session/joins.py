"""Files of notes that were written apart, and sessions in which they meet."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from engine.replica import Replica
from engine.session import SynclineSession
from engine.session.joining import EVERY_TABLE, PATIENCE
from engine.table_shape import Join
from engine.wire import PROTOCOL

from .world import End, Wire, snapshot

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, body)"

NewFile = Callable[..., Replica]
"""Makes a file: new_file(*rows, schema=NOTES, tables=("notes",))."""


def put(replica: Replica, *rows: str) -> None:
    for row in rows:
        key, _, title = row.partition(" ")
        replica.connection.execute("INSERT OR REPLACE INTO notes (id, title) VALUES (?, ?)", (key, title))


def rows(replica: Replica) -> list[str]:
    return [f"{key} {title}" for key, title in replica.connection.execute("SELECT id, title FROM notes ORDER BY id")]


class Time:
    """The clock of both sides, which goes on when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def wire(
    one: Replica,
    other: Replica,
    *,
    how: Join | None = None,
    answer: Join | None = None,
    time: Time | None = None,
    writes: bool = True,
    protocol: int = PROTOCOL,
) -> Wire:
    """A connection that the first side has opened, which may write to the other or not. A person there says how to join
    rows, or gives that answer on the other side."""
    for replica in (one, other):
        replica.capture()
    now = time or Time()
    client = SynclineSession(snapshot(one), now=now, protocol=protocol)
    server = SynclineSession(snapshot(other), now=now, protocol=protocol, receives=writes)
    client.leads = True
    client.joins = {} if how is None else {EVERY_TABLE: how}
    server.answers = lambda _: {} if answer is None else {EVERY_TABLE: answer}
    return Wire(End(one, client), End(other, server))


def sync(
    one: Replica, other: Replica, *, how: Join | None = None, answer: Join | None = None, seed: int = 0
) -> tuple[SynclineSession, ...]:
    """Connect, again as long as the two want to greet anew, until all is quiet; returns the last sessions."""
    for _ in range(3):
        time = Time()
        line = wire(one, other, how=how, answer=answer, time=time)
        line.run(random.Random(seed))
        time.now += PATIENCE
        for end in line.ends:
            end.tick()
        line.run(random.Random(seed))
        sessions = tuple(end.session for end in line.ends)
        if not any(end.closed and end.closed.regreet for end in line.ends):
            break
    else:
        raise AssertionError("they greet again and again")
    assert all(isinstance(session, SynclineSession) for session in sessions)
    return sessions  # type: ignore[return-value]


def in_sync(one: Replica, other: Replica, **how: Any) -> None:
    client, server = sync(one, other, **how)
    assert (client.parked, server.parked) == ((), ())
    assert client.in_sync
    assert server.in_sync
    assert rows(one) == rows(other)
