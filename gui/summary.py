"""All peers in one line: the worst state, and whose it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.events import Guest
from engine.peer_state import PeerStatus, State
from engine.tables import Coverage
from gui.language import said, tr
from gui.models import times
from gui.models.database_status import counted, covered, together
from gui.models.labels import state_word
from gui.models.values import number
from gui.theme import worst


@dataclass(frozen=True, slots=True)
class Summary:
    """The state of all peers together.

    Attributes:
        state: the worst state; None without peers.
        who: the sentence with the state's word, and whose state it is.
        why: the sentence with the reason; '' if there is none.
        when: the sentence with the time of the last sync; '' if there is none.
    """

    state: State | None
    who: str
    why: str = ""
    when: str = ""

    @property
    def brief(self) -> str:
        """A line for a menu, which is as wide as its longest line."""
        return " ".join(filter(None, (self.who, self.when)))

    @property
    def whole(self) -> str:
        """A line with everything."""
        return " ".join(filter(None, (self.who, self.why, self.when)))


def summary(
    peers: Collection[PeerStatus],
    *,
    databases: int,
    guests: Collection[Guest] = (),
    shared: bool = False,
    coverage: Mapping[str, Coverage] | None = None,
) -> Summary:
    """Sum up the peers for the status bar and the tray.

    Args:
        peers: all peers, including guests.
        databases: how many databases there are.
        guests: who has access to this machine.
        shared: whether this machine shares.
        coverage: how many tables of each database are synced, by id, where known.
    """
    peers = counted(peers)
    if not peers:
        if shared:
            return Summary(None, shared_with(guests))
        return Summary(None, tr("No peer yet.") if databases else tr("No database yet."))
    state = worst([peer.state for peer in peers])
    having = [peer for peer in peers if peer.state is state]
    if len(having) == 1:
        who = having[0].name
    elif len(having) == len(peers):
        who = tr("all {count} peers", count=number(len(peers)))
    else:
        who = tr("{count} of {total} peers", count=number(len(having)), total=number(len(peers)))
    alike = len(having) == 1 or (len(having) == len(peers) and len({peer.explanation for peer in having}) == 1)
    when = _last_sync(having, state)
    tables = together((coverage or {}).get(database) for database in {peer.database for peer in having})
    return Summary(
        state,
        f"{state_word(state) if state is not None else ''}: {who}.",
        covered(said(having[0].explanation) if alike else "", state, tables).strip(),
        tr("Last sync: {time}.", time=times.short(when, seconds=False)) if when is not None else "",
    )


def _last_sync(having: Collection[PeerStatus], state: State | None) -> float | None:
    """Return the last sync of all if they are in sync, or else that of the peer that has waited longest."""
    known = [peer.last_success for peer in having if peer.last_success is not None]
    return (max if state is State.IN_SYNC else min)(known, default=None)


def shared_with(guests: Collection[Guest]) -> str:
    """Return the sentence that says which guests are connected."""
    here = sorted({guest.name for guest in guests if guest.connected})
    if not guests:
        return tr("Shared; no machine is paired yet.")
    if not here:
        return tr("Shared; no machine is connected.")
    return tr("Shared; connected: {machines}.", machines=", ".join(here))
