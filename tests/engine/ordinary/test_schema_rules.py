"""Rules about logs, columns and tables that come and go, each with a history that goes wrong without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import apsw
import pytest

from engine.errors import NotEligible
from engine.ordinary import eligibility, layout, tables, triggers
from engine.ordinary.register import Entry
from engine.ordinary.stamps import Row
from engine.ordinary.survey import Survey
from engine.tables.introspect import describe
from tests.engine.ordinary.conftest import NOTES, Open

TWO = f"{NOTES}; INSERT INTO notes VALUES ('a', 'A', 0, 1), ('b', 'B', 0, 2)"
Patch = pytest.MonkeyPatch


def more_is_written_than_a_log_takes(new: Open) -> None:
    file = new(TWO)
    file.db.execute("INSERT INTO crsql_syncline_log_1 (id, k0) VALUES (100000, 'x')")
    file.app("UPDATE notes SET stars = 9; DELETE FROM notes WHERE id = 'a'")
    assert file.db.execute("SELECT count(*) FROM crsql_syncline_log_1").get == 1


def a_column_comes_back(new: Open) -> None:
    """What it shows is its default, whoever wrote the column that was there before."""
    file = new(TWO)
    for change in ("DROP COLUMN body", "ADD COLUMN body DEFAULT 'new'"):
        file.app(f"ALTER TABLE notes {change}")
        file.capture()
    assert file.versions()["a",] == (1, {"title": 1, "stars": 1})


def no_cell_of_a_row_is_left(new: Open) -> None:
    """That it is there is told all the same."""
    file = new("CREATE TABLE notes (id TEXT PRIMARY KEY, title); INSERT INTO notes VALUES ('a', 'A')")
    file.app("ALTER TABLE notes DROP COLUMN title")
    assert [(change.cid, change.cl) for change in file.changes()] == [("-1", 1)]


def a_table_is_gone_for_a_moment(new: Open) -> None:
    file = new(TWO)
    before = file.cells()
    file.app("DROP TABLE notes")
    file.capture()
    file.app(TWO)
    file.capture()
    assert [entry.name for entry in file.tables.entries()] == ["notes"]
    assert file.cells() == before


def a_table_needs_what_its_app_has(new: Open) -> None:
    """It would be merged into by nobody; its own writes go on."""
    file = new(
        f"{TWO}; CREATE TABLE other (id TEXT PRIMARY KEY, v); INSERT INTO other VALUES ('a', 1);"
        " CREATE TRIGGER own AFTER UPDATE ON other BEGIN SELECT of_the_app(NEW.v); END"
    )
    try:
        file.make("other")
    except NotEligible:
        return
    raise AssertionError("it was made syncable")


def _text(patch: Patch, change: Callable[[str], str]) -> None:
    inner = triggers.text
    patch.setattr(triggers, "text", lambda entry, event: change(inner(entry, event)))


def _slots_used_again(patch: Patch) -> None:
    inner = layout.with_columns

    def with_columns(
        db: apsw.Connection,
        entry: Entry,
        columns: tuple[str, ...],
        defaults: Mapping[str, str],
        renamed: Mapping[str, str],
    ) -> Entry:
        free = min(slot for slot in range(entry.next_slot + 1) if slot not in entry.live)
        return inner(db, replace(entry, next_slot=free), columns, defaults, renamed)

    patch.setattr(layout, "with_columns", with_columns)


def _given_up_when_it_is_gone(patch: Patch) -> None:
    inner = Survey.follow

    def follow(self: Survey, entry: Entry, key_of: Any) -> Entry | None:
        if describe(self._db, entry.name) is None:
            self.undo(entry)
        return inner(self, entry, key_of)

    patch.setattr(Survey, "follow", follow)


def _not_tried(patch: Patch) -> None:
    patch.setattr(eligibility, "_try_out", lambda *_: ())
    patch.setattr(tables, "failed_try", lambda *_: ())


RULES: dict[str, tuple[Callable[[Open], None], Callable[[Patch], None]]] = {
    "a full log takes no more": (
        more_is_written_than_a_log_takes,
        lambda patch: _text(patch, lambda text: text.replace(f"id = {triggers.FULL}", "id < 0")),
    ),
    "slots only grow": (a_column_comes_back, _slots_used_again),
    "a row without cells is told by itself": (
        no_cell_of_a_row_is_left,
        lambda patch: patch.setattr(Row, "under_stamp", lambda *_: [0]),
    ),
    "a table that is gone is waited for": (a_table_is_gone_for_a_moment, _given_up_when_it_is_gone),
    "a table is tried before it is promised": (a_table_needs_what_its_app_has, _not_tried),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_and_what_comes_of_leaving_it_out(rule: str, new: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    history, fault = RULES[rule]
    history(new)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        history(new)
