"""Sessions over real replicas without sockets: a driver for each end, and a wire that the test controls.

Time is a number, frames are delivered when the test says so, and a crash forgets everything but the file.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from pathlib import Path

from engine.crr import connect
from engine.errors import SynclineError
from engine.replica import Replica
from engine.session import (
    AskAgain,
    Close,
    JoinAction,
    Keep,
    LookUp,
    Merge,
    Ping,
    QueryRows,
    Read,
    ReadPart,
    RecordSent,
    Renew,
    Send,
    Session,
    Snapshot,
    SynclineSession,
    TakeDigests,
    answer,
    execute,
)
from engine.sqlite.steps import at_once
from engine.table_shape import Shape
from engine.wire import PROTOCOL, Hello, Want

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra);
SELECT crsql_as_crr('item');
"""


def make_replica(path: Path, schema: str = SCHEMA) -> Replica:
    """A new file with the schema, as a replica."""
    connection = connect(path, create=True)
    connection.execute(schema).fetchall()
    connection.close()
    return Replica.open(path)


ITEM = Shape("item", ("id",), ("name", "n", "extra"))


def snapshot(replica: Replica) -> Snapshot:
    """What a session must know to begin."""
    return execute.snapshot(replica)


def hello(
    site_id: bytes, db_version: int = 0, *, protocol: int = PROTOCOL, tables: tuple[Shape, ...] = (ITEM,)
) -> Hello:
    """The greeting of a peer with the schema."""
    return Hello(protocol, site_id, db_version, "", -1, tables)


def want(since: int, number: int = 1, *, resend: bool = False) -> Want:
    """A peer's wish for everything above ``since``; it holds the table up to there."""
    return Want(number, since, () if resend else ("item",), resend, 0, b"")


def rows(replica: Replica) -> list[tuple[object, ...]]:
    """All rows of ``item`` with storage classes, in key order."""
    return list(
        replica.connection.execute(
            "SELECT id, typeof(name), name, typeof(n), n, typeof(extra), extra FROM item ORDER BY id"
        )
    )


class End:
    """One end of a connection: a session, its replica, and a driver that does what the session asks.

    ``step`` does one action at a time, so that a test can crash between any two of them.
    """

    def __init__(self, replica: Replica, session: Session, *, begun: bool = False) -> None:
        self.replica = replica
        self.session = session
        self.actions: deque[object] = deque()
        self.sent: deque[bytes] = deque()
        self.frames = 0
        self.changes_sent = 0
        self.merge_slice = 1_000
        self.closed: Close | None = None
        self.pinging = False
        if not begun:
            session.start()
        self._collect()

    def _collect(self) -> None:
        self.actions.extend(self.session.take())

    def step(self) -> bool:
        """Do one action; False when there is none."""
        if not self.actions:
            return False
        action = self.actions.popleft()
        try:
            self._do(action)
        except SynclineError as error:
            self.session.failed(error)
        self._collect()
        return True

    def _do(self, action: object) -> None:
        session = self.session
        match action:
            case Send(data, changes):
                self.sent.append(data)
                self.frames += 1
                self.changes_sent += len(changes)
            case Read():
                session.read_done(execute.read(self.replica, action))
            case ReadPart():
                session.read_done(execute.read_part(self.replica, action))
            case LookUp(site_id, parked, meetings, announced, loose):
                session.known(self.replica.known(site_id, parked, meetings, announced, loose))
            case Renew(site_id, confirmed):
                session.renewed(self.replica.renew_lineage(site_id, confirmed))
            case Keep(site_id, token, after):
                session.kept(token, self.replica.keep_lineage(site_id, token, after))
            case AskAgain(site_id, since):
                self.replica.ask_again(site_id, since)
            case TakeDigests(tables, columns):
                session.digested(self.replica.digests(tables, columns))
            case QueryRows(question, columns):
                session.answered(at_once(answer(self.replica, question, columns)))
            case _ if isinstance(action, JoinAction):
                session.joined(at_once(execute.join_step(self.replica, action)))
            case Merge():
                session.merge_done(execute.merge(self.replica, action, size=self.merge_slice))
            case RecordSent():
                self.replica.record_sent(action.site_id, action.version)
            case Ping():
                self.pinging = True
            case Close():
                self.closed = action

    def work(self) -> None:
        """Do all actions."""
        while self.step():
            pass

    def receive(self, data: bytes) -> None:
        self.session.receive(data)
        self._collect()

    def local(self) -> None:
        """Let the session know of local writes."""
        self.session.local_changed(self.replica.db_version())
        self._collect()

    def tick(self) -> None:
        """Let the session know that time has passed."""
        self.session.tick()
        self._collect()

    def flush(self) -> None:
        """All frames have left, and with nothing else on the wire the pong is back."""
        if self.pinging:
            self.pinging = False
            self.session.ponged()
        self.session.flushed()
        self._collect()


class Wire:
    """Two ends and the frames between them, in order and lossless until it is cut."""

    def __init__(self, one: End, other: End) -> None:
        self.ends = (one, other)

    def step(self, rng: random.Random) -> bool:
        """Do one thing that can happen next, chosen by ``rng``; False when nothing is left to do."""
        choices: list[Callable[[], object]] = []
        for end, other in (self.ends, self.ends[::-1]):
            if end.actions:
                choices.append(end.step)
            elif other.sent:
                choices.append(lambda end=end, other=other: end.receive(other.sent.popleft()))
            elif not end.sent and not end.closed:
                before = len(end.actions)
                end.flush()
                if len(end.actions) > before:
                    choices.append(end.step)
        if not choices:
            return False
        rng.choice(choices)()
        return True

    def run(self, rng: random.Random | None = None, *, limit: int = 100_000) -> None:
        """Go on until nothing is left to do."""
        rng = rng or random.Random(0)
        for _ in range(limit):
            if not self.step(rng):
                return
        raise AssertionError(f"the two ends still talk after {limit} steps")


def own_pair(one: Replica, other: Replica, now: Callable[[], float] = lambda: 0.0, *, protocol: int = PROTOCOL) -> Wire:
    """Two replicas connected in the own dialect."""
    return Wire(
        End(one, SynclineSession(snapshot(one), now=now, protocol=protocol)),
        End(other, SynclineSession(snapshot(other), now=now, protocol=protocol)),
    )
