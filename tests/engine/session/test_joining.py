"""Rows of two sides that have never met: compared before anything is merged, joined where nothing is lost by it, and
asked about where something would be."""

from __future__ import annotations

import random

import pytest

from engine.session import GiveUpRows, Merge, SynclineSession, TakeRows
from engine.table_shape import Join, JoinCount, Where

from .joins import NOTES, NewFile, in_sync, put, rows, sync, wire
from .world import End, Wire, snapshot

OTHER = "CREATE TABLE other (id TEXT PRIMARY KEY, v)"
CRR = "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body); SELECT crsql_as_crr('notes')"


@pytest.mark.parametrize("seed", range(5))
def test_rows_that_do_not_differ_are_joined_unasked(new_file: NewFile, seed: int) -> None:
    one, other = new_file("a A", "b B", "c C"), new_file("b B", "d D")
    in_sync(one, other, seed=seed)
    assert rows(one) == ["a A", "b B", "c C", "d D"]
    put(one, "a new")
    put(other, "b newer")
    in_sync(one, other, seed=seed)
    assert rows(one) == ["a new", "b newer", "c C", "d D"]


@pytest.mark.parametrize("seed", range(5))
def test_rows_that_differ_are_asked_about_before_anything_moves(new_file: NewFile, seed: int) -> None:
    one, other = new_file("a A", "b B", "c C"), new_file("b other", "c C", "d D")
    before = rows(one), rows(other)
    client, server = sync(one, other, seed=seed)
    [mine], [theirs] = client.parked, server.parked
    assert (mine.where, mine.found) == (Where.JOIN, JoinCount(same=1, differ=1, here=1, there=1))
    assert (theirs.where, theirs.found) == (Where.THERE, JoinCount(same=1, differ=1, here=1, there=1))
    assert mine.sentence == (
        "The rows of “notes” here and on the other side have never met: 1 the same, 1 different, 1 only here,"
        " 1 only there. Nothing of it is synced until you choose how they are joined: “sync --join both”, “same” or"
        " “replace”."
    )
    assert client.closed is not None
    assert client.closed.parked
    assert (rows(one), rows(other)) == before
    assert one.tracked_peers() == other.tracked_peers() == []


def test_the_other_tables_go_on(new_file: NewFile) -> None:
    schema, tables = f"{NOTES}; {OTHER}", ("notes", "other")
    one, other = (new_file(row, schema=schema, tables=tables) for row in ("a A", "a B"))
    for key, replica in enumerate((one, other)):
        replica.connection.execute("INSERT INTO other VALUES (?, 1)", (str(key),))
    client, server = sync(one, other)
    assert [parked.table for parked in client.parked] == [parked.table for parked in server.parked] == ["notes"]
    assert client.closed is None
    assert client.in_sync
    for replica in (one, other):
        assert replica.connection.execute("SELECT count(*) FROM other").get == 2
    in_sync(one, other, how=Join.BOTH)
    assert rows(one) == ["a B"]


@pytest.mark.parametrize(
    ("how", "left"),
    [
        (Join.BOTH, ["a A", "b other", "c C", "d D"]),
        (Join.SAME, ["a A", "b other", "c C", "d D"]),
        (Join.REPLACE, ["b other", "c C", "d D"]),
    ],
)
def test_joined_as_a_person_says(new_file: NewFile, how: Join, left: list[str]) -> None:
    one, other = new_file("a A", "b B", "c C"), new_file("b other", "c C", "d D")
    in_sync(one, other, how=how)
    assert rows(one) == left
    put(one, "b last")
    in_sync(one, other)
    assert "b last" in rows(other)


def test_theirs_hold_though_ours_are_larger(new_file: NewFile) -> None:
    one, other = new_file("a zzz", "b B"), new_file("a A", "b B")
    third = new_file()
    in_sync(third, one)
    in_sync(one, other, how=Join.SAME)
    assert rows(one) == ["a A", "b B"]
    in_sync(third, one)
    assert rows(third) == ["a A", "b B"]


def test_same_is_refused_where_few_rows_have_the_same_keys(new_file: NewFile) -> None:
    one, other = new_file("a A", "x 1", "y 2"), new_file("a B", "p 1", "q 2")
    client, _ = sync(one, other, how=Join.SAME)
    [parked] = client.parked
    assert "cannot be joined as “same”" in parked.sentence
    assert rows(one) == ["a A", "x 1", "y 2"]


