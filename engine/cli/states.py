"""What commands that keep running say about their peers' states."""

from __future__ import annotations

from engine.cli.colours import Colour
from engine.peer_state import PeerStatus, State
from engine.text import Text, layout

COLOURS = {State.IN_SYNC: Colour.GREEN, State.WAITING: Colour.YELLOW, State.NEEDS_YOU: Colour.RED}
"""The states that are shown in colour."""


class StateLines:
    """What to say about peers whose state changes: each problem once, and nothing about retries until it is over."""

    def __init__(self) -> None:
        self._state: dict[str, State] = {}
        self._troubles: dict[str, set[str]] = {}

    def line(self, status: PeerStatus) -> Text | None:
        """Return the line for a peer's present row; None if there is nothing new to say."""
        troubles = self._troubles.setdefault(status.peer, set())
        trouble = status.explanation if status.state in (State.WAITING, State.NEEDS_YOU) else ""
        if trouble:
            if trouble in troubles:
                return None
            troubles.add(trouble)
        elif status.state is self._state.get(status.peer):
            return None
        elif troubles and status.state in (State.CONNECTING, State.SYNCING):
            return None  # what remains once everything else is synced, or the end of a retry
        else:
            troubles.clear()
        self._state[status.peer] = status.state
        return layout("{state}: {reason}", state=status.state.value, reason=status.sentence())
