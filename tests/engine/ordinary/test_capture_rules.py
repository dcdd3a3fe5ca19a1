"""The rules of captures, of following schemas and of reading, each with a history that goes wrong without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import apsw
import pytest

from engine.change import Change
from engine.clocks import coverage, table_marks
from engine.crr import State
from engine.ordinary import catalogue, read, survey, triggers
from engine.ordinary.capture import Capture
from engine.ordinary.read import Reading
from engine.ordinary.survey import Survey
from engine.ordinary.tables import OrdinaryTables
from engine.replica.kinds import Tables
from engine.tables.ranges import Share
from engine.tables.reading import Fill
from engine.tables.types import Place, Received
from tests.engine.ordinary import capture_faults as faults
from tests.engine.ordinary.capture_faults import Patch
from tests.engine.ordinary.conftest import NOTES, File, Open

PEER = b"p" * 16
ALL = {"title": 1, "body": 1, "stars": 1}
TWO = f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 1), ('b', 'B', 0, 2)"
MANY = (
    f"{NOTES}; WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT 40)"
    " INSERT INTO notes SELECT v, 'T' || v, NULL, v FROM n"
)


def parts(file: File, until: int, most: int, between: Callable[[], None]) -> list[Change]:
    """A range from its beginning up to a version, in parts of so many changes, with something in between."""
    found: list[Change] = []
    place: bytes | None = None
    while True:
        fill = Fill(changes=most)
        entries = {entry.name: entry for entry in file.tables.entries()}
        place = Reading(file.db, entries, until, fill).read(Share("notes"), place, 0, None)
        found += fill.found
        if place is None:
            return found
        between()


def a_row_is_written_between_two_parts(new: Open) -> None:
    file = new(TWO)

    def write() -> None:
        file.app("UPDATE notes SET title = 'BB', body = 'BB' WHERE id = 'b'")
        file.capture()

    found = {(c.pk, c.cid) for c in parts(file, 1, 3, write) + file.changes(1)}
    assert len(found) == 6, "the cell that stays behind comes in the second phase"


def a_row_is_larger_than_what_is_left_of_a_part(new: Open) -> None:
    file = new(TWO)
    assert {(c.pk, c.cid) for c in parts(file, 1, 4, lambda: None)} == {(c.pk, c.cid) for c in file.changes()}
    assert len(file.changes()) == 6


def a_cell_has_an_entry(new: Open) -> None:
    file = new(TWO)
    file.app("UPDATE notes SET stars = 9 WHERE id = 'a'")
    assert {(c.cid, c.col_version) for c in file.changes() if c.val == 9} == {("stars", 2)}


def the_version_is_the_files(new: Open) -> None:
    file = new(TWO)
    assert file.state.db_version() == 1
    file.app("UPDATE notes SET stars = 9 WHERE id = 'a'")
    assert file.capture() == 2


def a_comparison_is_cut(new: Open) -> None:
    """The process ends between two pages."""
    file = new(MANY)
    file.app("DROP TRIGGER crsql_syncline_1_update; UPDATE notes SET stars = 0")
    with file.db:
        assert file.tables.capture(10)
    again = OrdinaryTables(file.db, file.state)
    with file.db:
        again.capture_all()
    assert {cells["stars"] for _, cells in file.versions().values()} == {2}


def a_table_is_half_compared(new: Open) -> None:
    file = new(MANY)
    file.app("DROP TRIGGER crsql_syncline_1_update; UPDATE notes SET stars = 0")
    with file.db:
        file.tables.capture(10)
    assert "notes" in _tables(file).parked


def the_log_is_full(new: Open) -> None:
    file = new(TWO)
    file.db.execute("INSERT INTO crsql_syncline_log_1 (id, k0) VALUES (100000, 'x')")
    file.app("UPDATE notes SET stars = 9 WHERE id = 'a'")
    file.capture()
    assert file.versions()["a",] == (1, {**ALL, "stars": 2})


def a_key_is_changed(new: Open) -> None:
    file = new(TWO)
    file.app("UPDATE notes SET id = 'c' WHERE id = 'a'")
    file.capture()
    assert {key: length for (key,), (length, _) in file.versions().items()} == {"a": 2, "b": 1, "c": 1}


def a_column_is_dropped(new: Open) -> None:
    file = new(TWO)
    try:
        file.app("ALTER TABLE notes DROP COLUMN body")
    except Exception as error:
        raise AssertionError(error) from error
    file.capture()
    assert file.versions()["a",] == (1, {"title": 1, "stars": 1})


def an_app_says_what_a_conflict_does(new: Open) -> None:
    """That goes for the triggers, too: a log with a rule would make the app's own write fail."""
    file = new(TWO)
    try:
        file.app(
            "UPDATE OR ABORT notes SET stars = 9",
            "UPDATE OR ABORT notes SET stars = 10",
            "INSERT OR FAIL INTO notes VALUES ('c', 'C', 1, 1)",
            "UPDATE OR ROLLBACK notes SET title = 'T'",
        )
    except Exception as error:
        raise AssertionError(error) from error
    file.capture()
    assert {key: cells["title"] for (key,), (_, cells) in file.versions().items()} == {"a": 2, "b": 2, "c": 1}