def test_what_one_side_has_deleted_is_asked_about(new_file: NewFile) -> None:
    """It would take away a row that it has never seen."""
    for mine in (True, False):
        one, other = new_file("a A", "b B"), new_file("a A", "b B")
        (one if mine else other).connection.execute("DELETE FROM notes WHERE id = 'b'")
        client, _ = sync(one, other)
        [parked] = client.parked
        assert parked.found == JoinCount(same=1, here=not mine, there=mine, deleted=1)
        assert "Deleted on one of the two sides: 1." in parked.sentence
        in_sync(one, other, how=Join.SAME)
        assert rows(one) == (["a A", "b B"] if mine else ["a A"])


def test_a_side_without_rows_takes_them_over_unasked(new_file: NewFile) -> None:
    one, two, three = new_file("a A"), new_file(), new_file()
    in_sync(two, one)
    put(one, "b B")
    put(two, "a changed")
    in_sync(three, two)
    in_sync(three, one)
    assert rows(three) == ["a changed", "b B"]
    in_sync(one, two)


def test_two_without_rows_have_met(new_file: NewFile) -> None:
    one, other = new_file(), new_file()
    in_sync(one, other)
    put(one, "a A")
    put(other, "a B")
    in_sync(one, other)
    assert rows(one) == ["a B"]


def test_those_who_met_over_a_third_have_met(new_file: NewFile) -> None:
    """A mesh: two sides that were joined, and one that took their rows over from the first."""
    one, two, three = new_file("a A"), new_file("b B"), new_file()
    in_sync(one, two)
    in_sync(three, one)
    put(two, "a two")
    put(three, "a three")
    in_sync(two, three)
    assert rows(two) == ["a two", "b B"]


def test_rows_apart_meet_over_a_hub_that_had_none(new_file: NewFile) -> None:
    hub, one, two = new_file(), new_file("a A"), new_file("a B")
    in_sync(one, hub)
    client, _ = sync(two, hub)
    assert [parked.where for parked in client.parked] == [Where.JOIN]
    assert rows(hub) == ["a A"]
    in_sync(two, hub, how=Join.BOTH)
    in_sync(one, hub)
    assert rows(one) == rows(two) == ["a B"]


def test_a_table_of_cr_sqlites_meets_an_ordinary_one(new_file: NewFile) -> None:
    one, other = new_file("a A"), new_file("a B", schema=CRR, tables=())
    for client, server in ((one, other), (other, one)):
        [parked] = sync(client, server)[0].parked
        assert parked.where is Where.JOIN
    in_sync(one, other, how=Join.REPLACE)
    assert rows(other) == ["a B"]


def test_a_table_of_cr_sqlites_is_replaced(new_file: NewFile) -> None:
    """Nobody is told of its rows as of deletions, also who had them from it; and programs with cr-sqlite go on."""
    one, other = new_file("a A", "b B"), new_file("a other", "c C", "d D", schema=CRR, tables=())
    third = new_file(schema=CRR, tables=())
    in_sync(other, third)
    in_sync(other, one, how=Join.REPLACE)
    assert [table.kind for table in other.tables()] == ["cr-sqlite"]
    assert rows(other) == ["a A", "b B"]
    assert rows(third) == ["a other", "c C", "d D"]
    put(other, "e E")
    put(one, "b later")
    in_sync(other, one)
    assert rows(one) == ["a A", "b later", "e E"]
    in_sync(third, other)
    assert {"c C", "d D"} <= set(rows(third))
    assert other.check() == []
    left = "SELECT count(*) FROM sqlite_master WHERE name GLOB 'crsql_syncline_undone*'"
    assert other.connection.execute(left).get == 0


def test_two_tables_of_cr_sqlites_are_merged_as_ever(new_file: NewFile) -> None:
    one, other = (new_file(row, schema=CRR, tables=()) for row in ("a A", "a B"))
    in_sync(one, other)
    assert rows(one) == ["a B"]


@pytest.mark.parametrize("protocol", [2, 3])
def test_with_an_older_peer_as_ever(new_file: NewFile, protocol: int) -> None:
    one, other = new_file("a A"), new_file("a B")
    line = Wire(*(End(one, SynclineSession(snapshot(one), now=lambda: 0.0, protocol=protocol)) for one in (one, other)))
    line.run()
    assert rows(one) == rows(other) == ["a B"]


