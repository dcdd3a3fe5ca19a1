"""Hidden rows where a table's rules, its columns or its numbers would have them lost without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.change import Change
from engine.errors import UsageError
from engine.replica import Replica, hidden_differences, keep_hidden, merge_hidden
from engine.tables.waiting import HiddenRow
from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.test_hidden import FOLDERS, hidden, merge, shown
from tests.engine.ordinary.test_same_rows import NAMES, SAME, both, exchange, in_folders, settled, told


def meet(*files: File) -> None:
    """Everything goes everywhere."""
    for _ in range(2):
        for to in files:
            for source in files:
                if to is not source:
                    merge(to, source)


@pytest.mark.usefixtures("how_merged")
@pytest.mark.parametrize("clause", ["REPLACE", "IGNORE", "ROLLBACK", "FAIL"])
def test_what_a_rule_says_of_conflicts_is_for_the_apps(new: Open, clause: str) -> None:
    schema = f"CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT UNIQUE ON CONFLICT {clause}, note)"
    one, other = new(schema, "folders"), new(schema, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1), ('c', 'Work', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 3), ('d', 'Home', 1)")
    meet(one, other)
    for file in (one, other):
        assert shown(file) == {"a": "Inbox", "c": "Work", "d": "Home"}
        assert hidden(file) == [("“b”", "unique", "“a”")]
    one.app("UPDATE folders SET name = 'New' WHERE id = 'c'")
    other.app("UPDATE folders SET name = 'New' WHERE id = 'd'")
    meet(one, other)
    for file in (one, other):
        assert shown(file) == {"a": "Inbox", "c": "New"}
        assert hidden(file) == [("“b”", "unique", "“a”"), ("“d”", "unique", "“c”")]
        settled(file)


@pytest.mark.parametrize("clause", ["IGNORE", "REPLACE"])
def test_a_column_that_ignores_null_drops_no_row(new: Open, clause: str) -> None:
    one = new("CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT, note)", "folders")
    schema = f"CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT NOT NULL ON CONFLICT {clause} DEFAULT '-', note)"
    other = new(schema, "folders")
    one.app("INSERT INTO folders VALUES ('a', NULL, 1)")
    merge(other, one)
    assert hidden(other) == [("“a”", "not null", "")]
    settled(other)


@pytest.mark.parametrize(
    ("rename", "values"),
    [
        ("name TO title", {"title": "Inbox", "note": "long" * 100}),
        ("note TO remark", {"name": "Inbox", "remark": "long" * 100}),
    ],
)
def test_a_renamed_column_keeps_its_values(new: Open, rename: str, values: dict[str, object]) -> None:
    one, other, third = (new(FOLDERS, "folders") for _ in range(3))
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app(f"INSERT INTO folders VALUES ('b', 'Inbox', '{'long' * 100}')")
    meet(one, other)
    for file in (one, other, third):
        file.app(f"ALTER TABLE folders RENAME COLUMN {rename}")
        file.capture()
    meet(one, other)
    merge(third, one)
    for file in (one, other, third):
        assert [row.values for row in file.hidden("folders")] == [values]
        settled(file)


def test_a_column_in_place_of_another_one_takes_nothing_over(new: Open) -> None:
    one, other = new(FOLDERS, "folders"), new(FOLDERS, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 3)")
    meet(one, other)
    one.app("ALTER TABLE folders DROP COLUMN note; ALTER TABLE folders ADD COLUMN remark")
    one.capture()
    assert [row.values for row in one.hidden("folders")] == [{"name": "Inbox", "remark": None}]
    settled(one)


DELETE = "PRAGMA foreign_keys = ON; DELETE FROM texts; DELETE FROM folders WHERE name = 'inbox'"


@pytest.mark.parametrize("then", ["UPDATE folders SET name = 'Post' WHERE name = 'inbox'", DELETE])
def test_a_row_stands_for_others_between_two_slices(new: Open, then: str) -> None:
    files = both(new)
    files[0].app("UPDATE folders SET color = 9 WHERE name = 'inbox'", "UPDATE folders SET color = 9")
    with files[0].transaction():
        assert files[0].tables.capture(1), "there is more to capture"
    files[0].app(then)
    exchange(*files)
    for file in files:
        assert "inbox" not in {str(name).lower() for name, _ in file.rows("folders").values()}
        settled(file)


@pytest.mark.parametrize("which", [0, 1])
def test_a_number_is_handed_out_again_of_a_row_that_stood_for_others(new: Open, which: int) -> None:
    files = both(new)
    number = files[which].db.execute("SELECT id FROM folders WHERE name = 'inbox'").get
    files[which].app(
        DELETE, f"INSERT INTO folders VALUES ({number}, 'New', 5); INSERT INTO notes VALUES (9, {number}, 'n')"
    )
    exchange(*files)
    for file in files:
        assert sorted(str(name) for name, _ in file.rows("folders").values()) == ["New", "other 0", "other 1"]
        assert [title for _, title in file.rows("notes").values()] == ["n"]
        settled(file)


def apart(new: Open, schema: str = SAME) -> tuple[File, File]:
    """Two machines that each made a folder “inbox”, and notes in it, and have not met; the one whose folder is
    shown comes first."""
    files = [new(schema, *NAMES), new(schema, *NAMES)]
    for n, file in enumerate(files):
        notes = ", ".join(f"({one}, 2, 'of {n}')" for one in range(1, 200))
        file.app("INSERT INTO folders VALUES (2, 'inbox', 0)", f"INSERT INTO notes VALUES {notes}")
        file.app(f"INSERT INTO texts VALUES ('t{n}', 2, '')")
        file.capture()
    first, last = sorted(files, key=lambda file: file.changes(0, "folders")[0].pk)
    return first, last


def renamed_folder(file: File) -> Change:
    """A change by which somebody renames the folder that a file hides."""
    [row] = file.hidden("folders")
    [change] = [one for one in file.changes(0, "folders") if one.pk == row.key and one.cid == "name"]
    return change._replace(val="Mine", col_version=change.col_version + 1)


def suspend(file: File) -> None:
    """Most notes are gone, so that a person is asked."""
    kept = "CREATE TABLE kept AS SELECT * FROM notes WHERE id < 5; DROP TABLE notes"
    file.app(f"{kept}; {NOTES_OF}; INSERT INTO notes SELECT * FROM kept; DROP TABLE kept")
    file.capture()
    assert [entry.name for entry in file.tables.suspended()] == ["notes"]


NOTES_OF = next(statement for statement in SAME.split(";") if statement.startswith("CREATE TABLE notes"))


@pytest.mark.usefixtures("how_merged")
def test_what_an_app_writes_while_a_person_is_asked_is_captured_afterwards(new: Open) -> None:
    first, last = apart(new)
    suspend(last)
    last.app("UPDATE notes SET title = 'edited' WHERE id = 1", "INSERT INTO folders VALUES (9, 'Other', 0)")
    last.app("UPDATE notes SET folder = 9 WHERE id = 2")
    last.merge(first.changes(0, "folders"))
    assert last.hidden("folders")
    shown_one = last.db.execute("SELECT id FROM folders WHERE name = 'inbox'").get
    assert [folder for folder, _ in last.rows("notes").values()] == [shown_one, 9, shown_one, shown_one]
    with last.transaction():
        last.tables.answer("notes", delete=False)
    told = [change for change in last.changes(0, "notes") if change.col_version == 2]
    assert [change.cid for change in told] == ["title", "folder"]
    assert told[0].val == "edited"
    settled(last)


def test_what_was_hidden_behind_rows_that_are_to_come_back_is_shown_until_then(new: Open) -> None:
    schema = "CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT UNIQUE, note)"
    one, other = new(schema, "folders"), new(schema, "folders")
    names = ", ".join(f"('a{n}', 'n{n}', {n})" for n in range(20))
    one.app(f"INSERT INTO folders VALUES {names}")
    other.app("INSERT INTO folders VALUES ('b3', 'n3', 'other')")
    meet(one, other)
    for file in (one, other):
        assert hidden(file) == [("“b3”", "unique", "“a3”")]
    one.app("DROP TABLE folders")
    one.app(schema, "INSERT INTO folders VALUES ('a1', 'n1', 1)")
    one.capture()
    assert [entry.name for entry in one.tables.suspended()] == ["folders"]
    with one.transaction():
        one.tables.answer("folders", delete=False)
    one.capture()
    assert shown(one) == {"a1": "n1", "b3": "n3"}
    meet(one, other)
    for file in (one, other):
        assert hidden(file) == [("“b3”", "unique", "“a3”")]
        assert len(shown(file)) == 20
        settled(file)


def test_rows_part_while_a_person_is_asked(new: Open) -> None:
    first, last = apart(new)
    own = last.changes(0, "folders")[0].pk
    last.merge(first.changes(0, "folders"))
    suspend(last)
    last.merge([renamed_folder(last)])
    mine = last.db.execute("SELECT id FROM folders WHERE name = 'Mine'").get
    assert [folder for folder, _ in last.rows("notes").values()] == [mine] * 4
    with last.transaction():
        last.tables.answer("notes", delete=False)
    assert not [change for change in last.changes(0, "notes") if change.col_version == 2]
    assert {change.pk for change in last.changes(0, "folders") if change.val == "Mine"} == {own}
    settled(last)


def test_a_reference_that_cannot_be_led_back_is_what_was_merged(new: Open) -> None:
    stay = "CREATE TRIGGER stay BEFORE UPDATE OF folder ON notes BEGIN SELECT RAISE(ABORT, 'stay'); END"
    files = apart(new, f"{SAME};{stay}")
    exchange(*files)
    before, change = told(files[0]), renamed_folder(files[0])
    for file in files:
        file.merge([change])
        assert told(file) == before
        assert sorted({str(folder) for _, folder in in_folders(file)}) == ["inbox", "mine"]
        assert not file.hidden("notes")
        settled(file)


@pytest.mark.parametrize("which", [0, 1])
def test_a_row_that_an_app_writes_anew_stands_for_others_still(new: Open, which: int) -> None:
    files = both(new)
    anew = (
        "CREATE TEMP TABLE one AS SELECT * FROM folders WHERE name = 'inbox'; DELETE FROM folders WHERE name = 'inbox'"
    )
    files[which].app(f"{anew}; INSERT INTO folders SELECT * FROM one")
    exchange(*files)
    for file in files:
        assert in_folders(file) == [("note", "inbox")] * 2
        assert [row.reason for row in file.hidden("folders")] == ["unique"]
        settled(file)


def test_a_table_with_hidden_rows_is_not_turned_into_one_of_cr_sqlites(tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as one, Replica.open(tmp_path / "b.db", create=True) as other:
        for replica, rule in ((one, ""), (other, "CHECK (name != 'bad')")):
            replica.connection.execute(f"CREATE TABLE folders (id TEXT PRIMARY KEY NOT NULL, name TEXT {rule})")
            replica.make_ordinary("folders")
        one.connection.execute("INSERT INTO folders VALUES ('a', 'bad'), ('b', 'good')")
        other.merge(one.changes().changes)
        with pytest.raises(UsageError, match="1 row of folders is hidden, and would be gone"):
            other.make_crr("folders")
        assert other.digests() == one.digests()
        one.connection.execute("UPDATE folders SET name = 'better' WHERE id = 'a'")
        other.merge(one.changes().changes)
        other.make_crr("folders")
        assert other.digests() == one.digests()


@pytest.mark.parametrize("which", [0, 1])
def test_the_number_of_a_row_that_was_led_elsewhere_is_handed_out_again(new: Open, which: int) -> None:
    files = both(new)
    here, there = files[which], files[1 - which]
    led = [number for (number,) in here.db.execute("SELECT k0 FROM crsql_syncline_led_1")]
    here.app(DELETE)
    here.capture()
    assert here.db.execute("SELECT count(*) FROM crsql_syncline_led_1").get == 0
    here.app(f"INSERT INTO folders VALUES ({led[0]}, 'New', 5)")
    exchange_some(here, there)
    number = there.db.execute("SELECT id FROM folders WHERE name = 'New'").get
    there.app(f"INSERT INTO notes (folder, title) VALUES ({number}, 'n')")
    exchange_some(here, there)
    for file in files:
        assert in_folders(file) == [("note", "new")]
        settled(file)


def exchange_some(*files: File) -> None:
    """What there is of all tables goes everywhere."""
    for name in NAMES * 2:
        for to, source in (files, files[::-1]):
            if changes := source.changes(0, name):
                to.merge(changes)


def exchange_all(*files: File) -> None:
    """All changes of both tables go everywhere."""
    for _ in range(2):
        for to in files:
            for source in files:
                for table in ("folders", "notes") if to is not source else ():
                    if changes := source.changes(0, table):
                        to.merge(changes)


@pytest.mark.parametrize("kind", ["INTEGER", "TEXT", ""])
def test_a_reference_of_text_waits_behind_its_hidden_row_as_well(new: Open, kind: str) -> None:
    schema = (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT, size {rule});"
        f" CREATE TABLE notes (id INTEGER PRIMARY KEY, folder {kind} REFERENCES folders, title)"
    )
    one = new(schema.format(rule=""), "folders", "notes")
    other = new(schema.format(rule="CHECK (size < 5)"), "folders", "notes")
    one.app(
        "INSERT INTO folders VALUES (1, 'In', 9), (2, 'Work', 1)", "INSERT INTO notes VALUES (1, 1, 'x'), (2, 2, 'y')"
    )
    exchange_all(one, other)
    assert [title for (title,) in other.db.execute("SELECT title FROM notes")] == ["y"]
    assert [row.reason for row in other.hidden("notes")] == ["parent"]
    assert other.db.execute("PRAGMA foreign_key_check").fetchall() == []
    one.app("UPDATE folders SET size = 1 WHERE id = 1")
    exchange_all(one, other)
    assert [title for (title,) in other.db.execute("SELECT title FROM notes ORDER BY 1")] == ["x", "y"]


@pytest.mark.parametrize("decide", [keep_hidden, merge_hidden])
def test_a_decision_holds_for_the_two_rows_that_a_person_was_shown(
    new: Open, decide: Callable[[Replica, HiddenRow], object]
) -> None:
    """Another row can come into the way of a hidden one while the person thinks about it."""
    schema = "CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT UNIQUE, note)"
    one, other, third = (new(schema, "folders") for _ in range(3))
    one.app("INSERT INTO folders VALUES ('b', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('c', 'Inbox', 2)")
    third.app("INSERT INTO folders VALUES ('a', 'Inbox', 'precious')")
    merge(one, other)
    with Replica.open(one.path) as replica:
        [asked] = replica.hidden_rows()
        assert (asked.shown_key, asked.shown_in_the_way) == ("“c”", "“b”")
        replica.merge(third.changes(0, "folders"))
        with pytest.raises(UsageError, match="A different row is now in the way of “folders”, row “c”: “a”"):
            decide(replica, asked)
        assert [row.shown_key for row in replica.hidden_rows()] == ["“b”", "“c”"]
        assert (len(replica.hidden_rows(limit=1)), replica.count_hidden()) == (1, 2)
    assert shown(one) == {"a": "Inbox"}


@pytest.mark.parametrize("decide", [keep_hidden, merge_hidden])
@pytest.mark.parametrize("kind", ["INTEGER", "TEXT"])
def test_a_decision_writes_references_as_their_column_stores_them(
    new: Open, kind: str, decide: Callable[[Replica, HiddenRow], object]
) -> None:
    """What is recorded of them is what the table holds: no comparison finds a write of the app's."""
    schema = (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT UNIQUE, owner);"
        f" CREATE TABLE notes (id INTEGER PRIMARY KEY, folder {kind} REFERENCES folders, title)"
    )
    files = [new(schema, "folders", "notes") for _ in range(2)]
    one, other = sorted(files, key=lambda file: file.tables.entries()[0].collection)
    for number, file in enumerate((one, other)):
        file.app(f"INSERT INTO folders VALUES (1, 'f{number}', 0), (2, 'Inbox', {number})")
        file.app(f"INSERT INTO notes VALUES (1, 2, 'n{number}')")
    exchange_all(one, other)
    one.capture()
    with Replica.open(one.path) as replica:
        [row] = replica.hidden_rows()
        decide(replica, row)
        assert (replica.hidden_rows(), replica.check()) == ((), [])
    before = one.capture()
    one.compare_all()
    assert one.state.db_version() == before


def test_a_row_in_the_way_that_nobody_can_read_is_listed(new: Open) -> None:
    """Of its text is shown what can be read."""
    schema = "CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT UNIQUE, note)"
    one, other = new(schema, "folders"), new(schema, "folders")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 2)")
    meet(one, other)
    other.app("UPDATE folders SET note = CAST(x'61ff' AS TEXT) WHERE id = 'a'")
    other.capture()
    with Replica.open(other.path) as replica:
        [row] = replica.hidden_rows()
        assert hidden_differences(replica, row) == {"note": (2, "a\ufffd")}
