"""A person on the side that was dialled says how rows are joined that never met: that side joins them then."""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine.session import SynclineSession
from engine.table_shape import Join, Where
from engine.wire import JOINING, Leads, encode

from .joins import NewFile, in_sync, put, rows, sync, wire


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("how", "left"),
    [
        (Join.BOTH, ["a A", "b other", "c C", "d D"]),
        (Join.SAME, ["a A", "b B", "c C", "d D"]),
        (Join.REPLACE, ["a A", "b B", "c C"]),
    ],
)
def test_joined_as_a_person_says_where_it_was_dialled(new_file: NewFile, how: Join, left: list[str], seed: int) -> None:
    """“The peer's rows” are those of the side that dialled, then."""
    one, other = new_file("a A", "b B", "c C"), new_file("b other", "c C", "d D")
    in_sync(one, other, answer=how, seed=seed)
    assert rows(one) == left
    put(other, "b last")
    in_sync(one, other, seed=seed)
    assert "b last" in rows(one)


def test_of_two_answers_that_of_the_side_that_was_dialled_holds(new_file: NewFile) -> None:
    one, other = new_file("a A", "b B"), new_file("b other", "c C")
    in_sync(one, other, how=Join.REPLACE, answer=Join.REPLACE)
    assert rows(one) == ["a A", "b B"]


def test_an_answer_that_cannot_be_followed_is_asked_about_there(new_file: NewFile) -> None:
    one, other = new_file("a A", "b B", "e E"), new_file("b other", "c C", "d D")
    client, server = sync(one, other, answer=Join.SAME)
    assert [parked.where for parked in client.parked] == [Where.THERE]
    [parked] = server.parked
    assert parked.where is Where.JOIN
    assert "Fewer than half of the rows have the same keys" in parked.sentence
    assert rows(one) == ["a A", "b B", "e E"]


@pytest.mark.parametrize(
    ("leads", "options"),
    [(True, {}), (False, {"writes": False}), (False, {"protocol": JOINING})],
    ids=["it may write", "it may only read", "it does not know of that"],
)
def test_who_may_have_rows_joined(new_file: NewFile, leads: bool, options: dict[str, Any]) -> None:
    one, other = new_file("a A", "b B"), new_file("b other", "c C")
    line = wire(one, other, answer=Join.REPLACE, **options)
    line.run(random.Random(0))
    client, server = (end.session for end in line.ends)
    assert isinstance(client, SynclineSession)
    assert isinstance(server, SynclineSession)
    assert (client.leads, server.leads) == (not leads, leads)
    assert (rows(other) == ["b other", "c C"]) is not leads


def test_a_claim_that_nobody_may_make_ends_the_session(new_file: NewFile) -> None:
    one, other = new_file("a A"), new_file("b B")
    in_sync(one, other)
    line = wire(one, other)
    line.run(random.Random(0))
    for end in line.ends:  # one has dialled, but it is too late for that; the other was dialled itself
        end.session.receive(encode(Leads()))
        assert end.session.closed is not None
        assert "Leads came that was never asked for" in end.session.closed.reason
