"""The rules by which what an app writes and what comes in are told apart, each with a history that goes wrong without
it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.change import Change
from engine.crr import State
from engine.ordinary import merge
from engine.ordinary.kind import OrdinaryKind
from engine.ordinary.merge import OrdinaryMerging
from engine.ordinary.tables import OrdinaryTables
from engine.replica import Replica
from engine.tables import MergeResult, Span
from tests.engine.ordinary.test_kind import TABLES, mixed

Patch = Callable[[pytest.MonkeyPatch], None]


def write(replica: Replica, *statements: str) -> None:
    """An app writes, and nothing is recorded yet."""
    for sql in statements:
        replica.connection.execute(sql)


def send(one: Replica, other: Replica, since: int = 0, hidden: tuple[tuple[int, int], ...] = ()) -> tuple[int, int]:
    """What one has above a version goes to the other; returns the versions (before, after] that it has there."""
    part = one.part(Span(since, None, TABLES), exclude_site=other.site_id, exclude_versions=hidden)
    result = other.merge(part.changes)
    return result.before, result.after


def value(replica: Replica, column: str) -> object:
    """What the first note holds."""
    return replica.connection.execute(f"SELECT {column} FROM notes ORDER BY id").get


def written_just_before_a_merge(a: Replica, b: Replica) -> None:
    """What the app wrote before a merge goes to the very peer that the merge was of."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    write(b, "INSERT INTO notes VALUES ('b', 'B', 2)")
    came = send(a, b)
    send(b, a, hidden=(came,))
    assert a.connection.execute("SELECT count(*) FROM notes").get == 2


def written_and_overwritten(a: Replica, b: Replica) -> None:
    """The app's write competes with what comes in."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    send(a, b)
    write(a, "UPDATE notes SET title = 'AA'")
    write(b, "UPDATE notes SET title = 'ZZ'")
    send(a, b)
    assert value(b, "title") == "ZZ"


def taken_back_after_it_was_read(a: Replica, b: Replica) -> None:
    """A value leaves only under the version of its own."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    a.look_again()
    write(a, "UPDATE notes SET title = 'B'")
    send(a, b)
    write(a, "UPDATE notes SET title = 'A'")
    send(a, b)
    assert value(b, "title") == value(a, "title")


def seen_as_it_was_merged(a: Replica, b: Replica) -> None:
    """What came in is nobody's write here."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    send(a, b)
    version = b.db_version()
    with b.connection:
        [kind] = [kind for kind in b._kinds.all if isinstance(kind, OrdinaryKind)]
        kind.repair()
    assert b.look_again() == version


def logged_by_a_merge(a: Replica, b: Replica) -> None:
    """The triggers log what a merge writes, too; then the log is empty again."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    send(a, b)
    assert all(kind.is_captured() for kind in b._kinds.all)


def read_between_two_slices(a: Replica, b: Replica) -> None:
    """Whoever reads between two slices gets the second one later."""
    write(a, *(f"INSERT INTO notes VALUES ('{n}', 'T', {n})" for n in range(4)))
    [kind] = [kind for kind in a._kinds.all if isinstance(kind, OrdinaryKind)]
    with a.connection:
        kind.tables.capture(2)
    until = a.db_version()
    first, rest = a.changes(0, until=until).changes, a.changes(until).changes
    assert len({c.pk for c in first}) == len({c.pk for c in rest}) == 2


def _never_captured(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OrdinaryTables, "capture", lambda *_: False)
    patch.setattr(OrdinaryTables, "up_to_date", lambda _: True)


def _covered(patch: pytest.MonkeyPatch) -> None:
    inner = Replica.merge

    def merge(self: Replica, changes: tuple[Change, ...]) -> MergeResult:
        before = self.db_version()
        return replace(inner(self, changes), before=before)

    patch.setattr(Replica, "capture", lambda _: None)
    patch.setattr(Replica, "merge", merge)


def _unread(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OrdinaryTables, "up_to_date", lambda _: True)


def _one_version(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(State, "next_version", lambda *_: 1)


def _log_kept(patch: pytest.MonkeyPatch) -> None:
    inner = OrdinaryMerging.batches.__wrapped__  # type: ignore[attr-defined]

    def begun(self: OrdinaryMerging, *, many: bool) -> object:
        steps = inner(self, many=many)
        next(steps)
        yield

    patch.setattr(OrdinaryMerging, "batches", contextmanager(begun))  # type: ignore[arg-type]


RULES: dict[str, tuple[Callable[[Replica, Replica], None], Patch]] = {
    "the merge's before is taken after the capture": (written_just_before_a_merge, _covered),
    "a merge captures first": (written_and_overwritten, _never_captured),
    "a reading sees captured rows alone": (taken_back_after_it_was_read, _unread),
    "what is merged is seen": (seen_as_it_was_merged, lambda patch: patch.setattr(merge, "see", lambda *_: None)),
    "what a merge logged is taken out": (logged_by_a_merge, _log_kept),
    "each slice has its version": (read_between_two_slices, _one_version),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_and_what_comes_of_leaving_it_out(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history, fault = RULES[rule]
    with mixed(tmp_path / "a.db", ("notes",)) as a, mixed(tmp_path / "b.db", ("notes",)) as b:
        history(a, b)
    fault(monkeypatch)
    with (
        mixed(tmp_path / "c.db", ("notes",)) as a,
        mixed(tmp_path / "d.db", ("notes",)) as b,
        pytest.raises(AssertionError),
    ):
        history(a, b)
