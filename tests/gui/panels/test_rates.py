"""The graph of changes per second."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.events import FlowDirection
from gui.panels.rates import RatesGraph
from tests.gui.models.samples import change, moved


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def graph(qtbot: QtBot, clock: Clock) -> RatesGraph:
    graph = RatesGraph(now=clock)
    qtbot.addWidget(graph)
    graph.show()
    return graph


def test_changes_are_counted_by_second_and_way(graph: RatesGraph, clock: Clock) -> None:
    graph.append([moved(change(1), change(2)), moved(change(3), way=FlowDirection.OUT)])
    clock.now += 0.9
    graph.append([moved(change(4))])
    clock.now += 5
    graph.append([moved(change(5), way=FlowDirection.OUT), moved(change(6), peer="", way=FlowDirection.LOCAL)])
    rates = graph.rates()
    assert len(rates) == 60
    assert (rates[-6], rates[-1]) == ((3, 1), (0, 1))
    assert sum(map(sum, rates)) == 5, "what was written here is no traffic"


def test_it_moves_only_while_there_is_something_to_see(graph: RatesGraph, clock: Clock) -> None:
    assert not graph.moving
    graph.append([moved(change(1), peer="", way=FlowDirection.LOCAL)])
    assert not graph.moving
    graph.append([moved(change(1))])
    assert graph.moving
    graph.hide()
    assert not graph.moving
    graph.append([moved(change(2))])
    assert not graph.moving
    graph.show()
    assert graph.moving
    clock.now += 61
    graph._tick()
    assert not graph.moving
    assert graph.rates() == [(0, 0)] * 60


def test_it_says_the_most(graph: RatesGraph, clock: Clock) -> None:
    graph.append([moved(*map(change, range(1200)))])
    graph._tick()
    assert "up to 1,200 in, up to 0 out" in graph.toolTip() == graph.accessibleDescription()


def test_it_is_painted(graph: RatesGraph, clock: Clock) -> None:
    empty = graph.grab().toImage()
    graph.append([moved(change(1))])
    came = graph.grab().toImage()
    clock.now += 2
    graph.append([moved(change(1), way=FlowDirection.OUT)])
    assert len({bytes(image.constBits()) for image in (empty, came, graph.grab().toImage())}) == 3
