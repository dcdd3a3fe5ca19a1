"""One attempt at a peer: open the replica, dial, run a session, and know when both sides are caught up."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import enum
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.change import Change
from engine.errors import CopiedFile, NothingToSync, PeerRefused, SynclineError, TableBroken
from engine.events import SyncFinished
from engine.links.peer_status import Progress
from engine.replica import Replica
from engine.session import Close, Session, Snapshot, SynclineSession, VlcnClientSession
from engine.settings import Direction, PeerConfig
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.tables import Applied
from engine.text import t
from engine.transport.close_codes import error_of
from engine.transport.connect import Dialled, dial
from engine.transport.driver import Driver
from engine.wire import Tables, encode

log = logging.getLogger(__name__)

STOCK_QUIET = 1.0
"""Seconds without traffic after which a stock server, which never says "that was all", is caught up."""

WARY = 2.0
"""Seconds from the greeting on in which a copied file may be refused again, before changes are asked for or sent."""

PRODUCTIVE = 5.0
"""Seconds from the greeting on that a connection must have held to be more than a try, unless it was in sync before."""


READING_ONLY = t("The token only allows reading: what is written here stays here.")


class Ending(enum.Enum):
    """How an attempt ended, if not by a SynclineError."""

    CAUGHT_UP = enum.auto()
    """Both sides have everything; a pull is over."""
    GREET_AGAIN = enum.auto()
    """Nothing is wrong, but only a new greeting tells how far the peer is."""
    GAVE_WAY = enum.auto()
    """The peer has dialled us, or did: our own connection gave way to that one, or its turn comes again."""
    HUNG_UP = enum.auto()
    """We were told to (pause, changed settings, shutdown)."""


@dataclasses.dataclass(frozen=True, slots=True)
class SchemaName:
    """The schema that a link announces to stock servers for a file that has none recorded (cr-sqlite.md 10.7)."""

    name: str
    version: int


class Attempt:
    """One connection from dialling to hanging up.

    Args:
        config, path, hosts, token, schema, as_hub: as in ``Link``.
        pulling: hang up as soon as both sides are caught up.
        wary: the last attempt was refused for a copied file; move nothing before that can have been found again.

    Attributes:
        session, driver: once there is one. progress: of its versions. reason: why the connection ended.
        stepped: set whenever the session's facts may have changed, and at the end.
        asked: whether it greets again only because somebody asked.
        stays: whether the connection is to stay, and to carry changes both ways (``engine.links.inbound``).
        note: what to add to the peer's status. before: what the session had moved before this attempt began.

    Callbacks:
        on_step: called whenever the session's facts may have changed.
        on_caught_up: called when both sides are caught up, as often as that is found.
        on_in, on_out: called with the changes that were merged and sent.
        on_finished: called once with the line for the activity list, if a session came to be.
    """

    note = ""
    before: SyncFinished | None = None

    def __init__(
        self,
        config: PeerConfig,
        path: Path,
        hosts: HostPool,
        *,
        token: Callable[[], Awaitable[str | None]],
        schema: SchemaName | None,
        as_hub: bool,
        pulling: bool,
        wary: bool,
        on_step: Callable[[], None],
        on_caught_up: Callable[[], None],
        on_in: Callable[[Sequence[Applied]], None],
        on_out: Callable[[Sequence[Change]], None],
        on_finished: Callable[[SyncFinished], None],
    ) -> None:
        self.config = config
        self.path = path
        self.session: Session | None = None
        self.progress = Progress()
        self.pulling = pulling
        self.stays = not pulling and config.direction is Direction.BOTH
        self.hurry = pulling
        self._hosts = hosts
        self._token = token
        self._schema = schema
        self._as_hub = as_hub
        self._wary = wary
        self._on_step = on_step
        self._on_caught_up = on_caught_up
        self._on_in = on_in
        self._on_out = on_out
        self._on_finished = on_finished
        self.driver: Driver | None = None
        self.reason = ""
        self.asked = False
        self._ending: Ending | None = None
        self._dialling: asyncio.Task[Dialled] | None = None
        self._looks: set[asyncio.Task[None]] = set()
        self._moved_at = 0.0
        self._quiet_timer: asyncio.TimerHandle | None = None
        self.stepped = asyncio.Event()
        self._over = False
        self._greeted_at: float | None = None
        self._trust_timer: asyncio.TimerHandle | None = None

    async def run(self) -> Ending:
        """Carry the attempt out.

        Raises:
            SynclineError: it could not be, or was cut; ``PeerUnreachable`` where trying again can help.
        """
        async with self._hosts.use(self.path) as host:
            here = await host.snapshot()
            if not here.tables and not here.parked:
                raise NothingToSync(
                    t("{file} has no syncable table.", file=self.path.name),
                    hint=t("Make one syncable: syncline make-syncable {path} TABLE", path=self.path),
                )
            dialled = await self._dial()
            if dialled is None:
                return self._ending or Ending.HUNG_UP
            socket = dialled.socket
            try:
                # a peer of ours is told in the greeting
                if not here.tables and (dialled.new_room or dialled.own is None):
                    raise TableBroken(
                        *here.parked[0], hint=t("To mend it: syncline check --repair {path}", path=self.path)
                    )
                if dialled.new_room:
                    await _describe_tables(socket, host)
                session = self._make_session(here, dialled)
            except SynclineError:
                await socket.close(1000)
                raise
            driver = Driver(socket, session, host, on_state=self._stepped, on_in=self._on_in, on_out=self._on_out)
            self.session, self.driver = session, driver
            if self._ending is not None:
                self.hang_up(self._ending)
            try:
                closed = await driver.run()
            finally:
                await self._end()
        return self._judge(driver, closed)

    def hang_up(self, ending: Ending, *, code: int = 1000, reason: str = "Goodbye.") -> None:
        """End the attempt in good order, after what is under way."""
        self._ending = ending
        if self._dialling is not None:
            self._dialling.cancel()
        driver, session = self.driver, self.session
        if driver is not None and session is not None:
            driver.call(lambda: session.close(code, reason))

    def look(self) -> bool:
        """Look at once whether anything is due; ``on_caught_up`` follows when nothing is (left).

        Returns:
            False when this attempt is over and cannot answer for what was written since.
        """
        driver, session = self.driver, self.session
        if self._ending is not None or (session is not None and session.closed is not None):
            return False
        if driver is None or session is None:
            self.hurry = True
        elif session.confirms:
            self._aside(self._look(driver))
        else:
            self.asked = True
            self.hang_up(Ending.GREET_AGAIN)
        return True

    @property
    def waits(self) -> str:
        """What of the file cannot be sent for now, in words; empty for nothing."""
        return str(self.driver.host.waiting) if self.driver is not None else ""

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
        """Whether the connection did some good, so that the next trouble is a new one."""
        greeted_at = self._greeted_at
        long = greeted_at is not None and asyncio.get_running_loop().time() - greeted_at > PRODUCTIVE
        return long or self.settled

    async def _dial(self) -> Dialled | None:
        """Dial; None when told to hang up meanwhile, which is not to wait for an address where nobody answers."""
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
            fingerprint=config.fingerprint,
            as_hub=self._as_hub,
            stays=self.stays,
        )

    def _make_session(self, here: Snapshot, dialled: Dialled) -> Session:
        direction = self.config.direction
        sends, receives = direction is not Direction.RECEIVE, direction is not Direction.SEND
        now = asyncio.get_running_loop().time
        if dialled.own is not None:
            session = SynclineSession(
                here,
                now=now,
                sends=sends and not dialled.read_only,
                receives=receives,
                protocol=dialled.own,
            )
            session.wary = self._wary
            if sends and dialled.read_only:
                session.remark = READING_ONLY
            return session
        if here.schema_name is None:
            if self._schema is None:
                raise PeerRefused(
                    t(
                        "{url} is a published vlcn server, which needs the name of a schema, and {file} has none.",
                        url=self.config.url,
                        file=self.path.name,
                    ),
                    hint=t("Give the schema file that the server uses: --schema FILE"),
                )
            here = dataclasses.replace(here, schema_name=self._schema.name, schema_version=self._schema.version)
        return VlcnClientSession(here, now=now, sends=sends, receives=receives)

    # While it runs

    def _stepped(self) -> None:
        session = self.session
        self.stepped.set()
        if session is None:
            return
        now = asyncio.get_running_loop().time()
        self.progress.update(session, now)
        if session.greeted and self._greeted_at is None:
            self._greeted_at = now
            if self._wary:
                self._trust_timer = asyncio.get_running_loop().call_later(WARY, self._trust)
        if session.closed is None and session.greeted and self.hurry:
            if session.confirms:
                if session.in_sync and not self._looks:
                    self._caught_up()
            else:
                self._arm_quiet()
        self._on_step()

    def _trust(self) -> None:
        driver, session = self.driver, self.session
        if driver is not None and isinstance(session, SynclineSession):
            driver.call(session.trust)

    def _caught_up(self) -> None:
        self.hurry = self.pulling
        self._on_caught_up()
        if self.pulling and self._ending is None:
            self.hang_up(Ending.CAUGHT_UP)

    def _arm_quiet(self) -> None:
        self._moved_at = asyncio.get_running_loop().time()
        if self._quiet_timer is None:
            self._quiet_timer = asyncio.get_running_loop().call_later(STOCK_QUIET, self._quiet)

    def _quiet(self) -> None:
        """See whether a stock server has been quiet for long enough to say that this was all."""
        loop, session = asyncio.get_running_loop(), self.session
        self._quiet_timer = None
        if session is None or session.closed is not None:
            return
        left = self._moved_at + STOCK_QUIET - loop.time()
        if left > 0 or not (session.all_sent and session.all_received):
            self._quiet_timer = loop.call_later(max(left, STOCK_QUIET / 4), self._quiet)
        elif session.in_sync:
            self._caught_up()
        else:
            self.reason = t("What was sent is not taken in.")
            self.hang_up(Ending.GREET_AGAIN)  # all has left; only a new greeting tells whether it arrived

    async def _look(self, driver: Driver) -> None:
        """See what the file holds now; only then can "nothing is due" be said."""
        try:
            await driver.host.refresh()
        except SynclineError as error:
            log.info("%s: %s", self.path.name, error)

    def _aside(self, work: Coroutine[None, None, None]) -> None:
        """Run ``work`` beside the driver, then have it take a step."""
        task = asyncio.get_running_loop().create_task(work)
        self._looks.add(task)
        task.add_done_callback(self._looked)

    def _looked(self, task: asyncio.Task[None]) -> None:
        self._looks.discard(task)
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
        for look in self._looks:
            look.cancel()
        await asyncio.gather(*self._looks, return_exceptions=True)

    def _summary(self, session: Session, driver: Driver, error: str = "") -> SyncFinished:
        return SyncFinished(
            time=time.time(),
            peer=self.config.id,
            sent=session.changes_out,
            received=session.changes_in,
            bytes_out=driver.traffic.bytes_out,
            bytes_in=driver.traffic.bytes_in,
            seconds=time.monotonic() - driver.traffic.started,
            error=error,
        )

    def _judge(self, driver: Driver, closed: Close) -> Ending:
        session = driver.session
        self.reason = self.reason or closed.reason
        orderly = self._ending is not None or closed.regreet
        self._on_finished(self._summary(session, driver, "" if orderly else closed.reason))
        error = error_of(session, closed, self.path)
        if isinstance(error, CopiedFile):
            raise error
        if session.failure is not None and not closed.parked:
            raise session.failure
        if self._ending is not None:
            return self._ending
        if closed.regreet:
            return Ending.GREET_AGAIN
        raise error


async def _describe_tables(socket: Connection, host: ReplicaHost) -> None:
    """Tell the hub of what to make the room."""
    name, version = await host.run(Replica.schema_identity)
    plans, equal_values = await host.run(Replica.plans), await host.run(Replica.merges_equal_values)
    with contextlib.suppress(ConnectionClosed):  # the driver finds out why
        await socket.send(encode(Tables(name or "", version, plans, equal_values)))
