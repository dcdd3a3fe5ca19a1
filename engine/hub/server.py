"""Serves rooms: one folder, one file for each room, any number of peers in both dialects.

Any path is served (published clients use ``/sync`` or ``/vlcn-ws``). What the peer wants stands in the subprotocol
(spec 10.4); the dialect is settled there and in a response header, before the first frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from engine.errors import ReplicaError, SynclineError, UsageError, WireError
from engine.heartbeat import ServerSocket
from engine.host import Host
from engine.hosts import Hosts
from engine.hub.access import Access, Anybody, Denied, Grant, SharedToken, TokenFile
from engine.hub.options import HubOptions
from engine.hub.sockets import SOCKET_OPTIONS
from engine.pump import Pump
from engine.session import OwnSession, Session, StockHubSession
from engine.wire import MAX_FRAME, PROTOCOL, Failure, FailureCode, encode
from engine.wire.rooms import ACCESS_HEADER, OWN_HEADER, READ_ONLY, Greeting, check_room, decode_subprotocol

log = logging.getLogger(__name__)

_socket_log = logging.getLogger("engine.hub.websockets")
_socket_log.setLevel(logging.INFO)  # its debug lines show the handshake, and with it the token

CLOSE_TOKEN = 4001
"""Close code for a peer whose token does not hold any more."""

CLOSE_ROOM = 4004
"""Close code for a room that is not to be had."""

LOOK_EVERY = 1.0
"""Seconds between two looks at what time alone can end: tokens."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A connected peer: the room it is in, what it was let in with, and what drives its session."""

    room: str
    grant: Grant
    pump: Pump


