"""What is kept of ordinary tables and does not fit together any more is found, named and mended, and nothing that the
app wrote is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from engine.change import FAR, MAX_VERSION
from engine.ordinary import register, triggers
from engine.replica import Replica
from engine.tables import Damage
from tests.budget import cases
from tests.engine.ordinary.conftest import NOTES
from tests.engine.ordinary.test_merge import change

ROWS = (
    "INSERT INTO notes SELECT value, 'T' || value, zeroblob(value), value FROM"
    " (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 20) SELECT value FROM n)"
)


def app(path: Path, *statements: str) -> None:
    """A program that knows nothing of Syncline."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for sql in statements:
            db.executescript(sql)


def make(path: Path) -> Replica:
    """A file with twenty notes, some of them edited, one deleted, one from another machine."""
    app(path, NOTES, ROWS)
    replica = Replica.open(path)
    replica.make_ordinary("notes")
    app(path, "UPDATE notes SET stars = -1 WHERE id IN ('3', '4'); DELETE FROM notes WHERE id = '5'")
    replica.capture()
    replica.merge([change("theirs", "title", "X"), change("theirs", "stars", 1, 4)])
    return replica


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    """Two files that hold the same."""
    with make(tmp_path / "a.db") as one:
        app(tmp_path / "b.db", NOTES)
        with Replica.open(tmp_path / "b.db") as two:
            two.make_ordinary("notes")
            exchange(one, two)
            yield one, two


def exchange(one: Replica, two: Replica) -> None:
    """Everything from one to the other and back, as sessions do where no clock covers anything."""
    for _ in range(2):
        two.merge(one.changes().changes)
        one.merge(two.changes().changes)


def rows(replica: Replica) -> list[tuple[object, ...]]:
    """The notes."""
    return replica.connection.execute("SELECT * FROM notes ORDER BY id").fetchall()


def meddle(replica: Replica, *statements: str) -> None:
    """Somebody writes to what is kept for sync, with triggers off."""
    db = apsw.Connection(str(replica.path))
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    for sql in statements:
        db.execute(sql)
    db.close()


