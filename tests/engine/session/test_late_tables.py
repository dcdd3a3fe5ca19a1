"""Tables that come later, start anew or are altered, between two sides that sync others already."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replica import Replica

from .test_ranges import PHOTO, WIDEN, alter, fill
from .world import make_replica, own_pair, rows

WIDEN_OTHERWISE = WIDEN.replace("COLUMN more", "COLUMN more TEXT")


NARROW = (
    "BEGIN IMMEDIATE; SELECT crsql_begin_alter('item'); ALTER TABLE item DROP COLUMN more;"
    " SELECT crsql_commit_alter('item'); COMMIT"
)


def test_a_table_that_one_side_lacks_is_left_out_and_comes_later(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    alter(one, PHOTO)
    fill(one, 3)
    one.connection.execute("INSERT INTO photo VALUES (1, 'sea'), (2, 'hill')")
    fill(one, 3, first=10)
    wire = own_pair(one, other)
    wire.run()
    assert rows(one) == rows(other)
    assert other.received_clock(one.site_id) == one.db_version()
    for end, side in zip(wire.ends, ("this side", "the other side"), strict=True):
        assert end.session.in_sync
        assert end.session.note == f"Left out: “photo” (only on {side})."
    alter(other, PHOTO)
    later = own_pair(one, other)
    later.run()
    assert list(other.connection.execute("SELECT * FROM photo")) == [(1, "sea"), (2, "hill")]
    assert later.ends[0].changes_sent == 2
    assert all(end.session.in_sync and not end.session.note for end in later.ends)


def test_a_table_dropped_and_made_again_is_covered_from_the_start(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    for replica in pair:
        alter(replica, PHOTO)
    other.connection.execute("INSERT INTO photo VALUES (1, 'mine')")
    fill(one, 2)
    own_pair(one, other).run()
    alter(other, "SELECT crsql_as_table('photo'); DROP TABLE photo")
    alter(other, PHOTO)
    own_pair(one, other).run()
    assert list(other.connection.execute("SELECT * FROM photo")) == [(1, "mine")]


ANEW = {
    "made plain": "SELECT crsql_as_table('photo')",
    "made plain and dropped": f"SELECT crsql_as_table('photo'); DROP TABLE photo; {PHOTO.partition(';')[0]}",
    "dropped": f"DROP TABLE photo; {PHOTO.partition(';')[0]}",
    "migrated": "SELECT crsql_automigrate('CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY NOT NULL, name TEXT,"
    f" n INTEGER, extra)'); {PHOTO.partition(';')[0]}",
}


@pytest.mark.parametrize("how", ANEW)
@pytest.mark.parametrize("live", [False, True])
def test_a_table_that_starts_anew_is_asked_for_whatever_it_holds(
    pair: tuple[Replica, Replica], how: str, live: bool
) -> None:
    one, other = pair
    for replica in pair:
        alter(replica, PHOTO)
    one.connection.execute("INSERT INTO photo VALUES (1, 'sea'), (2, 'hill')")
    one.connection.execute("UPDATE photo SET title = 'top' WHERE id = 2")
    wire = own_pair(one, other)
    wire.run()
    alter(other, ANEW[how])
    other.connection.execute("INSERT OR REPLACE INTO photo VALUES (2, 'valley'), (3, 'lake')")
    alter(other, "SELECT crsql_as_crr('photo')")
    if live:  # and nobody has noticed yet
        fill(one, 1)
        wire.ends[0].local()
        wire.run()
        assert wire.ends[1].closed is not None
        assert "was recreated" in wire.ends[1].closed.reason
        assert (other.received_clock(one.site_id), rows(other)) == (2, [])
    own_pair(one, other).run()
    assert list(other.live_rows("photo")) == list(one.live_rows("photo"))
    assert [key for key, _ in other.live_rows("photo")] == [(1,), (2,), (3,)]
    assert other.check() == one.check() == []
    assert rows(one) == rows(other)


def test_another_type_parks_both(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    alter(one, WIDEN)
    alter(other, WIDEN_OTHERWISE)
    fill(one, 3)
    one.connection.execute("UPDATE item SET more = 1")
    wire = own_pair(one, other)
    wire.run()
    for end in wire.ends:
        assert end.closed is not None
        assert end.closed.parked
        assert "The column “more” of the table “item” has the type" in end.closed.reason
    assert other.received_clock(one.site_id) == 0
    assert rows(other) == []
    alter(other, NARROW)
    alter(other, WIDEN)
    own_pair(one, other).run()
    assert rows(one) == rows(other)
    assert other.connection.execute("SELECT DISTINCT more FROM item").get == 1


def test_another_key_parks(pair: tuple[Replica, Replica], tmp_path: Path) -> None:
    schema = "CREATE TABLE item (name TEXT PRIMARY KEY NOT NULL, n, extra, id); SELECT crsql_as_crr('item')"
    third = make_replica(tmp_path / "third.db", schema)
    wire = own_pair(pair[0], third)
    wire.run()
    third.close()
    assert wire.ends[0].closed is not None
    assert "primary key of the table “item” is (id) on this side, and (name) on the other" in wire.ends[0].closed.reason


def test_an_altered_file_greets_anew(pair: tuple[Replica, Replica]) -> None:
    one, other = pair
    wire = own_pair(one, other)
    wire.run()
    session = wire.ends[0].session
    session.schema_changed(tuple(reversed(one.shapes())), ())
    assert session.closed is None
    alter(one, PHOTO)
    session.schema_changed(one.shapes(), ())
    assert session.closed is not None
    assert session.closed.regreet
