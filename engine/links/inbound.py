"""Who has dialled us, so that two sides that dial each other end up with one connection, by a rule that both apply.

A side that a peer has dialled does not dial that peer, but uses the connection. If both dialled at the same time, the
one with the larger site id hangs up the connection that it made. Only an inbound connection that is meant to last and
carries changes both ways counts; a side whose own connection would be shorter, or carry less, gives way to it in any
case.
"""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from engine.change import Change
from engine.ids import SiteId
from engine.session import Session, SessionFacts, SynclineSession, endings
from engine.session.common_tables import together
from engine.sqlite.paths import resolved
from engine.table_shape import Join
from engine.tables import Applied
from engine.transport.driver import Driver

log = logging.getLogger(__name__)


class Purpose(Enum):
    """What a connection is for: it can replace only one that the other side makes for the same purpose."""

    SYNC = auto()
    """To last, and keep two files in sync."""
    GUESTS = auto()
    """A hub's, which lasts as long as that has guests in the room."""


class Watcher(Protocol):
    """What an inbound connection reports to."""

    def inbound_stepped(self, facts: SessionFacts) -> None: ...
    def inbound_merged(self, applied: Sequence[Applied]) -> None: ...
    def inbound_sent(self, changes: Sequence[Change]) -> None: ...


class News(Protocol):
    """What the engine is told about inbound connections: their state, and the changes that no watcher reports.

    Each guest is named.
    """

    def inbound_stepped(self, path: Path, guest: str, driver: Driver) -> None:
        """Note that a guest's session has taken a step, so that its facts may have changed."""

    def inbound_left(self, path: Path, guest: str, driver: Driver) -> None:
        """Note that a guest's connection is over, for whatever reason."""

    def inbound_merged(self, path: Path, guest: str, applied: Sequence[Applied]) -> None:
        """Note that what a guest, by name, sent was merged into this file."""

    def inbound_sent(self, path: Path, guest: str, changes: Sequence[Change]) -> None:
        """Note that changes of this file were sent to a guest."""

    def inbound_ended(self, path: Path, guest: str, copied: str) -> None:
        """Note that a guest who had greeted has left.

        Args:
            copied: the sentence that says which of the two files was copied or restored; '' if neither was.
        """

    def inbound_parked(self, path: Path, guest: str, reason: str) -> None:
        """Note which tables of this file are not synced with a guest, and why."""


class InboundConnection:
    """One peer that has dialled us; its ``driver`` reports here.

    Args:
        purpose: what it is for; None if it replaces no other connection.
        guest: its name.
        news: may be None.

    Attributes:
        driver: drives its session, from ``InboundConnections.attend`` on.
        over: whether the peer has left.
    """

    driver: Driver

    def __init__(self, purpose: Purpose | None, guest: str, news: News | None) -> None:
        self.purpose = purpose
        self._guest = guest
        self._news = news
        self.over = False
        self._parked_reported = False
        self.watchers: list[Watcher] = []
        self._on_known: Callable[[], None] | None = None

    @property
    def known(self) -> bool:
        """Whether the peer has greeted, has proved to be the one that our file knows, and is still connected."""
        session = self.driver.session
        return not self.over and session.kin and session.closed is None

    def stepped(self, session: Session) -> None:
        """Note, for the driver, that the session's facts may have changed."""
        if not self._parked_reported and session.greeted and (parked := session.parked):
            self._parked_reported = True
            sentence = together(parked)
            log.info("Not all is synced: %s", sentence, extra={"room": self.driver.host.path.name})
            if self._news is not None and not self.watchers:
                self._news.inbound_parked(self.driver.host.path, self._guest, sentence)
        if self._news is not None and not self.over:
            self._news.inbound_stepped(self.driver.host.path, self._guest, self.driver)
        if self._on_known is not None and self.known:
            on_known, self._on_known = self._on_known, None
            on_known()
        if self.watchers:
            facts = session.facts()
            for watcher in tuple(self.watchers):
                watcher.inbound_stepped(facts)

    def merged(self, applied: Sequence[Applied]) -> None:
        """Pass on what was merged; called by the driver."""
        for watcher in tuple(self.watchers):
            watcher.inbound_merged(applied)
        if self._news is not None and not self.watchers:
            self._news.inbound_merged(self.driver.host.path, self._guest, applied)

    def sent(self, changes: Sequence[Change]) -> None:
        """Pass on what was sent; called by the driver."""
        for watcher in tuple(self.watchers):
            watcher.inbound_sent(changes)
        if self._news is not None and not self.watchers:
            self._news.inbound_sent(self.driver.host.path, self._guest, changes)

    def have_joined(self, joins: Mapping[str, Join]) -> None:
        """Have the peer greet again if tables are left out for which a person here has an answer.

        This side then joins their rows, over the connection that the peer makes.
        """
        session = self.driver.session
        if isinstance(session, SynclineSession) and session.would_lead(joins):
            self.driver.call(lambda: session.close(endings.TO_JOIN))

    def ended(self, reason: str) -> None:
        """Note, for the hub, why the connection has ended."""
        session = self.driver.session
        if self._news is not None and (session.greeted or session.copied):
            self._news.inbound_ended(self.driver.host.path, self._guest, reason if session.copied else "")

    def left(self) -> None:
        """Note, for the hub, that the connection is over."""
        if self._news is not None:
            self._news.inbound_left(self.driver.host.path, self._guest, self.driver)

    def attended(self, on_known: Callable[[], None]) -> None:
        """Have ``InboundConnections`` called once the peer is known."""
        self._on_known = on_known


