"""The line that says how all peers are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot

from engine.peer_state import PeerStatus, State
from engine.tables import Coverage
from gui.summary import summary

MINUTES_EARLIER = 30


def today() -> datetime:
    """Return a moment of this day, asked for in the test itself: a run may go on past midnight."""
    return datetime.now().replace(hour=12, minute=34, second=56)


def peer(name: str, state: State, last: datetime | None) -> PeerStatus:
    when = last.timestamp() if last else None
    reason = f"It is {state.value.lower()}."
    return PeerStatus(name, name, "d", f"ws://{name}", "room", state, reason, last_success=when)


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ([(State.IN_SYNC, 0)], "In sync: a. It is in sync. Last sync: 12:34."),
        (
            [(State.IN_SYNC, MINUTES_EARLIER), (State.IN_SYNC, 0)],
            "In sync: all 2 peers. It is in sync. Last sync: 12:34.",
        ),
        (
            [(State.WAITING, MINUTES_EARLIER), (State.WAITING, 0)],
            "Waiting: all 2 peers. It is waiting. Last sync: 12:04.",
        ),
        (
            [(State.WAITING, 0), (State.WAITING, None), (State.IN_SYNC, 0)],
            "Waiting: 2 of 3 peers. Last sync: 12:34.",
        ),
        ([(State.WAITING, None)], "Waiting: a. It is waiting."),
    ],
)
def test_it_says_when_the_last_sync_was(qtbot: QtBot, states: list[tuple[State, int | None]], line: str) -> None:
    now = today()
    peers = [
        peer(name, state, now - timedelta(minutes=earlier) if earlier is not None else None)
        for name, (state, earlier) in zip("abc", states, strict=False)
    ]
    assert summary(peers, databases=1).whole == line


def test_a_sync_of_another_day_has_its_day(qtbot: QtBot) -> None:
    before = today() - timedelta(days=1)
    line = summary([peer("a", State.WAITING, before)], databases=1).brief
    assert line.endswith(f"Last sync: {before:%a} {before.day} {before:%b}, 12:34.")


def test_it_says_how_many_tables_in_sync_is_about(qtbot: QtBot) -> None:
    one = replace(peer("a", State.IN_SYNC, None), reason="Everything is on both disks.")
    coverage = {"d": Coverage(6, 15), "of somebody else": Coverage(1, 9)}
    assert summary([one], databases=2, coverage=coverage).whole == "In sync: a. 6 of 15 tables; 9 stay on this machine."
    other = replace(one, peer="b", name="b", database="e", reason="Otherwise.")
    both = summary([one, other], databases=2, coverage=coverage | {"e": Coverage(4, 5)})
    assert both.whole == "In sync: all 2 peers. 10 of 20 tables; 10 stay on this machine."
    assert "stay" not in summary([peer("a", State.WAITING, None)], databases=1, coverage=coverage).whole