class Hub:
    """A server for the rooms of one folder. Async context manager.

    Args:
        folder: each file in it is a room, by its name.
        hosts: where replicas are opened.
        host, port: where to listen; port 0 picks a free one.
        token: what every peer must show, where no file of tokens is given; None for no check.
        options: how else it is run.
        on_guests: called when somebody came or went.
    """

    def __init__(
        self,
        folder: Path,
        hosts: Hosts,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        options: HubOptions | None = None,
        on_guests: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self.options = options or HubOptions()
        self._hosts = hosts
        self._access: Access = SharedToken(token) if token is not None else Anybody()
        if self.options.tokens is not None:
            self._access = TokenFile(self.options.tokens)
        self._on_guests = on_guests
        self._guests: set[Guest] = set()
        self._server: Server | None = None
        self._stack = contextlib.AsyncExitStack()
        self._stopping = False

    async def __aenter__(self) -> Hub:
        if not self.folder.is_dir():
            raise UsageError(f"There is no folder {self.folder}.", hint="Make it, or name another.")
        self.options.check(self.host, asks=self._access.asks)
        tls = self.options.tls
        context = tls.context() if tls is not None else None
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._access)
            self._access.on_change = self._look_at_tokens
            self._server = await self._listen(context)
            stack.push_async_callback(self._stop)
            stack.callback(asyncio.create_task(self._keep_house()).cancel)
            self._stack = stack.pop_all()
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _listen(self, context: ssl.SSLContext | None) -> Server:
        try:
            return await serve(
                self._serve_peer,
                self.host,
                self.port,
                ssl=context,
                process_request=self._check_greeting,
                process_response=self._answer_greeting,
                select_subprotocol=_echo_subprotocol,
                create_connection=ServerSocket,
                max_size=MAX_FRAME,
                server_header=None,
                logger=_socket_log,
                **SOCKET_OPTIONS,  # type: ignore[arg-type]
            )
        except OSError as error:
            raise UsageError(
                f"Cannot listen on {self.host} port {self.port}: {error.strerror or error}.",
                hint="Choose another port with --port, or stop the program that uses this one.",
            ) from None

    async def _stop(self) -> None:
        self._stopping = True
        for guest in tuple(self._guests):
            guest.pump.hang_up(1001, "The hub is going away.")
        if self._server is not None:
            self._server.close(code=1001)
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The address to dial, as ``ws://host:port/sync``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.options.tls else 'ws'}://{host}:{self.port}/sync"

    @property
    def guests(self) -> Counter[str]:
        """How many peers are connected, by room."""
        return Counter(guest.room for guest in self._guests)

    # Before the first frame

    def _check_greeting(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer bad greetings with an HTTP status; nothing they send can do more than that."""
        try:
            greeting = decode_subprotocol(request.headers.get("Sec-WebSocket-Protocol", ""))
            grant = self._access.admit(greeting.room, greeting.token)
        except WireError as error:
            return connection.respond(http.HTTPStatus.BAD_REQUEST, f"{error}\n")
        except Denied as error:
            return connection.respond(error.status, f"{error}\n")
        if self._stopping:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "The hub is going away.\n")
        connection.greeting = greeting  # type: ignore[attr-defined]
        connection.grant = grant  # type: ignore[attr-defined]
        return None

    def _answer_greeting(self, connection: ServerConnection, request: Request, response: Response) -> None:
        greeting: Greeting | None = getattr(connection, "greeting", None)
        if greeting is not None and greeting.own is not None:
            response.headers[OWN_HEADER] = str(min(greeting.own, PROTOCOL))
            if not connection.grant.write:  # type: ignore[attr-defined]
                response.headers[ACCESS_HEADER] = READ_ONLY

    # A peer

    async def _serve_peer(self, socket: ServerConnection) -> None:
        greeting: Greeting = socket.greeting  # type: ignore[attr-defined]
        own = greeting.own is not None
        try:
            path = self._room_path(greeting.room)
            async with self._hosts.use(path) as host:
                await self._run_session(socket, host, greeting.room, own=own)
        except (UsageError, ReplicaError) as error:
            log.info("Room %r refused: %s", greeting.room, error)
            sentence = str(error) if isinstance(error, UsageError) else "The hub cannot open this room's file."
            await _turn_away(socket, sentence, own=own, retry=isinstance(error, ReplicaError))
        except SynclineError as error:
            log.warning("Room %r: %s", greeting.room, error)
            await socket.close(1011, "The hub could not go on.")

    def _room_path(self, room: str) -> Path:
        check_room(room)
        path = self.folder / room
        if not path.is_file():
            raise UsageError(f"This hub has no room “{room}”.")
        return path

    async def _run_session(self, socket: ServerConnection, host: Host, room: str, *, own: bool) -> None:
        here = await host.snapshot()
        if not here.tables:
            raise UsageError(f"The room “{room}” has no syncable table yet.")
        grant: Grant = socket.grant  # type: ignore[attr-defined]
        now = asyncio.get_running_loop().time
        kind = OwnSession if own else StockHubSession
        session: Session = kind(here, now=now, receives=grant.write)
        guest = Guest(room, grant, Pump(socket, session, host))
        self._guests.add(guest)
        self._on_guests()
        try:
            self._look_at(guest)  # its token may have been revoked while the room was opened
            ended = await guest.pump.run()
            log.info("Room %r: a peer left: %s", room, ended.reason)
        finally:
            self._guests.discard(guest)
            self._on_guests()

    # What goes on beside

    async def _keep_house(self) -> None:
        """See to what time alone brings about, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._look_at_tokens()

    def _look_at_tokens(self) -> None:
        """Cut whoever may not stay: a token was revoked or has expired."""
        for guest in tuple(self._guests):
            self._look_at(guest)

    def _look_at(self, guest: Guest) -> None:
        trouble = self._access.trouble(guest.grant, guest.room)
        if trouble:
            guest.pump.hang_up(CLOSE_TOKEN, trouble, retry=False)


async def _turn_away(socket: ServerConnection, sentence: str, *, own: bool, retry: bool) -> None:
    if own:
        await socket.send(encode(Failure(code=int(FailureCode.ROOM), sentence=sentence, retry=retry)))
    await socket.close(CLOSE_ROOM, sentence.encode()[:120].decode(errors="ignore"))


def _echo_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Echo what was offered, as the ``ws`` package does; a published client retries for ever otherwise."""
    return offered[0] if offered else None
