"""Serves rooms: one folder, one file for each room, any number of peers in both dialects."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, serve

from engine.errors import UsageError
from engine.hub.accept_loop import AT_ONCE, Accepting
from engine.hub.access import Access, Anybody, SharedToken, TokenFile
from engine.hub.cert_reload import Certificate
from engine.hub.connection import HubSocket
from engine.hub.counters import Counters
from engine.hub.create_room import RoomCreator
from engine.hub.follow_peer import RoomFollower
from engine.hub.guests import Guest, Guests
from engine.hub.handshake import Handshake, echo_subprotocol
from engine.hub.migrate_room import RoomMigrator
from engine.hub.options import HubOptions
from engine.hub.rooms import Rooms
from engine.hub.schemas import Schemas
from engine.hub.upstreams import Upstreams
from engine.links.inbound import InboundConnections
from engine.session.close_codes import CloseCode
from engine.storage.backup import Backups
from engine.storage.host_pool import HostPool
from engine.text import t
from engine.transport.sockets import SOCKET_OPTIONS, on_both
from engine.wire import MAX_SMALL
from engine.wire.hostname import in_url, unbracketed

log = logging.getLogger(__name__)

_socket_log = logging.getLogger("engine.hub.websockets")
_socket_log.setLevel(logging.INFO)  # its debug lines show the handshake, and with it the token

GRACE = 2.0
"""Seconds that peers have to leave when the hub ends."""

LOOK_EVERY = 1.0
"""Seconds between two checks for what time alone brings about: expired tokens, slow peers, empty rooms."""


class Hub:
    """A server for the rooms of one folder. Async context manager.

    Args:
        places: a folder in which each file is a room, by its name; or the files of the rooms, by room.
        hosts: where replicas are opened.
        host, port: where to listen; port 0 picks a free one.
        token: what every peer must show if there is no file of tokens; None for no check.
        options: the other options.
        access: decides who may enter, in place of ``token`` and the options' tokens.
        backups: where a room is backed up to before its tables are changed; by default a folder beside the rooms.
        on_guests: called when somebody connected or left.
        inbound: where the peers are registered, for links of the same process; by default for this hub alone.
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
        inbound = inbound or InboundConnections()
        limits = self.options.limits
        self._rooms = Rooms(places, hosts, limits)
        self._counters = Counters()
        copies = backups or Backups((self._folder or Path()) / ".backups")  # no room can be called so
        follower = RoomFollower(copies, limits, self._counters, follow=self.options.follow_schema)
        self._upstreams = Upstreams(
            self.options.upstreams, self.options.upstream_token, hosts, inbound, self._rooms, follow=follower.follow
        )
        schemas = Schemas(self.options.schemas)
        self._creator = RoomCreator(schemas, from_peers=self.options.allow_create, limits=limits, backups=backups)
        self._handshake = Handshake(
            self._access,
            self.options,
            crowd=lambda room: self.guests[room],
            may_make=lambda room: self._creator.from_peers and not self._rooms.exists(room),
            metrics=self._metrics,
            refused=self._counters.refused,
        )
        self._guests = Guests(
            self._access,
            self.options,
            rooms=self._rooms,
            creator=self._creator,
            migrator=RoomMigrator(self._creator.schemas, copies, allow_drop=self.options.allow_drop),
            follower=follower,
            upstreams=self._upstreams,
            counters=self._counters,
            inbound=inbound,
            on_change=on_guests,
        )
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
            self._access.on_change = self._guests.check_tokens
            stack.enter_context(self._accepting.quietly())
            self._server = await self._listen(self._certificate.context if self._certificate is not None else None)
            self._accepting.let_wait(self._server.sockets)
            await stack.enter_async_context(self._upstreams)
            stack.push_async_callback(self._stop)
            stack.push_async_callback(_ended, asyncio.create_task(self._run_checks()))
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
                self._guests.serve,
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
                    host=self.host or t("all addresses"),
                    port=self.port,
                    # asyncio's own words name the address and port again
                    reason=os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or error,
                ),
                hint=t("Choose another port with --port, or stop the program that uses this one."),
            ) from None

    async def _stop(self) -> None:
        self._handshake.closed = True
        self._guests.send_away(t("The hub is shutting down."))
        if self._server is not None:
            await self._accepting.stop(self._server.sockets)
            self._server.close(code=CloseCode.GOING_AWAY)
            closed = asyncio.ensure_future(self._server.wait_closed())
            await asyncio.wait((closed,), timeout=GRACE)
            await self._handshake.present.abort()  # those who have not heard it by now
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
    def guests(self) -> Counter[str]:
        """How many peers are connected, by room."""
        return self._guests.by_room

    @property
    def inside(self) -> Iterator[Guest]:
        """Everybody who is connected and has greeted."""
        yield from self._guests

    @property
    def rooms_open(self) -> int:
        """How many rooms are open, with or without anybody in them."""
        return self._rooms.open

    # What runs beside it

    async def _run_checks(self) -> None:
        """Check once in a while for what time alone brings about, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._guests.check_tokens()
            if self._certificate is not None:
                self._certificate.reload()
            for socket, why in self._handshake.present.inbound_budget.slow():
                self._counters.dropped += 1
                socket.give_up(CloseCode.POLICY_VIOLATION, why)
            self._guests.drop_slow(self._handshake.present.backlogged)
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


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task, and wait until it has ended, as it may have a room to close first."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
