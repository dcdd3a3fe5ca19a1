"""Two sides of which one is a version ahead: what both have is synced, and a column that comes later comes whole."""

from __future__ import annotations

import random

import pytest

from engine.errors import FileReplaced
from engine.ids import SiteId
from engine.session.digests import Verdict
from engine.table_shape import Where
from engine.tables import types
from engine.wire import COLUMNS

from .columns import NewApp, connect, fill, sync
from .world import Wire


def sent(wire: Wire) -> int:
    return sum(end.changes_sent for end in wire.ends)


KINDS = pytest.mark.parametrize(
    ("one", "other"), [(False, False), (False, True), (True, False), (True, True)],
    ids=["ordinary", "a room of cr-sqlite's", "ahead with cr-sqlite", "cr-sqlite"],
)  # fmt: skip
"""Whether the table is one of cr-sqlite's where it has more columns, and where it has fewer."""


@KINDS
def test_a_column_of_one_side_does_not_stop_the_others(new_app: NewApp, one: bool, other: bool) -> None:
    ahead, behind = new_app("ab", crsqlite=one), new_app("a", crsqlite=other)
    fill(ahead, 3, "v, v * 10")
    behind.do("INSERT INTO note (id, a) VALUES ('x', 7)")
    wire = sync(ahead, behind)
    assert ahead.rows() == [("001", 1, 10), ("002", 2, 20), ("003", 3, 30), ("x", 7, None)]
    assert behind.rows() == [("001", 1), ("002", 2), ("003", 3), ("x", 7)]
    for end in wire.ends:
        assert (end.session.parked, end.session.in_sync) == ((), True)
    here, there = (end.session.note for end in wire.ends)
    assert here == "The column “b” of “note” stays on this side until the other side has it too."
    assert there == "The column “b” of “note” stays on the other side until this side has it too."
    behind.do("UPDATE note SET a = 8 WHERE id = '002'; DELETE FROM note WHERE id = '001'")
    ahead.do("UPDATE note SET b = 5")
    sync(ahead, behind)
    assert ahead.rows() == [("002", 8, 5), ("003", 3, 5), ("x", 7, 5)]
    assert behind.rows() == [("002", 8), ("003", 3), ("x", 7)]


@KINDS
def test_a_column_that_comes_later_comes_whole_and_alone(new_app: NewApp, one: bool, other: bool) -> None:
    ahead, behind = new_app("ab", crsqlite=one), new_app("a", crsqlite=other)
    fill(ahead, 30, "v, v * 10")
    sync(ahead, behind)
    behind.add("b")
    wire = sync(ahead, behind)
    assert behind.rows() == ahead.rows()
    assert sent(wire) == 30, "the other column is not sent once more"
    assert sent(sync(ahead, behind)) == 0


@pytest.mark.parametrize("crsqlite", [False, True])
def test_a_column_that_both_get_costs_nothing(new_app: NewApp, crsqlite: bool) -> None:
    one, other = new_app("a", crsqlite=crsqlite), new_app("a", crsqlite=crsqlite)
    fill(one, 30, "v")
    sync(one, other)
    for app in (one, other):
        app.add("b")
    assert sent(sync(one, other)) == 0
    one.do("UPDATE note SET b = 1 WHERE id = '007'")
    assert sent(sync(one, other)) == 1


@pytest.mark.parametrize("crsqlite", [False, True])
def test_a_row_of_which_no_cell_can_be_told_is_there(new_app: NewApp, crsqlite: bool) -> None:
    """Its sentinel goes, also for one that was never deleted."""
    one, other = new_app("ab", crsqlite=crsqlite), new_app("c")
    fill(one, 3, "v, v")
    other.do("INSERT INTO note VALUES ('x', 1)")
    wire = sync(one, other)
    assert other.rows() == [("001", None), ("002", None), ("003", None), ("x", 1)]
    one.do("DELETE FROM note WHERE id = '002'")
    sync(one, other)
    one.do("INSERT INTO note VALUES ('002', 5, 5)")
    wire = sync(one, other)
    assert [row[0] for row in other.rows()] == [row[0] for row in one.rows()] == ["001", "002", "003", "x"]
    wire.ends[0].session.verify()
    wire.ends[0].actions.extend(wire.ends[0].session.take())
    wire.run()
    assert wire.ends[0].session.check.verdicts == {"note": Verdict.IDENTICAL}
    other.add("a")
    sync(one, other)
    assert [(key, a) for key, a, _ in other.rows()] == [("001", 1), ("002", 5), ("003", 3), ("x", None)]


