"""All peers in one line: the worst state, and whose it is."""

from __future__ import annotations

from collections.abc import Collection

from engine.events import Guest, PeerStatus, State
from gui.language import tr
from gui.models import times
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
    if len(having) == 1:
        who = having[0].name
    elif len(having) == len(peers):
        who = tr("all {0} peers").format(len(peers))
    else:
        who = tr("{0} of {1} peers").format(len(having), len(peers))
    parts = [f"{state_word(state) if state is not None else ''}: {who}."]
    if len(having) == 1 or (len(having) == len(peers) and len({peer.reason for peer in having}) == 1):
        parts.append(told(having[0].reason))
    if when := _last_sync(having, state):
        parts.append(tr("Last sync: {0}.").format(times.short(when, seconds=False)))
    return state, " ".join(parts)


def _last_sync(having: Collection[PeerStatus], state: State | None) -> float | None:
    """The last of them all while they are in sync, else that of the peer that waits longest for one."""
    known = [peer.last_success for peer in having if peer.last_success is not None]
    return (max if state is State.IN_SYNC else min)(known, default=None)


def shared_with(guests: Collection[Guest]) -> str:
    """Say who is there, where this machine shares."""
    here = sorted({guest.name for guest in guests if guest.connected})
    if not guests:
        return tr("Shared; nobody was let in yet.")
    if not here:
        return tr("Shared; nobody is connected now.")
    return tr("Shared; connected: {0}.").format(", ".join(here))
