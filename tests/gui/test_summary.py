"""The line that says how all peers are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot

from engine.peer_state import PeerStatus, State
from gui.summary import summary

TODAY = datetime.now().replace(hour=12, minute=34, second=56)


def peer(name: str, state: State, last: datetime | None) -> PeerStatus:
    when = last.timestamp() if last else None
    reason = f"It is {state.value.lower()}."
    return PeerStatus(name, name, "d", f"ws://{name}", "room", state, reason, last_success=when)


@pytest.mark.parametrize(
    ("peers", "line"),
    [
        ([peer("a", State.IN_SYNC, TODAY)], "In sync: a. It is in sync. Last sync: 12:34."),
        (
            [peer("a", State.IN_SYNC, TODAY - timedelta(minutes=30)), peer("b", State.IN_SYNC, TODAY)],
            "In sync: all 2 peers. It is in sync. Last sync: 12:34.",
        ),
        (
            [peer("a", State.WAITING, TODAY - timedelta(minutes=30)), peer("b", State.WAITING, TODAY)],
            "Waiting: all 2 peers. It is waiting. Last sync: 12:04.",
        ),
        (
            [peer("a", State.WAITING, TODAY), peer("b", State.WAITING, None), peer("c", State.IN_SYNC, TODAY)],
            "Waiting: 2 of 3 peers. Last sync: 12:34.",
        ),
        ([peer("a", State.WAITING, None)], "Waiting: a. It is waiting."),
    ],
)
def test_it_says_when_the_last_sync_was(qtbot: QtBot, peers: list[PeerStatus], line: str) -> None:
    assert summary(peers, databases=1).whole == line


def test_a_sync_of_another_day_has_its_day(qtbot: QtBot) -> None:
    before = TODAY - timedelta(days=1)
    line = summary([peer("a", State.WAITING, before)], databases=1).brief
    assert line.endswith(f"Last sync: {before:%a} {before.day} {before:%b}, 12:34.")
