"""The words for states and directions, in the person's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from engine.events import State, Way


def state_word(state: State) -> str:
    """The word for a peer's state."""
    return {
        State.IN_SYNC: _tr("In sync"),
        State.SENT: _tr("Sent"),
        State.SYNCING: _tr("Syncing"),
        State.CONNECTING: _tr("Connecting"),
        State.WAITING: _tr("Waiting"),
        State.IDLE: _tr("Idle"),
        State.PAUSED: _tr("Paused"),
        State.NEEDS_YOU: _tr("Needs you"),
    }[state]


def way_word(way: Way) -> str:
    """The word for a change's direction."""
    return {Way.IN: _tr("In"), Way.OUT: _tr("Out"), Way.LOCAL: _tr("Local")}[way]


def _tr(text: str) -> str:
    return QCoreApplication.translate("words", text)
