"""The app changes its schema, rebuilds tables, loses them: followed, compared, and asked about."""

from __future__ import annotations

import pytest

from engine.errors import UnsupportedFile
from engine.ordinary import survey, triggers
from tests.engine.ordinary.conftest import NOTES, Open

ALL = {"title": 1, "body": 1, "stars": 1}
TWO = f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 1), ('b', 'B', 0, 2)"
MANY = (
    f"{NOTES}; WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 40)"
    " INSERT INTO notes SELECT v, 'T' || v, NULL, v FROM n"
)


def test_a_column_comes_and_its_default_is_nobodys_value(new: Open) -> None:
    file = new(TWO)
    file.app("ALTER TABLE notes ADD COLUMN colour DEFAULT 'red'")
    assert file.capture() == 1
    assert file.versions()["a",] == (1, ALL)
    file.app("UPDATE notes SET colour = 'blue' WHERE id = 'a'")
    file.capture()
    assert file.versions() == {("a",): (1, {**ALL, "colour": 1}), ("b",): (1, ALL)}
    assert [c.cid for c in file.changes(1)] == ["colour"]


@pytest.mark.parametrize(
    "column",
    [
        "c",
        "c DEFAULT 5",
        "c TEXT DEFAULT 5",
        "c INTEGER NOT NULL DEFAULT '7'",
        f"c DEFAULT '{'x' * 90}'",
        "c DEFAULT x'00'",
    ],
)
def test_defaults_of_every_kind(new: Open, column: str) -> None:
    file = new(TWO)
    file.app(f"ALTER TABLE notes ADD COLUMN {column}")
    assert file.capture() == 1
    assert file.versions()["a",] == (1, ALL)


def test_a_column_goes_and_comes_back_as_another(new: Open) -> None:
    file = new(TWO)
    file.app("UPDATE notes SET body = 'x' WHERE id = 'a'")
    file.capture()
    file.app("ALTER TABLE notes DROP COLUMN body")
    file.capture()
    assert [c.cid for c in file.changes()] == ["title", "stars"] * 2
    file.app("ALTER TABLE notes ADD COLUMN body")
    file.capture()
    [entry] = file.tables.entries()
    assert entry.slots == {"title": 0, "stars": 2, "body": 3}
    assert [c.cid for c in file.changes()] == ["title", "stars"] * 2


def test_a_column_is_renamed(new: Open) -> None:
    """One gone, one new: what it holds is told as written."""
    file = new(TWO)
    file.app("ALTER TABLE notes RENAME COLUMN body TO text")
    file.capture()
    assert file.versions()["a",] == (1, {"title": 1, "stars": 1, "text": 1})
    assert file.cells()["a",][1]["text"] == (1, 2)


def test_a_write_and_a_new_column_at_once(new: Open) -> None:
    file = new(TWO)
    file.app(
        "UPDATE notes SET stars = 9 WHERE id = 'b'; ALTER TABLE notes ADD COLUMN c; DELETE FROM notes WHERE id = 'a'"
    )
    file.capture()
    assert file.versions() == {("a",): (2, {}), ("b",): (1, {**ALL, "stars": 2})}


REBUILDS = {
    "new table, renamed": "CREATE TABLE other (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER);"
    " INSERT INTO other SELECT * FROM notes; DROP TABLE notes; ALTER TABLE other RENAME TO notes",
    "old one renamed": "ALTER TABLE notes RENAME TO old; CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL,"
    " body, stars INTEGER); INSERT INTO notes SELECT * FROM old; DROP TABLE old",
    "old one renamed, as of old": "PRAGMA legacy_alter_table = ON; ALTER TABLE notes RENAME TO old; CREATE TABLE notes"
    " (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER); INSERT INTO notes SELECT * FROM old;"
    " DROP TABLE old",
    "emptied and filled": "CREATE TABLE other AS SELECT * FROM notes; DELETE FROM notes;"
    " INSERT INTO notes SELECT * FROM other; DROP TABLE other",
}


@pytest.mark.parametrize("way", REBUILDS)
def test_a_table_that_is_made_anew_with_the_same_rows(new: Open, way: str) -> None:
    file = new(MANY)
    before = file.cells()
    file.app(f"UPDATE notes SET title = 'new' WHERE id = 3; {REBUILDS[way]}; UPDATE notes SET stars = -1 WHERE id = 4")
    file.capture()
    assert {key: cells for key, cells in file.cells().items() if before[key] != cells} == {
        ("3",): (1, {"title": (2, 2), "body": (1, 1), "stars": (1, 1)}),
        ("4",): (1, {"title": (1, 1), "body": (1, 1), "stars": (2, 2)}),
    }
    [entry] = file.tables.entries()
    assert triggers.fit(file.db, entry)


def test_triggers_that_somebody_dropped_are_made_anew(new: Open) -> None:
    file = new(TWO)
    file.app("DROP TRIGGER crsql_syncline_1_update; UPDATE notes SET stars = 9; DROP TRIGGER crsql_syncline_1_delete")
    file.app("DELETE FROM notes WHERE id = 'b'")
    file.capture()
    assert file.versions() == {("a",): (1, {**ALL, "stars": 2}), ("b",): (2, {})}
    [entry] = file.tables.entries()
    assert triggers.fit(file.db, entry)


