"""Two sessions of the own dialect, of which a table is parked: the others go on, and it comes back from the start."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.replica import Replica
from engine.wire import OLDEST, PROTOCOL

from .world import SCHEMA, Wire, make_replica, own_pair

NOTE = "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, body TEXT, tag TEXT); SELECT crsql_as_crr('note');"
TAG = "CREATE TABLE tag (id TEXT PRIMARY KEY NOT NULL, n); SELECT crsql_as_crr('tag')"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    """Two files with note and tag, which have met."""
    pair = make_replica(tmp_path / "a.db", NOTE + TAG), make_replica(tmp_path / "b.db", NOTE + TAG)
    run(pair[0], "INSERT INTO note VALUES ('1', 'one', NULL)")
    sync(*pair)
    yield pair
    for replica in pair:
        replica.close()


def run(replica: Replica, sql: str) -> None:
    replica.connection.execute(sql).fetchall()


def sync(*pair: Replica, protocol: int = PROTOCOL) -> Wire:
    wire = own_pair(*pair, protocol=protocol)
    wire.run()
    return wire


def held(replica: Replica, table: str) -> list[tuple[object, ...]]:
    return list(replica.connection.execute(f"SELECT * FROM {table} ORDER BY 1"))


def clocks(one: Replica, other: Replica) -> tuple[bool, bool]:
    """Whether each holds the other's clock as it is."""
    return (
        one.known(other.site_id).received == other.db_version(),
        other.known(one.site_id).received == one.db_version(),
    )


def break_(replica: Replica) -> None:
    """Change the key of note behind cr-sqlite's back."""
    run(replica, "ALTER TABLE note RENAME COLUMN id TO key")


def mend(replica: Replica) -> None:
    run(replica, "ALTER TABLE note RENAME COLUMN key TO id")


@pytest.mark.parametrize("protocol", [OLDEST, PROTOCOL])
@pytest.mark.parametrize("which", [0, 1])
def test_the_other_tables_go_on_and_their_clocks_move(two: tuple[Replica, Replica], which: int, protocol: int) -> None:
    one, other = two
    run(one, "INSERT INTO note VALUES ('2', 'two', NULL); INSERT INTO tag VALUES ('a', 1)")
    break_(two[which])
    run(other, "INSERT INTO tag VALUES ('b', 2)")
    wire = sync(*two, protocol=protocol)
    assert [end.closed for end in wire.ends] == [None, None]
    assert held(one, "tag") == held(other, "tag") == [("a", 1), ("b", 2)]
    assert clocks(*two) == (True, True)
    assert held(other, "note")[1:] == [], "what the clock has passed came all the same"
    mend(two[which])
    sync(*two, protocol=protocol)
    assert held(one, "note") == held(other, "note") == [("1", "one", None), ("2", "two", None)]


def test_parked_without_a_change_it_comes_from_the_start_as_well(two: tuple[Replica, Replica]) -> None:
    one, other = two
    break_(one)
    sync(*two)
    assert "note" not in one.known(other.site_id).tables + other.known(one.site_id).tables
    mend(one)
    run(one, "INSERT INTO note VALUES ('2', 'two', NULL)")
    sync(*two)
    assert held(other, "note")[-1] == ("2", "two", None)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("steps", range(0, 36, 5))
def test_it_may_break_at_any_moment_of_a_session(two: tuple[Replica, Replica], which: int, steps: int) -> None:
    one, other = two
    run(one, "INSERT INTO note VALUES ('2', 'two', NULL); INSERT INTO tag VALUES ('a', 1)")
    wire, rng = own_pair(*two), random.Random(steps)
    for _ in range(steps):
        wire.step(rng)
    break_(two[which])
    wire.run(rng)
    for end in wire.ends:
        assert end.closed is None or end.closed.regreet, end.closed
    sync(*two)
    assert held(other, "tag") == [("a", 1)]
    assert clocks(*two) == (True, True)
    mend(two[which])
    sync(*two)
    assert held(one, "note") == held(other, "note") == [("1", "one", None), ("2", "two", None)]