def test_files_that_were_synced_before_tables_had_ids_are_not_asked_about(new_file: NewFile) -> None:
    one, other = new_file("a A"), new_file("a A")
    line = Wire(*(End(one, SynclineSession(snapshot(one), now=lambda: 0.0, protocol=3)) for one in (one, other)))
    line.run()
    for replica in (one, other):
        replica.connection.execute("DROP TABLE IF EXISTS crsql_syncline_datasets")
    put(one, "a B")
    put(other, "b B")
    in_sync(one, other)
    assert rows(one) == ["a B", "b B"]


@pytest.mark.parametrize("how", [None, *Join])
def test_cut_at_any_point_nothing_is_lost(new_file: NewFile, how: Join | None) -> None:
    """Whatever was done by then, the next try goes on, and no row is merged that is still asked about."""
    for steps in range(6, 50, 7 if how is None else 4):
        one, other = new_file("a A", "b B", "c C"), new_file("b other", "c C", "d D")
        line = wire(one, other, how=how)
        rng = random.Random(steps)
        for _ in range(steps):
            merging = any(isinstance(end.actions[0], Merge) for end in line.ends if end.actions)
            assert not merging or how is not None
            if not line.step(rng):
                break
        if how is None:
            assert rows(one) == ["a A", "b B", "c C"]
            assert [parked.where for parked in sync(one, other)[0].parked] == [Where.JOIN]
        in_sync(one, other, how=how or Join.BOTH)
        kept = [] if how is Join.REPLACE else ["a A"]
        assert rows(one) == [*kept, "b other", "c C", "d D"]


def test_replacing_tells_nobody_of_deletions(new_file: NewFile) -> None:
    """A third side keeps its rows until it has said itself how they are joined."""
    one, other, third = new_file("a A", "x X"), new_file("a B", "b B"), new_file()
    in_sync(third, one)
    in_sync(one, other, how=Join.REPLACE)
    assert rows(one) == ["a B", "b B"]
    client, _ = sync(third, one)
    assert [parked.where for parked in client.parked] == [Where.JOIN]
    assert rows(third) == ["a A", "x X"]
    in_sync(third, one, how=Join.REPLACE)
    assert rows(third) == ["a B", "b B"]


@pytest.mark.parametrize("schema", [NOTES, CRR])
def test_what_is_written_after_the_backup_is_not_replaced(new_file: NewFile, schema: str) -> None:
    one, other = new_file("a A", schema=schema, tables=("notes",) if schema is NOTES else ()), new_file("b B")
    line = wire(one, other, how=Join.REPLACE)
    while not isinstance(next(iter(line.ends[0].actions), None), GiveUpRows):
        assert line.step(random.Random(0))
    put(one, "late L")
    line.run()
    assert rows(one) == ["a A", "late L"]
    in_sync(one, other, how=Join.REPLACE)
    assert rows(one) == rows(other) == ["b B"]


@pytest.mark.parametrize("schema", [NOTES, CRR])
def test_what_is_written_after_the_backup_is_not_overwritten(new_file: NewFile, schema: str) -> None:
    """All is compared anew, and there is another backup before theirs are taken. Other rows do not matter."""
    one = new_file("a A", "b B", schema=schema, tables=("notes",) if schema is NOTES else ())
    other = new_file("a other", "b B")

    def written_when_theirs_are_taken(row: str) -> Wire:
        line = wire(one, other, how=Join.SAME)
        while not isinstance(next(iter(line.ends[0].actions), None), TakeRows):
            assert line.step(random.Random(0))
        put(one, row)
        line.ends[0].step()
        return line

    line = written_when_theirs_are_taken("a late")
    line.run()
    assert rows(one) == ["a late", "b B"]
    written_when_theirs_are_taken("b late")
    assert rows(one) == ["a other", "b late"]
    in_sync(one, other, how=Join.SAME)
    assert rows(one) == ["a other", "b B"]