def a_capture_finds_nothing(new: Open) -> None:
    """It writes nothing: nothing is there to be told."""
    file = new(TWO)
    file.app(
        "UPDATE notes SET stars = stars", "INSERT INTO notes VALUES ('c', 'C', 0, 0); DELETE FROM notes WHERE id = 'c'"
    )
    assert file.capture() == 1


def triggers_are_dropped(new: Open) -> None:
    file = new(TWO)
    file.app("DROP TRIGGER crsql_syncline_1_update; DROP TRIGGER crsql_syncline_1_delete")
    file.capture()
    file.app("UPDATE notes SET stars = 9 WHERE id = 'a'; DELETE FROM notes WHERE id = 'b'")
    file.capture()
    assert file.versions() == {("a",): (1, {**ALL, "stars": 2}), ("b",): (2, {})}


def a_table_is_made_anew_with_another_value(new: Open) -> None:
    file = new(TWO)
    file.app(
        "CREATE TABLE other (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER);"
        " INSERT INTO other SELECT id, title, 'new', stars FROM notes; DROP TABLE notes;"
        " ALTER TABLE other RENAME TO notes"
    )
    file.capture()
    assert file.versions()["a",] == (1, {**ALL, "body": 2})


def most_rows_are_gone(new: Open) -> None:
    file = new(MANY)
    file.app(f"DROP TABLE notes; {NOTES}")
    file.capture()
    assert {length for length, _ in file.versions().values()} == {1}


def a_row_is_displaced(new: Open) -> None:
    file = new(f"{TWO}; CREATE TABLE other (id TEXT PRIMARY KEY)")
    file.app("CREATE UNIQUE INDEX one_title ON notes (title)")
    file.capture()
    file.app("INSERT OR REPLACE INTO notes VALUES ('c', 'A', 0, 0)")
    file.capture()
    assert {key: length for (key,), (length, _) in file.versions().items()} == {"a": 2, "b": 1, "c": 1}


def a_column_has_a_default(new: Open) -> None:
    file = new(TWO)
    file.app("ALTER TABLE notes ADD COLUMN colour DEFAULT 'red'")
    assert file.capture() == 1


def a_column_goes(new: Open) -> None:
    """What was recorded of it is gone: no clock covers it any more, also if it comes back, and no cut range goes on."""
    file = new(TWO)
    with file.db:
        table_marks.put(file.db, _tables(file).tables["notes"])
        coverage.record_received(file.db, Received(PEER, 5, tables=("notes",)), _tables(file))
        coverage.record_place(file.db, None, Place(PEER, 0, 9, b"place"), _tables(file))
    [(name, basis)] = coverage.known(file.db, None, PEER, _tables(file)).covered
    assert (name, basis.columns) == ("notes", {"title", "body", "stars"})
    file.capture()
    for change in ("DROP", "ADD"):
        file.app(f"ALTER TABLE notes {change} COLUMN body")
        file.capture()
    known = coverage.known(file.db, None, PEER, _tables(file))
    assert [(name, basis.columns) for name, basis in known.covered] == [("notes", {"title", "stars"})]
    assert (known.place, known.forgetful) == (None, True)


def a_column_goes_while_a_range_is_cut(new: Open) -> None:
    """The cut range would go on behind cells that are gone by then."""
    file = new(TWO)
    with file.db:
        table_marks.put(file.db, _tables(file).tables["notes"])
        coverage.record_received(file.db, Received(PEER, 5, tables=("notes",)), _tables(file))
        coverage.record_place(file.db, None, Place(PEER, 0, 9, b"x", resend=False), _tables(file))
    assert coverage.known(file.db, None, PEER, _tables(file)).place is not None
    file.capture()
    file.app("ALTER TABLE notes DROP COLUMN body")
    file.capture()
    assert coverage.known(file.db, None, PEER, _tables(file)).place is None


def most_rows_are_gone_and_more_come_in(new: Open) -> None:
    """While a person is asked, what the table holds is no base for anything."""
    file = new(MANY)
    file.app(f"DROP TABLE notes; {NOTES}")
    file.capture()
    assert "notes" in _tables(file).parked
    file.app("INSERT INTO notes VALUES ('new', 'N', NULL, 0)")
    file.capture()
    assert ("new",) not in file.versions()