def test_what_only_reading_shows_is_parked_once_for_all(two: tuple[Replica, Replica]) -> None:
    one, other = two
    for replica in two:
        run(replica, "ALTER TABLE note RENAME COLUMN tag TO label")
    run(one, "INSERT INTO tag VALUES ('a', 1)")
    run(two[1], "SELECT crsql_as_table('note'); SELECT crsql_as_crr('note')")
    wire = sync(*two)
    closed = wire.ends[0].closed
    assert closed is not None
    assert closed.regreet
    assert [table.name for table in one.parked()] == ["note"]
    sync(*two)
    assert held(other, "tag") == [("a", 1)]
    one.repair()
    sync(*two)
    assert (one.parked(), held(one, "note")) == ((), held(other, "note"))


@pytest.mark.parametrize("which", [0, 1])
def test_a_table_parked_by_hand_and_released_in_a_session(two: tuple[Replica, Replica], which: int) -> None:
    one, other = two
    wire = own_pair(*two)
    wire.run()
    two[which].park("note", "somebody said so")
    run(one, "INSERT INTO note VALUES ('2', 'two', NULL)")
    wire.ends[0].local()
    wire.run()
    run(one, "INSERT INTO tag VALUES ('a', 1)")
    sync(*two)
    assert held(other, "note") == [("1", "one", None)]
    assert held(other, "tag") == [("a", 1)]
    assert clocks(*two) == (True, True)
    two[which].repair()
    sync(*two)
    assert held(one, "note") == held(other, "note") == [("1", "one", None), ("2", "two", None)]


@pytest.mark.parametrize("action", ["IGNORE", "ABORT, 'not here'"])
@pytest.mark.parametrize("many", [1, 150])
def test_what_a_trigger_of_an_app_does_not_take(two: tuple[Replica, Replica], action: str, many: int) -> None:
    """It is not counted as taken: the table is left out until the trigger changes, and comes from the start then."""
    one, other = two
    run(other, f"CREATE TRIGGER guard BEFORE INSERT ON note WHEN NEW.id = '2' BEGIN SELECT RAISE({action}); END")
    for n in range(many):
        run(one, f"INSERT INTO note VALUES ('{n + 2}', 'more', NULL)")
    run(one, "INSERT INTO tag VALUES ('a', 1)")
    wire = sync(*two)
    assert any(end.closed is not None and end.closed.regreet for end in wire.ends)
    ((name, why, _),) = other.parked()
    assert (name, "“guard”" in why) == ("note", True)
    wire = sync(*two)
    assert [end.closed for end in wire.ends] == [None, None]
    assert held(other, "tag") == [("a", 1)]
    assert held(other, "note") == [("1", "one", None)]
    assert clocks(*two) == (True, True)
    run(other, "CREATE TRIGGER later AFTER INSERT ON tag BEGIN SELECT 1; END; DROP TRIGGER guard")
    sync(*two)
    assert held(other, "note") == held(one, "note")


def test_no_clock_passes_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    """A table that is broken for a while keeps its changes: the peer may not record a clock above them."""
    other = "CREATE TABLE other (id INTEGER PRIMARY KEY NOT NULL, v); SELECT crsql_as_crr('other');"
    one, two = (make_replica(tmp_path / name, SCHEMA + other) for name in ("one.db", "two.db"))
    one.connection.execute("INSERT INTO other (id, v) VALUES (1, 'dear')")
    one.connection.execute("ALTER TABLE other RENAME TO aside")
    one.connection.execute("INSERT INTO item (id) VALUES (1)")
    own_pair(one, two).run()
    one.connection.execute("ALTER TABLE aside RENAME TO other")
    own_pair(one, two).run()
    found = two.connection.execute("SELECT v FROM other").fetchall()
    one.close()
    two.close()
    assert found == [("dear",)]


def test_no_clock_passes_a_column_that_cannot_be_read(tmp_path: Path) -> None:
    one, two = (make_replica(tmp_path / name) for name in ("one.db", "two.db"))
    one.connection.execute("INSERT INTO item (id, name) VALUES (1, 'dear')")
    one.connection.execute("ALTER TABLE item RENAME COLUMN name TO aside")
    own_pair(one, two).run()
    one.connection.execute("ALTER TABLE item RENAME COLUMN aside TO name")
    own_pair(one, two).run()
    found = two.connection.execute("SELECT name FROM item").fetchall()
    one.close()
    two.close()
    assert found == [("dear",)]
