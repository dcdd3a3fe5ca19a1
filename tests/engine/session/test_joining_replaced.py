"""All rows of one side are given up for the other's, where each side has handed out their numbers."""

from __future__ import annotations

import random

import pytest

from engine.replica import Replica
from engine.session import BackUp, GiveUpRows, SynclineSession
from engine.table_shape import Join
from tests.engine.ordinary.test_join_copies import BOTH, HERE, THERE

from .joins import NewFile, Time, sync, wire
from .test_joining_copies import are_one, content, made, titles, write


def folders(replica: Replica) -> list[tuple[object, ...]]:
    return replica.connection.execute("SELECT id, name FROM folders ORDER BY id").fetchall()


def test_their_rows_come_in_place_of_ours(new_file: NewFile) -> None:
    """With all that refers to them; from then on both go on with the same rows, whatever is born or deleted."""
    one, other = made(new_file, *BOTH, *HERE), made(new_file, *BOTH[:2], *THERE)
    theirs = content(other)
    are_one(one, other, how=Join.REPLACE)
    assert content(other) == theirs
    write(one, "INSERT INTO folders (name) VALUES ('new here')", "DELETE FROM notes WHERE title = 'note 1'")
    write(one, "INSERT INTO notes (folder, title) SELECT max(id), 'in it' FROM folders")
    write(other, "INSERT INTO folders (name) VALUES ('new there')", "UPDATE notes SET body = 'B' WHERE id = 2")
    are_one(one, other)
    assert {"in it"} < {*titles(one)}
    assert "note 1" not in titles(other)
    assert {"new here", "new there"} < {name for _, name in folders(one)}


def test_another_side_comes_first(new_file: NewFile) -> None:
    """The rows are given up, and before theirs come a third side is met, to which likewise nothing is given."""
    one, other, third = made(new_file, *BOTH, *HERE), made(new_file, *BOTH, *THERE), made(new_file, *BOTH[:2])
    line, choose = wire(one, other, how=Join.REPLACE, time=Time()), random.Random(1)
    while folders(one):
        assert line.step(choose)
    theirs = folders(third)
    sync(one, third, how=Join.REPLACE)
    sync(one, third)
    assert [name for _, name in folders(one)] == [name for _, name in theirs]
    assert folders(third) == theirs


def test_numbers_that_an_app_was_given_are_not_handed_out_again(new_file: NewFile) -> None:
    """AUTOINCREMENT promises that; without it a row has the number that it has there."""
    theirs = "INSERT INTO folders VALUES (1, 'theirs', NULL)", "INSERT INTO notes VALUES (1, 1, 'theirs', '')"
    one, other = made(new_file, *BOTH), made(new_file, *theirs, "INSERT INTO tags VALUES (1, 1, 'theirs')")
    are_one(one, other, how=Join.REPLACE)
    assert folders(one) == [(5, "theirs")]
    assert one.connection.execute("SELECT id, folder FROM notes").fetchall() == [(13, 5)]
    plain = "CREATE TABLE notes (id INTEGER PRIMARY KEY, title);"
    rows = "INSERT INTO notes (title) VALUES ('a'), ('b')"
    one, other = (made(new_file, rows, schema=plain, tables=("notes",)) for _ in range(2))
    write(other, "DELETE FROM notes WHERE id = 1")
    sync(one, other, how=Join.REPLACE)
    assert one.connection.execute("SELECT * FROM notes").fetchall() == [(2, "b")]


def test_a_third_side_that_had_our_rows_meets_the_others(new_file: NewFile) -> None:
    """What it has of ours is nothing that was deleted, and nothing that comes back unasked."""
    one, other, third = made(new_file, *BOTH), made(new_file, *THERE), made(new_file)
    are_one(one, third)
    sync(one, other, how=Join.REPLACE)
    sync(one, other)
    assert len(titles(one)) == 2
    client = sync(third, one)[0]
    assert len(titles(third)) == 14, "both, as nothing of these is the same"
    assert client.parked == ()


