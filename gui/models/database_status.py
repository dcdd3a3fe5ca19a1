"""The state of one database, or of all together, in words: from its peers, its tables and its guests."""

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
"""Stands for all databases, in place of an id."""

NAMED = 3
"""The most peers that are named; of more, only the number is given."""


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """The state of a database in words.

    Attributes:
        database: its id, or ``ALL``.
        name: the name of the database.
        state: the worst state of its peers; None if it has none.
        brief: the state in a few words.
        whole: the state in full sentences.
        tables: how many of its tables are synced, in a few words; '' until that is known.
    """

    database: str
    name: str
    state: State | None = None
    brief: str = ""
    whole: str = ""
    tables: str = ""

    @property
    def line(self) -> str:
        """The essentials in one line."""
        return " · ".join(filter(None, (self.brief, self.tables)))


def counted(peers: Iterable[PeerStatus]) -> list[PeerStatus]:
    """Return the peers whose states count: all but the guests that are idle or waiting.

    A guest that is not connected comes when it likes.
    """
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
    """Put the state of a database into words.

    Args:
        database, name: the id and the name of the database.
        peers: the peers that it syncs with, including guests.
        coverage: how many of its tables are synced.
        guests: who has access to it on this machine.
        problem: why it cannot be used; '' if it can.
        shared: whether others can connect to it.
        opening: whether nothing is known about it yet.
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
    """Return how many tables are synced, in a few words."""
    if coverage.tables == 1:
        return tr("1 table") if coverage.synced else tr("0 of 1 tables")
    if coverage.left_out:
        return tr("{synced} of {total} tables", synced=number(coverage.synced), total=number(coverage.tables))
    return tr("{count} tables", count=number(coverage.tables))


def left_out(coverage: Coverage | None) -> str:
    """Return the sentence that says that tables are not synced; '' if all are, or that is not known."""
    if coverage is None or not coverage.left_out:
        return ""
    synced, total = number(coverage.synced), number(coverage.tables)
    if coverage.left_out == 1:
        return tr("{synced} of {total} tables; 1 stays on this machine.", synced=synced, total=total)
    stays = number(coverage.left_out)
    return tr("{synced} of {total} tables; {count} stay on this machine.", synced=synced, total=total, count=stays)


def covered(sentence: str, state: State | None, coverage: Coverage | None) -> str:
    """Return a peer's sentence, amended by what is not synced if it says that all is.

    Args:
        sentence: in the person's language.
        state: the state of the peer.
        coverage: that of its database, if known.
    """
    stays = left_out(coverage)
    if not stays or state not in (State.IN_SYNC, State.SENT):
        return sentence
    everything = tr("Everything is on both disks.")
    return sentence.replace(everything, stays) if everything in sentence else f"{sentence} {stays}"


def together(coverages: Iterable[Coverage | None]) -> Coverage:
    """Return the coverage of several databases together; those that are None are left out."""
    known = [coverage for coverage in coverages if coverage is not None]
    return Coverage(sum(one.synced for one in known), sum(one.tables for one in known))


def shared_briefly(guests: Sequence[Guest]) -> str:
    """Return which guests are connected, in a few words."""
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