def _tables(file: File) -> Tables:
    return Tables((catalogue.load(file.db, file.tables.entries()),))


def another_key(new: Open) -> None:
    file = new(TWO)
    file.app(
        "CREATE TABLE other (number INT PRIMARY KEY, title); INSERT INTO other SELECT stars, title FROM notes;"
        " DROP TABLE notes; ALTER TABLE other RENAME TO notes"
    )
    try:
        file.capture()
    except apsw.Error as error:
        raise AssertionError(error) from error
    assert file.versions() == {(1,): (1, {"title": 1}), (2,): (1, {"title": 1})}


def a_capture_is_taken_back(new: Open) -> None:
    """Its version was never there."""
    file = new(TWO)
    file.app("UPDATE notes SET stars = 9 WHERE id = 'a'")
    try:
        with file.db:
            assert file.tables.capture_all() == 2
            raise ZeroDivisionError
    except ZeroDivisionError:
        file.db.execute("DELETE FROM crsql_syncline_log_1")
    assert file.tables.capture_all() == 0


RULES: dict[str, tuple[Callable[[Open], None], Callable[[Patch], None]]] = {
    "a range is read rows first": (a_row_is_written_between_two_parts, faults.cells_first),
    "a part ends at a row": (a_row_is_larger_than_what_is_left_of_a_part, faults.inside_a_row),
    "entries of a range go with their row": (
        a_cell_has_an_entry,
        lambda patch: patch.setattr(read, "entries_of", lambda *_: {}),
    ),
    "a capture raises the file's floor": (
        the_version_is_the_files,
        lambda patch: patch.setattr(State, "keep_floor", lambda *_: None),
    ),
    "that a comparison is due stands on disk": (a_comparison_is_cut, faults.due_nowhere),
    "a table is not read before it was compared": (a_table_is_half_compared, faults.loaded_as_not_due),
    "a full log says: compare everything": (
        the_log_is_full,
        lambda patch: patch.setattr(Capture, "full", lambda _: False),
    ),
    "the old key is logged": (
        a_key_is_changed,
        lambda patch: faults.trigger(patch, lambda _, event, text: text.replace(" AND (OLD", " AND 0 AND (OLD")),
    ),
    "a key that changes by another name is logged": (
        a_key_is_changed,
        lambda patch: faults.trigger(
            patch,
            lambda _, event, text: text.replace("AFTER UPDATE", 'AFTER UPDATE OF "title"') if event == "move" else text,
        ),
    ),
    "triggers name key columns only": (
        a_column_is_dropped,
        lambda patch: faults.trigger(
            patch,
            lambda entry, event, text: (
                text.replace(" BEGIN", f' AND NEW."{entry.columns[-2]}" IS NOT 1 BEGIN') if event == "update" else text
            ),
        ),
    ),
    "a log has no rule that could fail": (an_app_says_what_a_conflict_does, faults.log_with_a_rule),
    "a capture that finds nothing takes no version": (a_capture_finds_nothing, faults.stamped_whatever_it_is),
    "triggers that are gone are made anew": (
        triggers_are_dropped,
        lambda patch: patch.setattr(triggers, "fit", lambda *_: True),
    ),
    "a schema that moved has all compared": (
        a_table_is_made_anew_with_another_value,
        lambda patch: patch.setattr(Survey, "compare_all", lambda self, entry: self._save(entry)),
    ),
    "most rows gone is asked about": (
        most_rows_are_gone,
        lambda patch: patch.setattr(survey, "MOST_GONE", 10**6),
    ),
    "rows are counted where REPLACE displaces them": (
        a_row_is_displaced,
        lambda patch: patch.setattr(Survey, "rows_displaced", lambda *_: False),
    ),
    "a default is nobody's value": (a_column_has_a_default, faults.seen_as_null),
    "no cut range goes on that had a column which is gone": (
        a_column_goes,
        lambda patch: patch.setattr(coverage, "forget_columns", lambda *_: None),
    ),
    "a cut range does not go on over a table that lost a column": (
        a_column_goes_while_a_range_is_cut,
        lambda patch: patch.setattr(coverage, "_forget_place", lambda *_: None),
    ),
    "a suspended table is left alone": (
        most_rows_are_gone_and_more_come_in,
        lambda patch: patch.setattr(
            catalogue,
            "load",
            lambda db, entries, load=catalogue.load: load(db, [replace(e, suspended=None, due=None) for e in entries]),
        ),
    ),
    "another key starts anew": (another_key, faults.same_key),
    "a version that was taken back is nobody's": (a_capture_is_taken_back, faults.kept_version),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_and_what_comes_of_leaving_it_out(rule: str, new: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    history, fault = RULES[rule]
    history(new)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        history(new)
