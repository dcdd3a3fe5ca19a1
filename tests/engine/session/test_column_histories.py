"""Random and built histories of files whose columns come and go; each rule that is left out is noticed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.clocks import coverage, table_marks
from engine.ordinary import catalogue
from engine.replica import ranges
from engine.session import batch_limits, receiving
from engine.session.base import Session
from engine.tables import Span
from engine.wire import Batch, Want, decode
from tests import budget

from .columns import App, NewApp, connect, fill, seeded, sync
from .world import Wire

Patch = pytest.MonkeyPatch


def begin(ahead: App, behind: App, rows: int, steps: int) -> tuple[Wire, random.Random]:
    """Sync, write rows, and go so many steps of the next sync."""
    sync(ahead, behind)
    fill(ahead, rows, "v, v * 10")
    ahead.replica.capture()
    wire, rng = connect(ahead, behind), random.Random(steps)
    for _ in range(steps):
        wire.step(rng)
    return wire, rng


def what_it_wrote_comes_by_a_third(new_app: NewApp) -> bool:
    """Of a column that went: the third side has it only after this side holds a clock of the second."""
    one, two, three = new_app("ab"), new_app("ab"), new_app("ab")
    for pair in ((one, two), (two, three), (one, three)):
        sync(*pair)
    fill(one, 20, "v, v * 10")
    sync(one, three)
    full = one.rows()
    one.drop("b")
    one.replica.capture()
    one.add("b")
    for pair in ((one, two), (two, three), (one, two)):
        sync(*pair)
    return one.rows() == two.rows() == full


def what_it_wrote_comes_late(new_app: NewApp) -> bool:
    """Of a column that went: a connection that was stuck meanwhile delivers it only after this side holds a clock of
    the other."""
    one, two = new_app("ab"), new_app("ab")
    sync(one, two)
    fill(one, 8, "v, v * 10")  # all of them are under way at once
    one.replica.capture()
    sender, receiver = connect(one, two).ends
    while not any(isinstance(decode(data), Batch) for data in sender.sent):
        sender.work()
        receiver.work()
        for end, other in ((receiver, sender), (sender, receiver)):
            if end.sent and not isinstance(decode(end.sent[0]), Batch):
                other.receive(end.sent.popleft())
    full = one.rows()
    one.drop("b")
    one.replica.capture()
    one.add("b")
    sync(one, two)
    for data in sender.sent:
        receiver.receive(data)
        receiver.work()
    sync(one, two)
    return one.rows() == two.rows() == full


def a_column_comes_while_a_range_is_cut(new_app: NewApp, steps: int = 40) -> bool:
    """What lies behind the place is asked for as well."""
    ahead, behind = new_app("ab"), new_app("a")
    begin(ahead, behind, 40, steps)
    behind.add("b")
    sync(ahead, behind)
    return behind.rows() == ahead.rows()


def a_column_comes_in_a_session(new_app: NewApp, steps: int = 30) -> bool:
    """The clock at the end of a range covers the columns that it was asked for with."""
    ahead, behind = new_app("ab"), new_app("a")
    wire, rng = begin(ahead, behind, 10, steps)
    behind.add("b")
    behind.replica.capture()
    wire.run(rng)
    sync(ahead, behind)
    return behind.rows() == ahead.rows()


def a_column_is_lost_in_a_session(new_app: NewApp, steps: int = 60, *, crsqlite: bool = False) -> bool:
    """It goes and comes back while it is received: no clock covers what went with it."""
    one, other = new_app("ab"), new_app("ab", crsqlite=crsqlite)
    sync(one, other)
    fill(one, 40, "v, v * 10")
    one.replica.capture()
    wire, rng = connect(one, other), random.Random(steps)
    for _ in range(steps):
        wire.step(rng)
    other.drop("b")
    other.replica.capture()
    other.add("b")
    other.replica.capture()
    wire.run(rng)
    sync(one, other)
    return other.rows() == one.rows()


def test_what_it_wrote_comes_by_a_third(new_app: NewApp) -> None:
    assert what_it_wrote_comes_by_a_third(new_app)


def test_what_it_wrote_comes_late(new_app: NewApp) -> None:
    assert what_it_wrote_comes_late(new_app)


@pytest.mark.parametrize("steps", range(10, 100, 10))
def test_a_column_comes_while_a_range_is_cut(new_app: NewApp, steps: int) -> None:
    assert a_column_comes_while_a_range_is_cut(new_app, steps)


@pytest.mark.parametrize("steps", range(0, 60, 10))
def test_a_column_comes_in_a_session(new_app: NewApp, steps: int) -> None:
    assert a_column_comes_in_a_session(new_app, steps)


@pytest.mark.parametrize("steps", range(10, 100, 10))
@pytest.mark.parametrize("crsqlite", [False, True])
def test_a_column_is_lost_in_a_session(new_app: NewApp, steps: int, crsqlite: bool) -> None:
    assert a_column_is_lost_in_a_session(new_app, steps, crsqlite=crsqlite)


# Meshes


@pytest.mark.slow
def test_all_files_end_equal(tmp_path: Path, monkeypatch: Patch) -> None:
    """Columns come and go at any moment, sessions are cut, a hub is a version behind: in the end all have all."""
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 3)
    seconds, at_least = budget.pick((10, 10), (40, 100))
    for case in budget.cases("meshes of columns", seconds=seconds, at_least=at_least):
        assert seeded(tmp_path / "mesh", case.seed) == []


def _asks_for_no_column(patch: Patch) -> None:
    patch.setattr(receiving, "Want", lambda *fields: Want(*fields[:6]))


def _tells_no_rows(patch: Patch) -> None:
    shares = Span.shares
    patch.setattr(Span, "shares", lambda *args: [one._replace(rows=False) for one in shares(*args)])


def _covers_all_columns(patch: Patch) -> None:
    accept = Session._accept
    patch.setattr(Session, "_accept", lambda self, *args, **more: accept(self, *args, **more | {"bases": ()}))


def _columns_have_no_slots(patch: Patch) -> None:
    patch.setattr(catalogue.OrdinaryTable, "slots", property(lambda self: dict.fromkeys(self.entry.slots, 0)))


def _columns_do_not_go(patch: Patch) -> None:
    _columns_have_no_slots(patch)
    patch.setattr(coverage, "forget_columns", lambda *_, **__: None)


def _places_name_no_columns(patch: Patch) -> None:
    patch.setattr(receiving.ReceivingSession, "_place", lambda _, known: known.place)
    patch.setattr(ranges.RangeReader, "_mark", lambda *_: b"the same")


FAULTS: dict[str, Callable[[Patch], None]] = {
    "a column that comes is not asked for": _asks_for_no_column,
    "a row without a cell that can be told is not told": _tells_no_rows,
    "a column that came back is taken for the one it was": _columns_do_not_go,
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", budget.variants(FAULTS, "a row without a cell that can be told is not told"))
def test_meshes_notice_a_fault(fault: str, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 3)
    FAULTS[fault](monkeypatch)
    assert any(seeded(tmp_path / "mesh", seed) for seed in range(40))


BUILT: dict[str, tuple[Callable[[NewApp], bool], Callable[[Patch], None]]] = {
    "a clock covers the columns that were asked for": (a_column_comes_in_a_session, _covers_all_columns),
    "a file that lost a column may lack what it wrote": (
        what_it_wrote_comes_late,
        lambda patch: patch.setattr(table_marks, "note_loss", lambda *_: None),
    ),
    "a place names columns": (a_column_comes_while_a_range_is_cut, _places_name_no_columns),
    "a session goes on with the columns that it began with": (a_column_is_lost_in_a_session, _columns_have_no_slots),
}


@pytest.mark.parametrize("rule", BUILT)
def test_a_rule_that_is_left_out_is_noticed(rule: str, new_app: NewApp, monkeypatch: Patch) -> None:
    history, fault = BUILT[rule]
    fault(monkeypatch)
    assert not history(new_app)
