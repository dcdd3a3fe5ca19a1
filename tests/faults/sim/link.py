"""Who dials whom, and when again: what engine.links.link does, without its words."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from engine.errors import SynclineError
from engine.links.attempt import WARY
from engine.links.backoff import Backoff
from engine.links.retry_policy import LOOK, POLICIES
from engine.session import Close, Session, SynclineSession, VlcnClientSession, VlcnHubSession
from engine.session.joining import EVERY_TABLE
from engine.table_shape import Join

from .driver import Driver
from .network import Connection
from .published import PublishedServer
from .timeline import Event, Failed

if TYPE_CHECKING:
    from .machine import Machine
    from .world import World


Guest = type[SynclineSession] | type[VlcnHubSession] | type[PublishedServer]


class Link:
    """``dialler`` keeps itself connected to ``hub``, where ``guest`` makes the session.

    Attributes:
        unreachable: dialling fails at the moment.
        refused: one of the files was found to be copied or restored. parked: the tables differ. It looks now and then.
        connections: those of this link that anybody believes in; more than one when an end has not noticed yet.
    """

    def __init__(
        self, world: World, dialler: Machine, hub: Machine, *, own: bool, sends: bool = True, guest: Guest | None = None
    ) -> None:
        self.world = world
        self.dialler = dialler
        self.hub = hub
        self.own = own
        self.sends = sends
        self.guest: Guest = guest or (SynclineSession if own else VlcnHubSession)
        self.unreachable = False
        self.refused = self.parked = False
        self._mending = False
        self.name = f"{dialler.name}>{hub.name}"
        self.connections: list[Connection] = []
        self.ends: tuple[Driver, Driver] | None = None
        self._rng = random.Random(world.rng.random())
        self._backoff = Backoff(self._rng)
        self._planned: Event | None = None
        self.dial_in(self._rng.uniform(0, 1))

    def dial_in(self, seconds: float) -> None:
        """Dial after this time, if nobody has planned it yet."""
        if self._planned is None:
            self._planned = self.world.time.after(seconds, self.dial)

    def dial(self) -> None:
        """Dial now; a connection that stands already becomes a second one."""
        if self._planned is not None:
            self.world.time.cancel(self._planned)
            self._planned = None
        self.connections = [one for one in self.connections if one.open]
        if not self.dialler.up or not self.hub.up or self.unreachable:
            self.dial_in(self._backoff.next(POLICIES[SynclineError]))
            return
        here, names = self.dialler.snapshot(), (self.name, f"{self.hub.name}<{self.dialler.name}")
        life = self.dialler.life, self.hub.life
        connection = Connection(self.world.time, self._rng, names)
        self.world.time.note(self.name, "dials")

        def answered() -> None:
            if (self.dialler.life, self.hub.life) != life or not self.dialler.up or not self.hub.up:
                self.dial_in(self._backoff.next(POLICIES[SynclineError]))
                return
            self.connections.append(connection)
            ends: list[Driver] = []
            kind: type[Session] = SynclineSession if self.own else VlcnClientSession
            client = kind(here, now=self.dialler.now, sends=self.sends)
            if isinstance(client, SynclineSession):  # the truth knows nothing of rows that wait for a person
                client.leads, client.joins = True, {EVERY_TABLE: Join.BOTH}
                if self.refused:
                    client.wary = True
                    self.world.time.after(WARY, lambda: ends[0].call(client.trust))
            guest = self.guest(self.hub.snapshot(), now=self.hub.now)
            one, other = connection.ends
            ends.append(Driver(self.dialler, client, one, self.hub, lambda why: self._ended(ends[0], why)))
            ends.append(Driver(self.hub, guest, other, self.dialler, lambda why: self._left(ends[1], why)))
            self.ends = (ends[0], ends[1])

        self.world.time.after(self._rng.choice([0.001, 0.05, 1.0]), answered)

    def _ended(self, driver: Driver, why: Close) -> None:
        self.world.time.note(self.name, f"is over: {why.reason}")
        refused = self._refused(driver, why)
        if self.ends is None or self.ends[0] is not driver:
            return  # a later connection has taken its place
        if driver.session.in_sync:
            self._backoff.reset()
        self.parked, self.refused = why.parked, refused
        policy = LOOK if refused or why.parked else POLICIES[SynclineError]
        self.dial_in(0.0 if why.regreet else self._backoff.next(policy))

    def _left(self, driver: Driver, why: Close) -> None:
        self.check_guest(driver)
        self.world.time.note(driver.socket.name, f"is over: {why.reason}")
        self._refused(driver, why)

    def check_guest(self, driver: Driver) -> None:
        """A published server applies what comes after a gap, and loses the gap (cr-sqlite.md 10.8, defect 1)."""
        if isinstance(driver.session, PublishedServer) and driver.session.gaps:
            raise Failed(f"{self.name} left a gap.")

    def _refused(self, driver: Driver, why: Close) -> bool:
        """Whether one of the files was copied or restored, which somebody mends at some time; nothing else is a no.

        An end that only hears a close code, as what was said before it was lost, leaves the verdict to the other one.
        """
        if why.retry or why.parked or driver.session.closed is None:
            return False
        if not driver.sites & self.world.set_back:
            raise Failed(f"{self.name} is refused: {why.reason}")
        if not self._mending:
            self._mending = True
            self.world.time.after(self._rng.choice([3.0, 30.0, 300.0]) * self._rng.random(), self._mend)
        return True

    def _mend(self) -> None:
        self._mending = False
        self.world.mend(self)

    def schema_changed(self) -> None:
        """The dialler's tables are others now: a link that waits for that goes on at once."""
        if self.parked:
            self.parked = False
            self.dial()

    def begin_anew(self) -> None:
        """The dialler's program begins anew, and dials."""
        self.ends = None
        self.refused = False
        self.dial_in(self._rng.uniform(0, 1))

    @property
    def settled(self) -> bool:
        """Connected, and nothing left to do on either side."""
        if self.ends is None or any(end.over for end in self.ends):
            return False
        client, guest = (end.session for end in self.ends)
        if self.own:
            return client.in_sync and guest.in_sync
        return client.in_sync and guest.greeted and guest.all_sent and guest.all_received