def test_another_key_starts_anew(new: Open) -> None:
    file = new(TWO)
    file.app(
        "CREATE TABLE other (number INT PRIMARY KEY, title); INSERT INTO other SELECT stars, title FROM notes;"
        " DROP TABLE notes; ALTER TABLE other RENAME TO notes"
    )
    file.capture()
    assert file.versions() == {(1,): (1, {"title": 1}), (2,): (1, {"title": 1})}
    assert min(c.db_version for c in file.changes()) > 1


def test_a_table_that_is_gone_is_waited_for(new: Open) -> None:
    """The app may be about to make it: nothing is told as deleted."""
    file = new(TWO)
    file.app("CREATE TABLE kept AS SELECT * FROM notes; DROP TABLE notes")
    assert file.capture() == 1
    assert {length for length, _ in file.versions().values()} == {1}
    file.app(f"{NOTES}; INSERT INTO notes SELECT * FROM kept")
    assert file.capture() == 1
    assert file.versions()["a",] == (1, ALL)


def test_most_rows_gone_after_a_rebuild_is_asked_about(new: Open) -> None:
    file = new(MANY)
    file.app(f"DROP TABLE notes; {NOTES}; INSERT INTO notes VALUES ('1', 'T1', NULL, 1)")
    assert file.capture() == 1
    [entry] = file.tables.suspended()
    assert (entry.suspended, entry.lost) == (39, 40)
    assert {length for length, _ in file.versions().values()} == {1}
    file.app("INSERT INTO notes VALUES ('new', 'N', NULL, 1)")
    assert file.capture() == 1
    with file.db:
        file.tables.answer("notes", delete=True)
    file.capture()
    assert sorted(length for length, _ in file.versions().values()) == [1, 1] + [2] * 39


def test_rows_that_are_to_come_back_are_forgotten(new: Open) -> None:
    file = new(MANY)
    file.app(f"DROP TABLE notes; {NOTES}; INSERT INTO notes VALUES ('1', 'T1', NULL, 1)")
    file.capture()
    with file.db:
        file.tables.answer("notes", delete=False)
    assert file.capture() == 1
    assert list(file.versions()) == [("1",)]
    assert file.tables.suspended() == []


def test_few_rows_gone_are_not(new: Open) -> None:
    file = new(TWO)
    file.app(f"DROP TABLE notes; {NOTES}")
    file.capture()
    assert {length for length, _ in file.versions().values()} == {2}


def test_a_comparison_goes_page_by_page_and_stands_on_disk(new: Open) -> None:
    file = new(MANY)
    file.app("PRAGMA recursive_triggers = OFF; DROP TRIGGER crsql_syncline_1_update; UPDATE notes SET stars = 0")
    with file.db:
        assert file.tables.capture(10)
    stamped = [cells["stars"][0] for _, cells in file.cells().values()]
    assert stamped.count(2) == 10
    with file.db:
        assert file.tables.capture(10)
    [entry] = file.tables.entries()
    assert entry.due
    file.app("UPDATE notes SET title = 'late' WHERE id = '1'")
    file.capture()
    assert {cells["stars"] for _, cells in file.versions().values()} == {2}
    assert file.versions()["1",][1]["title"] == 2


def test_rows_that_are_gone_are_counted_and_recorded_page_by_page(new: Open) -> None:
    """No lock is longer for a table of many rows; and an app may write between any two pages."""
    file = new(MANY)
    file.app("DROP TRIGGER crsql_syncline_1_delete; DELETE FROM notes WHERE id < '2'")
    steps: list[int] = []
    more = True
    while more:
        with file.transaction():
            more = file.tables.capture(10)
        steps.append(sum(length == 2 for length, _ in file.versions().values()))
        file.app(f"UPDATE notes SET stars = {len(steps)} WHERE id = '3'")
    gone = 11
    assert steps[:9] == [0] * 8 + [10], "three pages of rows, four of counting and a decision, the first of recording"
    assert set(steps[9:]) == {gone}
    file.capture()
    assert [length for length, _ in file.versions().values()].count(2) == gone
    before = file.cells()
    file.compare_all()
    assert file.cells() == before


def test_a_newer_format_is_refused_in_words(new: Open) -> None:
    file = new(TWO)
    file.db.execute("UPDATE crsql_master SET value = 99 WHERE key = 'crsql_syncline_format'")
    with pytest.raises(UnsupportedFile, match="newer version"):
        file.tables.entries()


def test_another_table_that_is_made_one_leaves_the_first_alone(new: Open) -> None:
    file = new(f"{TWO}; CREATE TABLE other (id TEXT PRIMARY KEY)")
    file.make("other")
    assert all(entry.due is None for entry in file.tables.entries())
    assert file.tables.up_to_date()
    file.app("INSERT INTO other VALUES ('x')")
    assert not file.tables.up_to_date()


def test_rows_with_numbers_are_looked_up_by_them(new: Open) -> None:
    """An app that writes more rows at once than the log takes has all compared: by an index, not each with each."""
    file = new("CREATE TABLE notes (id INTEGER PRIMARY KEY, title)")
    entry = file.tables.entries()[0]
    for after in ("", "[5]"):
        page, bindings = survey._page(entry, after, 10)
        sql = f"EXPLAIN QUERY PLAN SELECT r.r FROM ({page}) AS l CROSS JOIN main.{entry.rows} AS r ON r.k0 = l.k0"
        plan = [str(step) for *_, step in file.db.execute(sql, bindings)]
        assert [step for step in plan if step.startswith("SEARCH r USING")], plan
