"""The peers table's model and what lies before it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from engine.peer_state import State
from engine.tables import Coverage
from gui.models.peer_columns import Column
from gui.models.peers import (
    DAY,
    PEER_ROLE,
    PROGRESS_ROLE,
    SENTENCE_ROLE,
    STATE_ROLE,
    PeersModel,
    PeersProxy,
)
from gui.models.sorting import SORT_ROLE
from tests import budget
from tests.gui.models.samples import status

Role = Qt.ItemDataRole


@pytest.fixture
def model(qtbot: QtBot) -> PeersModel:
    model = PeersModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)
    return model


def cell(model: PeersModel | PeersProxy, column: Column, role: int = Role.DisplayRole, row: int = 0) -> Any:
    return model.index(row, column).data(role)


def peers(model: PeersModel | PeersProxy) -> list[str]:
    return [cell(model, Column.NAME, PEER_ROLE, row) for row in range(model.rowCount())]


def test_rows_are_added_changed_and_removed(model: PeersModel) -> None:
    model.update([status("a"), status("b")])
    model.update([status("b", State.WAITING), status("c"), status("b", State.PAUSED)])
    assert peers(model) == ["a", "b", "c"]
    assert cell(model, Column.STATE, row=1) == "Paused"
    model.remove("a")
    model.remove("nobody")
    model.update([status("c", State.IDLE)])
    assert peers(model) == ["b", "c"]
    assert cell(model, Column.STATE, row=1) == "Idle"


def test_what_did_not_change_is_not_told(model: PeersModel) -> None:
    told: list[tuple[int, int]] = []
    model.update([status("a"), status("b")])
    model.dataChanged.connect(lambda first, _: told.append((first.row(), first.column())))
    model.update([status("a"), status("b", received=2, reason="Something else.")])
    assert told == [(1, Column.STATE), (1, Column.RECEIVED)]


@pytest.mark.parametrize("state", State)
def test_each_state_has_an_icon_a_word_and_its_reason(model: PeersModel, state: State) -> None:
    model.update([status(state=state)])
    assert cell(model, Column.STATE) == state.value
    assert cell(model, Column.STATE, Role.ToolTipRole) == "Because."
    assert cell(model, Column.STATE, Role.AccessibleTextRole) == f"{state.value}. Because."
    assert not cell(model, Column.STATE, Role.DecorationRole).pixmap(16, 16).isNull()
    assert cell(model, Column.STATE, STATE_ROLE) is state


def test_progress_is_told_while_syncing_only(model: PeersModel) -> None:
    model.update([status(state=State.SYNCING, done=1240, total=9000)])
    assert cell(model, Column.STATE) == "1,240 of 9,000"
    moved = {"changes": 4310, "size": 312_000}
    for left, said in ((None, "312.0 kB"), (12, "12 s left, 312.0 kB"), (200, "3 min left, 312.0 kB")):
        model.update([status(state=State.SYNCING, done=1240, total=9000, seconds_left=left, **moved)])
        assert cell(model, Column.STATE) == "4,310 changes"
        assert cell(model, Column.STATE, SENTENCE_ROLE) == said
        assert cell(model, Column.STATE, Role.ToolTipRole).endswith(f"\n4,310 changes, {said}")
    assert cell(model, Column.STATE, PROGRESS_ROLE) == (1240, 9000)
    model.update([status(state=State.WAITING, done=1240, total=9000)])
    assert cell(model, Column.STATE, PROGRESS_ROLE) is None


def test_clocks_of_a_peer_that_never_answered_are_unknown(model: PeersModel) -> None:
    model.update([status("a", site_id=None), status("b", received=1_000_000, to_receive=2)])
    assert [cell(model, column) for column in (Column.RECEIVED, Column.TO_RECEIVE)] == ["–", "–"]
    assert cell(model, Column.RECEIVED, row=1) == "1,000,000"
    assert cell(model, Column.TO_RECEIVE, row=1) == "2 versions"


def test_what_is_left_is_told_in_changes_as_far_as_they_were_counted(model: PeersModel) -> None:
    told: list[int] = []
    model.update([status(to_send=1)])
    assert cell(model, Column.TO_SEND) == "1 version"
    model.dataChanged.connect(lambda first, _: told.append(first.column()))
    model.update([status(to_send=1, changes_to_send=60_000)])
    assert (told, cell(model, Column.TO_SEND)) == ([Column.TO_SEND], "60,000")
    assert cell(model, Column.TO_SEND, SORT_ROLE) == 60_000
    model.update([status(to_send=0, changes_to_send=0)])
    assert (cell(model, Column.TO_SEND), cell(model, Column.TO_RECEIVE)) == ("0", "0")


def test_progress_counts_changes_where_it_is_known_how_many_there_are(model: PeersModel) -> None:
    model.update([status(state=State.SYNCING, done=0, total=1, changes=1_240, changes_left=7_760)])
    assert cell(model, Column.STATE) == "1,240 of 9,000"
    assert cell(model, Column.STATE, PROGRESS_ROLE) == (1_240, 9_000)


def test_large_clocks_are_shown_whole(model: PeersModel) -> None:
    model.update([status(received=2**61)])
    assert cell(model, Column.RECEIVED).replace(",", "") == str(2**61)


def test_names_of_databases(model: PeersModel) -> None:
    model.update([status()])
    model.set_database_names({"d": "todo"})
    assert cell(model, Column.DATABASE) == "todo"
    assert cell(model, Column.ADDRESS) == "ws://127.0.0.1:8080/sync · room"
    model.update([status(url="ws://127.0.0.1:8080/sync/room")])
    assert cell(model, Column.ADDRESS) == "ws://127.0.0.1:8080/sync/room", "the room is said once"


def test_times_are_relative_and_their_tooltips_exact(model: PeersModel) -> None:
    now = time.time()
    model.update([status(last_success=now - 150, last_attempt=None, next_attempt=now + 60)])
    assert cell(model, Column.LAST_SUCCESS) == "2 min ago"
    assert time.strftime("%H:%M:%S", time.localtime(now - 150)) in cell(model, Column.LAST_SUCCESS, Role.ToolTipRole)
    assert cell(model, Column.LAST_ATTEMPT) == "–"
    assert "never\nNext: " in cell(model, Column.LAST_ATTEMPT, Role.ToolTipRole)


def test_only_times_that_read_differently_are_told(model: PeersModel, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    model.update([status("a", last_success=now - 20), status("b", last_success=now - 5 * DAY), status("c")])
    model.refresh_times()
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), first.column())))
    monkeypatch.setattr(time, "time", lambda: now + 12)
    model.refresh_times([1, 2])
    assert told == []
    model.refresh_times()
    assert told == [(0, Column.LAST_SUCCESS)]


def test_a_peer_not_heard_from_is_stale(model: PeersModel) -> None:
    old = time.time() - 8 * DAY
    model.update([status("a", State.WAITING, last_success=old), status("b", last_success=old), status("c")])
    stale = [model.is_stale(model.status(row)) for row in range(3)]
    assert stale == [True, False, False], "one in sync is not, and neither is one that never was"
    assert cell(model, Column.LAST_SUCCESS) == "8 days ago, stale"
    assert "Not heard from" in cell(model, Column.NAME, Role.ToolTipRole)
    model.set_stale_days(7, {"a": 9})
    assert not model.is_stale(model.status(0))


def test_sorting_is_by_raw_values(model: PeersModel) -> None:
    proxy = PeersProxy(model)
    now = time.time()
    model.update(
        [
            status("a", State.IN_SYNC, received=9, last_success=now - 5, name="beta"),
            status("b", State.NEEDS_YOU, received=2**40, last_success=None, name="Alpha"),
            status("c", State.PAUSED, received=10, last_success=now - 5000, name="Gamma"),
        ]
    )
    orders = {
        Column.NAME: ["b", "a", "c"],
        Column.STATE: ["b", "c", "a"],
        Column.RECEIVED: ["a", "c", "b"],
        Column.LAST_SUCCESS: ["b", "c", "a"],
    }
    for column, order in orders.items():
        proxy.sort(column, Qt.SortOrder.AscendingOrder)
        assert peers(proxy) == order, column
    proxy.sort(-1)
    assert peers(proxy) == ["a", "b", "c"]


def test_the_filter_looks_at_all_columns(model: PeersModel) -> None:
    proxy = PeersProxy(model)
    model.update([status("a", name="Laptop"), status("b", State.WAITING), status("c", room="laptops")])
    for text, left in {"laptop": ["a", "c"], "wait": ["b"], "": ["a", "b", "c"], "room*": []}.items():
        proxy.set_filter(text)
        assert peers(proxy) == left, text


def test_any_order_of_news(qtbot: QtBot) -> None:
    for case in budget.cases("peers model", seconds=1):
        choose = case.random
        owner = QObject()  # of both: a proxy must not go down with its source
        model = PeersModel(owner)
        proxy = PeersProxy(model, owner)
        for one in (model, proxy):
            QAbstractItemModelTester(one, QAbstractItemModelTester.FailureReportingMode.Warning, one)
        proxy.sort(choose.choice(list(Column)))
        known: dict[str, State] = {}
        for _ in range(30):
            if choose.random() < 0.3:
                peer = choose.choice("abcdef")
                model.remove(peer)
                known.pop(peer, None)
            else:
                news = [status(choose.choice("abcdef"), choose.choice(list(State))) for _ in range(3)]
                model.update(news)
                known |= {one.peer: one.state for one in news}
            proxy.set_filter(choose.choice(["", "sync", "Peer a"]))
            assert {one.peer: one.state for one in model.statuses()} == known


def test_in_sync_says_how_much_it_is_about(model: PeersModel) -> None:
    model.update([status("a", reason="Everything is on both disks."), status("b", State.WAITING)])
    assert cell(model, Column.STATE, SENTENCE_ROLE) == "Everything is on both disks."
    told: list[int] = []
    model.dataChanged.connect(lambda first, last: told.append(first.column()))
    model.set_coverage("d", Coverage(6, 15))
    model.set_coverage("d", Coverage(6, 15))
    assert told == [Column.STATE], "once"
    for role in (SENTENCE_ROLE, Role.ToolTipRole):
        assert cell(model, Column.STATE, role) == "6 of 15 tables; 9 stay on this machine."
        assert cell(model, Column.STATE, role, row=1) == "Because.", "one that waits promises nothing"
    assert "9 stay on this machine" in cell(model, Column.STATE, Role.AccessibleTextRole)
    model.update([status("a", reason="Left out: x. Everything else is on both disks.")])
    assert cell(model, Column.STATE, SENTENCE_ROLE).endswith("disks. 6 of 15 tables; 9 stay on this machine.")
    model.set_coverage("d", Coverage(15, 15))
    assert "stay" not in cell(model, Column.STATE, SENTENCE_ROLE)