DAMAGE: dict[str, tuple[tuple[str, ...], set[Damage]]] = {
    "a trigger is gone": (("DROP TRIGGER crsql_syncline_1_update",), {Damage.LOG}),
    "a trigger is another": (
        (
            "DROP TRIGGER crsql_syncline_1_update",
            "CREATE TRIGGER crsql_syncline_1_update AFTER UPDATE ON notes BEGIN SELECT 1; END",
        ),
        {Damage.LOG},
    ),
    "the log is gone": (("DROP TABLE crsql_syncline_log_1",), {Damage.LOG}),
    "the log is another": (
        ("DROP TABLE crsql_syncline_log_1", "CREATE TABLE crsql_syncline_log_1 (k0)"),
        {Damage.LOG},
    ),
    "the rows are gone": (("DROP TABLE crsql_syncline_rows_1",), {Damage.RECORDS}),
    "a column of the rows is gone": (
        ("ALTER TABLE crsql_syncline_rows_1 DROP COLUMN v1",),
        {Damage.RECORDS},
    ),
    "the key's index is gone": (("DROP INDEX crsql_syncline_rows_1_pk",), {Damage.RECORDS}),
    "the cells are gone": (("DROP TABLE crsql_syncline_cells_1",), {Damage.RECORDS}),
    "the cells' index is gone": (("DROP INDEX crsql_syncline_cells_1_version",), {Damage.RECORDS}),
    "the register says something else": (
        ("UPDATE crsql_syncline_register SET columns = '[1, 2' WHERE number = 1",),
        {Damage.RECORDS},
    ),
    "the register has no such table": (("DELETE FROM crsql_syncline_register",), {Damage.LEFT_OVER}),
    "the register is gone": (("DROP TABLE crsql_syncline_register",), {Damage.LEFT_OVER}),
    "the table is gone": (("DROP TABLE notes",), {Damage.TABLE_GONE}),
    "a row was written with triggers off": (
        ("UPDATE notes SET stars = -7 WHERE id = '7'",),
        {Damage.UNRECORDED_VALUES},
    ),
    "a row was inserted with triggers off": (
        ("INSERT INTO notes VALUES ('new', 'N', 0, 0)",),
        {Damage.UNRECORDED_ROWS},
    ),
    "a row was deleted with triggers off": (("DELETE FROM notes WHERE id = '7'",), {Damage.DELETED_ROWS}),
    "what was seen is wrong": (
        ("UPDATE crsql_syncline_rows_1 SET v0 = 'wrong' WHERE pk = x'010b0137'",),
        {Damage.UNRECORDED_VALUES},
    ),
    "a record is gone": (("DELETE FROM crsql_syncline_rows_1 WHERE pk = x'010b023130'",), {Damage.UNRECORDED_ROWS}),
    "a record with cells is gone": (
        ("DELETE FROM crsql_syncline_rows_1 WHERE pk = x'010b0137'",),
        {Damage.UNRECORDED_ROWS, Damage.BAD_RECORDS},
    ),
    "a key is none": (("UPDATE crsql_syncline_rows_1 SET pk = x'0b0b' WHERE pk = x'010b0137'",), {Damage.BAD_RECORDS}),
    "a key is text": (
        ("UPDATE crsql_syncline_rows_1 SET pk = CAST(x'ff' AS TEXT) WHERE pk = x'010b0137'",),
        {Damage.BAD_RECORDS},
    ),
    "covers is a number": (
        ("UPDATE crsql_syncline_rows_1 SET covers = 5 WHERE pk = x'010b0137'",),
        {Damage.BAD_RECORDS},
    ),
    "a record has version 0": (
        ("UPDATE crsql_syncline_rows_1 SET db_version = 0 WHERE pk = x'010b0137'",),
        {Damage.BAD_RECORDS},
    ),
    "a tombstone has version 0": (
        ("UPDATE crsql_syncline_rows_1 SET db_version = 0 WHERE length = 2",),
        {Damage.BAD_RECORDS},
    ),
    "a cell has an author that nobody is": (
        ("UPDATE crsql_syncline_cells_1 SET site = 99",),
        {Damage.BAD_RECORDS},
    ),
    "a cell is of no row": (
        ("INSERT INTO crsql_syncline_cells_1 VALUES (999, 0, 1, 1, 0)",),
        {Damage.BAD_RECORDS},
    ),
    "a cell is of no column": (
        ("INSERT INTO crsql_syncline_cells_1 VALUES (7, 55, 1, 1, 0)",),
        {Damage.BAD_RECORDS},
    ),
    "a column version is used up": (
        (f"UPDATE crsql_syncline_rows_1 SET col_version = {MAX_VERSION} WHERE pk = x'010b0137'",),
        {Damage.USED_UP},
    ),
    "a cell's version is used up": (
        (f"UPDATE crsql_syncline_cells_1 SET col_version = {FAR}",),
        {Damage.USED_UP},
    ),
    "a causal length is used up": (
        (f"UPDATE crsql_syncline_rows_1 SET length = {MAX_VERSION + 1} WHERE pk = x'010b0137'",),
        {Damage.USED_UP},
    ),
    "a version is no number": (
        ("UPDATE crsql_syncline_rows_1 SET col_version = 'x' WHERE pk = x'010b0137'",),
        {Damage.USED_UP},
    ),
    "the file's version is used up": (
        (f"UPDATE crsql_syncline_rows_1 SET db_version = {MAX_VERSION} WHERE pk = x'010b0137'",),
        {Damage.COUNTER, Damage.AHEAD},
    ),
    "the file's floor is gone": (
        ("DELETE FROM crsql_master WHERE key = 'pre_compact_dbversion'",),
        {Damage.AHEAD},
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_named_and_mended(pair: tuple[Replica, Replica], what: str) -> None:
    """What the app has written since, and no peer has, is there in the end on both sides."""
    one, two = pair
    assert (one.check(), two.check()) == ([], [])
    statements, expected = DAMAGE[what]
    app(one.path, "UPDATE notes SET title = 'mine' WHERE id IN ('7', '8')")
    one.capture()
    version = one.db_version()
    meddle(one, *statements)
    held = rows(one) if what != "the table is gone" else []
    assert {finding.damage for finding in one.check()} == expected
    found = one.repair()
    assert {finding.damage for finding in found} == expected
    assert all(finding.remedy for finding in found)
    assert one.check() == []
    if what in ("the register has no such table", "the register is gone", "the table is gone"):
        assert one.synced_tables() == ()
        left = one.connection.execute(
            "SELECT name FROM sqlite_master WHERE name GLOB 'crsql_syncline_*_[0-9]*'"
        ).fetchall()
        assert left == []
        if what != "the table is gone":
            one.make_ordinary("notes")
    if held:
        assert one.synced_tables() == ("notes",)
        assert rows(one) == held
        app(one.path, "UPDATE notes SET title = 'later' WHERE id = '8'")
        exchange(one, two)
        assert rows(one) == rows(two)
        titles = {key: title for key, title, *_ in rows(one)}
        assert titles["8"] == "later"
        if "7" in titles:
            assert titles["7"] == "mine"
        assert sorted(one.digests()) == sorted(two.digests())
    if Damage.COUNTER not in expected:
        assert one.db_version() >= version
    assert one.check() == []


HEALS = ("a trigger is gone", "a trigger is another", "the log is gone", "the log is another")


@pytest.mark.parametrize("what", HEALS)
def test_what_only_says_where_to_look_mends_itself(pair: tuple[Replica, Replica], what: str) -> None:
    one, _ = pair
    meddle(one, *DAMAGE[what][0], "UPDATE notes SET title = 'untold' WHERE id = '7'")
    one.capture()
    assert one.check() == []
    [entry] = register.load(one.connection)
    assert triggers.fit(one.connection, entry)
    assert {c.val for c in one.changes(one.db_version() - 1).changes} == {"untold"}
    app(one.path, "UPDATE notes SET title = 'told' WHERE id = '8'")
    one.capture()
    assert {c.val for c in one.changes(one.db_version() - 1).changes} == {"told"}


BROKEN = ("the rows are gone", "the cells are gone", "the register says something else")


@pytest.mark.parametrize("what", BROKEN)
def test_a_table_without_its_records_is_parked_and_the_app_goes_on(pair: tuple[Replica, Replica], what: str) -> None:
    one, _ = pair
    one.connection.execute("CREATE TABLE other (id TEXT PRIMARY KEY)")
    one.make_ordinary("other")
    meddle(one, *DAMAGE[what][0])
    app(one.path, "UPDATE notes SET title = 'on' WHERE id = '7'", "INSERT INTO other VALUES ('x')")
    assert one.synced_tables() == ("other",)
    [parked] = one.parked()
    assert (parked.name, "check --repair" in parked.reason) == ("notes", True)
    assert {c.table for c in one.changes(whole=False).changes} == {"other"}
    status = {table.name: table for table in one.tables()}
    assert (status["notes"].syncable, status["notes"].kind) == (False, "ordinary")


def test_what_is_not_captured_yet_is_no_damage(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    app(
        one.path,
        "UPDATE notes SET title = 'new'; DELETE FROM notes WHERE id = '9'; INSERT INTO notes VALUES ('n', 'N', 0, 0)",
    )
    assert one.check() == []
    with Replica.open(one.path, readonly=True) as reader:
        assert reader.check() == []
    meddle(one, "UPDATE notes SET stars = 77 WHERE id = '7'")
    assert one.check() == [], "it is in the log for what was written before"
    app(one.path, "ALTER TABLE notes ADD COLUMN more")
    assert one.check() == []


def test_rows_that_cannot_be_sent_are_named(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    app(
        one.path,
        "UPDATE notes SET title = CAST(x'ff' AS TEXT) WHERE id = '7'",
        "INSERT INTO notes (id, title) VALUES (CAST(x'fe' AS TEXT), 'x')",
    )
    for _ in range(2):
        [finding] = one.check()
        assert (finding.damage, finding.count, finding.remedy) == (Damage.NO_TEXT, 2, "")
        assert "“7” (“title”)" in finding.sentence
        one.capture()
    assert one.repair() == []


def test_a_parked_table_takes_part_again(pair: tuple[Replica, Replica]) -> None:
    one, _ = pair
    one.park("notes", "it does not fit")
    assert [finding.damage for finding in one.check()] == [Damage.PARKED]
    one.repair()
    assert one.synced_tables() == ("notes",)


def test_any_damage_leaves_a_file_that_syncs(tmp_path: Path) -> None:
    """Several at once, and the app writes on in between."""
    some = [what for what in DAMAGE if "register" not in what and what != "the table is gone"]
    for case in cases("ordinary tables repaired", seconds=4):
        choose = case.random
        path = tmp_path / f"{case.seed}.db"
        with make(path) as one:
            for what in choose.sample(some, choose.randrange(1, 4)):
                try:
                    meddle(one, *DAMAGE[what][0])
                except apsw.SQLError:
                    continue  # something that it is about is gone already
                with suppress(sqlite3.OperationalError):  # as it has no log
                    app(path, "UPDATE notes SET stars = stars + 1 WHERE id = '9'")
            held = rows(one)
            one.repair()
            case.found()
            assert one.check() == []
            assert rows(one) == held
            app(path, "UPDATE notes SET title = 'last'")
            app(tmp_path / f"{case.seed}-b.db", NOTES)
            with Replica.open(tmp_path / f"{case.seed}-b.db") as two:
                two.make_ordinary("notes")
                exchange(one, two)
                assert rows(one) == rows(two)