def test_one_after_the_other(new_file: NewFile) -> None:
    """What has come of theirs refers to rows that are still to come."""
    schema = "CREATE TABLE folders (id INTEGER PRIMARY KEY, name); CREATE TABLE notes (id INTEGER PRIMARY KEY, title,"
    schema += " folder INTEGER REFERENCES folders);"
    one, other = (
        made(
            new_file,
            "INSERT INTO folders VALUES (1, 'f 1'), (2, 'f 2')",
            f"INSERT INTO notes VALUES (1, '{who} a', 1), (2, '{who} b', 2)",
            schema=schema,
            tables=("folders", "notes"),
        )
        for who in ("here", "there")
    )
    for table in ("notes", "folders"):
        client = wire(one, other, time=Time())
        session = client.ends[0].session
        assert isinstance(session, SynclineSession)
        session.joins = {table: Join.REPLACE}
        client.run(random.Random(1))
        sync(one, other)
    found = "SELECT n.id, title, name FROM notes n LEFT JOIN folders f ON f.id = folder"
    for replica in (one, other):
        assert replica.connection.execute(found).fetchall() == [(1, "there a", "f 1"), (2, "there b", "f 2")]
        assert replica.connection.execute("SELECT count(*) FROM folders").get == 2


def test_keys_are_made_of_rows_that_stay(new_file: NewFile) -> None:
    """Nothing is given up then, and a person is told what has to be chosen together."""
    one, other = made(new_file, *BOTH, *HERE), made(new_file, *BOTH, *THERE)
    before = content(one)
    line = wire(one, other, time=Time())
    session = line.ends[0].session
    assert isinstance(session, SynclineSession)
    session.joins = dict.fromkeys(("notes", "tags"), Join.REPLACE)
    line.run(random.Random(1))
    why = {parked.table: parked.sentence for parked in session.parked}
    assert "Its keys are made of another table's numbers" in why["tags"]
    assert "Rows of “tags” refer to them" in why["notes"]
    assert content(one) == before


def referring(new_file: NewFile, *, synced: bool) -> Replica:
    schema = "CREATE TABLE folders (id INTEGER PRIMARY KEY, name);" + (
        "CREATE TABLE pins (id TEXT PRIMARY KEY, folder INTEGER REFERENCES folders);"
        "INSERT INTO folders VALUES (1, 'a'), (2, 'b')"
    )
    return new_file(schema=schema, tables=("folders", "pins") if synced else ("folders",))


@pytest.mark.parametrize("synced", [True, False])
def test_rows_that_others_refer_to_stay(synced: bool, new_file: NewFile) -> None:
    """A table that is not given up with them, as it was empty, or is not synced."""
    one, other = referring(new_file, synced=synced), referring(new_file, synced=synced)
    write(one, "INSERT INTO pins VALUES ('p', 2)")
    before = folders(one)
    line = wire(one, other, how=Join.REPLACE, time=Time())
    chooser = random.Random(1)
    while line.step(chooser):
        assert not isinstance(next(iter(line.ends[0].actions), None), BackUp | GiveUpRows), "nothing changes"
    [parked] = line.ends[0].session.parked
    assert "Rows of “pins” refer to them" in parked.sentence
    assert folders(one) == before
    write(one, "UPDATE pins SET folder = NULL")
    sync(one, other, how=Join.REPLACE)
    write(other, "INSERT INTO folders VALUES (3, 'c')", "DELETE FROM folders WHERE id = 1")
    if synced:
        write(other, "INSERT INTO pins VALUES ('q', 3)")
    sync(one, other)
    assert folders(one) == folders(other)
    assert one.connection.execute("SELECT * FROM pins ORDER BY id").fetchall()[1:] == ([("q", 3)] if synced else [])


def test_hidden_rows_are_given_up_too(new_file: NewFile) -> None:
    schema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, place UNIQUE, title, body);"
    one, third, other = (
        made(new_file, f"INSERT INTO notes VALUES (1, 1, '{title}', '{title}!')", schema=schema, tables=("notes",))
        for title in ("Milk", "Bread", "Paint")
    )
    sync(one, third)
    assert one.connection.execute("SELECT count(*) FROM crsql_syncline_hidden_1").get == 1
    sync(one, other, how=Join.REPLACE)
    sync(one, other)
    assert titles(one) == titles(other) == ["Paint"]
    assert one.connection.execute("SELECT count(*) FROM crsql_syncline_rows_1").get == 1, "nothing is known of others"
