"""Columns that refer to rows by numbers which SQLite hands out: whatever becomes of the numbers, each leads to the row
that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.checks.repair import Side, resolve_rows
from engine.errors import NotEligible, UsageError
from engine.replica import Replica
from engine.tables import Damage, parking
from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.numbered import FOLDERS, TABLES, content, merge, sync

pytestmark = pytest.mark.usefixtures("how_merged")
"""Row by row, and many together."""

UNTYPED = (
    "CREATE TABLE folders (id INTEGER PRIMARY KEY, name);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder REFERENCES folders, title)"
)
LINKS = "SELECT title, name FROM notes JOIN folders f ON f.id = folder ORDER BY title"


def links(file: File) -> list[tuple[object, ...]]:
    return file.db.execute(LINKS).fetchall()


@pytest.mark.parametrize("spelled", ["'1'", "' 1 '", "'1.0'", "'1e0'", "1.0", "1"])
def test_a_reference_leads_where_sqlite_takes_it_to(spelled: str, new: Open) -> None:
    one, two = new(UNTYPED, *TABLES[:2]), new(UNTYPED, *TABLES[:2])
    two.app("INSERT INTO folders VALUES (1, 'two')")
    one.app(f"INSERT INTO folders VALUES (1, 'one'); INSERT INTO notes VALUES (1, {spelled}, 'a')")
    assert links(one) == [("a", "one")]
    sync(one, two, tables=TABLES[:2])
    assert links(one) == links(two) == [("a", "one")]
    assert content(one, *TABLES[:2]) == content(two, *TABLES[:2])
    versions = one.capture(), two.capture()
    sync(one, two, tables=TABLES[:2])
    assert (one.capture(), two.capture()) == versions, "both hold the same"


@pytest.mark.parametrize("value", ["'1x'", "''", "1.5", "x'31'", "NULL", "'eins'"])
def test_what_is_no_number_travels_as_it_is(value: str, new: Open) -> None:
    one, two = new(UNTYPED, *TABLES[:2]), new(UNTYPED, *TABLES[:2])
    two.app("INSERT INTO folders VALUES (1, 'two')")
    one.app(f"INSERT INTO folders VALUES (1, 'one'); INSERT INTO notes VALUES (1, {value}, 'a')")
    sync(one, two, tables=TABLES[:2])
    held = one.db.execute("SELECT folder FROM notes").fetchall()
    assert two.db.execute("SELECT folder FROM notes").fetchall() == held
    assert content(one, *TABLES[:2]) == content(two, *TABLES[:2])


def test_a_text_that_refers_follows_its_row(new: Open) -> None:
    """The row is gone everywhere, and its number is another row's: what referred to it does not refer to that."""
    one, two = new(UNTYPED, *TABLES[:2]), new(UNTYPED, *TABLES[:2])
    one.app("INSERT INTO folders VALUES (1, 'one'); INSERT INTO notes VALUES (1, '1', 'a')")
    sync(one, two, tables=TABLES[:2])
    two.app("DELETE FROM folders")
    sync(one, two, tables=TABLES[:2])
    one.app("INSERT INTO folders (name) VALUES ('new')")
    sync(one, two, tables=TABLES[:2])
    assert links(one) == links(two) == []
    assert content(one, *TABLES[:2]) == content(two, *TABLES[:2])


def test_a_text_that_refers_to_a_row_that_waits_follows_it(new: Open) -> None:
    one, two = new(UNTYPED, *TABLES[:2]), new(UNTYPED, *TABLES[:2])
    one.app("INSERT INTO folders VALUES (1, 'f')", "INSERT INTO notes VALUES (1, '1', 'a')")
    merge(two, one, "notes")
    two.app("INSERT INTO folders (name) VALUES ('mine')")
    sync(one, two, tables=TABLES[:2])
    assert links(one) == links(two) == [("a", "f")]


def test_a_key_that_refers_has_a_type(new: Open) -> None:
    """1 and '1' would be two rows here, and one elsewhere."""
    schema = f"{UNTYPED}; CREATE TABLE tags (folder REFERENCES folders, tag TEXT, PRIMARY KEY (folder, tag))"
    file = new(schema, *TABLES[:2])
    with pytest.raises(NotEligible, match="Its key column “folder” refers to numbers, and has no type"):
        file.make("tags")


