"""Who is connected to a hub: takes each peer from its greeting into its room, and to its end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from engine.errors import ReplicaError, SynclineError, UsageError, WireError
from engine.hub.access import Access, Grant
from engine.hub.connection import Gone, HubSocket
from engine.hub.counters import Counters, moved
from engine.hub.create_room import RoomCreator, RoomRequest
from engine.hub.follow_peer import RoomFollower
from engine.hub.limits import Busy
from engine.hub.migrate_room import RoomMigrator
from engine.hub.options import HubOptions
from engine.hub.rate_limit import RateLimiter
from engine.hub.rooms import Rooms
from engine.hub.upstreams import Upstreams
from engine.links.inbound import InboundConnection, InboundConnections
from engine.peer_text import for_peer
from engine.session import Session, SynclineSession, VlcnHubSession
from engine.session.base import GREETING_TIMEOUT
from engine.session.close_codes import CloseCode, OwnCloseCode
from engine.storage.replica_host import ReplicaHost
from engine.text import t
from engine.transport.close_codes import for_close_frame
from engine.transport.driver import Driver
from engine.wire import Failure, FailureCode, Hello, Message, Tables, decode, encode, spoken

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Guest:
    """A connected peer: the room it is in, what it was admitted with, and what drives its session."""

    room: str
    grant: Grant
    driver: Driver
    guard: RateLimiter


class Guests:
    """The guests of one hub.

    Args:
        access: decides whether a token is still valid.
        rooms, creator, migrator, follower, upstreams, counters, options: the hub's.
        inbound: where the peers are registered.
        on_change: called when somebody connected or left.

    Attributes:
        by_room: how many there are in each room.
    """

    def __init__(
        self,
        access: Access,
        options: HubOptions,
        *,
        rooms: Rooms,
        creator: RoomCreator,
        migrator: RoomMigrator,
        follower: RoomFollower,
        upstreams: Upstreams,
        counters: Counters,
        inbound: InboundConnections,
        on_change: Callable[[], None],
    ) -> None:
        self.by_room: Counter[str] = Counter()
        self._inside: dict[HubSocket, Guest] = {}
        self._arriving: set[HubSocket] = set()
        self._access = access
        self._options = options
        self._rooms = rooms
        self._creator = creator
        self._migrator = migrator
        self._follower = follower
        self._upstreams = upstreams
        self._counters = counters
        self._inbound = inbound
        self._on_change = on_change

    def __iter__(self) -> Iterator[Guest]:
        """Iterate over everybody who is connected and has greeted."""
        return iter(tuple(self._inside.values()))

    def __len__(self) -> int:
        return len(self._inside)

    def send_away(self, reason: str) -> None:
        """Disconnect everybody, as the hub ends."""
        for guest in self:
            guest.driver.hang_up(CloseCode.GOING_AWAY, reason)
        for socket in self._arriving:
            socket.send_away(Gone(CloseCode.GOING_AWAY, reason))

    def drop_slow(self, backlogged: set[HubSocket]) -> None:
        """Disconnect peers that take too long to read what they are sent.

        Args:
            backlogged: connections for which something waited, of ten thousand mostly none; those that have taken
                everything are removed from it.
        """
        for socket in tuple(backlogged):
            guest = self._inside.get(socket)
            if guest is None:  # it is on its way in, or out
                continue
            slow = guest.guard.slow(guest.driver)
            if not guest.driver.waiting:
                backlogged.discard(socket)
            if slow and guest.driver.session.closed is None:
                log.warning("A peer is dropped: %s", slow, extra={"room": guest.room})
                self._counters.dropped += 1
                guest.driver.hang_up(CloseCode.POLICY_VIOLATION, slow)

    def check_tokens(self) -> None:
        """Disconnect whoever may not stay, as a token was revoked or has expired."""
        if not self._access.revokes:
            return
        for guest in self:
            self._check_token(guest)
        for socket in self._arriving:
            trouble = self._access.trouble(socket.grant, socket.greeting.room)
            if trouble:
                socket.send_away(Gone(OwnCloseCode.TOKEN, trouble))

    async def serve(self, socket: ServerConnection) -> None:
        """Take a peer from its greeting to its end."""
        assert isinstance(socket, HubSocket)
        room = socket.greeting.room
        try:
            request = await self._arrive(socket)
            async with self._rooms.use(room) as host:
                if request is not None:
                    await self._migrator.upgrade(host, request)
                await self._follow(socket, host)
                await self._run_session(socket, host)
        except (UsageError, ReplicaError, Busy) as error:
            # what fails here is for the hub's owner, who would not hear of it from the peers
            level = logging.WARNING if isinstance(error, ReplicaError) else logging.INFO
            log.log(level, "Turned away: %s", error, extra={"room": room, "address": socket.address})
            self._counters.refused["busy" if isinstance(error, Busy) else "room"] += 1
            here = isinstance(error, ReplicaError)
            sentence = t("The hub cannot open this room's file.") if here else str(error)
            code = FailureCode.BUSY if isinstance(error, Busy) else FailureCode.ROOM
            await _turn_away(socket, code, sentence, retry=not isinstance(error, UsageError))
        except SynclineError as error:
            log.warning("A session failed: %s", error, extra={"room": room, "address": socket.address})
            await socket.close(CloseCode.INTERNAL_ERROR, t("The hub ran into an internal error."))
        except Gone as gone:
            log.info("A peer left before it was in: %s", gone.reason, extra={"room": room, "address": socket.address})
            await socket.close(gone.code, for_close_frame(gone.reason, templates=socket.reads_templates))
        except ConnectionClosed:
            log.info("A peer left before it greeted", extra={"room": room, "address": socket.address})

    async def _arrive(self, socket: HubSocket) -> RoomRequest | None:
        """Read what a peer asks for, if that matters, and create its room unless it is there."""
        self._arriving.add(socket)
        try:
            request = await socket.unless_gone(self._read_request(socket))
            if request is not None:
                await socket.unless_gone(self._creator.make(self._rooms.path(socket.greeting.room), request))
            return request
        finally:
            self._arriving.discard(socket)

    async def _read_request(self, socket: HubSocket) -> RoomRequest | None:
        """Read what a peer says first, if a room may be created or migrated because of it."""
        missing = not self._rooms.exists(socket.greeting.room)
        if not socket.new_room and (self._options.schemas is None or (missing and not socket.grant.write)):
            return None
        message = await _greeting(socket)
        if isinstance(message, Tables):
            await socket.recv()  # it is for us only: the session begins with Hello
        request = RoomRequest.of(message) if message is not None else None
        if request is None:
            raise UsageError(t("The other side sent no greeting."))
        return request

    async def _follow(self, socket: HubSocket, host: ReplicaHost) -> None:
        """Give a room what only this peer's tables have, if the peer may write and the room follows; not if the room
        was just created from them."""
        if socket.new_room or socket.greeting.own is None or not socket.grant.write:
            return
        if not await self._follower.may_follow(host):
            return
        self._arriving.add(socket)
        try:
            hello = await socket.unless_gone(_greeting(socket))
        finally:
            self._arriving.discard(socket)
        if isinstance(hello, Hello):
            await self._follower.follow(host, hello.tables)

    async def _run_session(self, socket: HubSocket, host: ReplicaHost) -> None:
        room, grant = socket.greeting.room, socket.grant
        here = await host.snapshot(clocks=socket.greeting.own is None)
        if not here.tables and (not here.parked or socket.greeting.own is None):
            raise UsageError(
                t("The room “{room}” has no syncable table yet. They have to be made syncable there.", room=room)
            )
        now = asyncio.get_running_loop().time
        own = socket.greeting.own
        session: Session
        if own is not None:
            session = SynclineSession(here, now=now, receives=grant.write, protocol=spoken(own))
            session.answers = functools.partial(self._inbound.joins.of, host.path)
            session.claimed = functools.partial(self._inbound.joins.claimed, host.path)
        else:
            session = VlcnHubSession(here, now=now, receives=grant.write)
        small = not grant.write and socket.greeting.own is not None
        guard = RateLimiter(self._options.limits, host.path, small=small)
        name = grant.token.name if grant.token is not None else socket.address
        inbound = InboundConnection(socket.purpose, name, self._inbound.news)
        driver = Driver(
            socket, session, host, guard=guard,
            on_state=inbound.stepped, on_out=inbound.sent,
            on_in=inbound.merged if self._inbound.news is not None else None,
        )  # fmt: skip
        guest = Guest(room, grant, driver, guard)
        self._inside[socket] = guest
        self.by_room[room] += 1
        self._counters.sessions += 1
        socket.has_arrived()
        self._on_change()
        try:
            self._check_token(guest)  # its token may have been revoked while the room was opened
            facts = {"room": room, "address": socket.address, "own": own is not None}
            if socket.is_hub:
                facts["hub"] = True
            if grant.token is not None:
                facts["token"] = grant.token.name
            log.info("A peer came", extra=facts)
            try:
                with self._inbound.attend(inbound, driver), self._upstreams.attend(room, host, is_hub=socket.is_hub):
                    ended = await driver.run()
            finally:
                inbound.left()
            inbound.ended(ended.reason)
            facts |= {f"{what}_{way}": count for (what, way), count in moved([driver]).items()}
            log.info("A peer left: %s", ended.reason, extra=facts)
        finally:
            self._counters.ended(driver)
            del self._inside[socket]
            self.by_room -= Counter([room])
            self._on_change()

    def _check_token(self, guest: Guest) -> None:
        trouble = self._access.trouble(guest.grant, guest.room)
        if trouble and guest.driver.session.closed is None:
            self._counters.dropped += 1
            guest.driver.hang_up(OwnCloseCode.TOKEN, trouble, retry=False, at_once=True)


async def _greeting(socket: HubSocket) -> Message | None:
    """Peek at what a peer says first; None if that is not a message.

    Raises:
        UsageError: it says nothing.
    """
    try:
        async with asyncio.timeout(GREETING_TIMEOUT):
            first = await socket.peek()
        return decode(first) if isinstance(first, bytes) else None
    except TimeoutError:
        raise UsageError(t("The other side sent no greeting.")) from None
    except WireError:
        return None


async def _turn_away(socket: HubSocket, why: FailureCode, sentence: str, *, retry: bool) -> None:
    if socket.greeting.own is not None:
        said = for_peer(sentence, templates=socket.reads_templates)
        with contextlib.suppress(ConnectionClosed):
            await socket.send(encode(Failure(int(why), said, retry)))
    code = CloseCode.TRY_AGAIN_LATER if why == FailureCode.BUSY else OwnCloseCode.ROOM
    await socket.close(code, for_close_frame(sentence, templates=socket.reads_templates))
