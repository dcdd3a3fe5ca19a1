"""The rules by which what an app writes and what comes in are told apart, each with a history that goes wrong without
it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.change import MAX_VERSION, Change
from engine.crr import State
from engine.errors import SchemaMismatch
from engine.ordinary.kind import OrdinaryKind
from engine.ordinary.merge import OrdinaryMerging
from engine.ordinary.stamps import Row
from engine.ordinary.tables import OrdinaryTables
from engine.ordinary.withheld import OrdinarySource
from engine.ordinary.write import Writer
from engine.replica import Replica
from engine.tables import MergeResult, Span
from engine.tables.withheld.rows import WithheldRows
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


def written_between_and_overwritten(a: Replica, b: Replica) -> None:
    """So does what it writes just before the merge's transaction."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    send(a, b)
    write(a, "UPDATE notes SET title = 'AA'")
    with written_meanwhile(b, "UPDATE notes SET title = 'ZZ'"):
        send(a, b)
    assert value(b, "title") == "ZZ"


def taken_back_after_it_was_read(a: Replica, b: Replica) -> None:
    """A value leaves only under the version of its own."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    a.refresh()
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
        kind.repair(())
    assert b.refresh() == version


def logged_by_a_merge(a: Replica, b: Replica) -> None:
    """The triggers log what a merge writes, too; then the log is empty again."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    send(a, b)
    assert all(kind.is_captured() for kind in b._kinds.all)


def a_row_is_gone_without_a_trace(a: Replica, b: Replica) -> None:
    """A program named the number of the row that it displaced; then a change of that one comes in."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    send(a, b)
    send(b, a)
    write(b, "REPLACE INTO notes (rowid, id, title) SELECT rowid, 'new', 'N' FROM notes")
    version = a.refresh()
    write(a, "UPDATE notes SET title = 'edited'")
    send(a, b, version)
    send(b, a)
    assert a.digests() == b.digests()
    assert [key for key, _ in a.live_rows("notes")] == [("new",)]


def read_between_two_slices(a: Replica, b: Replica) -> None:
    """Whoever reads between two slices gets the second one later."""
    write(a, *(f"INSERT INTO notes VALUES ('{n}', 'T', {n})" for n in range(4)))
    [kind] = [kind for kind in a._kinds.all if isinstance(kind, OrdinaryKind)]
    with a.connection:
        kind.tables.capture(2)
    until = a.db_version()
    first, rest = a.changes(0, until=until).changes, a.changes(until).changes
    assert len({c.pk for c in first}) == len({c.pk for c in rest}) == 2


def nothing_won(a: Replica, b: Replica) -> None:
    """What was captured in the transaction of a merge that wins nothing is announced."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    send(a, b)
    write(b, "UPDATE notes SET title = 'B'")
    with written_meanwhile(b, "UPDATE notes SET stars = 5"):
        _, after = send(a, b)
    assert after == b.refresh()
    assert {c.cid for c in b.changes(after).changes} == set()
    assert {c.cid for c in b.changes(1, until=after).changes} == {"title", "stars"}


def refused(a: Replica, b: Replica) -> None:
    """A merge is refused, and what was captured in its transaction is taken back: no peer is told its version."""
    write(a, "INSERT INTO notes VALUES ('a', 'A', 1)")
    part = a.part(Span(0, None, TABLES))
    with written_meanwhile(b, "INSERT INTO notes VALUES ('b', 'B', 1)"), pytest.raises(SchemaMismatch):
        b.merge([*part.changes, part.changes[0]._replace(cid="nothing")])
    write(b, "DELETE FROM notes", "DELETE FROM crsql_syncline_log_1")
    result = b.merge(())
    assert (result.before, result.after) == (b.db_version(), b.db_version())


@contextmanager
def written_meanwhile(replica: Replica, sql: str) -> Iterator[None]:
    """The app writes just between the captures before a merge's transaction and that."""
    inner = replica.capture

    def capture() -> None:
        inner()
        replica.connection.execute(sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replica, "capture", capture)
        yield


def a_row_is_withheld(a: Replica, b: Replica) -> None:
    """It goes over as soon as it can, though clocks have passed its version."""
    write(a, "INSERT INTO notes VALUES ('a', CAST(x'ff' AS TEXT), 1), ('b', 'B', 2)")
    first = a.part(Span(0, None, TABLES))
    b.merge(first.changes)
    assert b.connection.execute("SELECT count(*) FROM notes").get == 1
    write(a, "UPDATE notes SET title = 'good' WHERE id = 'a'")
    a.refresh()
    send(a, b, first.until)
    assert b.connection.execute("SELECT * FROM notes WHERE id = 'a'").get == ("a", "good", 1)


def a_row_is_withheld_and_the_file_opened_anew(a: Replica, b: Replica) -> None:
    """What was recorded of it is on disk."""
    write(a, "INSERT INTO notes VALUES ('a', CAST(x'ff' AS TEXT), 1), ('b', 'B', 2)")
    first = a.part(Span(0, None, TABLES))
    b.merge(first.changes)
    write(a, "UPDATE notes SET title = 'good' WHERE id = 'a'")
    with Replica.open(a.path) as again:
        send(again, b, first.until)
    assert b.connection.execute("SELECT * FROM notes WHERE id = 'a'").get == ("a", "good", 1)


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


def _unannounced(patch: pytest.MonkeyPatch) -> None:
    inner = OrdinaryKind.capture_all
    patch.setattr(OrdinaryKind, "capture_all", lambda self: 0 * inner(self))


def _kept_version(patch: pytest.MonkeyPatch) -> None:
    def capture_all(self: OrdinaryTables) -> int:
        while self.capture():
            pass
        return self._versions.latest

    patch.setattr(OrdinaryTables, "capture_all", capture_all)


def _recorded_in_memory(patch: pytest.MonkeyPatch) -> None:
    inner = WithheldRows.record
    patch.setattr(WithheldRows, "record", lambda self, found, *, readonly: inner(self, found, readonly=True))


RULES: dict[str, tuple[Callable[[Replica, Replica], None], Patch]] = {
    "the merge's before is taken after the capture": (written_just_before_a_merge, _covered),
    "a merge captures first": (written_and_overwritten, _never_captured),
    "a merge captures in its transaction": (
        written_between_and_overwritten,
        lambda patch: patch.setattr(Replica, "_capture_rest", lambda _: 0),
    ),
    "a reading sees captured rows alone": (taken_back_after_it_was_read, _unread),
    "what is merged is seen": (seen_as_it_was_merged, lambda patch: patch.setattr(Writer, "see", lambda *_: None)),
    "what is gone without a trace is found before a change of it is merged": (
        a_row_is_gone_without_a_trace,
        lambda patch: patch.setattr(Row, "latest", MAX_VERSION),
    ),
    "what a merge logged is taken out": (logged_by_a_merge, _log_kept),
    "each slice has its version": (read_between_two_slices, _one_version),
    "a capture is announced even if the merge wins nothing": (nothing_won, _unannounced),
    "a version that was taken back is nobody's": (refused, _kept_version),
    "a row that can be sent has all its cells told anew": (
        a_row_is_withheld,
        lambda patch: patch.setattr(OrdinarySource, "record_as_new", lambda *_: None),
    ),
    "what is withheld is on disk": (a_row_is_withheld_and_the_file_opened_anew, _recorded_in_memory),
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