def test_a_column_of_text_that_comes_later_refers(new: Open) -> None:
    one, two = new(UNTYPED, *TABLES[:2]), new(UNTYPED, *TABLES[:2])
    two.app("INSERT INTO folders VALUES (1, 'two')")
    for file in (one, two):
        file.app("ALTER TABLE notes ADD COLUMN more TEXT REFERENCES folders")
    one.app("INSERT INTO folders VALUES (1, 'one'); INSERT INTO notes VALUES (1, 1, 'a', '1')")
    sync(one, two, tables=TABLES[:2])
    assert [more for *_, more in two.rows("notes").values()] == ["2"]
    assert content(one, *TABLES[:2]) == content(two, *TABLES[:2])


TEXTS = UNTYPED.replace("folder REFERENCES", "folder TEXT REFERENCES")


def test_numbers_that_are_stored_as_text_refer(new: Open) -> None:
    """On the other side they are texts as well, also where a row gets another number that was not here yet."""
    one, two = new(TEXTS, *TABLES[:2]), new(TEXTS, *TABLES[:2])
    one.app("INSERT INTO folders VALUES (1, 'one'), (2, 'below')")
    one.app("INSERT INTO notes VALUES (1, 1, 'a'), (2, '02', 'b'), (3, 'none', 'c'), (4, '0', 'd'), (5, NULL, 'e')")
    two.app("INSERT INTO folders VALUES (1, 'two'); INSERT INTO notes VALUES (1, 1, 'f')")
    merge(two, one, "notes")  # their folders are still to come, and the app takes the numbers that are kept for them
    two.app("INSERT INTO folders (name) SELECT 'mine' FROM notes WHERE folder != '1'")
    sync(one, two, tables=TABLES[:2])
    for file in (one, two):
        assert links(file) == [("a", "one"), ("b", "below"), ("f", "two")]
        kinds = file.db.execute("SELECT DISTINCT typeof(folder) FROM notes ORDER BY 1").fetchall()
        assert kinds == [("null",), ("text",)]
        plain = file.db.execute("SELECT title, folder FROM notes WHERE title IN ('c', 'd') ORDER BY 1").fetchall()
        assert plain == [("c", "none"), ("d", "0")]
    assert content(one, *TABLES[:2]) == content(two, *TABLES[:2])
    versions = one.capture(), two.capture()
    for file in (one, two):
        file.compare_all()
    assert (one.capture(), two.capture()) == versions, "all of it was as it was seen"
    two.app("UPDATE notes SET folder = (SELECT id FROM folders WHERE name = 'two') WHERE title = 'b'")
    sync(one, two, tables=TABLES[:2])
    assert links(one) == links(two) == [("a", "one"), ("b", "two"), ("f", "two")]


@pytest.mark.parametrize("declared", ["TEXT", "VARCHAR(10)"])
def test_a_key_that_refers_is_no_text(declared: str, new: Open) -> None:
    schema = f"{UNTYPED}; CREATE TABLE tags (folder {declared} REFERENCES folders, tag TEXT, PRIMARY KEY (folder, tag))"
    file = new(schema, *TABLES[:2])
    with pytest.raises(NotEligible, match="Its key column “folder” refers to numbers, and stores them as text"):
        file.make("tags")


def test_a_reference_to_nobody_links_though_the_file_has_another_id_since(new: Open) -> None:
    """Or it was moved: what it bears is called otherwise, and the references that awaited it are told anew."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO notes VALUES (1, 50, 'a')", "INSERT INTO tags VALUES (1, 50, 'n')")
    one.app("INSERT INTO folders VALUES (1, 'child', 50)")
    sync(one, two, tables=TABLES)
    one.db.execute("UPDATE crsql_site_id SET site_id = randomblob(16) WHERE ordinal = 0")
    one.app("INSERT INTO folders VALUES (50, 'meant', NULL)")
    assert one.rows("notes") == {1: (50, "a")}
    sync(one, two, tables=TABLES)
    for file in (one, two):
        assert links(file) == [("a", "meant")]
        tagged = "SELECT title, f.name, n FROM tags JOIN notes m ON m.id = note JOIN folders f ON f.id = tag"
        assert file.db.execute(tagged).fetchall() == [("a", "meant", "n")]
        parents = "SELECT c.name, p.name FROM folders c JOIN folders p ON p.id = c.parent"
        assert file.db.execute(parents).fetchall() == [("child", "meant")]
    assert one.rows("folders")[50] == ("meant", None)
    assert content(one, *TABLES) == content(two, *TABLES)


def test_what_an_app_writes_before_the_row_leads_to_its_row(new: Open) -> None:
    """It chose the number of a row that is still to come here, and wrote what refers to it first."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (50, 'theirs', NULL)", "INSERT INTO notes VALUES (1, 50, 'a')")
    one.app("INSERT INTO tags VALUES (1, 50, 'of a')")
    merge(two, one, "notes", "tags")
    two.app("INSERT INTO notes VALUES (2, 50, 'b')", "INSERT INTO tags VALUES (2, 50, 'of b')")
    two.capture()
    two.app("INSERT INTO folders VALUES (50, 'mine', NULL)")
    two.capture()
    assert two.rows("notes")[2] == (50, "b")
    sync(one, two, tables=TABLES)
    for file in (one, two):
        assert links(file) == [("a", "theirs"), ("b", "mine")]
        tagged = "SELECT n, f.name FROM tags JOIN folders f ON f.id = tag ORDER BY n"
        assert file.db.execute(tagged).fetchall() == [("of a", "theirs"), ("of b", "mine")]
    assert content(one, *TABLES) == content(two, *TABLES)


