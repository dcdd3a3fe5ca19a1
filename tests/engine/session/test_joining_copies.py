"""Copies of the same rows, under numbers that each side has handed out, are joined in a session."""

from __future__ import annotations

import random
from collections.abc import Callable

import apsw
import pytest

from engine.errors import ProtocolError, SynclineError
from engine.ordinary import adopt_names
from engine.replica import Replica
from engine.session import SynclineSession, TakeNames
from engine.session.join_pairs import Copies
from engine.table_shape import Join, JoinCount
from engine.tables import pack_columns
from engine.tables.row_names import name
from tests.engine.ordinary.test_join_copies import BOTH, CONTENT, HERE, SCHEMA, TABLES, THERE

from .joins import NewFile, Time, sync, wire


def made(new_file: NewFile, *statements: str, schema: str = SCHEMA, tables: tuple[str, ...] = TABLES) -> Replica:
    """A file of an app's, with rows that are older than its syncing."""
    return new_file(schema=schema + ";".join(statements), tables=tables)


def write(replica: Replica, *statements: str) -> None:
    for statement in statements:
        replica.connection.execute(statement)


def content(replica: Replica) -> list[tuple[object, ...]]:
    return replica.connection.execute(CONTENT).fetchall()


def titles(replica: Replica) -> list[str]:
    return [title for (title,) in replica.connection.execute("SELECT title FROM notes ORDER BY id")]


def are_one(one: Replica, other: Replica, **how: Join) -> tuple[SynclineSession, ...]:
    """Sync; both hold the same, and it stays as it is."""
    sync(one, other, **how)
    client, server = sessions = sync(one, other)
    assert (client.parked, server.parked) == ((), ())
    assert client.in_sync
    assert content(one) == content(other)
    for replica in (one, other):
        assert [finding for finding in replica.check() if finding.harms] == []
        assert replica.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return sessions


def joined_as_the_same(new_file: NewFile) -> None:
    one, other = made(new_file, *BOTH, *HERE), made(new_file, *BOTH, *THERE)
    before = one.connection.execute("SELECT id, folder FROM notes").fetchall()
    are_one(one, other, how=Join.SAME)
    assert len(titles(one)) == len(set(titles(one))) == 15
    assert one.connection.execute("SELECT id, folder FROM notes LIMIT 13").fetchall() == before
    assert one.connection.execute("SELECT title, body FROM notes WHERE id IN (3, 5)").fetchall() == [
        ("note 3", "text 3"),
        ("note 5", "text 5 there"),
    ]
    assert one.connection.execute("SELECT count(*) FROM tags").get == 8
    write(one, "UPDATE notes SET folder = 2 WHERE id = 1", "DELETE FROM tags WHERE note = 9")
    write(other, "UPDATE tags SET weight = 'new' WHERE note = 7", "UPDATE notes SET folder = 3 WHERE id = 13")
    are_one(one, other)
    assert one.connection.execute("SELECT weight FROM tags WHERE note = 7").get == "new"


def test_joined_as_the_same(new_file: NewFile) -> None:
    joined_as_the_same(new_file)