@pytest.mark.parametrize("protocol", [2, 3])
def test_an_older_peer_and_numbers_that_each_side_hands_out(new_file: NewFile, protocol: int) -> None:
    """One that cannot be told of them is not; where only one side hands them out, nothing is merged."""
    schema = f"CREATE TABLE list (id INTEGER PRIMARY KEY, title); {NOTES}"
    numbers = "CREATE TABLE list (id INTEGER PRIMARY KEY NOT NULL, title); SELECT crsql_as_crr('list')"
    one, other = (new_file(f"{who} N", schema=schema, tables=("list", "notes")) for who in "ab")
    third = new_file("c N", schema=f"{numbers}; {NOTES}")
    for replica in (one, other, third):
        replica.connection.execute("INSERT INTO list (title) VALUES ('A'), ('B')")
    for pair in ((one, other), (one, third)):
        for replica in pair:
            replica.capture()
        ends = [End(side, SynclineSession(snapshot(side), now=lambda: 0.0, protocol=protocol)) for side in pair]
        Wire(*ends).run()
        assert all(end.session.in_sync for end in ends)
    assert [parked.table for parked in ends[0].session.parked] == ["list"]
    assert "as they are" in ends[0].session.parked[0].sentence
    titles = ["A", "B"] if protocol == 2 else ["A", "A", "B", "B"]
    for replica, expected in ((one, titles), (other, titles), (third, ["A", "B"])):
        assert [title for (title,) in replica.connection.execute("SELECT title FROM list ORDER BY title")] == expected
    assert rows(one) == rows(third) == ["a N", "b N", "c N"]


def test_theirs_are_taken_over_without_what_an_app_does_with_them(new_file: NewFile) -> None:
    """A trigger that marks what was changed would make another row of it."""
    trigger = (
        "CREATE TRIGGER touched AFTER UPDATE OF title ON notes"
        " BEGIN UPDATE notes SET body = 'touched' WHERE id = NEW.id; END"
    )
    one, other = new_file("a zzz", schema=f"{NOTES}; {trigger}"), new_file("a A")
    in_sync(one, other, how=Join.SAME)
    for replica in (one, other):
        assert replica.connection.execute("SELECT * FROM notes").fetchall() == [("a", "A", None)]


def test_rows_with_numbers_that_each_side_hands_out_are_all_kept(new_file: NewFile) -> None:
    schema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)"
    one, other = (new_file("1 A", f"2 {name}", schema=schema) for name in ("B", "C"))
    client, server = sync(one, other)
    assert (client.parked, server.parked) == ((), ())
    for replica in (one, other):
        titles = replica.connection.execute("SELECT title FROM notes ORDER BY title").fetchall()
        assert titles == [("A",), ("A",), ("B",), ("C",)]


def test_many_rows_are_compared_page_by_page(new_file: NewFile) -> None:
    fill = (
        "WITH RECURSIVE n (v) AS (SELECT {} UNION ALL SELECT v + 1 FROM n LIMIT 5000)"
        " INSERT INTO notes SELECT CAST(v AS TEXT), v, v FROM n"
    )
    one, other = (new_file(schema=f"{NOTES}; {fill.format(first)}") for first in (1, 1_501))
    other.connection.execute("UPDATE notes SET body = 'x' WHERE id IN ('3001', '4999')")
    one.connection.execute("INSERT INTO notes VALUES ('ä', 1, 1), ('ö', 1, 1)")
    other.connection.execute("INSERT INTO notes VALUES ('ä', 1, 1), ('ü', 1, 1)")
    [parked] = sync(one, other)[0].parked
    assert parked.found == JoinCount(same=3_499, differ=2, here=1_501, there=1_501)
    in_sync(one, other, how=Join.SAME)
    assert one.connection.execute("SELECT count(*) FROM notes").get == 6_503


def test_a_table_made_syncable_anew_is_another(new_file: NewFile) -> None:
    one, other = new_file("a A"), new_file()
    in_sync(one, other)
    one.make_plain("notes")
    assert not one.connection.table_exists("main", "crsql_syncline_datasets")
    put(one, "a B")
    one.make_ordinary("notes")
    assert [parked.where for parked in sync(one, other)[0].parked] == [Where.JOIN]


def test_a_copy_without_rows_has_met_nobody(new_file: NewFile) -> None:
    one, other, third = new_file(), new_file("a A"), new_file("a B")
    line = wire(one, other)
    while len(one.dataset_ids()["notes"]) == 1:
        line.step(random.Random(0))
    one.new_site_id()
    put(one, "a one")
    in_sync(one, third)
    assert rows(third) == ["a one"]
    assert [parked.where for parked in sync(third, other)[0].parked] == [Where.JOIN]


def test_rows_with_a_key_that_nobody_can_read_are_there(new_file: NewFile) -> None:
    schema = f"{NOTES}; INSERT INTO notes (id, title) VALUES (NULL, 'A')"
    one, other = new_file(schema=schema), new_file("a A")
    put(one, "a B")
    assert [parked.where for parked in sync(one, other)[0].parked] == [Where.JOIN]
