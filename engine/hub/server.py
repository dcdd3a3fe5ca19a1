"""Serves rooms: one folder, one file for each room, any number of peers in both dialects."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from engine.errors import ReplicaError, SynclineError, UsageError, WireError
from engine.hub.accept_loop import AT_ONCE, Accepting
from engine.hub.access import Access, Anybody, Grant, SharedToken, TokenFile
from engine.hub.cert_reload import Certificate
from engine.hub.connection import Gone, HubSocket
from engine.hub.counters import Counters, moved
from engine.hub.create_room import RoomCreator, RoomRequest
from engine.hub.handshake import Handshake, echo_subprotocol
from engine.hub.limits import Busy
from engine.hub.migrate_room import RoomMigrator
from engine.hub.options import HubOptions
from engine.hub.rate_limit import RateLimiter
from engine.hub.rooms import Rooms
from engine.hub.schemas import Schemas
from engine.hub.upstreams import Upstreams
from engine.links.inbound import InboundConnection, InboundConnections
from engine.session import Session, SynclineSession, VlcnHubSession
from engine.session.base import GREETING_TIMEOUT
from engine.session.close_codes import CloseCode, OwnCloseCode
from engine.storage.backup import Backups
from engine.storage.host_pool import HostPool
from engine.storage.replica_host import ReplicaHost
from engine.text import t
from engine.transport.driver import Driver
from engine.transport.sockets import SOCKET_OPTIONS, on_both
from engine.wire import MAX_SMALL, Failure, FailureCode, Tables, decode, encode, spoken
from engine.wire.hostname import in_url, unbracketed

log = logging.getLogger(__name__)

_socket_log = logging.getLogger("engine.hub.websockets")
_socket_log.setLevel(logging.INFO)  # its debug lines show the handshake, and with it the token

GRACE = 2.0
"""Seconds that the peers have to take their leave when the hub ends."""

LOOK_EVERY = 1.0
"""Seconds between two looks at what time alone brings about: tokens expire, peers are slow, rooms stay empty."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A connected peer: the room it is in, what it was let in with, and what drives its session."""

    room: str
    grant: Grant
    driver: Driver
    guard: RateLimiter