def test_an_older_syncline_has_the_table_parked(new_app: NewApp) -> None:
    one, other = new_app("ab"), new_app("a")
    [closed, _] = [end.closed for end in sync(one, other, protocol=COLUMNS - 1).ends]
    assert closed is not None
    assert "The table “note” lacks the column “b” on the other side" in closed.reason


def test_a_column_that_no_row_can_be_without_parks_the_table(new_app: NewApp) -> None:
    one, other = new_app("a"), new_app("a")
    one.do("ALTER TABLE note RENAME TO old; CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, a, b NOT NULL);"
           " DROP TABLE old")  # fmt: skip
    for app, side in ((one, "the other side"), (other, "this side")):
        [end] = [end for end in sync(one, other).ends if end.replica is app.replica]
        assert end.closed is not None
        assert f"The table “note” lacks the column “b” on {side}, and on the other every row" in end.closed.reason
    one.drop("b")
    one.add("b NOT NULL DEFAULT 3")
    other.do("INSERT INTO note VALUES ('x', 1)")
    sync(one, other)
    assert one.rows() == [("x", 1, 3)]


def test_a_key_by_an_index_is_no_such_column(new_app: NewApp) -> None:
    one, other = new_app("ab"), new_app("a")
    for app, more in ((one, ", b"), (other, "")):
        app.do(f"ALTER TABLE note RENAME TO old; CREATE TABLE note (id TEXT NOT NULL UNIQUE, a{more}); DROP TABLE old")
        app.replica.capture()
    one.do("INSERT INTO note VALUES ('x', 1, 2)")
    sync(one, other)
    assert other.rows() == [("x", 1)]


def test_the_hub_gets_a_column_later(new_app: NewApp) -> None:
    """Until then nobody gets it through the hub; then both sides are asked for all of it."""
    one, hub, two = new_app("ab"), new_app("a"), new_app("ab")
    for app in (one, two):
        sync(hub, app)
    fill(one, 9, "v, v * 10")
    for app in (one, two, one):
        sync(hub, app)
    two.do("UPDATE note SET b = 7 WHERE id = '002'; INSERT INTO note VALUES ('x', 1, 2)")
    for app in (two, one):
        sync(hub, app)
    assert [row[2] for row in two.rows()] == [None, 7, *[None] * 7, 2]
    hub.add("b")
    for app in (one, two, one):
        sync(hub, app)
    assert one.rows() == two.rows() == hub.rows()
    assert one.rows()[1] == ("002", 2, 20), "the larger value"
    assert one.rows()[-1] == ("x", 1, 2)


def test_a_column_that_goes_and_comes_back_is_asked_for_from_the_start(new_app: NewApp) -> None:
    """Also what this side has written itself."""
    one, other = new_app("ab"), new_app("ab")
    sync(one, other)
    fill(one, 20, "v, v * 10")
    sync(one, other)
    full = one.rows()
    one.drop("b")
    one.replica.capture()
    one.add("b")
    sync(one, other)
    assert one.rows() == other.rows() == full


def test_a_reference_that_comes_later_leads_to_the_same_row(new_app: NewApp) -> None:
    """Its numbers are others on the other side."""
    parent = "parent INTEGER REFERENCES note (id)"
    ahead, behind = new_app(("a", parent), key="INTEGER"), new_app(("a",), key="INTEGER")
    ahead.do("INSERT INTO note (a) VALUES ('x'); INSERT INTO note (a, parent) VALUES ('y', 1), ('z', 2)")
    behind.do("INSERT INTO note (a) VALUES ('u'), ('v'), ('w')")
    sync(ahead, behind)
    for app in (ahead, behind):
        assert sorted(str(row[1]) for row in app.rows()) == ["u", "v", "w", "x", "y", "z"]
    assert ahead.rows()[0][1] != behind.rows()[0][1], "1 is another row on each side"
    behind.add(parent)
    sync(ahead, behind)
    for app in (ahead, behind):
        led = app.app.execute("SELECT n.a, p.a FROM note AS n JOIN note AS p ON p.id = n.parent ORDER BY 1")
        assert list(led) == [("y", "x"), ("z", "y")]


@pytest.mark.parametrize("crsqlite", [False, True])
def test_a_published_peer_is_asked_for_everything_when_a_column_goes(new_app: NewApp, crsqlite: bool) -> None:
    """Its clock covers all tables and columns, or none."""
    app = new_app("ab", crsqlite=crsqlite)
    app.replica.merge((), received=types.Received(SiteId(b"p" * 16), 5))
    app.drop("b")
    app.replica.capture()
    assert app.replica.received_clock(SiteId(b"p" * 16)) == 0


