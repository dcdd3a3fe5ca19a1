"""The peer-to-peer flow of vlcn's prototype (``WholeDbReplicator``; cr-sqlite.md 11), step by step on ours.

Three machines in a row, ``left – middle – right``: only neighbours are connected. Files, sessions and bytes are the
real ones; only the wire is the test's, so that each message can be looked at.

| the prototype | here |
|---|---|
| names a peer by its site id, as a UUID in text | by the 16 bytes, in Hello |
| on a connection: remembers the peer at version 0, sends ``poke`` with its own version | Hello says the version |
| on ``poke(N)`` with N above what is stored: ``request-changes(since)`` | Want(since), from the recorded clock; once |
| on a request: pushes what is above ``since`` and not by the requester, under its authors | Batch, the same |
| nothing to push: says nothing, so that the requester asks for the same again | an empty Batch moves the clock on |
| on ``apply-changes``: one transaction, and the highest version in it is stored | the same, with the range's end |
| – | Confirm: the sender knows how far the other's disk is |
| on a local write: ``poke`` to all, each of which requests | Batch to all at once, as they have asked for what comes |
| on a merge: no ``poke``; the middle of a row **stalls** until it writes itself, or reconnects | is passed on at once |
| every merged cell gets ``seq`` 0 | keeps its own |
| the stored version can go back, and changes are sent again | it only rises |
| whole numbers beyond 2^53 cannot be packed | all 64 bits |
| one message, however large | batches of bounded size |
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.session.batch_limits import BATCH_CHANGES
from engine.wire import Batch, Confirm, Hello, Lineage, Message, Renewal, Renewed, Want, decode
from tests.engine.session.world import End, Wire, make_replica, own_pair, rows

TOKENS = (Lineage, Renewal, Renewed)
"""What the two sides say to notice copied files; the prototype knows nothing like it."""


class Row:
    """The three machines, and what is said on each of the two connections."""

    def __init__(self, folder: Path) -> None:
        self.left, self.middle, self.right = (make_replica(folder / f"{n}.db") for n in ("left", "middle", "right"))
        self.said: list[tuple[str, Message]] = []
        self.wires: list[Wire] = []

    def connect(self, one: Replica, other: Replica) -> None:
        """Connect two neighbours and go on until nothing is left to say."""
        wire = own_pair(one, other)
        for end, there in (wire.ends, wire.ends[::-1]):
            there.receive = self._heard(end, there)  # type: ignore[method-assign]
        self.wires.append(wire)
        self.go_on()

    def disconnect(self) -> None:
        """Cut all connections."""
        self.wires.clear()
        self.said.clear()

    def write(self, replica: Replica, sql: str, *values: object) -> None:
        """Write on one machine, as its app would, and go on until nothing is left to say."""
        replica.connection.execute(sql, values).fetchall()  # type: ignore[arg-type]
        self.go_on()

    def go_on(self) -> None:
        """Tell all ends how far their files are, as ``ReplicaHost`` does, until nobody has anything to say."""
        while True:
            before = len(self.said)
            for wire in self.wires:
                for end in wire.ends:
                    end.local()
                wire.run()
            if len(self.said) == before:
                return

    def messages(self, to: Replica | None = None) -> list[Message]:
        """What was said, in order: on all connections, or to one machine. Tokens are left out."""
        return [said for name, said in self.said if to in (None, self._named(name)) and not isinstance(said, TOKENS)]

    def batches(self, to: Replica | None = None) -> list[Batch]:
        return [message for message in self.messages(to) if isinstance(message, Batch)]

    def _named(self, name: str) -> Replica:
        return {"left": self.left, "middle": self.middle, "right": self.right}[name]

    def _heard(self, end: End, there: End) -> Callable[[bytes], None]:
        receive = there.receive

        def heard(data: bytes) -> None:
            self.said.append((Path(there.replica.path).stem, decode(data)))
            receive(data)

        return heard


@pytest.fixture
def row(tmp_path: Path) -> Iterator[Row]:
    row = Row(tmp_path)
    yield row
    for replica in (row.left, row.middle, row.right):
        replica.close()


def test_poke_request_apply(row: Row) -> None:
    """The first connection: who I am and how far; what I want; here it is; it is on my disk."""
    row.left.connection.execute("INSERT INTO item (id, name) VALUES (1, 'x')").fetchall()
    row.connect(row.left, row.middle)
    poke, request, apply, *_ = row.messages(to=row.middle)
    assert isinstance(poke, Hello)
    assert str(uuid.UUID(bytes=poke.site_id)) == str(uuid.UUID(bytes=row.left.site_id))
    assert poke.db_version == 1
    assert isinstance(request, Want), "the same the other way"
    [wanted] = [message for message in row.messages(to=row.left) if isinstance(message, Want)]
    assert wanted.since == 0
    assert isinstance(apply, Batch)
    assert {change.site_id for change in apply.changes} == {row.left.site_id}
    assert (apply.since, apply.until) == (0, 1)
    assert Confirm(1) in row.messages(to=row.left)
    assert rows(row.middle) == rows(row.left)
    assert row.middle.received_clock(row.left.site_id) == row.left.sent_clock(row.middle.site_id) == 1


def test_a_new_connection_asks_from_the_stored_version(row: Row) -> None:
    """And a side that has nothing new is asked for nothing that was sent before."""
    row.connect(row.left, row.middle)
    row.write(row.left, "INSERT INTO item (id, name) VALUES (1, 'x')")
    row.write(row.middle, "INSERT INTO item (id, name) VALUES (2, 'y')")
    row.disconnect()
    row.write(row.left, "INSERT INTO item (id, name) VALUES (3, 'z')")
    row.connect(row.left, row.middle)
    [wanted] = [message for message in row.messages(to=row.left) if isinstance(message, Want)]
    assert wanted.since == row.left.db_version() - 1
    changes = [change for batch in row.batches() for change in batch.changes]
    assert {change.pk for change in changes} == {changes[0].pk}, "only the row that is new crosses"
    assert rows(row.middle) == rows(row.left)


def test_what_the_requester_wrote_is_not_pushed_and_its_clock_moves_all_the_same(row: Row) -> None:
    """Both files' versions rise by a merge; there is nothing to push, and nobody asks for it ever again."""
    row.connect(row.left, row.middle)
    row.write(row.left, "INSERT INTO item (id, name) VALUES (1, 'x')")
    assert [batch for batch in row.batches(to=row.left) if batch.changes] == []
    assert row.left.received_clock(row.middle.site_id) == row.middle.db_version() > 0


