"""All peers in one line: the worst state, and whose it is."""

from __future__ import annotations

from collections.abc import Collection

from engine.events import Guest, PeerStatus, State
from gui.language import tr
from gui.models.sentences import told
from gui.models.words import state_word
from gui.theme import worst


def summary(
    peers: Collection[PeerStatus], *, databases: int, guests: Collection[Guest] = (), shared: bool = False
) -> tuple[State | None, str]:
    """Return the worst state (None without peers) and a line for the status bar and the tray.

    Args:
        peers: all of them. databases: how many there are. guests: who may come in where this machine shares.
        shared: whether it does.
    """
    if not peers:
        if shared:
            return None, shared_with(guests)
        return None, tr("No peer yet.") if databases else tr("No database yet.")
    state = worst([peer.state for peer in peers])
    having = [peer for peer in peers if peer.state is state]
    word = state_word(state) if state is not None else ""
    if len(having) == len(peers) > 1:
        everybody = tr("all {0} peers").format(len(peers))
        if len({peer.reason for peer in having}) == 1:
            return state, f"{word}: {everybody}. {told(having[0].reason)}"
        return state, f"{word}: {everybody}."
    if len(having) == 1:
        return state, f"{word}: {having[0].name}. {told(having[0].reason)}"
    some = tr("{0} of {1} peers").format(len(having), len(peers))
    return state, f"{word}: {some}."


def shared_with(guests: Collection[Guest]) -> str:
    """Say who is there, where this machine shares."""
    here = sorted({guest.name for guest in guests if guest.connected})
    if not guests:
        return tr("Shared; nobody was let in yet.")
    if not here:
        return tr("Shared; nobody is connected now.")
    return tr("Shared; connected: {0}.").format(", ".join(here))
