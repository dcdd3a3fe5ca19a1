"""The change flow in groups: what is one line, what it opens to, and what gives way."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from engine.change import SENTINEL
from engine.events import ChangesMoved, FlowChange, FlowDirection
from gui.models import flow_groups, flow_tree
from gui.models.flow import COPY_ROLE, LINE_ROLE
from gui.models.flow_filter import FlowFilter
from gui.models.flow_group_text import Column
from gui.models.flow_text import LineWords
from gui.models.flow_tree import FlowTreeModel
from tests import budget
from tests.gui.aio import QT_PATIENCE
from tests.gui.models.samples import AUTHORS, any_event, change, moved

Role = Qt.ItemDataRole


@pytest.fixture
def model(qtbot: QtBot) -> FlowTreeModel:
    model = FlowTreeModel(capacity=50)
    checked(model)
    model.set_peer_names({"p": "desktop"})
    return model


def checked(model: FlowTreeModel) -> None:
    """Let Qt check every line that comes and goes; what it finds is a warning, which fails the test."""
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)


def burst(number: int, *changes: FlowChange, peer: str = "p", way: FlowDirection = FlowDirection.IN) -> ChangesMoved:
    return replace(moved(*changes, peer=peer, way=way), burst=number)


def said(model: FlowTreeModel, row: int, over: QModelIndex | None = None, role: int = Role.DisplayRole) -> list[str]:
    """A line without its time."""
    parent = QModelIndex() if over is None else over
    return [str(model.index(row, column, parent).data(role)) for column in list(Column)[1:]]


def group(model: FlowTreeModel, row: int) -> QModelIndex:
    return model.index(row, 0)


def test_what_came_in_one_go_is_one_line(model: FlowTreeModel) -> None:
    rows = [change(number, table="todo") for number in range(10)]
    lists = [change(number, table="list", column=column) for number in range(2) for column in ("name", "color")]
    model.append([burst(1, *rows[:4]), burst(2, change(99), peer="", way=FlowDirection.LOCAL), burst(1, *rows[4:])])
    model.append([burst(1, *lists)])
    assert [said(model, row)[:3] for row in range(model.rowCount())] == [
        ["desktop", "12 rows", "todo 10, list 2"],
        ["this machine", "1 row", "item 1"],
    ]


def test_two_that_have_no_number_are_two_lines(model: FlowTreeModel) -> None:
    model.append([moved(change(1)), moved(change(2))])
    assert model.rowCount() == 2


def test_a_line_opens_to_rows_and_these_to_cells(model: FlowTreeModel) -> None:
    model.set_site_names({AUTHORS[0]: "laptop"})
    model.append(
        [
            burst(
                1,
                change(1, "Shopping list", column="title", old="Groceries", had_old=True),
                change(2, SENTINEL, column=SENTINEL, cl=1),
                change(2, "Trip", column="title"),
                change(3, None, column=SENTINEL, cl=2),
                change(1, "", column="body", old=None, had_old=True),
            )
        ]
    )
    over = group(model, 0)
    assert [said(model, row, over)[1:] for row in range(model.rowCount(over))] == [
        ["item 1", "title: Groceries → Shopping list · body: NULL → (empty)", "laptop"],
        ["item 2", "new · title: Trip", "laptop"],
        ["item 3", "deleted", "laptop"],
    ]
    first = model.index(0, 0, over)
    assert [said(model, row, first)[1:3] for row in range(model.rowCount(first))] == [
        ["title", "Groceries → Shopping list"],
        ["body", "NULL → (empty)"],
    ]
    assert said(model, 1, model.index(1, 0, over))[1:3] == ["title", "Trip"]


def test_what_overwrote_is_marked_on_each_line(model: FlowTreeModel) -> None:
    marked = change(1, "new", old="before", had_old=True)
    model.append([burst(1, change(2), marked)])
    over = group(model, 0)
    row = model.index(1, 0, over)
    for line in (model.index(0, Column.CONTENT), model.index(1, Column.CONTENT, over)):
        assert not line.data(Role.DecorationRole).isNull()
    assert model.index(0, Column.CONTENT, over).data(Role.DecorationRole) is None
    assert model.index(0, Column.CONTENT, row).data(LINE_ROLE)[1] == marked
    assert model.index(0, Column.CONTENT).data(Role.AccessibleTextRole) == "item 2, overwrote 1 value"
    assert model.index(0, Column.CONTENT, row).data(Role.AccessibleTextRole) == "new, was before"
    assert model.index(0, Column.PEER).data(Role.AccessibleTextRole) == "Came in from desktop"


def test_a_whole_value_is_copied(model: FlowTreeModel) -> None:
    model.append([burst(1, change(1, "long " * 100, author=AUTHORS[1]))])
    row = model.index(0, 0, group(model, 0))
    assert model.index(0, Column.CONTENT, row).data(COPY_ROLE) == "long " * 100
    assert model.index(0, Column.AUTHOR, row).data(COPY_ROLE) == AUTHORS[1].hex()
    assert model.index(0, Column.WHAT).data(COPY_ROLE) == "1 row"


def test_many_rows_are_listed_step_by_step(model: FlowTreeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (flow_groups, flow_tree):
        monkeypatch.setattr(module, "STEP", 10)
    model.append([burst(1, *map(change, range(8)))])
    over = group(model, 0)
    assert model.rowCount(over) == 8
    model.append([burst(1, *map(change, range(8, 25)))])
    assert model.rowCount(over) == 11
    last = model.index(10, Column.WHAT, over)
    assert last.data() == "15 more rows…"
    assert not model.hasChildren(model.index(10, 0, over))
    model.list_more(last)
    assert model.rowCount(over) == 21
    model.list_more(model.index(20, 0, over))
    assert model.rowCount(over) == 25
    assert said(model, 24, over)[1] == "item 24"


def test_the_oldest_give_way(model: FlowTreeModel) -> None:
    model.append([burst(1, *map(change, range(20))), burst(2, *map(change, range(20, 40)))])
    over = group(model, 0)
    assert model.rowCount(over) == 20
    model.append([burst(1, *map(change, range(15, 30)))])
    assert model.held == 55, "whole events go: at least as many stay as are to be held"
    model.append([burst(3, *map(change, range(40, 65)))])
    assert model.held == 60
    assert [said(model, row)[1] for row in range(model.rowCount())] == ["15 rows", "20 rows", "25 rows"]
    assert model.rowCount(group(model, 0)) == 15
    model.append([burst(4, *map(change, range(200)))])
    assert [said(model, row)[1] for row in range(model.rowCount())] == ["50 rows"]


def test_no_more_groups_are_shown_than_qt_lays_out_in_time(
    model: FlowTreeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_tree, "GROUPS", 5)
    counts: list[tuple[int, int]] = []
    model.counts_changed.connect(lambda shown, held: counts.append((shown, held)))
    model.append([burst(number, change(number)) for number in range(1, 9)])
    assert (model.rowCount(), counts[-1]) == (5, (5, 8))
    model.append([burst(8, change(80)), burst(9, change(9))])
    assert (model.rowCount(), counts[-1]) == (5, (6, 10))
    assert len(model.take()) == 10


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (FlowFilter(text=" RED "), [1, 5]),
        (FlowFilter(table="list"), [3]),
        (FlowFilter(peer="p"), [1, 2, 3]),
        (FlowFilter(way=FlowDirection.OUT), [4, 5]),
        (FlowFilter(database="e"), []),
    ],
)
def test_the_filter(model: FlowTreeModel, qtbot: QtBot, wanted: FlowFilter, left: list[int]) -> None:
    model.append(
        [
            burst(1, change(1, "red"), change(2, "blue"), change(3, "green", table="list")),
            burst(2, change(4, "blue"), change(5, "a red one"), peer="q", way=FlowDirection.OUT),
        ]
    )
    model.set_filter(wanted)
    qtbot.waitUntil(lambda: not model.searching, timeout=QT_PATIENCE)
    assert sorted(one.version for one in cells(model)) == left
    model.set_filter(FlowFilter())
    assert len(cells(model)) == 5


def cells(model: FlowTreeModel) -> list[FlowChange]:
    """Every change that is shown, found by opening every line."""
    found: list[FlowChange] = []
    for at in range(model.rowCount()):
        over = group(model, at)
        for place in range(model.rowCount(over)):
            row = model.index(place, 0, over)
            assert model.parent(row) == over
            for cell in range(model.rowCount(row)):
                assert model.parent(model.index(cell, 0, row)) == row
                found.append(model.index(cell, 0, row).data(LINE_ROLE)[1])
    return found


def test_it_holds_what_a_plain_list_of_groups_holds(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes, however it is filtered, and whatever was opened before."""
    monkeypatch.setattr(flow_tree, "SLICE", 30)
    for case in budget.cases("flow tree"):
        choose = case.random
        capacity = choose.choice([1, 10, 60])
        model = FlowTreeModel(capacity)
        checked(model)
        held: list[ChangesMoved] = []
        wanted = FlowFilter()
        for number in range(0, 400, 20):
            events = [any_burst(choose, number + place * 5) for place in range(choose.randrange(4))]
            model.append(events)
            held += [replace(event, changes=event.changes[-capacity:]) for event in events if event.changes]
            while held and sum(len(event.changes) for event in held[1:]) >= capacity:
                del held[0]
            if choose.random() < 0.2:
                wanted = choose.choice(
                    [FlowFilter(), FlowFilter(text="red"), FlowFilter(table="list"), FlowFilter(peer="q")]
                )
                model.set_filter(wanted)
            if choose.random() < 0.05:
                assert model.take() == held
                held.clear()
            qtbot.waitUntil(partial(looked_through, model), timeout=QT_PATIENCE)
            assert model.held == sum(len(event.changes) for event in held)
            if choose.random() < 0.7:
                passing = [one for event in held for one in wanted.normal().passing(event, LineWords())]
                assert Counter(cells(model)) == Counter(passing)
        model.deleteLater()


def looked_through(model: FlowTreeModel) -> bool:
    return not model.searching


def any_burst(choose: random.Random, number: int) -> ChangesMoved:
    """An event of one of a few bursts, to a few rows."""
    event = any_event(choose, number, 5)
    changes = tuple(replace(one, key=(choose.randrange(8),)) for one in event.changes)
    return replace(event, changes=changes, burst=choose.randrange(6))