def test_a_place_is_no_use_with_another_column(new_app: NewApp) -> None:
    ahead, behind = new_app("ab"), new_app("a")
    sync(ahead, behind)
    fill(ahead, 40, "v, v * 10")
    ahead.replica.capture()
    wire, site = connect(ahead, behind), ahead.replica.site_id
    while behind.replica.known(site).place is None:
        assert wire.step(random.Random(1))
    behind.add("b")
    behind.replica.capture()
    wire = connect(ahead, behind)
    wire.run()
    assert behind.rows() == ahead.rows()
    assert behind.replica.known(site).place is None


def test_a_session_that_was_overtaken_covers_no_more(new_app: NewApp) -> None:
    """Of two connections, the older one ends its range below the clock that the newer one has recorded."""
    one, other = new_app("ab"), new_app("a")
    sync(one, other)
    site = one.replica.site_id
    known = other.replica.known(site)
    other.replica.merge((), received=types.Received(site, 90, known.received, ("note",), False, (), known.bases))
    other.add("b")
    other.replica.capture()
    later = other.replica.known(site)
    other.replica.merge((), received=types.Received(site, 80, known.received, ("note",), False, (), later.bases))
    [(_, basis)] = other.replica.known(site).covered
    assert basis.columns == {"a"}


def test_a_session_that_rests_on_what_is_covered_no_more_records_nothing(new_app: NewApp) -> None:
    """Another one has found the table parked meanwhile, and what is above the clock then is not all that is missing."""
    one, other = new_app("a"), new_app("a")
    fill(one, 1, "v")
    sync(one, other)
    site = one.replica.site_id
    known = other.replica.known(site)
    assert known.covered == known.bases
    assert other.replica.known(site, ("note",)).covered == ()
    with pytest.raises(FileReplaced, match="was recreated"):
        other.replica.merge(
            (), received=types.Received(site, 90, known.received, ("note",), False, known.covered, known.bases)
        )
    assert other.replica.known(site).received == known.received


def test_what_was_recorded_before_clocks_knew_columns_covers_all(new_app: NewApp) -> None:
    one, other = new_app("ab"), new_app("ab")
    fill(one, 5, "v, v")
    sync(one, other)
    db = other.replica.connection
    [(mark,)] = db.execute("SELECT json_extract(tables, '$.note[0]') FROM crsql_syncline_tables").fetchall()
    db.execute("UPDATE crsql_syncline_tables SET tables = json_object('note', ?)", (mark,))
    assert sent(sync(one, other)) == 0
    db.execute("UPDATE crsql_syncline_tables SET tables = json_object('note', ?)", (mark,))
    other.drop("b")
    other.replica.capture()
    other.add("b")
    sync(one, other)
    assert other.rows() == one.rows()


def test_rows_that_never_met_are_compared_in_the_columns_of_both(new_app: NewApp) -> None:
    one, other = new_app("ab"), new_app("a")
    fill(one, 5, "v, v * 10")
    fill(other, 5, "v")
    wire = connect(one, other)
    wire.ends[0].session.joins = {}  # type: ignore[attr-defined]  # nobody is asked: they are the same
    wire.run()
    sync(one, other)
    assert one.rows() == [(f"{n:03}", n, n * 10) for n in range(1, 6)]
    assert other.rows() == [(f"{n:03}", n) for n in range(1, 6)]
    assert [where for *_, where, _ in sync(one, other).ends[0].session.parked if where is Where.JOIN] == []


@pytest.mark.parametrize("crsqlite", [False, True])
@pytest.mark.parametrize("default", ["", " DEFAULT 9"])
def test_a_column_is_renamed_by_one_side_after_the_other(new_app: NewApp, crsqlite: bool, default: str) -> None:
    """What either wrote meanwhile has its value in the end: a default is nobody's value."""
    one, other = (new_app([f"n INTEGER{default}"], crsqlite=crsqlite) for _ in range(2))
    one.do("INSERT INTO note VALUES ('before', 1)")
    sync(one, other)
    other.rename("n", "amount")
    other.do("INSERT INTO note VALUES ('there', 7)")
    one.do("INSERT INTO note VALUES ('here', 5)")
    sync(one, other)
    one.rename("n", "amount")
    sync(one, other)
    assert one.rows() == other.rows() == [("before", 1), ("here", 5), ("there", 7)]
