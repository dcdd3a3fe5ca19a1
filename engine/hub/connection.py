"""One connection to a hub: what is known about it before its session begins, and how many there are."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from websockets.protocol import SEND_EOF, State
from websockets.typing import Data

from engine.hub.access import Grant
from engine.hub.arrivals import Arrivals
from engine.hub.inbound_budget import InboundBudget
from engine.links.inbound import Purpose
from engine.session.close_codes import CloseCode
from engine.sqlite.steps import Left, unless
from engine.transport.close_codes import for_close_frame
from engine.transport.keepalive import ServerSocket
from engine.transport.sockets import peer_address
from engine.wire import MAX_SMALL, TEMPLATES, spoken
from engine.wire.handshake import HUB_HEADER, Greeting

log = logging.getLogger(__name__)

T = TypeVar("T")

GOODBYE = 2.0
"""Seconds that a peer whose connection is given up has to read why."""

BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"%s: 1\r\nContent-Length: 28\r\n\r\nThis is no request of HTTP.\n"
) % HUB_HEADER.encode()


class Gone(Exception):
    """A peer has left before its session began, or has to leave: with the close code and the reason."""

    def __init__(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Present:
    """All connections, greeted or not: how many there are from each address, and what they hold.

    Attributes:
        opening: takes connections that do not exist yet, as TLS is still being negotiated.
        backlogged: connections that did not take immediately all that they were sent, until it is found that they have.
    """

    inbound_budget: InboundBudget
    sockets: set[HubSocket] = field(default_factory=set)
    addresses: Counter[str] = field(default_factory=Counter)
    opening: set[asyncio.Task[Any]] = field(default_factory=set)
    backlogged: set[HubSocket] = field(default_factory=set)
    arrivals: Arrivals = field(default_factory=Arrivals)

    async def abort(self) -> None:
        """Abort all of them, at whatever point they are."""
        for socket in tuple(self.sockets):
            socket.transport.abort()
        opening = tuple(self.opening)
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)


class HubSocket(ServerSocket):
    """A connection that is counted for its address, and whose first message can be peeked at.

    Attributes:
        address: where it comes from.
        greeting: what its handshake said.
        grant: what it was admitted with.
        new_room: whether it was asked for its tables, to create the room from them.
        is_hub: whether it is another hub, which connects for its guests.
        stays: whether it is meant to last, and to carry changes both ways.
    """

    greeting: Greeting
    grant: Grant
    address = ""
    new_room = False
    is_hub = False
    stays = False

    def __init__(self, *args: Any, present: Present, **options: Any) -> None:
        super().__init__(*args, **options)
        self._present = present
        self._ahead: Data | None = None
        self._bad_request = False
        self._gone: asyncio.Future[Gone] = asyncio.get_running_loop().create_future()
        self._opening = asyncio.current_task()
        if self._opening is not None:
            present.opening.add(self._opening)
            self._opening.add_done_callback(present.opening.discard)

    @property
    def purpose(self) -> Purpose | None:
        """What it is for, if it can replace our own connection to the same peer."""
        if not self.stays or not self.grant.write:
            return None
        return Purpose.GUESTS if self.is_hub else Purpose.SYNC

    @property
    def reads_templates(self) -> bool:
        """Whether the other side reads templates with arguments (``engine.peer_text``)."""
        return self.greeting.own is not None and spoken(self.greeting.own) >= TEMPLATES

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.address = peer_address(transport.get_extra_info("peername"))
        if self._opening is not None:
            self._present.opening.discard(self._opening)
        self._present.sockets.add(self)
        self._present.addresses[self.address] += 1
        super().connection_made(transport)
        self.recv_messages.on_less = self._count
        self._present.arrivals.come(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._present.sockets.discard(self)
        self._present.backlogged.discard(self)
        addresses = self._present.addresses
        addresses[self.address] -= 1
        if not addresses[self.address]:
            del addresses[self.address]
        self._present.inbound_budget.forget(self)
        self.has_arrived()
        self.send_away(Gone())
        super().connection_lost(exc)

    @property
    def held(self) -> int:
        """Bytes that have come and are not processed yet."""
        return len(self.protocol.reader.buffer) + self.recv_messages.held

    @property
    def unfinished(self) -> bool:
        """Whether a message has come in part."""
        return bool(self.protocol.reader.buffer) or self.protocol.current_size is not None

    @property
    def small(self) -> bool:
        """Whether only small messages may come: before it has greeted, and from a peer that may only read."""
        size = self.protocol.max_message_size
        return self.state is not State.OPEN or not self.grant.write or (size is not None and size <= MAX_SMALL)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._count()

    def _count(self) -> None:
        if self.state in (State.CONNECTING, State.OPEN):
            self._present.inbound_budget.count(self)

    def give_up(self, code: int, reason: str) -> None:
        """Stop receiving, discard what has arrived, and tell the peer why."""
        log.warning("A peer is dropped: %s", reason, extra={"address": self.address})
        if self.state is State.OPEN:
            self.protocol.fail(code, for_close_frame(reason, templates=self.reads_templates))
            self.send_data()
        self.loop.call_later(GOODBYE, self.transport.abort)

    async def handshake(self, *arguments: Any) -> None:
        """Do as websockets, but give a peer that was told of a bad request the time to read that, as others have."""
        await super().handshake(*arguments)
        if self._bad_request:
            await asyncio.shield(self.connection_lost_waiter)

    def send_data(self) -> None:
        """Do as websockets, but answer what cannot be read as a request before cutting it off, unless a good request
        came before it."""
        if self.response is None and self.protocol.writes == [SEND_EOF]:
            self._bad_request = True
            self.protocol.state = State.CLOSED
            self.transport.write(BAD_REQUEST)
        super().send_data()
        if not self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._present.backlogged.add(self)

    def has_arrived(self) -> None:
        """Let another connection begin: this one is in its room, or gone."""
        self._present.arrivals.end(self.transport)

    async def unless_gone(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something for this peer that may take long; it ends with the connection, and with ``send_away``.

        Raises:
            Gone: it has ended in that way.
        """
        try:
            return await unless(self._gone, work)
        except Left:
            raise self._gone.result() from None

    def send_away(self, gone: Gone) -> None:
        """Make it leave before its session begins."""
        if not self._gone.done():
            self._gone.set_result(gone)

    async def peek(self) -> Data:
        """Wait for the next message, and leave it to be received."""
        if self._ahead is None:
            self._ahead = await super().recv()
        return self._ahead

    async def recv(self, decode: bool | None = None) -> Any:
        """Receive as websockets does; a message that was peeked at comes first."""
        if self._ahead is not None:
            data, self._ahead = self._ahead, None
            return data
        return await super().recv(decode)
