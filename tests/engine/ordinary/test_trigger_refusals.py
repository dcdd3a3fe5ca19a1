"""An app's triggers that keep rows out: the table is parked, or the row is hidden."""

from __future__ import annotations

import pytest

from engine.errors import TableBroken
from tests.engine.ordinary.conftest import Open
from tests.engine.ordinary.test_app_triggers import SCHEMA, SYNCED, TRIGGERS, changes, has_told_nothing, held

KEPT = {
    "IGNORE of a deletion": ("BEFORE DELETE ON notes BEGIN SELECT RAISE(IGNORE); END", "keeps out or changes a row"),
    "ABORT of a deletion": (
        "BEFORE DELETE ON notes BEGIN SELECT RAISE(ABORT, 'stays'); END",
        "rejects row a .*: stays",
    ),
    "ROLLBACK": ("AFTER INSERT ON notes BEGIN SELECT RAISE(ROLLBACK, 'not this'); END", "rejects row a .*: not this"),
    "a function": ("AFTER DELETE ON notes BEGIN SELECT an_apps_own(); END", "rejects row a .*: no such function"),
    "a table that is gone": ("AFTER UPDATE ON notes BEGIN INSERT INTO gone VALUES (1); END", "rejects row .*: no such"),
}


@pytest.mark.parametrize("what", KEPT)
def test_what_keeps_a_row_out_parks_the_table(new: Open, what: str) -> None:
    trigger, why = KEPT[what]
    schema = SCHEMA.replace("seen (what)", "seen (what NOT NULL)")
    there, here = new(schema, *SYNCED), new(schema, *SYNCED)
    steps = (
        "INSERT INTO notes VALUES ('a', 'A', 1, 0), ('b', 'B', 2, 0)",
        "UPDATE notes SET title = 'C'",
        "DELETE FROM notes",
    )
    at = {"INSERT": 0, "UPDATE": 1, "DELETE": 2}[trigger.split()[1]]
    for sql in steps[:at]:
        there.app(sql)
        here.merge(changes(there))
    here.app(f"CREATE TRIGGER guard {trigger}")
    there.app(steps[at])
    before = held(here)
    with pytest.raises(TableBroken, match=rf"one of its triggers \(“guard”\) {why}") as found:
        here.merge(changes(there))
    assert found.value.table == "notes"
    assert held(here) == before
    has_told_nothing(here)
    here.app("DROP TRIGGER guard")
    here.merge(changes(there))
    assert held(here) == held(there)


HIDDEN = {
    "IGNORE": ("BEFORE INSERT ON notes WHEN NEW.n = 2 BEGIN SELECT RAISE(IGNORE); END", {"b"}),
    "IGNORE of an update": ("BEFORE UPDATE ON notes WHEN OLD.n = 2 BEGIN SELECT RAISE(IGNORE); END", set()),
    "ABORT": ("AFTER INSERT ON notes WHEN NEW.n = 2 BEGIN SELECT RAISE(ABORT, 'not this'); END", {"b"}),
    "FAIL": ("AFTER INSERT ON notes WHEN NEW.n = 2 BEGIN SELECT RAISE(FAIL, 'not this'); END", {"b"}),
    "a rule elsewhere": ("AFTER INSERT ON notes BEGIN INSERT INTO seen VALUES (NULL); END", {"a", "b"}),
    "a rule elsewhere, of two": ("AFTER INSERT ON notes BEGIN INSERT INTO seen VALUES (0); END", {"b"}),
}
"""Triggers that keep rows out, and which. (A row whose update is left out is deleted and inserted.)"""


@pytest.mark.parametrize("what", HIDDEN)
def test_what_keeps_a_row_out_hides_it(new: Open, what: str) -> None:
    trigger, out = HIDDEN[what]
    schema = SCHEMA.replace("seen (what)", "seen (what NOT NULL UNIQUE)")
    there, here = new(schema, *SYNCED), new(schema, *SYNCED)
    there.app("INSERT INTO notes VALUES ('a', 'A', 1, 0), ('b', 'B', 2, 0)")
    if "UPDATE" in trigger:
        here.merge(changes(there))
        there.app("UPDATE notes SET title = title || 'x'")
    here.app(f"CREATE TRIGGER guard {trigger}")
    here.merge(changes(there))
    assert {row.shown_key.strip("“”"): row.reason for row in here.hidden()} == dict.fromkeys(out, "trigger")
    assert here.rows().keys() == {"a", "b"} - out
    has_told_nothing(here)
    here.app("DROP TRIGGER guard; DELETE FROM seen")
    here.capture()
    assert here.hidden() == []
    assert held(here)[:1] == held(there)[:1]
    has_told_nothing(here)


def test_a_rule_of_the_table_is_none_of_its_triggers(new: Open) -> None:
    here = new(f"{SCHEMA.replace('n INTEGER, up', 'n INTEGER CHECK (n < 5), up')}; {TRIGGERS['updated_at']}", *SYNCED)
    there = new(SCHEMA, *SYNCED)
    there.app("INSERT INTO notes VALUES ('a', 'A', 1, 0), ('b', 'B', 9, 0)")
    here.merge(changes(there))
    assert [(row.shown_key, row.reason) for row in here.hidden()] == [("“b”", "check")]


def test_more_writes_of_triggers_than_the_log_holds(new: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows are compared then."""
    monkeypatch.setattr("engine.ordinary.triggers.FULL", 4)
    there = new(SCHEMA, *SYNCED)
    guard = "CREATE TRIGGER guard BEFORE DELETE ON notes WHEN OLD.id = 'h' BEGIN SELECT RAISE(IGNORE); END"
    here = new(f"{SCHEMA}; {guard}", *SYNCED)
    there.app(*(f"INSERT INTO notes VALUES ('{key}', 'A', 1, 0)" for key in "abcdefgh"))
    here.merge(changes(there))
    there.app("DELETE FROM notes")
    with pytest.raises(TableBroken, match="keeps out"):
        here.merge(changes(there))
    there.app(*(f"INSERT INTO notes VALUES ('{key}', 'A', 1, 0)" for key in "abcdefgh"))
    here.app("DROP TRIGGER guard; CREATE TRIGGER look AFTER INSERT ON notes BEGIN SELECT 1; END")
    here.merge(changes(there))
    assert held(here) == held(there)
    has_told_nothing(here)
