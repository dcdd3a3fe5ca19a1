"""The words for states and directions, in the person's language."""

from __future__ import annotations

from engine.events import FlowDirection, State
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


def way_word(way: FlowDirection) -> str:
    """The word for a change's direction."""
    return {FlowDirection.IN: tr("In"), FlowDirection.OUT: tr("Out"), FlowDirection.LOCAL: tr("Local")}[way]
