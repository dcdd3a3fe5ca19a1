"""A peer is spared what it wrote, and not what another file wrote under its id (``engine.clocks.secondhand``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.replica import Replica
from engine.table_shape import Join
from engine.tables import Span

from .joins import wire
from .world import Wire, make_replica, rows

TABLE = "CREATE TABLE item (id TEXT PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra);"
KINDS = ["CRR", "ordinary"]


class Four(NamedTuple):
    """A file, a copy of it that runs under the same id, and two others: each file meets one of them."""

    original: Replica
    copy: Replica
    friend: Replica
    hub: Replica


def make(path: Path, kind: str) -> Replica:
    replica = make_replica(path, TABLE)
    (replica.make_crr if kind == "CRR" else replica.make_ordinary)("item")
    return replica


def insert(replica: Replica, *numbers: int) -> None:
    for number in numbers:
        replica.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))


def numbers(replica: Replica) -> list[int]:
    return [int(str(row[0])) for row in rows(replica)]


def meet(one: Replica, other: Replica) -> Wire:
    """Have two files sync until nothing is left; returns the connection, which stands."""
    connection = wire(one, other, how=Join.BOTH)
    connection.run()
    assert [end.closed for end in connection.ends] == [None, None]
    return connection


@pytest.fixture(params=KINDS)
def four(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Four]:
    """All of them have row 1, of the one that was copied."""
    with ExitStack() as opened:
        original, friend, hub = (
            opened.enter_context(make(tmp_path / f"{name}.db", request.param)) for name in ("original", "friend", "hub")
        )
        insert(original, 1)
        meet(original, friend)
        meet(friend, hub)
        original.connection.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
        copy = opened.enter_context(Replica.open(tmp_path / "copy.db"))
        assert copy.site_id == original.site_id
        meet(copy, hub)
        yield Four(original, copy, friend, hub)


def write_under_the_same_id(four: Four) -> None:
    """The original writes row 2, and is given a new id; the hub has it of the friend."""
    insert(four.original, 2)
    meet(four.original, four.friend)
    four.original.new_site_id()
    meet(four.friend, four.hub)
    assert numbers(four.hub) == [1, 2]


def test_what_another_copy_wrote_comes_over_others(four: Four) -> None:
    write_under_the_same_id(four)
    meet(four.copy, four.hub)
    assert numbers(four.copy) == [1, 2]
    assert four.copy.received_clock(four.hub.site_id) == four.hub.db_version()


def test_it_comes_whatever_the_copy_writes_meanwhile(four: Four) -> None:
    insert(four.copy, 3)
    meet(four.copy, four.hub)
    insert(four.original, 2)
    meet(four.original, four.friend)
    meet(four.friend, four.hub)
    insert(four.copy, 4, 5)
    meet(four.copy, four.hub)
    assert numbers(four.copy) == numbers(four.hub) == [1, 2, 3, 4, 5]


def test_it_comes_while_the_copy_is_connected(four: Four) -> None:
    connection = meet(four.copy, four.hub)
    write_under_the_same_id(four)
    connection.ends[1].local()
    connection.run()
    assert numbers(four.copy) == [1, 2]


def test_it_comes_from_a_file_that_was_opened_anew(four: Four) -> None:
    write_under_the_same_id(four)
    four.hub.close()
    with Replica.open(four.hub.path) as hub:
        meet(four.copy, hub)
        assert numbers(four.copy) == [1, 2]


def test_it_comes_from_a_file_that_has_a_new_id_itself(four: Four) -> None:
    write_under_the_same_id(four)
    four.hub.new_site_id()
    meet(four.copy, four.hub)
    assert numbers(four.copy) == [1, 2]


def test_it_comes_once_its_row_can_be_sent(four: Four) -> None:
    """It was withheld when the copy came by, and has another version now, above what the hub has heard of others."""
    write_under_the_same_id(four)
    four.hub.connection.execute("UPDATE item SET extra = CAST(x'ff' AS TEXT) WHERE id = 2")
    meet(four.copy, four.hub)
    assert numbers(four.copy) == [1]
    four.hub.connection.execute("UPDATE item SET extra = 'good' WHERE id = 2")
    meet(four.copy, four.hub)
    assert rows(four.copy) == rows(four.hub)
    assert numbers(four.copy) == [1, 2]


def test_an_author_is_spared_what_came_from_itself(four: Four) -> None:
    """Also above what came from elsewhere, and when it asks for all."""
    insert(four.friend, 7)
    meet(four.friend, four.hub)
    before = four.hub.db_version()
    insert(four.copy, 3, 4)
    meet(four.copy, four.hub)
    span = Span(before, None, ("item",))
    assert len(four.hub.part(span).changes) == 6
    assert four.hub.part(span, exclude_site=four.copy.site_id).changes == ()
    everything = four.hub.part(Span(0, None, ("item",)), exclude_site=four.copy.site_id).changes
    assert len(everything) == 6  # row 1, which the friend has brought, and row 7


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_where_two_copies_are_connected_at_once(tmp_path: Path, kind: str) -> None:
    """The original writes so soon after it has shown a token that it shows no other one, which would tell."""
    with ExitStack() as opened:
        original, hub = (opened.enter_context(make(tmp_path / f"{name}.db", kind)) for name in ("original", "hub"))
        insert(original, 1)
        connections = [meet(original, hub)]
        original.connection.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
        copy = opened.enter_context(Replica.open(tmp_path / "copy.db"))
        connections.append(meet(copy, hub))
        for connection, number in zip(connections[::-1], (3, 2), strict=True):
            writer = connection.ends[0]
            insert(writer.replica, number)
            writer.replica.capture()
            writer.local()
            connection.run()
        assert numbers(hub) == [1, 2, 3]
        original.new_site_id()
        connections[1].ends[1].local()
        connections[1].run()
        assert [end.closed for end in connections[1].ends] == [None, None]
        assert numbers(copy) == [1, 2, 3]
