"""The widget: what it says, where it leads, and that it moves only while changes do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleHintReturn, QStyleOption, QWidget
from pytestqt.qtbot import QtBot

from engine.events import FlowDirection
from engine.ids import SiteId
from engine.peer_state import State
from gui import language
from gui.theme import apply_scheme
from gui.topology.graph import build
from gui.topology.layout import Place
from gui.topology.pulses import TRAVEL
from gui.topology.view import TopologyView
from tests.gui.aio import application
from tests.gui.topology.samples import NOTES, TODO, guest, moved, peer


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class LessMotion(QProxyStyle):
    """A desktop that asks for less motion."""

    def styleHint(  # noqa: N802
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returned: QStyleHintReturn | None = None,
    ) -> int:
        if hint is QStyle.StyleHint.SH_Widget_Animation_Duration:
            return 0
        return super().styleHint(hint, option, widget, returned)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def view(qtbot: QtBot, clock: Clock) -> TopologyView:
    view = TopologyView(now=clock)
    qtbot.addWidget(view)
    view.resize(600, 300)
    known = replace(NOTES, sites=(SiteId(b"?" * 16), SiteId(b"!" * 16)))
    peers = [peer("desktop"), peer("phone", state=State.NEEDS_YOU)]
    view.show_topology(build([known], [*peers, guest("studio"), guest("attic", state=State.IDLE)]))
    view.show()
    return view


def place_of(view: TopologyView, name: str) -> Place:
    return next(place for place in view.picture.places if place.node.name == name)


def painted(view: TopologyView) -> QImage:
    return view.grab().toImage()


def test_it_says_in_words_what_it_shows(view: TopologyView) -> None:
    assert view.accessibleName() == "Connections"
    text = view.accessibleDescription()
    assert text.startswith("This machine: notes. ")
    for words in ("desktop: In sync.", "phone: Needs you.", "studio: In sync.", "attic: Not connected."):
        assert words in text
    view.show_topology(build([NOTES], []))
    assert view.accessibleDescription() == "This machine: notes. No peer yet."
    view.show_topology(build([], []))
    assert view.accessibleDescription() == "No database yet"
    view.show_topology(build([NOTES, TODO], [peer("hub", "t", State.WAITING)]))
    assert view.accessibleDescription() == "This machine: notes, todo. todo – hub: Waiting."
    view.show_topology(build([replace(NOTES, sites=(SiteId(b"?" * 16),))], [peer("hub")]))
    assert "1 more copy, known only by its clock" in view.accessibleDescription()


def test_it_speaks_the_language_of_the_moment(view: TopologyView) -> None:
    try:
        language.install(application(), "de")
        assert view.accessibleName() == "Verbindungen"
        assert "phone: Braucht Sie." in view.accessibleDescription()
    finally:
        language.install(application(), "en")


def test_each_node_has_a_tooltip(view: TopologyView) -> None:
    def tip(name: str) -> str:
        place = place_of(view, name)
        return view.tip_at(QPointF(place.x, place.y))

    assert "desktop\nIn sync" in tip("desktop")
    assert "studio (guest)\nIn sync" in tip("studio")
    assert "This machine: notes\ndesktop: In sync\nphone: Needs you" in tip("notes")
    assert view.tip_at(QPointF(1, 1)) == ""


def test_the_keys_lead_from_node_to_node_and_to_what_one_does(view: TopologyView, qtbot: QtBot) -> None:
    view.setFocus()
    seen = []
    for _ in view.picture.places:
        qtbot.keyClick(view, Qt.Key.Key_Right)
        seen.append(view.focused)
    assert sorted(seen) == sorted(place.node.key for place in view.picture.places)
    view.focused = place_of(view, "phone").node.key
    with qtbot.waitSignal(view.peer_requested) as asked:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert asked.args == ["phone n"]
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.focused != place_of(view, "phone").node.key


def test_a_click_on_a_database_leads_to_it(view: TopologyView, qtbot: QtBot) -> None:
    view.show_topology(build([NOTES, TODO], [peer("hub", "t")]))
    place = place_of(view, "todo")
    with qtbot.waitSignal(view.database_requested) as asked:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(place.x), round(place.y)))
    assert asked.args == ["t"]


def test_it_moves_only_while_changes_do_and_while_it_is_seen(view: TopologyView, clock: Clock) -> None:
    assert not view.moving
    view.append([moved("", way=FlowDirection.LOCAL), moved("nobody")])
    assert not view.moving
    view.append([moved("desktop n")])
    assert view.moving
    clock.now += 2 * TRAVEL
    view._move()
    assert not view.moving, "what has arrived moves no more"
    view.append([moved("studio")])
    assert view.moving
    view.hide()
    assert not view.moving
    view.append([moved("desktop n")])
    assert not view.moving
    view.show()
    assert not view.moving, "what nobody saw is not made up for"


def test_a_pulse_is_painted_where_it_is(view: TopologyView, clock: Clock) -> None:
    still = painted(view)
    view.append([moved("desktop n", way=FlowDirection.OUT)])
    clock.now += TRAVEL / 4
    early = painted(view)
    clock.now += TRAVEL / 4
    late = painted(view)
    clock.now += 2 * TRAVEL
    assert early != still
    assert early != late
    assert painted(view) == still


def test_where_less_motion_is_wanted_a_line_is_thicker_for_a_moment(view: TopologyView, clock: Clock) -> None:
    assert view.animated
    style = LessMotion()
    view.setStyle(style)
    assert not view.animated
    still = painted(view)
    view.append([moved("desktop n")])
    first = painted(view)
    clock.now += TRAVEL / 2
    assert painted(view) == first != still
    clock.now += 2 * TRAVEL
    view._move()
    assert (painted(view) == still, view.moving) == (True, False)


def test_it_is_painted_in_the_colours_and_the_size_of_the_moment(view: TopologyView) -> None:
    light = painted(view)
    try:
        apply_scheme("dark", application())
        assert painted(view) != light
    finally:
        apply_scheme("light", application())
    assert painted(view) == light
    view.resize(300, 60)
    assert len(view.picture.places) < 6
    view.show_topology(build([NOTES], [peer("desktop", state=State.WAITING)]))
    waiting = painted(view)
    view.show_topology(build([NOTES], [peer("desktop")]))
    assert painted(view) != waiting


def test_in_the_header_it_is_small(qtbot: QtBot) -> None:
    view = TopologyView(small=True)
    qtbot.addWidget(view)
    more = [replace(NOTES, database=name, name=name) for name in "abc"]
    view.show_topology(build(more, [peer("hub", "a")]))
    view.resize(view.sizeHint())
    view.show()
    assert view.picture.box is None
    assert view.minimumSizeHint().height() < view.sizeHint().height() < 100
    assert not view.grab().toImage().isNull()