FAULTS: dict[str, tuple[object, str, Callable[..., object]]] = {
    "whatever has one number is a pair": (Copies, "_content", lambda self, row: bytes(8)),
    "no two are a pair": (Copies, "finish", lambda self: []),
    "keys that are made of their numbers do not follow": (adopt_names, "wire_pk", lambda db, entry: "l.pk"),
    "what is here holds": (adopt_names, "OWN", "site, length = length, col_version = col_version + 9"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(fault: str, new_file: NewFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A join of the wrong pairs, or of some that are torn from what refers to them."""
    where, what, instead = FAULTS[fault]
    monkeypatch.setattr(where, what, instead)
    with pytest.raises((AssertionError, SynclineError, apsw.Error)):
        joined_as_the_same(new_file)


def test_what_was_referred_to_before_is_the_row_here(new_file: NewFile) -> None:
    """Notes were empty here, so that theirs came before it was settled what the folders are."""
    one, other = made(new_file, BOTH[0]), made(new_file, *BOTH, *THERE)
    client = sync(one, other)[0]
    assert [parked.table for parked in client.parked] == ["folders"]
    assert len(titles(one)) == 14
    are_one(one, other, how=Join.SAME)
    assert one.connection.execute("SELECT count(*) FROM folders").get == 5
    assert one.connection.execute(
        "SELECT name FROM notes JOIN folders f ON f.id = folder WHERE title = 'note 1'"
    ).get == ("Inbox")


def test_what_others_have_already_is_told_anew(new_file: NewFile) -> None:
    """A third side has our notes; the folders to which they refer get other names afterwards."""
    one, other = made(new_file, BOTH[0]), made(new_file, BOTH[0])
    write(one, *BOTH[1:])
    sync(one, other)
    assert len(titles(other)) == 12, "notes were empty there"
    write(one, "DELETE FROM tags WHERE note = 1")
    are_one(one, other, how=Join.SAME)
    write(other, "INSERT INTO tags SELECT note, folder, 'again' FROM (SELECT 1 AS note, 2 AS folder)")
    are_one(one, other)
    for replica in (one, other):
        assert replica.connection.execute("SELECT count(*) FROM folders").get == 4
        assert replica.connection.execute("SELECT count(*) FROM tags").get == 6


def test_a_new_id_does_not_take_rows_back_from_others(new_file: NewFile) -> None:
    one, other, third = made(new_file, *BOTH), made(new_file), made(new_file, *BOTH)
    are_one(one, other)
    one.new_site_id()
    client = sync(one, third, how=Join.SAME)[0]
    assert {parked.table for parked in client.parked} == set(TABLES)
    assert "Other machines have the rows of this side already" in client.parked[0].sentence
    are_one(third, one, how=Join.SAME)
    assert one.connection.execute("SELECT count(*) FROM folders").get == 4, "from the other side it can be done"
    are_one(one, other)


def test_rows_that_have_met_are_told_by_their_names(new_file: NewFile) -> None:
    """A table that was not synced for a while is no copy."""
    one, other = made(new_file, *BOTH), made(new_file)
    are_one(one, other)
    for table in ("tags", "notes"):
        one.make_plain(table)
    write(one, "INSERT INTO notes VALUES (13, 2, 'meanwhile', 'x')")
    for table in ("notes", "tags"):
        one.make_ordinary(table)
    are_one(one, other)
    assert len(titles(other)) == len(set(titles(other))) == 13


def test_tables_that_refer_to_each_other_in_a_circle(new_file: NewFile) -> None:
    schema = (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, name, parent INTEGER REFERENCES notes);"
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders, title, body);"
        "INSERT INTO folders VALUES (1, 'a', 1), (2, 'b', 2);"
        "INSERT INTO notes VALUES (1, 2, 'x', 'X'), (2, 1, 'y', 'Y')"
    )
    one, other = (made(new_file, schema=schema, tables=("folders", "notes")) for _ in range(2))
    sync(one, other, how=Join.SAME)
    for replica in (one, other):
        found = replica.connection.execute(
            "SELECT name, title FROM folders f JOIN notes n ON n.id = parent UNION ALL"
            " SELECT title, name FROM notes n JOIN folders f ON f.id = folder"
        ).fetchall()
        assert found == [("a", "x"), ("b", "y"), ("x", "b"), ("y", "a")]


def test_an_app_writes_while_rows_are_compared(new_file: NewFile) -> None:
    """What it wrote is in no backup yet: it is compared anew before anything yields."""
    one, other = made(new_file, *BOTH), made(new_file, *BOTH, *THERE)
    line = wire(one, other, how=Join.SAME, time=Time())
    chooser = random.Random(1)
    while not isinstance(next(iter(line.ends[0].actions), None), TakeNames):
        assert line.step(chooser)
    write(one, "UPDATE folders SET name = 'Home here' WHERE id = 1")
    line.run(chooser)
    assert one.connection.execute("SELECT name FROM folders WHERE id = 1").get == "Home here"
    are_one(one, other, how=Join.SAME)


def test_few_that_are_alike_are_rows_of_their_own(new_file: NewFile) -> None:
    rows = "INSERT INTO notes (title) VALUES ('Milk'), ('{0} 1'), ('{0} 2')"
    one, other = made(new_file, rows.format("here")), made(new_file, rows.format("there"))
    client = sync(one, other, how=Join.SAME)[0]
    assert client.parked[0].found == JoinCount(1, 0, 2, 2)
    are_one(one, other)
    assert len(titles(one)) == 6


def test_a_row_of_the_other_side_is_the_copy_of_one_row() -> None:
    """Whoever tells of one twice would have two rows of ours get one name, which the file refuses."""
    found = Copies([True], shared=False)
    for number in (1, 2):
        found.add(pack_columns((name(b"x" * 16, number),)), ("same",))
        found.offer(pack_columns((name(b"y" * 16, 7),)), ("same",))
    with pytest.raises(ProtocolError, match="A row came twice"):
        found.finish()
