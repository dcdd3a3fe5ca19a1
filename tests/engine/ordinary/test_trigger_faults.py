"""Each part of the rule for an app's triggers, with a history that goes wrong without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import apsw
import pytest

from engine.errors import TableBroken
from engine.ordinary.merge import OrdinaryMerging
from engine.ordinary.write import Writer
from engine.tables import trigger_rule
from tests.engine.ordinary import test_app_triggers as beside
from tests.engine.ordinary import test_trigger_refusals as refusals
from tests.engine.ordinary.conftest import Open

History = Callable[[Open], None]
Fault = Callable[[pytest.MonkeyPatch], None]


def merged(name: str) -> History:
    """What is merged where there is such a trigger."""
    return lambda new: beside.test_a_synced_table_holds_what_was_merged(new, name, turned=False)


def kept_out(name: str) -> History:
    """What is kept out by such a trigger."""
    return lambda new: refusals.test_what_keeps_a_row_out_parks_the_table(new, name)


def alone(name: str) -> History:
    """What is merged into one table while the others have yet to come."""
    return lambda new: beside.test_other_tables_stay_as_they_are(new, name)


def _passes(*actions: int) -> Fault:
    """The authorizer lets these pass."""
    inner = trigger_rule._authorizer

    def fault(patch: pytest.MonkeyPatch) -> None:
        def authorizer(*args: object) -> Callable[..., int]:
            inside = inner(*args)  # type: ignore[arg-type]
            return lambda action, *more: apsw.SQLITE_OK if action in actions else inside(action, *more)

        patch.setattr(trigger_rule, "_authorizer", authorizer)

    return fault


def _unguarded(name: str) -> Fault:
    return lambda patch: patch.setattr(trigger_rule, name, lambda *_: "SELECT 1")


def _no_triggers(patch: pytest.MonkeyPatch) -> None:
    """The way out for whoever fears them: none runs."""
    inner = Writer.write

    def write(self: Writer, *args: object) -> None:
        self.db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        inner(self, *args)  # type: ignore[arg-type]
        self.db.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 1)

    patch.setattr(Writer, "write", write)


FAULTS: dict[str, tuple[History, Fault]] = {
    "an insert is left out": (merged("INSERT"), _passes(apsw.SQLITE_INSERT)),
    "an insert through a view": (merged("INSTEAD OF INSERT"), _passes(apsw.SQLITE_INSERT)),
    "an update is left out": (merged("updated_at"), _passes(apsw.SQLITE_UPDATE)),
    "an update of another table": (alone("UPDATE of another table"), _passes(apsw.SQLITE_UPDATE)),
    "a deletion is guarded": (alone("DELETE"), _unguarded("_delete_guard")),
    "a deletion through a view": (alone("INSTEAD OF DELETE"), _unguarded("_delete_guard")),
    "a nested deletion": (alone("nested"), _unguarded("_delete_guard")),
    "a text key is guarded": (alone("UPDATE of a text key"), _unguarded("_move_guard")),
    "a number of a row": (alone("UPDATE of a rowid"), _unguarded("_move_guard")),
    "triggers do run": (lambda new: beside.test_a_search_index_follows(new, 3), _no_triggers),
    "foreign keys are not enforced": (
        lambda new: beside.test_what_foreign_keys_do_arrives_as_rows(new, turned=True, enforced=True),
        lambda patch: patch.setattr(OrdinaryMerging, "_without", lambda *_: nullcontext()),
    ),
    "rows are compared in the end": (
        kept_out("IGNORE of a deletion"),
        lambda patch: patch.setattr("engine.ordinary.merge.check_as_merged", lambda *_: None),
    ),
    "rows that no trigger logs are compared": (
        kept_out("IGNORE of a deletion"),
        lambda patch: patch.setattr(Writer, "log", lambda *_: None),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_part_of_the_rule_left_out(new: Open, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    history, leave_out = FAULTS[fault]
    history(new)
    leave_out(monkeypatch)
    with pytest.raises((AssertionError, TableBroken, apsw.Error, pytest.fail.Exception)):
        history(new)
