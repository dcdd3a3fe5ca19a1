"""How one database stands, or all of them together: from its peers, its tables and who comes to it, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from engine.events import Guest
from engine.peer_state import PeerStatus, State
from engine.tables import Coverage
from gui.language import said, tr
from gui.models.labels import state_word
from gui.models.values import number
from gui.theme import rank, worst

ALL = ""
"""Stands for all databases, where one has an id."""

NAMED = 3
"""Peers that are named; of more only how many they are."""


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """What is said of a database.

    Attributes:
        database: its id, or ``ALL``. name: as a person calls it. state: the worst of its peers; None without any.
        brief: the state in a few words. whole: all of it, in sentences. tables: how many of its tables are synced, in a
            few words; '' while that is not known.
    """

    database: str
    name: str
    state: State | None = None
    brief: str = ""
    whole: str = ""
    tables: str = ""

    @property
    def line(self) -> str:
        """All that a person wants to know, in one line."""
        return " · ".join(filter(None, (self.brief, self.tables)))


def counted(peers: Iterable[PeerStatus]) -> list[PeerStatus]:
    """Those by whose states a person judges: every peer, and guests while they are there, or need the person. A guest
    that is not there comes when it likes."""
    return [peer for peer in peers if not peer.guest or peer.state not in (State.IDLE, State.WAITING)]


def describe(
    database: str,
    name: str,
    peers: Collection[PeerStatus],
    *,
    coverage: Coverage | None = None,
    guests: Sequence[Guest] = (),
    problem: str = "",
    shared: bool = False,
    opening: bool = False,
) -> DatabaseStatus:
    """Put how a database stands into words.

    Args:
        peers: those it is synced with, guests among them. coverage: how many of its tables are.
        guests: who may come to it here.
        problem: why it cannot be used. shared: whether others can come. opening: nothing is known of it yet.
    """
    peers = counted(peers)
    tables = tables_of(coverage) if coverage is not None else ""
    if problem:
        return DatabaseStatus(database, name, State.NEEDS_YOU, tr("Cannot be used"), said(problem), tables)
    if not peers:
        words = tr("Opening…") if opening else shared_briefly(guests) if shared else tr("No peer yet")
        return DatabaseStatus(database, name, None, words, words, tables)
    groups: dict[State, list[PeerStatus]] = {}
    for peer in sorted(peers, key=lambda peer: (rank(peer.state), peer.name.casefold())):
        groups.setdefault(peer.state, []).append(peer)
    sentences = [_said_of(state, having, most=1 if database == ALL else NAMED) for state, having in groups.items()]
    return DatabaseStatus(database, name, worst(groups), sentences[0], " ".join(f"{one}." for one in sentences), tables)


def tables_of(coverage: Coverage) -> str:
    """How many tables are synced, in a few words."""
    if coverage.tables == 1:
        return tr("1 table") if coverage.synced else tr("0 of 1 tables")
    if coverage.left_out:
        return tr("{synced} of {total} tables", synced=number(coverage.synced), total=number(coverage.tables))
    return tr("{count} tables", count=number(coverage.tables))


def left_out(coverage: Coverage | None) -> str:
    """Say that tables stay on this machine; '' where none does, or that is not known."""
    if coverage is None or not coverage.left_out:
        return ""
    synced, total = number(coverage.synced), number(coverage.tables)
    if coverage.left_out == 1:
        return tr("{synced} of {total} tables; 1 stays on this machine.", synced=synced, total=total)
    stays = number(coverage.left_out)
    return tr("{synced} of {total} tables; {count} stay on this machine.", synced=synced, total=total, count=stays)


def covered(sentence: str, state: State | None, coverage: Coverage | None) -> str:
    """A peer's sentence, where all is on both disks with what “all” leaves out.

    Args:
        sentence: in the person's language. state: the peer's. coverage: of its database, if that is known.
    """
    stays = left_out(coverage)
    if not stays or state not in (State.IN_SYNC, State.SENT):
        return sentence
    everything = tr("Everything is on both disks.")
    return sentence.replace(everything, stays) if everything in sentence else f"{sentence} {stays}"


def together(coverages: Iterable[Coverage | None]) -> Coverage:
    """The tables of several databases, counted together."""
    known = [coverage for coverage in coverages if coverage is not None]
    return Coverage(sum(one.synced for one in known), sum(one.tables for one in known))


def shared_briefly(guests: Sequence[Guest]) -> str:
    """Who is there of those who may come, in a few words."""
    here = sorted({guest.name for guest in guests if guest.connected})
    return tr("Shared with {machines}", machines=_listed(here)) if here else tr("Shared; nobody is connected")


def _said_of(state: State, peers: Sequence[PeerStatus], *, most: int) -> str:
    names = _listed([peer.name for peer in peers], most)
    if state is State.IN_SYNC:
        return tr("In sync with {peers}", peers=names)
    return tr("{state}: {peers}", state=state_word(state), peers=names)


def _listed(names: Sequence[str], most: int = NAMED) -> str:
    if len(names) > most:
        return tr("{count} peers", count=number(len(names)))
    *before, last = names
    return tr("{names} and {last}", names=", ".join(before), last=last) if before else last