@pytest.mark.parametrize("between", ["UPDATE notes SET folder = NULL", "UPDATE notes SET title = title"])
def test_a_reference_that_is_set_back_to_a_number_used_again_stays(between: str, new: Open) -> None:
    """The app deleted the row itself, so that what it refers to is the new one, whatever it did in between."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (1, 'f', NULL), (2, 'g', NULL)", "INSERT INTO notes VALUES (1, 2, 'a')")
    sync(one, two, tables=TABLES)
    one.app(between, "DELETE FROM folders WHERE id = 2", "INSERT INTO folders (name) VALUES ('new')")
    one.app("UPDATE notes SET folder = 2")
    one.capture()
    assert one.rows("notes") == {1: (2, "a")}
    sync(one, two, tables=TABLES)
    assert links(one) == links(two) == [("a", "new")]
    assert content(one, *TABLES) == content(two, *TABLES)


@pytest.mark.parametrize("by_app", [True, False])
def test_what_an_app_writes_once_the_row_is_gone_leads_to_the_next(by_app: bool, new: Open) -> None:
    """The number was nobody's when it was written; what referred to the row that is gone goes on to do so."""
    one, two = new(FOLDERS.format(auto=""), *TABLES), new(FOLDERS.format(auto=""), *TABLES)
    one.app("INSERT INTO folders VALUES (1, 'f', NULL), (2, 'gone', NULL)")
    two.app("INSERT INTO folders VALUES (9, 'x', NULL)", "INSERT INTO notes VALUES (1, NULL, 'theirs')")
    sync(one, two, tables=TABLES)
    two.app("UPDATE notes SET folder = (SELECT id FROM folders WHERE name = 'gone')")
    two.capture()
    (one if by_app else two).app("DELETE FROM folders WHERE name = 'gone'", "DELETE FROM folders WHERE name = 'x'")
    sync(one, two, tables=TABLES)
    one.app("INSERT INTO notes (folder, title) VALUES (2, 'mine')", "INSERT INTO tags VALUES (1, 2, 'mine')")
    one.capture()
    one.app("INSERT INTO folders (id, name) VALUES (2, 'new')")
    one.capture()
    assert ("mine", "new") in links(one)
    sync(one, two, tables=TABLES)
    for file in (one, two):
        assert ("mine", "new") in links(file)
        assert file.db.execute("SELECT n, name FROM tags JOIN folders f ON f.id = tag").fetchall() == [("mine", "new")]
        if not by_app:
            assert ("theirs", "new") not in links(file)
    assert content(one, *TABLES) == content(two, *TABLES)


def test_a_rule_that_forbids_another_number_ends_no_capture(new: Open) -> None:
    """The table is parked instead, in words; the others go on."""
    schema = (
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, name);"
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, folder INTEGER REFERENCES folders CHECK (folder < 51), title)"
    )
    one, two = new(schema, *TABLES[:2]), new(schema, *TABLES[:2])
    one.app("INSERT INTO folders VALUES (50, 'theirs')", "INSERT INTO notes VALUES (1, 50, 'a')")
    merge(two, one, "notes")
    two.app("INSERT INTO folders VALUES (50, 'mine')", "INSERT INTO notes VALUES (2, 3, 'b')")
    two.capture()
    reason = "“folder” had to be changed from 50 to 51, which a rule of the table forbids: CHECK constraint failed"
    assert list(parking.read(two.db)) == ["notes"]
    assert parking.read(two.db)["notes"].startswith(reason)
    assert links(two) == []
    merge(two, one, "folders")
    assert links(two) == [("a", "theirs")]
    merge(one, two, "folders")
    assert sorted(name for (name,) in one.rows("folders").values()) == ["mine", "theirs"]
    two.app("UPDATE notes SET folder = NULL WHERE id = 1")
    merge(one, two, "notes")
    assert one.rows("notes")[1] == (None, "a")