def test_a_local_write_is_pushed_to_all_without_a_request(row: Row) -> None:
    row.connect(row.left, row.middle)
    row.connect(row.middle, row.right)
    row.said.clear()
    row.write(row.middle, "INSERT INTO item (id, name) VALUES (1, 'x')")
    assert not [message for message in row.messages() if isinstance(message, Want)]
    assert [len(row.batches(to=there)) for there in (row.left, row.right)] == [1, 1]
    assert rows(row.left) == rows(row.middle) == rows(row.right) != []


def test_the_middle_passes_on_what_it_only_received(row: Row) -> None:
    """Where the prototype stalls: the middle writes nothing itself, and no connection begins anew."""
    row.connect(row.left, row.middle)
    row.connect(row.middle, row.right)
    row.said.clear()
    row.write(row.left, "INSERT INTO item (id, name) VALUES (1, 'from the left')")
    assert rows(row.right) == rows(row.middle) == rows(row.left) != []
    row.write(row.right, "UPDATE item SET name = 'from the right' WHERE id = 1")
    assert rows(row.left) == rows(row.middle) == rows(row.right)
    for replica in (row.left, row.middle, row.right):
        authors = {change.site_id for change in replica.changes(0).changes}
        assert authors == {row.left.site_id, row.right.site_id}, "whoever wrote it, not who passed it on"
    crossed = [change for batch in row.batches() for change in batch.changes]
    assert len(crossed) == 2 * (3 + 1), "each cell crosses each of the two connections once; nothing echoes"
    assert not [message for message in row.messages() if isinstance(message, Hello)]


def test_a_late_batch_does_not_take_the_stored_version_back(row: Row) -> None:
    """Everything is sent once more: the rows stay, and so does the clock."""
    row.connect(row.left, row.middle)
    for number in range(3):
        row.write(row.left, "INSERT INTO item (id, name) VALUES (?, 'x')", number)
    clocks = [row.middle.received_clock(row.left.site_id)]
    asking = row.wires[0].ends[1].session
    asking.ask_again()  # type: ignore[attr-defined]
    row.said.clear()
    wire = row.wires[0]
    wire.ends[1].local()
    while wire.ends[1].step() or wire.ends[0].sent or wire.ends[1].sent or wire.ends[0].actions:
        for end, other in (wire.ends, wire.ends[::-1]):
            if other.sent:
                end.receive(other.sent.popleft())
            end.step()
            clocks.append(row.middle.received_clock(row.left.site_id))
    assert sum(len(batch.changes) for batch in row.batches(to=row.middle)) == 9, "all of it came again"
    assert set(clocks) == {3}


def test_what_the_prototype_cannot_carry(row: Row) -> None:
    """The order within a version, large numbers, and more than one message takes."""
    row.connect(row.left, row.middle)
    row.connect(row.middle, row.right)
    row.write(row.left, "INSERT INTO item VALUES (9223372036854775807, 'x', -9223372036854775808, 9007199254740993)")
    assert rows(row.right) == rows(row.left)
    seqs = [[change.seq for change in replica.changes(0).changes] for replica in (row.left, row.right)]
    assert seqs[0] == seqs[1] == [0, 1, 2]
    row.said.clear()
    many = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2500)"
    row.write(row.left, f"{many} INSERT INTO item (id, name) SELECT i, 'name' FROM c")
    sizes = [len(batch.changes) for batch in row.batches(to=row.right) if batch.changes]
    assert len(sizes) > 2
    assert max(sizes) <= BATCH_CHANGES
    assert rows(row.right) == rows(row.left)
