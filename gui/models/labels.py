"""The words for states and directions, in the person's language."""

from __future__ import annotations

from engine.events import FlowDirection
from engine.peer_state import State
from gui.language import said, tr


def state_word(state: State) -> str:
    """Return the word for a peer's state."""
    return said(state.value)


def way_word(way: FlowDirection) -> str:
    """Return the word for a change's direction."""
    return {FlowDirection.IN: tr("In"), FlowDirection.OUT: tr("Out"), FlowDirection.LOCAL: tr("Local")}[way]
