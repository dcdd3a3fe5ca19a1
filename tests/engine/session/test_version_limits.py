"""Versions that no honest peer counts up to: refused at every door from 2^53 on, in both dialects; below it nothing of
ours is moved so far that it could not count on."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.change import FAR, MAX_READ, MAX_VERSION, Change
from engine.crr.merge.merger import CROSSOVER
from engine.errors import InvalidChange, UsageError
from engine.replica import Replica
from engine.session import Session, SynclineSession, VlcnClientSession, VlcnHubSession
from engine.tables import Place, Received, pack_columns
from engine.wire import (
    AnnouncePresence,
    Batch,
    Changes,
    Confirm,
    Cursor,
    Failure,
    Hello,
    Lineage,
    Message,
    Renewal,
    StartStreaming,
    Status,
    Want,
    decode,
    encode,
)

from .world import End, hello, make_replica, own_pair, rows, snapshot, want

STRANGER = bytes(range(16))
MERGE = "INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
FIELDS = ("col_version", "db_version", "cl", "seq")


class Number(enum.IntEnum):
    ONE = 1


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    replica = make_replica(tmp_path / "one.db")
    replica.connection.execute("INSERT INTO item (id, name) VALUES (1, 'mine')")
    yield replica
    replica.close()


def change(row: int = 7, **fields: object) -> Change:
    one = Change("item", pack_columns((row,)), "name", "theirs", 1, 1, STRANGER, 1, 0)
    return one._replace(**fields)  # type: ignore[arg-type]


def among(one: Change, many: bool, first: bool = False) -> list[Change]:
    """The change alone, or with so many others that they are merged by groups."""
    others = [change(1000 + n) for n in range(2 * CROSSOVER)] if many else []
    return [one, *others] if first else [*others, one]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("many", [False, True], ids=["row by row", "by groups"])
@pytest.mark.parametrize("bad", [MAX_VERSION, MAX_READ - 1, 2**63 - 1, 2**64, -1, True, False, Number.ONE, 1.0])
@pytest.mark.parametrize("field", FIELDS)
def test_a_change(replica: Replica, field: str, bad: object, many: bool, first: bool) -> None:
    """Nothing of its batch is kept."""
    with pytest.raises(InvalidChange, match="out of range"):
        replica.merge(among(change(**{field: bad}), many, first), received=Received(STRANGER, 5))
    assert (len(rows(replica)), replica.received_clock(STRANGER)) == (1, 0)


@pytest.mark.parametrize("many", [False, True], ids=["row by row", "by groups"])
@pytest.mark.parametrize("bad", [True, Number.ONE])
def test_a_value_that_is_an_integer_only_by_birth(replica: Replica, bad: object, many: bool) -> None:
    with pytest.raises(InvalidChange, match="unknown type"):
        replica.merge(among(change(val=bad, cid="n"), many))


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_through_sql(replica: Replica, field: str) -> None:
    for bad in (MAX_VERSION, MAX_READ, 2**63 - 1):
        with pytest.raises(InvalidChange, match="out of range"):
            replica.connection.execute(MERGE, change(**{field: bad}))
    replica.connection.execute(MERGE, change(**{field: MAX_VERSION - 1}))
    assert replica.db_version() == 2


@pytest.mark.parametrize("many", [False, True], ids=["row by row", "by groups"])
def test_a_clock_that_leaves_no_room_is_not_followed(replica: Replica, many: bool) -> None:
    replica.merge(among(change(db_version=MAX_VERSION - 1), many))
    replica.merge(among(change(8, db_version=FAR), many, first=True))
    assert replica.db_version() == 3
    replica.merge(among(change(9, db_version=FAR - 1), many))
    assert replica.db_version() == FAR - 1


def test_a_version_that_a_program_asks_for(replica: Replica) -> None:
    for bad in (FAR, MAX_VERSION, MAX_READ):
        with pytest.raises(UsageError, match="room to count"):
            replica.connection.execute("SELECT crsql_next_db_version(?)", (bad,))


@pytest.mark.parametrize("version", [MAX_VERSION, MAX_READ - 1, -1])
def test_a_clock(replica: Replica, version: int) -> None:
    with pytest.raises(InvalidChange):
        replica.merge((), received=Received(STRANGER, version))
    with pytest.raises(UsageError):
        replica.record_sent(STRANGER, version)


def greeted(replica: Replica, *messages: Message) -> End:
    """A session of ours that has been told these messages."""
    end = End(replica, SynclineSession(snapshot(replica), now=lambda: 0.0))
    for message in messages:
        end.work()
        end.receive(encode(message))
    end.work()
    return end


SO_FAR = (hello(STRANGER, 5), Lineage((), ()))
HUGE = MAX_VERSION.to_bytes(16)
OWN: dict[str, tuple[tuple[Message, ...], int]] = {
    "Hello": ((hello(STRANGER, MAX_VERSION),), 1007),
    "Want since": ((*SO_FAR, want(MAX_VERSION)), 1007),
    "Want until": ((*SO_FAR, Want(1, 0, (), False, MAX_VERSION, b"place")), 1007),
    "Batch until": ((*SO_FAR, Batch(1, 0, 0, MAX_VERSION, b"", False, (change(),))), 1007),
    "Batch since": ((*SO_FAR, Batch(1, 0, MAX_VERSION, MAX_VERSION, b"", False, ())), 1007),
    "Confirm": ((*SO_FAR, want(0), Confirm(MAX_VERSION)), 1007),
    "Status": ((*SO_FAR, Status(MAX_VERSION)), 1007),
    "Lineage": ((hello(STRANGER, 5), Lineage((HUGE,), ())), 1008),
    "Renewal": ((*SO_FAR, Renewal(HUGE)), 1008),
    **{
        field: ((*SO_FAR, Batch(1, 0, 0, 5, b"", False, (change(**{field: MAX_VERSION}),))), 1008)
        for field in ("col_version", "db_version", "cl")
    },
}


@pytest.mark.parametrize("door", OWN)
def test_our_own_dialect(replica: Replica, door: str) -> None:
    messages, code = OWN[door]
    end = greeted(replica, *messages)
    assert end.closed is not None
    assert (end.closed.code, "out of range" in end.closed.reason) == (code, True)
    last = decode(end.sent[-1])
    assert isinstance(last, Failure)
    assert len(rows(replica)) == 1
    assert replica.received_clock(STRANGER) == 0


def lowered(message: Message, version: int) -> Message:
    """The message with a lower version in the place of the one that is too high."""
    match message:
        case Hello(db_version=db_version) if db_version == MAX_VERSION:
            return hello(STRANGER, version)
        case Batch(until=until, changes=changes) if until == MAX_VERSION and changes:
            return Batch(1, 0, 0, version, b"", False, changes)
        case Batch(changes=(one,)):
            return Batch(1, 0, 0, 5, b"", False, (Change(*(version if f == MAX_VERSION else f for f in one)),))
        case Status():
            return Status(version)
        case Lineage(tokens=(_,)):
            return Lineage((version.to_bytes(16),), ())
        case Renewal():
            return Renewal(version.to_bytes(16))
        case _:
            return message


@pytest.mark.parametrize("door", OWN)
def test_our_own_dialect_just_below(replica: Replica, door: str) -> None:
    """The highest number that is taken ends nothing but what is wrong for other reasons, and writing goes on."""
    lower = MAX_VERSION - 1
    end = greeted(replica, *(lowered(message, lower) for message in OWN[door][0]))
    if door not in ("Want since", "Want until", "Batch since", "Confirm"):
        assert end.closed is None, end.closed
    replica.connection.execute("INSERT INTO item (id) VALUES (2)")
    assert replica.db_version() < 10
    with make_replica(replica.path.with_name("other.db")) as other:
        own_pair(replica, other).run()
        assert rows(other) == rows(replica)


STOCK: dict[str, tuple[type[Session], tuple[Message, ...]]] = {
    "StartStreaming": (VlcnClientSession, (StartStreaming(Cursor(MAX_VERSION, 0), (STRANGER,), False),)),
    "the clock of Changes": (
        VlcnClientSession,
        (
            StartStreaming(Cursor(0, 0), (STRANGER,), False),
            Changes(STRANGER, Cursor(0, 0), (change(db_version=MAX_VERSION),)),
        ),
    ),
    **{
        f"{field} of a change": (
            VlcnHubSession,
            (
                AnnouncePresence(STRANGER, (), "", -1),
                Changes(STRANGER, Cursor(0, 0), (change(**{field: MAX_VERSION}), change(8, db_version=2))),
            ),
        )
        for field in ("col_version", "cl", "db_version")
    },
}


@pytest.mark.parametrize("door", STOCK)
def test_the_published_dialect(replica: Replica, door: str) -> None:
    kind, messages = STOCK[door]
    end = End(replica, kind(snapshot(replica), now=lambda: 0.0))
    for message in messages:
        end.work()
        end.receive(encode(message))
    end.work()
    assert end.closed is not None
    assert (end.closed.code, "out of range" in end.closed.reason) == (1008, True)
    assert len(rows(replica)) == 1
    assert replica.received_clock(STRANGER) == 0


def test_a_clock_of_ours_that_a_published_client_announces(replica: Replica) -> None:
    for clock in (MAX_VERSION, MAX_READ, -1):
        end = End(replica, VlcnHubSession(snapshot(replica), now=lambda: 0.0))
        end.receive(encode(AnnouncePresence(STRANGER, ((replica.site_id, Cursor(clock, 0)),), "", -1)))
        end.work()
        assert end.closed is not None
        assert (end.closed.code, "out of range" in end.closed.reason) == (1008, True)


def test_clocks_from_when_peers_took_more_are_told_as_less(replica: Replica) -> None:
    """They are on the disk of whoever met such a peer, and must not keep it from greeting anybody."""
    replica.merge((), received=Received(STRANGER, 5))
    replica.record_sent(STRANGER, 1)
    replica.merge((), place=Place(STRANGER, 5, 9, b"place"))
    db = replica.connection
    db.execute("UPDATE crsql_tracked_peers SET version = ?", (MAX_READ - 1,))
    db.execute("UPDATE crsql_syncline_ranges SET until = ?", (MAX_READ - 1,))
    known = replica.known(STRANGER)
    assert (known.received, known.sent, known.place) == (MAX_VERSION - 1, MAX_VERSION - 1, None)
    assert replica.announcements() == [(STRANGER, MAX_VERSION - 1)]
    assert greeted(replica, *SO_FAR).closed is None
    end = End(replica, VlcnClientSession(snapshot(replica), now=lambda: 0.0))
    end.work()
    assert end.closed is None
