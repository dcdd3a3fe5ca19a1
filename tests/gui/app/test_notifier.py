"""Notifications: the few that there are, seldom, once, and each to be switched off."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.api import Engine
from engine.events import AttentionNeeded, Paired, PeerChanged, PeerRemoved
from engine.history.journal import Journal
from engine.peer_state import PeerStatus, State
from engine.replica import Conflicts
from engine.settings import DatabaseConfig, PeerConfig, Settings
from gui import notifier
from gui.bridge import Bridge
from gui.models.peers import PeersModel
from gui.notifier import Notifier
from gui.tray import Tray
from tests.engine.live import until, write
from tests.gui.aio import on_gui_loop
from tests.gui.app.scenes import flow_texts, scene
from tests.gui.models.samples import status

DAY = 86_400.0


class Ears:
    """A notifier on an engine that does nothing by itself, and what it said."""

    def __init__(self, engine: Engine) -> None:
        self.now = 1000.0
        self.said: list[tuple[str, str]] = []
        self.bridge = Bridge(engine)
        self.model = PeersModel()
        self.notifier = Notifier(engine, self.bridge, self.model.is_stale, now=lambda: self.now)
        self.notifier.notified.connect(lambda title, text: self.said.append((title, text)))

    def hear(self, *events: object) -> None:
        self.bridge._pass_on(list(events))  # type: ignore[arg-type]

    def wait(self) -> None:
        """Let the time pass in which things are gathered."""
        self.notifier._soon.stop()
        self.notifier._show_gathered()


def peer(name: str, state: State = State.IDLE, **fields: object) -> PeerChanged:
    return PeerChanged(status(name, state, name=name, **fields))


@pytest.fixture
def ears(qtbot: QtBot) -> Ears:
    return Ears(Engine(journal=Journal()))


def needs(name: str) -> AttentionNeeded:
    return AttentionNeeded(name, "The token is wrong.", "Set the right one.")


def test_a_peer_that_needs_a_person_is_named_once(ears: Ears) -> None:
    ears.hear(peer("Hub"), needs("Hub"), needs("Hub"))
    ears.wait()
    assert ears.said == [("Hub", "The token is wrong. Set the right one.")]
    ears.hear(needs("Hub"))
    ears.wait()
    assert len(ears.said) == 1
    ears.now += 7 * 3600
    ears.hear(needs("Hub"))
    ears.wait()
    assert len(ears.said) == 2, "after some hours again"


def test_what_comes_together_is_said_together_and_no_faster(ears: Ears) -> None:
    for name in "abcde":
        ears.hear(peer(name), needs(name))
    assert ears.notifier._soon.interval() == notifier.GATHER
    ears.hear(PeerRemoved("e"))
    ears.wait()
    [(title, text)] = ears.said
    assert title == "Syncline"
    assert text.splitlines()[0].startswith("a: The token")
    assert text.splitlines()[-1] == "and 1 more"
    ears.hear(peer("f"), needs("f"))
    assert ears.notifier._soon.interval() == notifier.REST * 1000


def test_the_first_sync_of_a_new_peer(qtbot: QtBot) -> None:
    known = PeerConfig("old", "Old", "d", "ws://h/sync", "room")
    ears = Ears(Engine(Settings(peers=(known,))))
    ears.hear(peer("old", State.IN_SYNC), peer("new", State.SYNCING))
    ears.hear(peer("new", State.IN_SYNC))
    ears.hear(peer("new", State.IDLE), peer("new", State.IN_SYNC))
    ears.wait()
    assert ears.said == [("new", "The first sync is done.")]


def test_a_stale_peer_is_named_once_for_each_silence(qtbot: QtBot) -> None:
    ears = Ears(Engine(journal=Journal()))
    since = time.time() - 9 * DAY
    ears.hear(peer("Phone", State.WAITING, last_success=since))
    ears.hear(peer("Phone", State.CONNECTING, last_success=since))
    ears.notifier._check_all()
    ears.hear(peer("Fresh", State.WAITING, last_success=time.time() - 2 * DAY))
    ears.hear(peer("Held", State.SYNCING, last_success=since))
    ears.wait()
    assert ears.said == [("Phone", "Not heard from for 9 days.")]


def waiting(count: int) -> Conflicts:
    return Conflicts(more=count)


def test_more_that_waits_in_a_database(qtbot: QtBot) -> None:
    known = DatabaseConfig("d", "todo", Path("/todo.db"))
    ears = Ears(Engine(Settings(databases=(known,))))
    tell = ears.notifier.conflicts_read
    tell("d", waiting(3))
    ears.wait()
    assert ears.said == [], "what waited at the start is no news"
    tell("d", waiting(1))
    tell("d", waiting(2))
    ears.wait()
    assert ears.said == [("todo", "1 more conflict waits for you.")]
    tell("d", waiting(1_236))
    ears.wait()
    assert ears.said[1:] == [("todo", "1,234 more conflicts wait for you.")]


def test_conflicts_that_come_and_go_are_told_as_they_are_in_the_end(qtbot: QtBot) -> None:
    """And one that comes after another was dealt with is told as well, in the same words."""
    known = DatabaseConfig("d", "todo", Path("/todo.db"))
    ears = Ears(Engine(Settings(databases=(known,))))
    tell = ears.notifier.conflicts_read
    tell("d", waiting(2))
    for count in (3, 2, 5, 4, 6):
        tell("d", waiting(count))
    ears.wait()
    assert ears.said == [("todo", "4 more conflicts wait for you.")]
    tell("d", waiting(7))
    tell("d", waiting(6))
    ears.wait()
    assert len(ears.said) == 1, "it has gone by itself"
    for _ in range(2):
        tell("d", waiting(0))
        tell("d", waiting(1))
        ears.wait()
    assert ears.said[1:] == [("todo", "1 more conflict waits for you.")] * 2


def test_a_new_machine(ears: Ears) -> None:
    ears.hear(Paired("laptop", ("cherry", "cloud")))
    ears.wait()
    assert ears.said == [("laptop", "Paired with this machine: it may sync what is shared with it.")]


WORDS = {
    "notify_needs_you": "token",
    "notify_first_sync": "first sync",
    "notify_stale": "Not heard",
    "notify_conflicts": "conflict",
    "notify_paired": "Paired",
}


@pytest.mark.parametrize("switch", WORDS)
@on_gui_loop
async def test_each_can_be_switched_off(switch: str) -> None:
    async with Engine(journal=Journal()) as engine:
        ears = Ears(engine)
        await engine.change_settings(**{switch: False})
        old: PeerStatus = status("s", State.WAITING, name="s", last_success=time.time() - 9 * DAY)
        ears.hear(peer("n"), needs("n"), peer("f", State.IN_SYNC), PeerChanged(old))
        for gathered in (lambda: ears.notifier.conflicts_read("d", waiting(0)),
                         lambda: ears.notifier.conflicts_read("d", waiting(1)),
                         lambda: ears.hear(Paired("m", ()))):  # fmt: skip
            ears.wait()  # more than three would not all be named
            gathered()
        ears.wait()
        said = " ".join(text for _, text in ears.said)
        assert [name for name, word in WORDS.items() if word not in said] == [switch]


@on_gui_loop
async def test_the_tray_lists_the_latest_tables(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.state("In sync")
        tray = it.window.findChild(Tray)
        await until(lambda: len(tray._latest) == 1, "the table is listed")
        assert tray._latest[0].text().startswith("item · todo · ")
        write(it.room, "UPDATE item SET name = 'x'")
        await until(lambda: "x" in flow_texts(it.window), "more comes")
        assert len(tray._latest) == 1
        it.window.tabs.setCurrentWidget(it.window.clocks)
        tray._latest[0].trigger()
        assert it.window.tabs.currentWidget() is it.window.flow
        assert it.window.flow.table_choice.currentData() == "item"
