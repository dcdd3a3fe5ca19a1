"""Rows that cannot be sent for a while, in sessions that are cut anywhere: whoever corrects them, in the end they are
with everybody, and nothing else ever waits for them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from engine.replica import Replica
from engine.session import SynclineSession, VlcnClientSession
from tests import budget

from .test_vlcn import NAME, connect_pair
from .world import Wire, make_replica, own_pair, rows

BAD = b"J\xff"
CONNECT: dict[str, Callable[[Replica, Replica], Wire]] = {
    "own": own_pair,
    "published client": connect_pair,
    "published hub": lambda one, other: connect_pair(other, one),
}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    one, other = make_replica(tmp_path / "one.db"), make_replica(tmp_path / "other.db")
    for replica in (one, other):
        replica.connection.execute(NAME)
    yield one, other
    one.close()
    other.close()


def by_another_program(replica: Replica, sql: str, *bindings: object) -> None:
    """What is written with no trigger at all."""
    db = apsw.Connection(str(replica.path))
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    with db:
        for name, _ in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute(sql, bindings)
        for _, text in triggers:
            db.execute(text)
    db.close()


def readable(replica: Replica) -> list[tuple[object, ...]]:
    """The rows whose text can be read."""
    found = replica.live_rows("item")
    return [(*key, *values) for key, values in found if all(type(value).__name__ != "NoText" for value in values)]


@pytest.mark.parametrize("way", CONNECT)
def test_held_back_and_sent_later(pair: tuple[Replica, Replica], way: str) -> None:
    """Within one connection, and over several."""
    one, other = pair
    for number in range(20):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'name')", (number,))
    one.connection.execute("UPDATE item SET name = CAST(? AS TEXT) WHERE id IN (3, 4, 5)", (BAD,))
    wire = CONNECT[way](one, other)
    wire.run()
    assert [row[0] for row in rows(other)] == [0, 1, 2, *range(6, 20)]
    one.connection.execute("UPDATE item SET name = 'three' WHERE id = 3")
    by_another_program(one, "UPDATE item SET name = 'four' WHERE id = 4")
    one.refresh()
    for end in wire.ends:
        end.local()
    wire.run()
    assert [row[0] for row in rows(other)] == [0, 1, 2, 3, 4, *range(6, 20)]
    by_another_program(one, "UPDATE item SET name = 'five' WHERE id = 5")
    one.refresh()  # as whoever opens the file does
    CONNECT[way](one, other).run()
    assert rows(other) == rows(one)
    assert not one.waiting


@pytest.mark.parametrize("way", CONNECT)
def test_nothing_is_ended_or_delayed_by_it(pair: tuple[Replica, Replica], way: str) -> None:
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, CAST(? AS TEXT))", (BAD,))
    other.connection.execute("INSERT INTO item (id, name) VALUES (2, 'theirs')")
    wire = CONNECT[way](one, other)
    wire.run()
    assert all(end.closed is None and end.session.all_sent and end.session.all_received for end in wire.ends)
    assert [key for key, _ in one.live_rows("item")] == [(1,), (2,)]
    if way == "own":
        assert wire.ends[0].session.in_sync


def test_a_row_is_sent_once_the_column_with_its_text_is_gone(tmp_path: Path) -> None:
    """Also where that was done over our own connection, which another program's writing does not tell of."""
    one, other = make_replica(tmp_path / "one.db"), make_replica(tmp_path / "other.db")
    one.connection.execute("INSERT INTO item (id, extra) VALUES (1, 'x'), (2, CAST(? AS TEXT))", (BAD,))
    own_pair(one, other).run()
    assert [row[0] for row in rows(other)] == [1]
    with one.altering("item") as db:
        db.execute("ALTER TABLE item DROP COLUMN extra").fetchall()
    one.refresh()
    own_pair(one, other).run()
    assert [row[0] for row in rows(other)] == [1, 2]
    one.close()
    other.close()