class Hub:
    """A server for the rooms of one folder. Async context manager.

    Args:
        places: a folder in which each file is a room, by its name; or the files of the rooms, by room.
        hosts: where replicas are opened.
        host, port: where to listen; port 0 picks a free one.
        token: what every peer must show, where no file of tokens is given; None for no check.
        options: how else it is run.
        access: who may come in, in place of ``token`` and the options' tokens.
        backups: where a room is copied to before its tables are changed; by default a folder beside the rooms.
        on_guests: called when somebody came or went.
        inbound: where the peers are noted, for links of the same process; by default for this hub alone.

    Attributes:
        guests: how many peers are connected, by room.
    """

    def __init__(
        self,
        places: Path | Mapping[str, Path],
        hosts: HostPool,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        options: HubOptions | None = None,
        access: Access | None = None,
        backups: Backups | None = None,
        on_guests: Callable[[], None] = lambda: None,
        inbound: InboundConnections | None = None,
    ) -> None:
        self._folder = places if isinstance(places, Path) else None
        self.host = unbracketed(host)
        self.port = port
        self.options = options or HubOptions()
        self._access: Access = SharedToken(token) if token is not None else Anybody()
        if access is not None:
            self._access = access
        elif self.options.tokens is not None:
            self._access = TokenFile(self.options.tokens)
        self._on_guests = on_guests
        self.guests: Counter[str] = Counter()
        self._guests: set[Guest] = set()
        self._arriving: set[HubSocket] = set()
        self._inbound = inbound or InboundConnections()
        limits = self.options.limits
        self._rooms = Rooms(places, hosts, limits)
        self._upstreams = Upstreams(
            self.options.upstreams, self.options.upstream_token, hosts, self._inbound, self._rooms
        )
        schemas = Schemas(self.options.schemas)
        self._creator = RoomCreator(schemas, from_peers=self.options.allow_create, limits=limits, backups=backups)
        self._counters = Counters()
        self._handshake = Handshake(
            self._access,
            self.options,
            crowd=lambda room: self.guests[room],
            may_make=lambda room: self._creator.from_peers and not self._rooms.exists(room),
            metrics=self._metrics,
            refused=self._counters.refused,
        )
        copies = backups or Backups((self._folder or Path()) / ".backups")  # no room can be called so
        self._migrator = RoomMigrator(self._creator.schemas, copies, allow_drop=self.options.allow_drop)
        self._accepting = Accepting()
        self._certificate: Certificate | None = None
        self._server: Server | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Hub:
        if self._folder is not None and not self._folder.is_dir():
            raise UsageError(
                t("There is no folder {folder}.", folder=self._folder), hint=t("Create it, or choose another.")
            )
        self.options.check(self.host, asks=self._access.asks)
        tls = self.options.tls
        self._certificate = Certificate(tls) if tls is not None else None
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._rooms.close_idle, older_than=0)
            stack.callback(self._creator.close)
            await stack.enter_async_context(self._access)
            self._access.on_change = self._check_tokens
            stack.enter_context(self._accepting.quietly())
            self._server = await self._listen(self._certificate.context if self._certificate is not None else None)
            self._accepting.let_wait(self._server.sockets)
            await stack.enter_async_context(self._upstreams)
            stack.push_async_callback(self._stop)
            stack.callback(asyncio.create_task(self._keep_house()).cancel)
            self._stack = stack.pop_all()
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _listen(self, context: ssl.SSLContext | None) -> Server:
        try:
            both = on_both(self.host, self.port)
            where: dict[str, Any] = {"sock": both} if both else {"host": self.host, "port": self.port}
            return await serve(
                self._serve_peer,
                **where,
                ssl=context,
                process_request=self._handshake.check,
                process_response=self._handshake.answer,
                select_subprotocol=echo_subprotocol,
                create_connection=functools.partial(HubSocket, present=self._handshake.present),  # type: ignore[arg-type]
                max_size=min(MAX_SMALL, self.options.limits.frame),  # more once they have greeted
                server_header=None,
                logger=_socket_log,
                backlog=AT_ONCE,
                **SOCKET_OPTIONS,  # type: ignore[arg-type]
            )
        except OSError as error:
            raise UsageError(
                t(
                    "Cannot listen on {host} port {port}: {reason}.",
                    host=self.host or "this machine",
                    port=self.port,
                    reason=error.strerror or error,
                ),
                hint=t("Choose another port with --port, or stop the program that uses this one."),
            ) from None

    async def _stop(self) -> None:
        self._handshake.closed = True
        for guest in tuple(self._guests):
            guest.driver.hang_up(CloseCode.GOING_AWAY, t("The hub is shutting down."))
        for socket in self._arriving:
            socket.send_away(Gone(CloseCode.GOING_AWAY, t("The hub is shutting down.")))
        if self._server is not None:
            await self._accepting.wait_for_retry()
            self._server.close(code=CloseCode.GOING_AWAY)
            closed = asyncio.ensure_future(self._server.wait_closed())
            await asyncio.wait((closed,), timeout=GRACE)
            for one in tuple(self._handshake.present.sockets):  # of those who have not heard it by now
                one.transport.abort()
            await closed

    @property
    def url(self) -> str:
        """The address to dial, as ``ws://host:port/sync``."""
        return f"{'wss' if self.options.tls else 'ws'}://{in_url(self.host)}:{self.port}/sync"

    @property
    def connections(self) -> int:
        """How many connections there are, greeted or not."""
        return len(self._handshake.present.sockets)

    @property
    def inside(self) -> Iterator[Guest]:
        """Everybody who is connected and has greeted."""
        yield from self._guests

    @property
    def rooms_open(self) -> int:
        """How many rooms are open, with or without anybody in them."""
        return self._rooms.open

    # A peer

    async def _serve_peer(self, socket: ServerConnection) -> None:
        assert isinstance(socket, HubSocket)
        room, own = socket.greeting.room, socket.greeting.own is not None
        try:
            wish = await self._arrive(socket)
            async with self._rooms.use(room) as host:
                if wish is not None:
                    await self._migrator.upgrade(host, wish)
                await self._run_session(socket, host)
        except (UsageError, ReplicaError, Busy) as error:
            # what fails here is for the hub's owner, who would not hear of it from the peers
            level = logging.WARNING if isinstance(error, ReplicaError) else logging.INFO
            log.log(level, "Turned away: %s", error, extra={"room": room, "address": socket.address})
            self._counters.refused["busy" if isinstance(error, Busy) else "room"] += 1
            here = isinstance(error, ReplicaError)
            sentence = t("The hub cannot open this room's file.") if here else str(error)
            code = FailureCode.BUSY if isinstance(error, Busy) else FailureCode.ROOM
            failure = Failure(code=int(code), sentence=sentence, retry=not isinstance(error, UsageError))
            await _turn_away(socket, failure, own=own)
        except SynclineError as error:
            log.warning("A session failed: %s", error, extra={"room": room, "address": socket.address})
            await socket.close(CloseCode.INTERNAL_ERROR, t("The hub ran into an internal error."))
        except Gone as gone:
            log.info("A peer left before it was in: %s", gone.reason, extra={"room": room, "address": socket.address})
            await socket.close(gone.code, gone.reason)
        except ConnectionClosed:
            log.info("A peer left before it greeted", extra={"room": room, "address": socket.address})

    async def _arrive(self, socket: HubSocket) -> RoomRequest | None:
        """Hear what a peer wishes, if that matters, and make its room unless it is there."""
        self._arriving.add(socket)
        try:
            wish = await socket.unless_gone(self._read_request(socket))
            if wish is not None:
                await socket.unless_gone(self._creator.make(self._rooms.path(socket.greeting.room), wish))
            return wish
        finally:
            self._arriving.discard(socket)

    async def _read_request(self, socket: HubSocket) -> RoomRequest | None:
        """Look at what a peer says first, if a room may be made or upgraded by it."""
        missing = not self._rooms.exists(socket.greeting.room)
        if not socket.new_room and (self.options.schemas is None or (missing and not socket.grant.write)):
            return None
        try:
            async with asyncio.timeout(GREETING_TIMEOUT):
                first = await socket.peek()
                message = decode(first) if isinstance(first, bytes) else None
        except (TimeoutError, WireError):
            raise UsageError(t("The other side sent no greeting.")) from None
        if isinstance(message, Tables):
            await socket.recv()  # it is for us only: the session begins with Hello
        wish = RoomRequest.of(message) if message is not None else None
        if wish is None:
            raise UsageError(t("The other side sent no greeting."))
        return wish

    async def _run_session(self, socket: HubSocket, host: ReplicaHost) -> None:
        room, grant = socket.greeting.room, socket.grant
        here = await host.snapshot()
        if not here.tables and (not here.parked or socket.greeting.own is None):
            raise UsageError(t("The room “{room}” has no syncable table yet.", room=room))
        now = asyncio.get_running_loop().time
        own = socket.greeting.own
        session: Session
        if own is not None:
            session = SynclineSession(here, now=now, receives=grant.write, protocol=spoken(own))
        else:
            session = VlcnHubSession(here, now=now, receives=grant.write)
        small = not grant.write and socket.greeting.own is not None
        guard = RateLimiter(self.options.limits, host.path, small=small)
        name = grant.token.name if grant.token is not None else socket.address
        inbound = InboundConnection(socket.purpose, name, self._inbound.news)
        driver = Driver(
            socket, session, host, guard=guard,
            on_state=inbound.stepped, on_out=inbound.sent,
            on_in=inbound.merged if self._inbound.news is not None else None,
        )  # fmt: skip
        guest = Guest(room, grant, driver, guard)
        self._guests.add(guest)
        self.guests[room] += 1
        self._counters.sessions += 1
        self._on_guests()
        try:
            self._check_token(guest)  # its token may have been revoked while the room was opened
            facts = {"room": room, "address": socket.address, "own": own is not None}
            if socket.is_hub:
                facts["hub"] = True
            if grant.token is not None:
                facts["token"] = grant.token.name
            log.info("A peer came", extra=facts)
            with self._inbound.attend(inbound, driver), self._upstreams.attend(room, host, is_hub=socket.is_hub):
                ended = await guest.driver.run()
            inbound.ended(ended.reason)
            facts |= {
                name: count for (what, way), count in moved([guest.driver]).items() for name in (f"{what}_{way}",)
            }
            log.info("A peer left: %s", ended.reason, extra=facts)
        finally:
            self._counters.ended(guest.driver)
            self._guests.discard(guest)
            self.guests -= Counter([room])
            self._on_guests()

    # What goes on beside

    async def _keep_house(self) -> None:
        """See to what time alone brings about, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._check_tokens()
            if self._certificate is not None:
                self._certificate.reload()
            for socket, why in self._handshake.present.inbound_budget.slow():
                self._counters.dropped += 1
                socket.give_up(CloseCode.POLICY_VIOLATION, why)
            for guest in tuple(self._guests):
                slow = guest.guard.slow(guest.driver)
                if slow and guest.driver.session.closed is None:
                    log.warning("A peer is dropped: %s", slow, extra={"room": guest.room})
                    self._counters.dropped += 1
                    guest.driver.hang_up(CloseCode.POLICY_VIOLATION, slow)
            self._upstreams.tidy()
            self._rooms.log_waiting()
            await self._rooms.close_idle()

    def _metrics(self) -> bytes:
        from engine.hub.metrics import Metrics

        gauges = {
            "peers": (len(self._guests), "Peers in rooms."),
            "connections": (self.connections, "Connections, greeted or not."),
            "rooms_open": (self.rooms_open, "Rooms that are open, with or without peers."),
            "links": (self._upstreams.linked, "Rooms in sync with another hub, once for each hub."),
            "incoming_bytes": (
                self._handshake.present.inbound_budget.total,
                "Bytes of messages that have come, or begun to come.",
            ),
            "waiting_bytes": (sum(guest.driver.waiting for guest in self._guests), "Bytes that peers are to take."),
        }
        return Metrics(self._counters, [guest.driver for guest in self._guests], gauges).render()

    def _check_tokens(self) -> None:
        """Cut whoever may not stay: a token was revoked or has expired."""
        for guest in tuple(self._guests):
            self._check_token(guest)
        for socket in self._arriving:
            trouble = self._access.trouble(socket.grant, socket.greeting.room)
            if trouble:
                socket.send_away(Gone(OwnCloseCode.TOKEN, trouble))

    def _check_token(self, guest: Guest) -> None:
        trouble = self._access.trouble(guest.grant, guest.room)
        if trouble and guest.driver.session.closed is None:
            self._counters.dropped += 1
            guest.driver.hang_up(OwnCloseCode.TOKEN, trouble, retry=False, at_once=True)


async def _turn_away(socket: ServerConnection, failure: Failure, *, own: bool) -> None:
    if own:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(encode(failure))
    code = CloseCode.TRY_AGAIN_LATER if failure.code == FailureCode.BUSY else OwnCloseCode.ROOM
    await socket.close(code, failure.sentence.encode()[:120].decode(errors="ignore"))
