"""The words for states and directions, in the person's language."""

from __future__ import annotations

from engine.events import State, Way
from gui.language import tr


def state_word(state: State) -> str:
    """The word for a peer's state."""
    return {
        State.IN_SYNC: tr("In sync"),
        State.SENT: tr("Sent"),
        State.SYNCING: tr("Syncing"),
        State.CONNECTING: tr("Connecting"),
        State.WAITING: tr("Waiting"),
        State.IDLE: tr("Idle"),
        State.PAUSED: tr("Paused"),
        State.NEEDS_YOU: tr("Needs you"),
    }[state]


def way_word(way: Way) -> str:
    """The word for a change's direction."""
    return {Way.IN: tr("In"), Way.OUT: tr("Out"), Way.LOCAL: tr("Local")}[way]
