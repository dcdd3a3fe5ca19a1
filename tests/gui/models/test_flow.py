"""The change flow's model: rows, words and the filter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from engine.change import SENTINEL
from engine.events import ChangesMoved, FlowDirection
from gui.models import flow, times
from gui.models.flow import COPY_ROLE, LINE_ROLE, Column, FlowModel
from gui.models.flow_filter import FlowFilter
from tests import budget
from tests.gui.aio import QT_PATIENCE
from tests.gui.models.samples import AUTHORS, any_event, change, moved

Role = Qt.ItemDataRole


@pytest.fixture
def model(qtbot: QtBot) -> FlowModel:
    model = FlowModel(capacity=50)
    checked(model)
    return model


def checked(model: FlowModel) -> None:
    """Let Qt check every row that comes and goes; what it finds is a warning, which fails the test."""
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)


def versions(model: FlowModel) -> list[int]:
    return [model.index(row, 0).data(LINE_ROLE)[1].version for row in range(model.rowCount())]


def text(model: FlowModel, column: Column, role: int = Role.DisplayRole, row: int = 0) -> str:
    said = model.index(row, column).data(role)
    assert isinstance(said, str)
    return said


def test_lines_come_in_order_and_the_oldest_give_way(model: FlowModel) -> None:
    model.append([moved(*map(change, range(30))), moved(), moved(*map(change, range(30, 45)))])
    assert versions(model) == list(range(45))
    model.append([moved(*map(change, range(45, 70)))])
    assert versions(model) == list(range(20, 70))


def test_an_event_larger_than_the_model_leaves_its_end(model: FlowModel) -> None:
    model.append([moved(*map(change, range(3)))])
    model.append([moved(*map(change, range(3, 100))), moved(change(100))])
    assert versions(model) == list(range(51, 101))
    assert model.held == 50


def test_the_words(model: FlowModel) -> None:
    model.set_peer_names({"p": "Laptop"})
    model.set_site_names({AUTHORS[1]: "Desktop"})
    line = change(7, "new", key=(7, "b"), author=AUTHORS[1], old="before", had_old=True)
    model.append([moved(line, when=1_700_000_000.25)])
    assert "Nov" in text(model, Column.TIME), "of another day, that is said"
    assert times.clock(1_700_000_000.25, now=1_700_000_001).endswith(":20.250")
    assert text(model, Column.DIRECTION) == "In"
    assert text(model, Column.PEER) == "Laptop"
    assert text(model, Column.TABLE) == "item"
    assert text(model, Column.KEY) == "7, b"
    assert text(model, Column.COLUMN) == "name"
    assert text(model, Column.VALUE) == "new"
    assert text(model, Column.VERSION) == "7"
    assert text(model, Column.AUTHOR) == "Desktop"
    assert text(model, Column.AUTHOR, COPY_ROLE) == AUTHORS[1].hex()


def test_a_change_that_overwrote_is_marked(model: FlowModel) -> None:
    model.append([moved(change(1, "new", old="before", had_old=True), change(2, "new"))])
    marked, plain = model.index(0, Column.VALUE), model.index(1, Column.VALUE)
    assert not marked.data(Role.DecorationRole).isNull()
    assert plain.data(Role.DecorationRole) is None
    assert "was before" in marked.data(Role.ToolTipRole)
    assert "was before" in marked.data(Role.AccessibleTextRole)
    assert "was" not in plain.data(Role.ToolTipRole)


def test_an_old_null_is_told_from_nothing(model: FlowModel) -> None:
    model.append([moved(change(1, "new", old=None, had_old=True))])
    assert "was NULL" in text(model, Column.VALUE, Role.ToolTipRole)


def test_a_row_has_the_number_of_this_machine_and_the_name_of_all(model: FlowModel) -> None:
    model.append([moved(change(17, global_key="3f2a1b0c:5"))])
    assert text(model, Column.KEY) == "17"
    assert text(model, Column.KEY, Role.ToolTipRole) == "17\nOn all machines: 3f2a1b0c:5"


def test_rows_that_came_or_went_say_so(model: FlowModel) -> None:
    created, deleted = (change(n, None, column=SENTINEL, cl=cl) for n, cl in ((1, 1), (2, 2)))
    model.append([moved(created, deleted)])
    assert [text(model, Column.VALUE, row=row) for row in (0, 1)] == ["(created)", "(deleted)"]


def test_whole_values_are_copied(model: FlowModel) -> None:
    model.append([moved(change(1, "x" * 5000), change(2, b"\0" * 50), change(3, None))])
    assert text(model, Column.VALUE, COPY_ROLE) == "x" * 5000
    assert text(model, Column.VALUE, COPY_ROLE, row=1) == "x'" + "00" * 50 + "'"
    assert text(model, Column.VALUE, COPY_ROLE, row=2) == "NULL"


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (FlowFilter(text="RED"), [1]),
        (FlowFilter(text="Laptop"), [1, 2]),
        (FlowFilter(text="  "), [1, 2, 3, 4]),
        (FlowFilter(text="(deleted)"), [3]),
        (FlowFilter(table="list"), [2]),
        (FlowFilter(way=FlowDirection.LOCAL), [4]),
        (FlowFilter(peer="q"), [3]),
        (FlowFilter(text="item", peer="p"), [1]),
        (FlowFilter(text="nowhere"), []),
    ],
)
def test_the_filter(model: FlowModel, qtbot: QtBot, wanted: FlowFilter, left: list[int]) -> None:
    model.set_peer_names({"p": "laptop"})
    model.append(
        [
            moved(change(1, "a red apple"), change(2, "blue", table="list"), way=FlowDirection.OUT),
            moved(change(3, None, column=SENTINEL, cl=2), peer="q"),
            moved(change(4, "green"), peer="", way=FlowDirection.LOCAL),
        ]
    )
    model.set_filter(wanted)
    qtbot.waitUntil(lambda: not model.searching, timeout=QT_PATIENCE)
    assert versions(model) == left
    assert model.held == 4


def test_a_filter_looks_far_back_in_slices(qtbot: QtBot) -> None:
    model = FlowModel(capacity=20_000)
    model.append([moved(*(change(number, number % 5) for number in range(20_000)))])
    model.set_filter(FlowFilter(text="\n4\n".strip()))
    assert model.searching
    found = [number for number in range(20_000) if "4" in str(number) or number % 5 == 4]
    assert versions(model) == found[-model.rowCount() :], "the newest come first"
    qtbot.waitUntil(lambda: not model.searching, timeout=QT_PATIENCE)
    assert versions(model) == found


def test_new_tables_are_told_once(model: FlowModel, qtbot: QtBot) -> None:
    seen: list[str] = []
    model.table_seen.connect(seen.append)
    model.append([moved(change(1), change(2, table="list"))])
    model.append([moved(change(3))])
    assert sorted(seen) == model.tables() == ["item", "list"]


def test_any_order_of_events_filters_and_slices(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "SLICE", 7)
    filters = [
        FlowFilter(),
        FlowFilter(text="apple"),
        FlowFilter(table="list"),
        FlowFilter(peer="p", way=FlowDirection.OUT),
        FlowFilter(text="(deleted)", table="item"),
    ]
    for case in budget.cases("flow model", seconds=2):
        choose, capacity = case.random, case.random.randrange(1, 30)
        model = FlowModel(capacity)
        if case.seed % 10 == 0:  # it is thorough, and slow
            checked(model)
        lines: list[tuple[ChangesMoved, int]] = []
        wanted, number = FlowFilter(), 0
        for _ in range(40):
            act = choose.randrange(10)
            if act < 5:
                events = []
                for _ in range(choose.randrange(4)):
                    events.append(any_event(choose, number, 12))
                    number += len(events[-1].changes)
                model.append(events)
                lines = (lines + [(event, place) for event in events for place in range(len(event.changes))])[
                    -capacity:
                ]
            elif act < 7:
                wanted = choose.choice(filters)
                model.set_filter(wanted)
            elif act == 7 and choose.random() < 0.3:
                model.clear()
                lines = []
            else:
                QCoreApplication.processEvents()
            everything = passing(lines, FlowFilter())
            shown = versions(model)
            assert shown == sorted(shown)
            assert set(shown) <= set(everything)
            assert model.held == len(lines)
        while model.searching:
            QCoreApplication.processEvents()
        assert versions(model) == passing(lines, wanted), wanted


def passing(lines: list[tuple[ChangesMoved, int]], wanted: FlowFilter) -> list[int]:
    """The versions of the lines that pass, told in another way than the model's."""
    left = []
    for event, place in lines:
        one = event.changes[place]
        deleted = one.column == SENTINEL and one.cl % 2 == 0
        texts = {
            "": True,
            "apple": one.column != SENTINEL and one.value == "a Red apple",
            "(deleted)": deleted,
        }
        if (
            texts[wanted.text]
            and wanted.table in (None, one.table)
            and wanted.peer in (None, event.peer)
            and wanted.way in (None, event.way)
        ):
            left.append(one.version)
    return left
