"""One attempt at a peer: open the replica, dial, run a session, and know when both sides are caught up."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.change import Change
from engine.errors import CopiedFile, NothingToSync, SynclineError
from engine.events import SyncFinished
from engine.links.dialects import SchemaName, session_with
from engine.links.peer_status import Progress
from engine.replica import Replica
from engine.session import Close, Session, SessionFacts, SynclineSession
from engine.session.close_codes import CloseCode
from engine.settings import Direction, PeerConfig
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Join
from engine.tables import Applied, Waiting
from engine.text import t
from engine.transport.close_codes import broken, error_of
from engine.transport.connect import Dialled, dial
from engine.transport.driver import Driver
from engine.wire import Tables, encode

log = logging.getLogger(__name__)

STOCK_QUIET = 1.0
"""Seconds without traffic after which a stock server, which never says "that was all", counts as caught up."""

WARY = 2.0
"""Seconds after the greeting in which a copied file may be refused again, before changes are asked for or sent."""

PRODUCTIVE = 5.0
"""Seconds after the greeting for which a connection must last to count as a success, unless it is in sync before
that."""


GOODBYE = t("Goodbye.")


class Ending(enum.Enum):
    """How an attempt ended, if not by a SynclineError."""

    CAUGHT_UP = enum.auto()
    """Both sides have everything; a pull is over."""
    GREET_AGAIN = enum.auto()
    """Nothing is wrong, but only a new greeting can tell how far the peer is."""
    GAVE_WAY = enum.auto()
    """The peer has dialled us, and our own connection gave way to that one; or that one has ended, and ours is due
    again."""
    HUNG_UP = enum.auto()
    """We were told to hang up (pause, changed settings, shutdown)."""


class Listener(Protocol):
    """What an attempt reports to."""

    def stepped(self, facts: SessionFacts) -> None:
        """Note that the session has taken a step, so that its facts may have changed."""

    def caught_up(self, facts: SessionFacts) -> None:
        """Note that both sides are caught up; called each time this is found."""

    def merged(self, applied: Sequence[Applied]) -> None:
        """Note that the peer's changes were merged."""

    def sent(self, changes: Sequence[Change]) -> None:
        """Note that changes were sent to the peer."""

    def finished(self, finished: SyncFinished) -> None:
        """Take the line for the activity list at the end; not called if there never was a session."""


