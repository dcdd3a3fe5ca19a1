"""Tables whose numbers SQLite hands out: rows travel under names, and each machine has numbers of its own."""

from __future__ import annotations

import time
from pathlib import Path

import apsw
import pytest

from engine.change import Change
from engine.errors import InvalidChange, NotEligible, TableBroken, UsageError
from engine.ids import SiteId
from engine.ordinary import global_keys
from engine.ordinary import merge as merging
from engine.replica import Replica
from engine.session import Read, VlcnHubSession
from engine.session.execute import read, snapshot
from engine.tables.grouping import shapes
from tests.engine.ordinary.conftest import Open
from tests.engine.ordinary.numbered import FOLDERS, TABLES, TODO, content, merge, sync

pytestmark = pytest.mark.usefixtures("how_merged")
"""Row by row, and many together."""


def test_two_machines_that_add_rows_apart_keep_all_of_them(new: Open) -> None:
    one, two = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo (text) VALUES ('a'), ('b')")
    two.app("INSERT INTO todo (text) VALUES ('x'), ('y')")
    sync(one, two)
    assert one.rows("todo") == {1: ("a",), 2: ("b",), 3: ("x",), 4: ("y",)}
    assert two.rows("todo") == {1: ("x",), 2: ("y",), 3: ("a",), 4: ("b",)}
    assert content(one, "todo") == content(two, "todo")
    one.app("UPDATE todo SET text = 'X' WHERE id = 3", "DELETE FROM todo WHERE id = 1")
    sync(one, two)
    assert two.rows("todo") == {1: ("X",), 2: ("y",), 4: ("b",)}


def test_rows_that_were_there_before_keep_their_numbers(new: Open) -> None:
    one, two = (
        new(f"{TODO}; INSERT INTO todo VALUES (-7, 'a'), (5, 'b'), (9007199254740993, 'c')", "todo"),
        new(TODO, "todo"),
    )
    sync(one, two)
    assert two.rows("todo") == one.rows("todo") == {-7: ("a",), 5: ("b",), 9007199254740993: ("c",)}


@pytest.mark.parametrize("rest", ["", " WHERE id = 1"])
def test_a_row_that_was_deleted_before_it_came_beside_a_trigger(rest: str, new: Open) -> None:
    """It never gets a number here, so there is nothing for which the trigger's effects could be looked at."""
    seen = "CREATE TRIGGER seen AFTER INSERT ON todo BEGIN INSERT INTO log VALUES (new.id); END"
    logged = f"CREATE TABLE log (id); {seen}"
    one, two = new(f"{TODO}; {logged}", "todo"), new(f"{TODO}; {logged}", "todo")
    one.app("INSERT INTO todo (text) VALUES ('a'), ('b')")
    one.capture()
    one.app(f"DELETE FROM todo{rest}")
    sync(one, two)
    assert two.rows("todo") == one.rows("todo") == ({2: ("b",)} if rest else {})
    two.app("INSERT INTO todo (text) VALUES ('c')")
    sync(one, two)
    assert content(one, "todo") == content(two, "todo")


@pytest.mark.parametrize("auto", ["", "AUTOINCREMENT"])
def test_numbers_at_the_ends_are_taken_on_both_sides(auto: str, new: Open) -> None:
    """Negative, 0, and above all that SQLite hands out: each app keeps its own, and gets others for the other's."""
    schema = TODO.replace("KEY", f"KEY {auto}")
    ends = (-(2**63), -7, 0, 3, 2**53 + 1, 2**63 - 1)
    one, two = new(schema, "todo"), new(schema, "todo")
    for who, file in (("a", one), ("b", two)):
        file.app(*(f"INSERT INTO todo VALUES ({number}, '{who}{n}')" for n, number in enumerate(ends)))
    sync(one, two)
    for who, file in (("a", one), ("b", two)):
        assert [file.rows("todo")[number] for number in ends] == [(f"{who}{n}",) for n in range(len(ends))]
        assert sorted(file.rows("todo").values()) == sorted((f"{one}{n}",) for one in "ab" for n in range(len(ends)))
        others = file.rows("todo").keys() - set(ends)
        assert all(0 < number <= 2**53 for number in others)
        file.app(f"INSERT INTO todo VALUES (70, '{who}')", "UPDATE todo SET text = 'x' WHERE id = -7")
    sync(one, two)
    assert content(one, "todo") == content(two, "todo")


