"""Who has dialled us: so that two sides that dial each other end up with one connection, by a rule that both compute.

Whoever is visited by a peer does not dial it, but goes by that connection. Where both dialled at the same time, the
larger site id gives way: it lets go of the connection that it made. Only a visit that stays, and carries changes both
ways, counts; a side whose own connection is to be shorter, or to carry less, gives way to it in any case.
"""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from engine.change import Change
from engine.session import SynclineSession
from engine.session.common_tables import together
from engine.tables import Applied
from engine.transport.driver import Driver

log = logging.getLogger(__name__)


class Purpose(Enum):
    """What a connection is for, if it may take the place of the peer's own: only one for the same purpose can."""

    SYNC = auto()
    """To stay, and keep two files in sync."""
    GUESTS = auto()
    """It is a hub's, and there while that has guests in the room."""


class Watcher(Protocol):
    """Wants to know what goes on in a visit."""

    def visit_stepped(self) -> None: ...
    def visit_merged(self, applied: Sequence[Applied]) -> None: ...
    def visit_sent(self, changes: Sequence[Change]) -> None: ...


class News(Protocol):
    """Wants to know what visits bring and take for which no watcher reports: the engine."""

    def visit_merged(self, path: Path, guest: str, applied: Sequence[Applied]) -> None:
        """What a guest, by name, sent was merged into this file."""

    def visit_sent(self, path: Path, guest: str, changes: Sequence[Change]) -> None:
        """Changes of this file were sent to a guest."""

    def visit_ended(self, path: Path, guest: str, copied: str) -> None:
        """A guest who had greeted has left. ``copied``: says which of the two files was copied or restored, if so."""

    def visit_parked(self, path: Path, guest: str, reason: str) -> None:
        """Some tables of this file are not synced with a guest; says which, and why."""


class InboundConnection:
    """One peer that has dialled us; its ``pump`` reports here.

    Args:
        purpose: what it came for; None for what takes no other connection's place.
        guest: what it is called. news: may be None.

    Attributes:
        pump: what drives its session, from ``InboundConnections.attend`` on. over: the peer has left.
    """

    pump: Driver

    def __init__(self, purpose: Purpose | None, guest: str, news: News | None) -> None:
        self.purpose = purpose
        self._guest = guest
        self._news = news
        self.over = False
        self._told = False
        self.watchers: list[Watcher] = []
        self._on_known: Callable[[], None] | None = None

    @property
    def known(self) -> bool:
        """Whether the peer has greeted, has shown to be the one that our file knows, and is still there."""
        session = self.pump.session
        return not self.over and isinstance(session, SynclineSession) and session.kin and session.closed is None

    def stepped(self) -> None:
        """For the pump: the session's facts may have changed."""
        session = self.pump.session
        if session.parked and session.greeted and not self._told:
            self._told = True
            sentence = together(session.parked)
            log.info("Not all is synced: %s", sentence, extra={"room": self.pump.host.path.name})
            if self._news is not None and not self.watchers:
                self._news.visit_parked(self.pump.host.path, self._guest, sentence)
        if self._on_known is not None and self.known:
            tell, self._on_known = self._on_known, None
            tell()
        for watcher in tuple(self.watchers):
            watcher.visit_stepped()

    def merged(self, applied: Sequence[Applied]) -> None:
        """For the pump."""
        for watcher in tuple(self.watchers):
            watcher.visit_merged(applied)
        if self._news is not None and not self.watchers:
            self._news.visit_merged(self.pump.host.path, self._guest, applied)

    def sent(self, changes: Sequence[Change]) -> None:
        """For the pump."""
        for watcher in tuple(self.watchers):
            watcher.visit_sent(changes)
        if self._news is not None and not self.watchers:
            self._news.visit_sent(self.pump.host.path, self._guest, changes)

    def ended(self, reason: str) -> None:
        """For the hub: why the visit has ended."""
        session = self.pump.session
        if self._news is not None and (session.greeted or session.copied):
            self._news.visit_ended(self.pump.host.path, self._guest, reason if session.copied else "")

    def attended(self, on_known: Callable[[], None]) -> None:
        """For ``InboundConnections``: call this once the peer is known."""
        self._on_known = on_known


class InboundConnections:
    """All visits, by the file that they are to.

    Attributes:
        news: told of what they bring and take.
    """

    def __init__(self) -> None:
        self.news: News | None = None
        self._here: defaultdict[Path, list[InboundConnection]] = defaultdict(list)
        self._listeners: defaultdict[Path, list[Callable[[], None]]] = defaultdict(list)

    @contextlib.contextmanager
    def attend(self, visit: InboundConnection, pump: Driver) -> Iterator[None]:
        """While a visit goes on: it counts, and whoever listens hears of it as soon as the peer is known."""
        visit.pump = pump
        if visit.purpose is None:
            yield
            return
        path = pump.host.path
        self._here[path].append(visit)
        visit.attended(lambda: self._tell(path))
        try:
            yield
        finally:
            self._here[path].remove(visit)
            if not self._here[path]:
                del self._here[path]
            visit.over = True
            visit.stepped()
            self._tell(path)

    def listen(self, path: Path, heard: Callable[[], None]) -> Callable[[], None]:
        """Call ``heard`` whenever somebody has come to a file, or left; return the function that ends it."""
        self._listeners[path].append(heard)

        def end() -> None:
            self._listeners[path].remove(heard)
            if not self._listeners[path]:
                del self._listeners[path]

        return end

    def of(self, path: Path, site: bytes | None, purpose: Purpose) -> InboundConnection | None:
        """Return the visit of this peer to a file, the latest if there are more (the others will prove to be dead)."""
        if path not in self._here:
            return None
        for visit in reversed(self._here[path]):
            if visit.purpose is purpose and visit.pump.session.peer == site and visit.known:
                return visit
        return None

    def _tell(self, path: Path) -> None:
        for heard in tuple(self._listeners.get(path, ())):
            heard()


class InboundState:
    """The visits of one peer, for the link that dials it.

    Args:
        visits: of this process. path: the link's file. purpose: of its own connections.

    Attributes:
        site: who the peer is, as soon as that is known.
    """

    def __init__(self, visits: InboundConnections, path: Path, purpose: Purpose) -> None:
        self.site: bytes | None = None
        self._visits = visits
        self._path = path.expanduser().resolve()
        self._purpose = purpose

    @property
    def now(self) -> InboundConnection | None:
        """The one that can take the place of our own connection, if it is there."""
        return self._visits.of(self._path, self.site, self._purpose) if self.site is not None else None

    def outdoes(self, *, stays: bool) -> bool:
        """Whether our own connection, which stays or not, is to give way to the one that is there."""
        visit = self.now
        if visit is None or self.site is None:
            return False
        return gives_way(visit.pump.host.site_id, self.site, stays=stays)

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """As ``InboundConnections.listen``."""
        return self._visits.listen(self._path, heard)


def gives_way(ours: bytes, theirs: bytes, *, stays: bool) -> bool:
    """Whether our own connection to a peer gives way to its visit; the other side finds the opposite.

    Args:
        ours, theirs: the two site ids. stays: whether ours would take the place of theirs as well.
    """
    return not stays or ours > theirs