@pytest.mark.parametrize(
    "damage", ["ALTER TABLE {} DROP COLUMN v0", "ALTER TABLE {} DROP COLUMN born", "DROP INDEX {}_pk"]
)
def test_rows_keep_their_names_when_their_records_are_repaired(damage: str, tmp_path: Path) -> None:
    with Replica.open(tmp_path / "a.db", create=True) as one, Replica.open(tmp_path / "b.db", create=True) as two:
        for replica in (one, two):
            replica.connection.execute(FOLDERS.format(auto=""))
            for table in TABLES:
                replica.make_ordinary(table)
        two.connection.execute("INSERT INTO folders VALUES (1, 'f', NULL); INSERT INTO notes VALUES (1, 1, 'a')")
        one.connection.execute("INSERT INTO folders VALUES (1, 'g', NULL); INSERT INTO notes VALUES (1, 1, 'b')")
        one.merge(two.changes().changes)
        two.merge(one.changes().changes)
        if damage.startswith("ALTER"):
            one.connection.execute("DROP INDEX crsql_syncline_rows_1_pk")
        one.connection.execute(damage.format("crsql_syncline_rows_1"))
        assert {finding.damage for finding in one.check()} == {Damage.RECORDS}
        one.repair()
        assert [finding for finding in one.check() if finding.harms] == []
        two.merge(one.changes().changes)
        one.merge(two.changes().changes)
        for replica in (one, two):
            assert sorted(replica.connection.execute(LINKS)) == [("a", "f"), ("b", "g")]


def test_who_repairs_a_table_without_names_is_told_first(tmp_path: Path) -> None:
    """All its rows are new ones then, and verify does no such thing by the way."""
    with Replica.open(tmp_path / "a.db", create=True) as replica:
        replica.connection.execute(FOLDERS.format(auto=""))
        for table in TABLES:
            replica.make_ordinary(table)
        replica.connection.execute("INSERT INTO folders VALUES (1, 'f', NULL); INSERT INTO notes VALUES (1, 1, 'n')")
        replica.capture()
        replica.connection.execute("DROP TABLE crsql_syncline_rows_1")
        [found] = [finding for finding in replica.check() if finding.damage is Damage.ROW_NAMES]
        assert found.table == "folders"
        assert found.remedy.endswith("machines that have them already have them twice then")
        with pytest.raises(UsageError, match="what other machines call its rows"):
            resolve_rows(replica, [], Side.THEIRS)
        assert Damage.ROW_NAMES in {finding.damage for finding in replica.check()}
        replica.repair()
        assert [finding for finding in replica.check() if finding.harms] == []


@pytest.mark.parametrize("to", ["tags", "tags (note, label)"])
def test_a_foreign_key_of_two_columns_to_a_key_that_is_made_of_references(to: str, new: Open) -> None:
    """The tables whose numbers they are are only referred to by way of that."""
    schema = (
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, title); CREATE TABLE labels (id INTEGER PRIMARY KEY, name);"
        "CREATE TABLE tags (note INTEGER REFERENCES notes, label INTEGER REFERENCES labels, PRIMARY KEY (note, label));"
        f"CREATE TABLE reasons (id INTEGER PRIMARY KEY, n INTEGER, l INTEGER, why, FOREIGN KEY (n, l) REFERENCES {to})"
    )
    tables = ("notes", "labels", "tags", "reasons")
    files = [new(schema, *tables) for _ in range(3)]
    for who, file in enumerate(files):
        file.app(
            f"INSERT INTO notes (title) VALUES ('{who} a'), ('{who} b')",
            f"INSERT INTO labels (name) VALUES ('{who} c'), ('{who} d')",
            "INSERT INTO tags VALUES (1, 2)",
            f"INSERT INTO reasons (n, l, why) VALUES (1, 2, '{who}')",
        )
    sync(*files, tables=tables)
    meant = (
        "SELECT why, title, name FROM reasons JOIN tags ON note = n AND label = l"
        " JOIN notes ON notes.id = n JOIN labels ON labels.id = l ORDER BY why"
    )
    for file in files:
        assert file.db.execute(meant).fetchall() == [(f"{who}", f"{who} a", f"{who} d") for who in range(3)]
        assert file.db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert all(content(file, *tables) == content(files[0], *tables) for file in files)