def test_a_number_that_is_used_again_is_another_row(new: Open) -> None:
    one, two = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo VALUES (1, 'a'), (2, 'b')")
    sync(one, two)
    one.app("DELETE FROM todo WHERE id = 2")
    one.capture()
    one.app("INSERT INTO todo (text) VALUES ('new')")
    two.app("UPDATE todo SET text = 'late' WHERE id = 2")
    sync(one, two)
    assert one.rows("todo") == {1: ("a",), 2: ("new",)}
    assert two.rows("todo") == {1: ("a",), 3: ("new",)}, "whoever knew the other as 2 sees that it is gone"
    assert content(one, "todo") == content(two, "todo")


def test_rows_that_come_with_one_whose_number_is_used_again_are_all_told(new: Open) -> None:
    """The number that the first is born with is that of the second, whose own is that of the third, and so on."""
    one, two = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo VALUES (1, 'a'), (2, 'b')")
    sync(one, two)
    one.app("DELETE FROM todo WHERE id = 2", "INSERT INTO todo (text) VALUES ('c'), ('d'), ('e')")
    sync(one, two)
    assert sorted(one.rows("todo").values()) == sorted(two.rows("todo").values()) == [("a",), ("c",), ("d",), ("e",)]
    assert content(one, "todo") == content(two, "todo")


def test_a_number_that_is_used_again_at_once_is_another_row(new: Open) -> None:
    """As it is when Syncline was not running meanwhile."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (1, 'a', NULL), (2, 'b', NULL)")
    sync(one, two, tables=TABLES)
    one.app("DELETE FROM folders WHERE id = 2", "INSERT INTO folders (name) VALUES ('new')")
    two.app("INSERT INTO notes VALUES (1, 2, 'in b')", "UPDATE folders SET parent = 1 WHERE id = 2")
    sync(one, two, tables=TABLES)
    assert one.rows("folders") == {1: ("a", None), 2: ("new", None)}
    assert two.rows("folders") == {1: ("a", None), 3: ("new", None)}
    assert [folder for folder, _ in one.rows("notes").values()] != [2], "its folder is gone"
    assert content(one, *TABLES) == content(two, *TABLES)


def test_rows_that_are_born_beside_one_that_gets_a_used_number(new: Open) -> None:
    one, two = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo VALUES (1, 'a')")
    sync(one, two)
    one.app("DELETE FROM todo", "INSERT INTO todo (text) VALUES ('b'), ('c'), ('d')", "DELETE FROM todo WHERE id = 2")
    one.app("INSERT INTO todo VALUES (2, 'e'), (9, 'f')")
    sync(one, two)
    assert sorted(one.rows("todo").values()) == sorted(two.rows("todo").values()) == [("b",), ("d",), ("e",), ("f",)]
    version = one.state.db_version()
    one.compare_all()
    assert one.state.db_version() == version, "all of them were recorded"


def test_what_an_app_saves_by_deleting_and_inserting_keeps_its_references(new: Open) -> None:
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (1, 'a', NULL)", "INSERT INTO notes VALUES (1, 1, 'in a')")
    sync(one, two, tables=TABLES)
    for between in (False, True):
        one.app("DELETE FROM folders WHERE id = 1")
        if between:
            one.capture()
        one.app(f"INSERT INTO folders VALUES (1, 'saved {between}', NULL)")
        sync(one, two, tables=TABLES)
        for file in (one, two):
            found = file.db.execute("SELECT title, name FROM notes JOIN folders f ON f.id = folder").fetchall()
            assert found == [("in a", f"saved {between}")]


def test_what_gets_the_numbers_of_deleted_rows_is_new_with_what_refers_to_it(new: Open) -> None:
    """The newest folder is deleted with its newest note, and new ones get their numbers, before anything is recorded.
    Another machine's note in the deleted folder does not come into the new one."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders (name) VALUES ('Inbox'), ('Work')", "INSERT INTO notes VALUES (1, 2, 'report')")
    sync(one, two, tables=TABLES)
    two.app("INSERT INTO notes (folder, title) VALUES (2, 'of two')")
    one.app(
        "DELETE FROM notes WHERE id = 1",
        "DELETE FROM folders WHERE id = 2",
        "INSERT INTO folders (name) VALUES ('Later')",
        "INSERT INTO notes (folder, title) VALUES (2, 'of one')",
    )
    assert one.rows("notes") == {1: (2, "of one")}, "the same numbers as before"
    sync(one, two, tables=TABLES)
    for file in (one, two):
        found = file.db.execute("SELECT title, name FROM notes JOIN folders f ON f.id = folder").fetchall()
        assert found == [("of one", "Later")]
    assert content(one, *TABLES) == content(two, *TABLES)