class Attempt:
    """One connection, from dialling to hanging up.

    Args:
        config, path, hosts, schema, as_hub: as in ``Link``. token: returns the peer's token.
        listener: told what it does.
        pulling: hang up as soon as both sides are caught up.
        wary: the last attempt was refused for a copied file, so move nothing until the peer has had time to refuse
            again.
        joins: how to join rows that never met, by table, as far as a person has said (``JoinSession.joins``).

    Attributes:
        session, driver: None until there is one. progress: in versions. reason: why the connection ended.
        stepped: set whenever the session's facts may have changed, and at the end.
        asked: whether it greets again only because a sync was asked for.
        hurry: whether to find out immediately if both sides are caught up.
        stays: whether the connection is meant to last, and to carry changes both ways (``engine.links.inbound``).
        note: what to add to the peer's status. before: what the session had moved when this attempt began.
    """

    note = ""
    before: SyncFinished | None = None

    def __init__(
        self,
        config: PeerConfig,
        path: Path,
        hosts: HostPool,
        listener: Listener,
        *,
        token: Callable[[], Awaitable[str | None]],
        schema: SchemaName | None,
        as_hub: bool,
        pulling: bool,
        wary: bool,
        joins: Mapping[str, Join],
    ) -> None:
        # what it is made of
        self.config = config
        self.path = path
        self.pulling = pulling
        self.stays = not pulling and config.direction is Direction.BOTH
        self._hosts = hosts
        self._listener = listener
        self._token = token
        self._schema = schema
        self._as_hub = as_hub
        self._wary = wary
        self._joins = joins
        # the connection, once there is one, and how far it has come
        self._dialling: asyncio.Task[Dialled] | None = None
        self.driver: Driver | None = None
        self.session: Session | None = None
        self.progress = Progress()
        self.stepped = asyncio.Event()
        self._greeted_at: float | None = None  # by the loop's clock, as all times here
        self._trust_timer: asyncio.TimerHandle | None = None
        # whether both sides are caught up: found out at once in a hurry, and of a stock server by its silence
        self.hurry = pulling
        self.asked = False
        self._refreshes: set[asyncio.Task[None]] = set()
        self._moved_at = 0.0
        self._quiet_timer: asyncio.TimerHandle | None = None
        # the end
        self._ending: Ending | None = None
        self._over = False
        self.reason = ""

    async def run(self) -> Ending:
        """Carry the attempt out.

        Raises:
            SynclineError: it failed or was cut off; ``PeerUnreachable`` if trying again can help.
        """
        async with self._hosts.use(self.path) as host:
            here = await host.snapshot()
            if not here.tables and not here.parked:
                raise NothingToSync(
                    t("{file} has no syncable table.", file=self.path.name),
                    hint=t("Make its tables syncable first: syncline make-syncable {path} --all", path=self.path),
                )
            dialled = await self._dial()
            if dialled is None:
                return self._ending or Ending.HUNG_UP
            socket = dialled.socket
            try:
                # a peer of ours is told in the greeting
                if not here.tables and (dialled.new_room or dialled.own is None):
                    raise broken(here.parked[0], self.path)
                if dialled.new_room:
                    await _describe_tables(socket, host)
                session = session_with(
                    dialled,
                    here,
                    self.config,
                    schema=self._schema,
                    wary=self._wary,
                    joins=self._joins,
                    file=self.path.name,
                    now=asyncio.get_running_loop().time,
                )
            except SynclineError:
                await socket.close()
                raise
            driver = Driver(
                socket,
                session,
                host,
                on_state=lambda one: self._stepped(one.facts()),
                on_in=self._listener.merged,
                on_out=self._listener.sent,
            )
            self.session, self.driver = session, driver
            if self._ending is not None:
                self.hang_up(self._ending)
            try:
                closed = await driver.run()
            finally:
                await self._end()
        return self._judge(driver, closed)

    def hang_up(self, ending: Ending, *, code: int = CloseCode.NORMAL_CLOSURE, reason: str = GOODBYE) -> None:
        """End the attempt cleanly, after what is under way."""
        self._ending = ending
        if self._dialling is not None:
            self._dialling.cancel()
        driver, session = self.driver, self.session
        if driver is not None and session is not None:
            driver.call(lambda: session.close(Close(code, reason)))

    def check_now(self) -> bool:
        """Find out immediately whether anything is due; ``Listener.caught_up`` follows once nothing is left.

        Returns:
            False if this attempt is over and cannot vouch for what was written since.
        """
        driver, session = self.driver, self.session
        if self._ending is not None or (session is not None and session.closed is not None):
            return False
        if driver is None or session is None:
            self.hurry = True
        elif session.confirms:
            refresh = asyncio.get_running_loop().create_task(self._refresh(driver))
            self._refreshes.add(refresh)
            refresh.add_done_callback(self._refreshed)
        else:
            self.asked = True
            self.hang_up(Ending.GREET_AGAIN)
        return True

    @property
    def waiting(self) -> Waiting:
        """What cannot be sent of the file for now, if it is to be sent at all."""
        driver = self.driver
        return driver.host.waiting if driver is not None and driver.session.sends else Waiting()

    @property
    def trouble(self) -> SynclineError | None:
        """The reason why the file cannot be used at the moment; None if it can."""
        return self.driver.host.trouble if self.driver is not None else None

    @property
    def ended(self) -> bool:
        """Whether its session is over."""
        return self._over or (self.session is not None and self.session.closed is not None)

    @property
    def settled(self) -> bool:
        """Whether both sides were in sync."""
        return self.progress.settled_at is not None

    @property
    def held(self) -> bool:
        """Whether the connection was of use, so that the next failure counts as the first."""
        greeted_at = self._greeted_at
        long = greeted_at is not None and asyncio.get_running_loop().time() - greeted_at > PRODUCTIVE
        return long or self.settled

    async def _dial(self) -> Dialled | None:
        """Dial; return None if told to hang up meanwhile, without waiting for an address where nobody answers."""
        self._dialling = asyncio.get_running_loop().create_task(self._connect())
        try:
            return await self._dialling
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._ending is None or (task is not None and task.cancelling()):
                raise
            return None
        finally:
            self._dialling = None

    async def _connect(self) -> Dialled:
        config = self.config
        return await dial(
            config.url,
            config.room,
            token=await self._token(),
            fingerprint=config.pin,
            as_hub=self._as_hub,
            stays=self.stays,
        )

    # While it runs

    def _stepped(self, facts: SessionFacts) -> None:
        self.stepped.set()
        now = asyncio.get_running_loop().time()
        self.progress.update(facts, now, self.driver.traffic.size if self.driver is not None else 0)
        if facts.greeted and self._greeted_at is None:
            self._greeted_at = now
            if self._wary:
                self._trust_timer = asyncio.get_running_loop().call_later(WARY, self._trust)
        if not facts.closed and facts.greeted and self.hurry and self.driver is not None and not self.driver.busy:
            if not facts.confirms:
                self._arm_quiet()
            elif facts.in_sync and not self._refreshes:
                self._caught_up(facts)
        self._listener.stepped(facts)

    def _trust(self) -> None:
        driver, session = self.driver, self.session
        if driver is not None and isinstance(session, SynclineSession):
            driver.call(session.trust)

    def _caught_up(self, facts: SessionFacts) -> None:
        self.hurry = self.pulling
        self._listener.caught_up(facts)
        if self.pulling and self._ending is None:
            self.hang_up(Ending.CAUGHT_UP)

    def _arm_quiet(self) -> None:
        self._moved_at = asyncio.get_running_loop().time()
        if self._quiet_timer is None:
            self._quiet_timer = asyncio.get_running_loop().call_later(STOCK_QUIET, self._quiet)

    def _quiet(self) -> None:
        """Check whether a stock server has been quiet for long enough to have sent everything."""
        loop, session = asyncio.get_running_loop(), self.session
        self._quiet_timer = None
        if session is None or session.closed is not None:
            return
        left = self._moved_at + STOCK_QUIET - loop.time()
        if left > 0 or not (session.all_sent and session.all_received):
            self._quiet_timer = loop.call_later(max(left, STOCK_QUIET / 4), self._quiet)
        elif (facts := session.facts()).in_sync:
            self._caught_up(facts)
        else:
            self.reason = t("The server has not accepted what was sent.")
            self.hang_up(Ending.GREET_AGAIN)  # all has left; only a new greeting tells whether it arrived

    async def _refresh(self, driver: Driver) -> None:
        """Find out what the file holds now, without which nobody can say that nothing is due."""
        try:
            await driver.host.refresh()
        except SynclineError as error:
            log.info("%s: %s", self.path.name, error)

    def _refreshed(self, task: asyncio.Task[None]) -> None:
        """Have the driver take a step with what the file holds now."""
        self._refreshes.discard(task)
        if self.driver is not None and not task.cancelled() and self.session is not None and self.session.confirms:
            self.hurry = True
            self.driver.call(lambda: None)

    # When it is over

    async def _end(self) -> None:
        self._over = True
        self.stepped.set()
        for timer in (self._quiet_timer, self._trust_timer):
            if timer is not None:
                timer.cancel()
        for refresh in self._refreshes:
            refresh.cancel()
        await asyncio.gather(*self._refreshes, return_exceptions=True)

    def _summary(self, session: Session, driver: Driver, error: str = "") -> SyncFinished:
        return SyncFinished(
            time=time.time(),
            peer=self.config.id,
            sent=session.outbound.changes,
            received=session.inbound.changes,
            bytes_out=driver.traffic.bytes_out,
            bytes_in=driver.traffic.bytes_in,
            seconds=time.monotonic() - driver.traffic.started,
            error=error,
        )

    def _judge(self, driver: Driver, closed: Close) -> Ending:
        session = driver.session
        self.reason = self.reason or closed.reason
        joined = isinstance(session, SynclineSession) and session.gave_lead and closed.code == CloseCode.GOING_AWAY
        regreet = closed.regreet or joined
        orderly = self._ending is not None or regreet
        self._listener.finished(self._summary(session, driver, "" if orderly else closed.reason))
        error = error_of(session, closed, self.path)
        if isinstance(error, CopiedFile):
            raise error
        if session.failure is not None and not closed.parked:
            raise session.failure
        if self._ending is not None:
            return self._ending
        if regreet:
            return Ending.GREET_AGAIN
        raise error


async def _describe_tables(socket: Connection, host: ReplicaHost) -> None:
    """Tell the hub which tables to make the room with."""
    name, version = await host.run(Replica.schema_identity)
    plans, equal_values = await host.run(Replica.plans), await host.run(Replica.merges_equal_values)
    with contextlib.suppress(ConnectionClosed):  # the driver finds out why
        await socket.send(encode(Tables(name or "", version, plans, equal_values)))
