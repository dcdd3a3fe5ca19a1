"""Serves rooms: one folder, one file for each room, any number of peers in both dialects.

Any path is served (published clients use ``/sync`` or ``/vlcn-ws``). What the peer wants stands in the subprotocol
(spec 10.4); the dialect is settled there and in a response header, before the first frame.
"""

from __future__ import annotations

import asyncio
import hmac
import http
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from engine.errors import ReplicaError, SynclineError, UsageError, WireError
from engine.heartbeat import ServerSocket
from engine.host import Host
from engine.hosts import Hosts
from engine.pump import Pump
from engine.session import OwnSession, Session, StockHubSession
from engine.wire import PROTOCOL, Failure, FailureCode, encode
from engine.wire.rooms import OWN_HEADER, Greeting, check_room, decode_subprotocol

log = logging.getLogger(__name__)

_socket_log = logging.getLogger("engine.hub.websockets")
_socket_log.setLevel(logging.INFO)  # its debug lines show the handshake, and with it the token

MAX_FRAME = 100 * 1024 * 1024
"""Bytes of the largest frame we take: what the published packages take (spec 10.5)."""

SOCKET_OPTIONS = {"ping_interval": None, "close_timeout": 2, "max_queue": 16, "compression": None}
"""A heartbeat of our own (engine.heartbeat), and a receive queue deeper than the own dialect's window."""

CLOSE_ROOM = 4004
"""Close code for a room that is not to be had."""


class Hub:
    """A server for the rooms of one folder. Async context manager.

    Args:
        folder: each file in it is a room, by its name.
        hosts: where replicas are opened.
        host, port: where to listen; port 0 picks a free one.
        token: what every peer must show; None for no check.
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
        on_guests: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        self.guests: Counter[str] = Counter()
        self._hosts = hosts
        self._token = token
        self._on_guests = on_guests
        self._server: Server | None = None
        self._pumps: set[Pump] = set()
        self._stopping = False

    async def __aenter__(self) -> Hub:
        if not self.folder.is_dir():
            raise UsageError(f"There is no folder {self.folder}.", hint="Make it, or name another.")
        try:
            self._server = await serve(
                self._serve_peer,
                self.host,
                self.port,
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
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        for pump in tuple(self._pumps):
            pump.hang_up(1001, "The hub is going away.")
        if self._server is not None:
            self._server.close(code=1001)
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The address to dial, as ``ws://host:port/sync``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}/sync"

    # Before the first frame

    def _check_greeting(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer bad greetings with an HTTP status; nothing they send can do more than that."""
        try:
            greeting = decode_subprotocol(request.headers.get("Sec-WebSocket-Protocol", ""))
        except WireError as error:
            return connection.respond(http.HTTPStatus.BAD_REQUEST, f"{error}\n")
        if self._token is not None and not _same(greeting.token or "", self._token):
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "The token is not accepted.\n")
        if self._stopping:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "The hub is going away.\n")
        connection.greeting = greeting  # type: ignore[attr-defined]
        return None

    def _answer_greeting(self, connection: ServerConnection, request: Request, response: Response) -> None:
        greeting: Greeting | None = getattr(connection, "greeting", None)
        if greeting is not None and greeting.own is not None:
            response.headers[OWN_HEADER] = str(min(greeting.own, PROTOCOL))

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
        now = asyncio.get_running_loop().time
        session: Session = OwnSession(here, now=now) if own else StockHubSession(here, now=now)
        pump = Pump(socket, session, host)
        self._pumps.add(pump)
        self.guests[room] += 1
        self._on_guests()
        try:
            ended = await pump.run()
            log.info("Room %r: a peer left: %s", room, ended.reason)
        finally:
            self._pumps.discard(pump)
            self.guests[room] -= 1
            if not self.guests[room]:
                del self.guests[room]
            self._on_guests()


async def _turn_away(socket: ServerConnection, sentence: str, *, own: bool, retry: bool) -> None:
    if own:
        await socket.send(encode(Failure(code=int(FailureCode.ROOM), sentence=sentence, retry=retry)))
    await socket.close(CLOSE_ROOM, sentence.encode()[:120].decode(errors="ignore"))


def _echo_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Echo what was offered, as the ``ws`` package does; a published client retries for ever otherwise."""
    return offered[0] if offered else None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