def test_a_changed_number_is_a_deletion_and_a_birth(new: Open) -> None:
    one, two = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo VALUES (1, 'a'), (2, 'b')")
    sync(one, two)
    one.app("UPDATE todo SET id = 9 WHERE id = 2", "REPLACE INTO todo VALUES (1, 'A')")
    sync(one, two)
    assert two.rows("todo") == one.rows("todo") == {1: ("A",), 9: ("b",)}


def test_a_number_that_is_replaced_or_inserted_again_is_the_row_that_it_was(new: Open) -> None:
    """REPLACE is how many apps save; nothing else was born in between. VACUUM changes no number."""
    one, two = new(TODO, "todo"), new(TODO, "todo")
    one.app("INSERT INTO todo VALUES (1, 'a'), (2, 'b'), (900, 'c')")
    sync(one, two)
    one.app(
        "REPLACE INTO todo VALUES (1, 'A')", "INSERT INTO todo VALUES (2, 'x') ON CONFLICT DO UPDATE SET text = 'B'"
    )
    one.app("DELETE FROM todo WHERE id = 900", "VACUUM", "INSERT INTO todo (text) VALUES ('new')", "VACUUM")
    two.app("VACUUM", "UPDATE todo SET text = 'C' WHERE id = 900")
    sync(one, two)
    assert one.rows("todo") == {1: ("A",), 2: ("B",), 3: ("new",)}
    assert two.rows("todo") == {1: ("A",), 2: ("B",), 3: ("new",)}
    assert content(one, "todo") == content(two, "todo")


def test_references_lead_to_the_rows_that_were_meant(new: Open) -> None:
    for auto in ("", "AUTOINCREMENT"):
        one, two = new(FOLDERS.format(auto=auto), *TABLES), new(FOLDERS.format(auto=auto), *TABLES)
        for file, who in ((one, "one"), (two, "two")):
            file.app(
                f"INSERT INTO folders VALUES (1, '{who}', NULL), (2, '{who} below', 1)",
                f"INSERT INTO notes VALUES (1, 2, '{who} note'), (2, NULL, 'loose'), (3, 'text', 'odd')",
                f"INSERT INTO tags VALUES (1, 1, '{who}'), (1, 2, 0)",
            )
        sync(one, two, tables=tuple(reversed(TABLES)))
        for file in (one, two):
            joined = file.db.execute(
                "SELECT n.title, f.name, p.name FROM notes n JOIN folders f ON f.id = n.folder"
                " JOIN folders p ON p.id = f.parent ORDER BY 1"
            ).fetchall()
            assert joined == [("one note", "one below", "one"), ("two note", "two below", "two")]
            tags = file.db.execute(
                "SELECT n.title, f.name, t.n FROM tags t JOIN notes n ON n.id = t.note JOIN folders f ON f.id = t.tag"
                " ORDER BY 1, 2"
            ).fetchall()
            assert tags == [
                ("one note", "one", "one"),
                ("one note", "one below", 0),
                ("two note", "two", "two"),
                ("two note", "two below", 0),
            ]
        assert content(one, *TABLES) == content(two, *TABLES)
        assert one.rows("folders")[1] == ("one", None)
        assert two.rows("folders")[1] == ("two", None)