class JoinAnswers:
    """What a person here has said about joining rows with those of whoever dials us."""

    def __init__(self) -> None:
        self._said: dict[tuple[Path, SiteId | None], Mapping[str, Join]] = {}

    def say(self, path: Path, site: SiteId | None, joins: Mapping[str, Join]) -> None:
        """Record what was said for a file and a peer (None: every peer); {} forgets it."""
        if joins:
            self._said[path, site] = dict(joins)
        else:
            self._said.pop((path, site), None)

    def claimed(self, path: Path, site: SiteId) -> None:
        """Use what was said for every peer for this one.

        An answer that keeps only the other side's rows then holds for no second peer, or the rows of the two would
        replace each other whenever one of them connects.
        """
        once = {table: how for table, how in self._said.get((path, None), {}).items() if how is Join.REPLACE}
        if once:
            self.say(path, None, {table: how for table, how in self._said[path, None].items() if table not in once})
            self.say(path, site, {**once, **self._said.get((path, site), {})})

    def of(self, path: Path, site: SiteId) -> Mapping[str, Join]:
        """Return what was said for a file and a peer, as ``JoinSession.joins``."""
        return {**self._said.get((path, None), {}), **self._said.get((path, site), {})}


class InboundConnections:
    """All inbound connections, by file.

    Attributes:
        news: told what they bring and take.
        joins: how rows are joined with those of whoever dials that have never met them.
    """

    def __init__(self) -> None:
        self.news: News | None = None
        self.joins = JoinAnswers()
        self._here: defaultdict[Path, list[InboundConnection]] = defaultdict(list)
        self._listeners: defaultdict[Path, list[Callable[[], None]]] = defaultdict(list)

    def answer(self, path: Path, joins: Mapping[str, Join]) -> None:
        """Have rows of a file joined in this way with those of whoever is connected or dials."""
        self.joins.say(path, None, joins)
        for inbound in tuple(self._here.get(path, ())):
            inbound.have_joined(joins)

    @contextlib.contextmanager
    def attend(self, inbound: InboundConnection, driver: Driver) -> Iterator[None]:
        """Count a connection as one while inside; listeners are notified as soon as the peer is known."""
        inbound.driver = driver
        if inbound.purpose is None:
            yield
            return
        path = driver.host.path
        self._here[path].append(inbound)
        inbound.attended(lambda: self._notify(path))
        try:
            yield
        finally:
            self._here[path].remove(inbound)
            if not self._here[path]:
                del self._here[path]
            inbound.over = True
            inbound.stepped(driver.session)
            self._notify(path)

    def listen(self, path: Path, on_change: Callable[[], None]) -> Callable[[], None]:
        """Call ``on_change`` whenever a peer of a file has connected or left; return the function that stops that."""
        self._listeners[path].append(on_change)

        def end() -> None:
            self._listeners[path].remove(on_change)
            if not self._listeners[path]:
                del self._listeners[path]

        return end

    def of(self, path: Path, site: SiteId | None, purpose: Purpose) -> InboundConnection | None:
        """Return this peer's connection to a file; the latest, if there are several (the others are dead)."""
        if path not in self._here:
            return None
        for inbound in reversed(self._here[path]):
            if inbound.purpose is purpose and inbound.driver.session.peer == site and inbound.known:
                return inbound
        return None

    def _notify(self, path: Path) -> None:
        for on_change in tuple(self._listeners.get(path, ())):
            on_change()


class InboundState:
    """The inbound connections of one peer, for the link that dials it.

    Args:
        inbound_connections: those of this process.
        path: the link's file.
        purpose: that of its own connections.

    Attributes:
        site: the peer's site id, once it is known.
    """

    def __init__(self, inbound_connections: InboundConnections, path: Path, purpose: Purpose) -> None:
        self.site: SiteId | None = None
        self._inbound_connections = inbound_connections
        self._path = resolved(path)
        self._purpose = purpose

    @property
    def now(self) -> InboundConnection | None:
        """The connection that can replace our own, if there is one."""
        return self._inbound_connections.of(self._path, self.site, self._purpose) if self.site is not None else None

    def answer(self, joins: Mapping[str, Join]) -> None:
        """Have rows joined in this way when the peer dials us, if we know its site id; {} undoes that."""
        if self.site is not None:
            self._inbound_connections.joins.say(self._path, self.site, joins)

    def forget(self) -> None:
        """Forget what was known and said about the peer, which was removed or replaced."""
        self.answer({})
        self.site = None

    def outdoes(self, *, stays: bool) -> bool:
        """Return whether our own connection, which stays or not, is to give way to the inbound one."""
        inbound = self.now
        if inbound is None or self.site is None:
            return False
        return gives_way(inbound.driver.host.site_id, self.site, stays=stays)

    def listen(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Do the same as ``InboundConnections.listen``, for this file."""
        return self._inbound_connections.listen(self._path, on_change)


def gives_way(ours: bytes, theirs: bytes, *, stays: bool) -> bool:
    """Return whether our own connection to a peer gives way to its inbound one; the other side comes to the opposite
    result.

    Args:
        ours, theirs: the two site ids.
        stays: whether ours could replace theirs as well.
    """
    return not stays or ours > theirs