def test_comparing_two_sides(pair: tuple[Replica, Replica]) -> None:
    """The table differs, as it does; the session goes on."""
    one, other = pair
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'name'), (2, 'name')")
    own_pair(one, other).run()
    one.connection.execute("UPDATE item SET name = CAST(? AS TEXT) WHERE id = 1", (BAD,))
    wire = own_pair(one, other)
    wire.run()
    session = wire.ends[1].session
    assert isinstance(session, SynclineSession)
    session.verify()
    wire.ends[1].work()
    wire.ends[1].actions.extend(session.take())
    wire.run()
    assert session.check.verdicts == {"item": "different"}
    assert session.closed is None


@pytest.mark.soak
@pytest.mark.parametrize("way", CONNECT)
def test_any_history_with_cuts_and_crashes(tmp_path: Path, way: str) -> None:
    """Text goes bad and good again, by whatever program; the connection is cut and the sender crashes at any time."""
    for case in budget.cases(f"held back: {way}", seconds=3, at_least=4):
        choose = case.random
        one, other = (make_replica(tmp_path / f"{case.seed}-{way[-6:]}-{side}.db") for side in "ab")
        for replica in (one, other):
            replica.connection.execute(NAME)
        last = 0
        for _ in range(choose.randrange(2, 6)):
            wire = CONNECT[way](one, other)
            for _ in range(choose.randrange(10, 80)):
                if choose.random() < 0.3:
                    last = write(one, choose, last)
                    if choose.random() < 0.7:
                        for end in wire.ends:
                            end.local()
                if not wire.step(choose):
                    break
            if choose.random() < 0.6:  # a crash: only what is on disk stays
                path = one.path
                one.close()
                one = Replica.open(path)
                one.refresh()
        for column in ("name", "extra"):
            by_another_program(one, f"UPDATE item SET {column} = 'good' WHERE {bad(column)}")
        for _ in range(2):
            one.refresh()
            wire = CONNECT[way](one, other)
            wire.run(choose)
            assert all(end.closed is None for end in wire.ends), (case.seed, [end.closed for end in wire.ends])
        assert rows(other) == rows(one), case.seed
        assert (len(readable(one)), str(one.waiting)) == (len(rows(one)), ""), case.seed
        assert isinstance(wire.ends[0].session, SynclineSession | VlcnClientSession)
        one.close()
        other.close()


def write(replica: Replica, choose: random.Random, last: int) -> int:
    """Something that makes text bad or good, or has nothing to do with it; returns the highest id."""
    value = choose.choice([BAD, b"good", b"J\xc3", b"x"])
    column = choose.choice(["name", "extra"])
    some = f"id = {choose.randrange(1, last + 2)}"
    sql, bindings = choose.choice(
        [
            (f"INSERT INTO item (id, {column}) VALUES ({last + 1}, CAST(? AS TEXT))", (value,)),
            (f"UPDATE item SET {column} = CAST(? AS TEXT) WHERE {some}", (value,)),
            (f"UPDATE item SET {column} = CAST(? AS TEXT) WHERE id % 3 = 1", (value,)),
            (f"UPDATE item SET n = n + 1 WHERE {some}", ()),
            (f"DELETE FROM item WHERE {some}", ()),
        ]
    )
    if sql.startswith("UPDATE item SET n") and choose.random() < 0.5:
        sql, bindings = f"UPDATE item SET {column} = 'fine' WHERE {some}", ()
    if choose.random() < 0.4:  # only a correction: what else is written so is recorded by nobody
        by_another_program(replica, f"UPDATE item SET {column} = ? WHERE {some} AND {bad(column)}", "good")
        return last
    replica.connection.execute(sql, bindings)
    return last + sql.startswith("INSERT")


def bad(column: str) -> str:
    return f"typeof({column}) = 'text' AND {column} GLOB '*[^ -~]*'"