def test_a_number_that_waits_for_its_row_is_given_to_the_app(new: Open) -> None:
    """A note comes before its folder, whose number SQLite hands out meanwhile."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (1, 'f', NULL)", "INSERT INTO notes VALUES (1, 1, 'a')")
    merge(two, one, "notes")
    assert two.rows("notes") == {1: (1, "a")}
    two.app("INSERT INTO folders (name) VALUES ('mine')", "INSERT INTO notes VALUES (5, 1, 'my own')")
    two.capture()
    merge(two, one, "folders")
    found = two.db.execute("SELECT title, name FROM notes JOIN folders f ON f.id = folder ORDER BY 1").fetchall()
    assert found == [("a", "f"), ("my own", "mine")]
    sync(one, two, tables=TABLES)
    assert content(one, *TABLES) == content(two, *TABLES)


@pytest.mark.parametrize("crossover", [merging.CROSSOVER, 1])
def test_a_row_that_is_gone_comes_with_what_refers_to_it(
    crossover: int, new: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "CROSSOVER", crossover)
    monkeypatch.setattr(shapes, "FEWEST", 1)
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app(
        "INSERT INTO folders VALUES (1, 'gone', NULL), (2, 'gone', NULL), (3, 'below', 2)",
        "INSERT INTO notes VALUES (1, 1, 'a')",
    )
    one.capture()
    one.app("DELETE FROM folders WHERE id < 3")
    changes = [change for table in ("notes", "folders") for change in one.changes(0, table)]
    two.hear_of_loose_keys(one)
    two.merge(changes)
    two.merge(changes)
    assert two.rows("notes") == {1: (1, "a")}
    assert two.rows("folders") == {3: ("below", 2)}
    assert content(one, *TABLES) == content(two, *TABLES)


def test_a_reference_to_nobody_links_when_its_row_is_born(new: Open) -> None:
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    two.app("INSERT INTO folders VALUES (50, 'other', NULL)")
    one.app("INSERT INTO notes VALUES (1, 50, 'a')")
    sync(one, two, tables=TABLES)
    one.app("INSERT INTO folders VALUES (50, 'meant', NULL)")
    sync(one, two, tables=TABLES)
    for file in (one, two):
        found = file.db.execute("SELECT title, name FROM notes JOIN folders f ON f.id = folder").fetchall()
        assert found == [("a", "meant")]
    assert content(one, *TABLES) == content(two, *TABLES)


FAULTS = {
    "a collection that two files share": ("engine.ordinary.layout.new_collection", lambda: bytes(16)),
    "a reference that is sent as a plain number": (
        "engine.ordinary.register.spelled",
        lambda root, value: value if "t." in value else global_keys.spelled(root, value),
    ),
    "a number that is born twice": ("engine.ordinary.births.Numbers._release", lambda self, found: None),
    "a number that is given to two rows": ("engine.ordinary.births.Numbers._move", lambda self, found, **_: None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_deliberate_fault_is_noticed(fault: str, new: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    what, instead = FAULTS[fault]
    monkeypatch.setattr(what, instead)
    tests = (
        test_two_machines_that_add_rows_apart_keep_all_of_them,
        test_a_number_that_is_used_again_is_another_row,
        test_references_lead_to_the_rows_that_were_meant,
        test_a_number_that_waits_for_its_row_is_given_to_the_app,
    )
    with pytest.raises((AssertionError, InvalidChange, apsw.Error, TableBroken, KeyError)):
        any(test(new) for test in tests)


def test_published_clients_are_told_nothing_of_it(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(
            f"{TODO}; CREATE TABLE plain (id TEXT PRIMARY KEY NOT NULL, t); CREATE TABLE of (id TEXT PRIMARY KEY,"
            " todo INTEGER REFERENCES todo)"
        )
        for table in ("of", "plain"):
            replica.make_ordinary(table)
        assert set(replica.synced_tables()) == {"todo", "of", "plain"}, "that to whose rows it refers is synced, too"
        replica.connection.execute(
            "INSERT INTO todo VALUES (1, 'a'); INSERT INTO of VALUES ('x', 1); INSERT INTO plain VALUES ('p', 1)"
        )
        found = read(replica, Read(0, None, (), 1_000))
        assert {change.table for change in found.changes} == {"plain"}
        assert found.until == replica.db_version()
        session = VlcnHubSession(snapshot(replica), now=time.monotonic)
        assert "Left out for published clients: “of”, “todo”" in session.note
        change = Change("todo", b"\x01\x09\x01", "text", "z", 1, 1, SiteId(bytes(16)), 1, 0)
        with pytest.raises(InvalidChange, match="means nothing here"):
            replica.merge([change])
        with pytest.raises(NotEligible):
            replica.make_crr("todo")
        with pytest.raises(UsageError, match="“of” refers to rows of “todo”"):
            replica.make_plain("todo")
        assert replica.check() == []


def test_references_that_a_person_declares(tmp_path: Path) -> None:
    schema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, t); CREATE TABLE cards (id INTEGER PRIMARY KEY, nid, t)"
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(f"{schema}; CREATE TABLE texts (id TEXT PRIMARY KEY, n REAL)")
        for wrong in (("cards", "nid", "cards", "nid"), ("cards", "x", "notes", "id"), ("texts", "n", "notes", "id")):
            with pytest.raises(UsageError):
                replica.relate(*wrong)
        replica.relate("Cards", "NID", "notes", "id")
        replica.make_ordinary("cards")
        assert set(replica.synced_tables()) == {"notes", "cards"}
        [shape] = [shape for shape in replica.shapes() if shape.name == "cards"]
        assert shape.refers == {"id": "cards", "nid": "notes"}
        assert replica.relate("cards", "nid", "notes", "id") is None, "it does already"


def test_records_that_only_keep_a_number_are_no_damage(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(FOLDERS.format(auto=""))
        for table in TABLES:
            replica.make_ordinary(table)
        replica.connection.execute("INSERT INTO notes VALUES (1, 77, 'dangling'); DELETE FROM notes WHERE id = 1")
        replica.connection.execute("INSERT INTO notes VALUES (2, 78, 'dangling')")
        replica.refresh()
        assert [finding for finding in replica.check() if finding.harms] == []
        replica.connection.execute("DROP TABLE crsql_syncline_rows_1")
        assert any(finding.harms for finding in replica.check())
        replica.repair()
        assert [finding for finding in replica.check() if finding.harms] == []
        assert set(replica.synced_tables()) == set(TABLES)


def test_many_rows_at_once(new: Open) -> None:
    """What stands in the columns that refer to them is compared and told in one language."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    two.app("INSERT INTO folders (name) VALUES ('x'), ('y')")
    numbers = "WITH RECURSIVE up(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up WHERE n < 60)"
    one.app(
        f"{numbers} INSERT INTO folders SELECT n, 'f' || n, nullif(n - 1, 0) FROM up",
        f"{numbers} INSERT INTO notes SELECT n, n, 'n' || n FROM up",
    )
    meant = "SELECT n.title, f.name, p.name FROM notes n JOIN folders f ON f.id = n.folder LEFT JOIN folders p"
    meant += " ON p.id = f.parent ORDER BY n.id"
    for table in reversed(TABLES[:2]):
        won, _ = two.merge(one.changes(0, table))
        assert won == 120
        assert two.merge(one.changes(0, table))[0] == 0
    assert two.db.execute(meant).fetchall() == one.db.execute(meant).fetchall()
    assert two.rows("folders")[1] == ("x", None)
    one.app("UPDATE notes SET folder = 61 - folder, title = title || '!'")
    assert two.merge(one.changes(0, "notes"))[0] == 120
    assert two.db.execute(meant).fetchall() == one.db.execute(meant).fetchall()
    folders = dict(two.db.execute("SELECT id, name FROM folders").fetchall())
    olds = [applied.old for applied in two.applied if applied.change.cid == "folder"]
    assert [folders[old] for old in olds] == [f"f{n}" for n in range(1, 61)]
