"""What a hub answers before a connection is a WebSocket: who is admitted, and two pages for its owner.

Any path is served (published clients use ``/sync`` or ``/vlcn-ws``). What a peer wants is in the subprotocol
(cr-sqlite.md 10.4), and its room optionally also in the path, as ``/sync/ROOM``; the dialect is agreed there and in a
response header, before the first frame.
"""

from __future__ import annotations

import http
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import quote, unquote, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from engine.errors import WireError
from engine.hub.access import Access, Denied
from engine.hub.connection import HubSocket, Present
from engine.hub.inbound_budget import InboundBudget
from engine.hub.limits import Busy
from engine.hub.options import HubOptions, is_loopback
from engine.peer_text import for_peer
from engine.text import t
from engine.wire import spoken
from engine.wire.handshake import (
    ACCESS_HEADER,
    HUB_HEADER,
    NAME_HEADER,
    NEW_ROOM,
    OWN_HEADER,
    READ_ONLY,
    REASON_HEADER,
    ROOM_HEADER,
    STAYS_HEADER,
    TOKEN_HEADER,
    decode_subprotocol,
)

log = logging.getLogger(__name__)

ONCE = (
    "Host",
    "Origin",
    "Authorization",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    NAME_HEADER,
    HUB_HEADER,
    STAYS_HEADER,
)
"""Headers that a request may have only once, as the hub and a proxy before it may disagree about which of two
counts."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The content type of the metrics page."""


class Handshake:
    """Admits peers, or says why not.

    Args:
        access: decides who may enter.
        options: of the hub.
        crowd: returns how many peers are in a room now.
        may_make: returns whether a room does not exist and may be created from a peer's tables.
        metrics: returns the metrics page.
        refused: counts those that were refused, by reason.

    Attributes:
        present: who is connected.
        closed: whether nobody is admitted any more.
    """

    def __init__(
        self,
        access: Access,
        options: HubOptions,
        *,
        crowd: Callable[[str], int],
        may_make: Callable[[str], bool],
        metrics: Callable[[], bytes],
        refused: Counter[str],
    ) -> None:
        self.present = Present(InboundBudget(options.limits))
        self.closed = False
        self._access = access
        self._options = options
        self._crowd = crowd
        self._may_make = may_make
        self._metrics = metrics
        self._refused = refused

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request with an HTTP status, or admit the peer; a malicious request can achieve nothing else."""
        assert isinstance(connection, HubSocket)
        try:
            path = _checked(request)
            if "Upgrade" not in request.headers:
                page = self._page(connection, request, path)
                if page is not None:
                    return page
            greeting = decode_subprotocol(request.headers.get("Sec-WebSocket-Protocol", ""), path)
            self._check_crowd(connection.address, greeting.room)
            self._check_origin(request.headers.get("Origin"))
            connection.greeting = greeting
            connection.is_hub = HUB_HEADER in request.headers
            connection.stays = STAYS_HEADER in request.headers
            name = unquote(request.headers.get(NAME_HEADER, ""))
            connection.grant = self._access.admit(greeting.room, greeting.token, name=name)
        except (WireError, Denied, Busy) as error:
            return self._turn_away(connection, error)
        makes = greeting.own is not None and connection.grant.write and self._may_make(greeting.room)
        connection.new_room = makes
        return None

    def _turn_away(self, connection: HubSocket, error: WireError | Denied | Busy) -> Response:
        status: int = http.HTTPStatus.BAD_REQUEST
        why = "greeting"
        if isinstance(error, Denied):
            why, status = "token", error.status
        elif isinstance(error, Busy):
            why, status = "busy", http.HTTPStatus.SERVICE_UNAVAILABLE
        self._refused[why] += 1
        log.info("Turned away: %s", error, extra={"address": connection.address})
        response = connection.respond(status, f"{error}\n")
        response.headers[REASON_HEADER] = quote(for_peer(str(error), templates=True))
        return response

    def answer(self, connection: ServerConnection, request: Request, response: Response) -> None:
        """Add the response headers that a Syncline reads."""
        assert isinstance(connection, HubSocket)
        response.headers[HUB_HEADER] = "1"
        if response.status_code == http.HTTPStatus.SWITCHING_PROTOCOLS and connection.greeting.own is not None:
            response.headers[OWN_HEADER] = str(spoken(connection.greeting.own))
            if not connection.grant.write:
                response.headers[ACCESS_HEADER] = READ_ONLY
            if connection.new_room:
                response.headers[ROOM_HEADER] = NEW_ROOM
            if connection.grant.lasting is not None:
                response.headers[TOKEN_HEADER] = connection.grant.lasting

    def _check_crowd(self, address: str, room: str) -> None:
        limits = self._options.limits
        if self.closed:
            raise Busy(t("The hub is shutting down."))
        if limits.per_address and self.present.addresses[address] > limits.per_address:
            raise Busy(
                t("This hub's limit of connections from one address is reached: {limit:,}.", limit=limits.per_address)
            )
        if limits.per_room and self._crowd(room) >= limits.per_room:
            raise Busy(t("This hub's limit of peers in one room is reached: {limit:,}.", limit=limits.per_room))

    def _check_origin(self, origin: str | None) -> None:
        """Keep other sites' pages out if no token is required, as a browser lets any page connect to this machine."""
        if origin is None or self._access.asks or self._options.insecure:
            return
        try:
            url = urlsplit(origin)
        except ValueError:
            raise WireError(t("The request's Origin is not a valid URL.")) from None
        host = url.hostname or ""
        if url.scheme != "file" and not (is_loopback(host) or host.endswith(".localhost")):
            raise Denied(t("A page from another site may not use a hub that asks for no token."), status=403)

    def _page(self, connection: HubSocket, request: Request, path: str) -> Response | None:
        if path == "/healthz":
            if self.closed:
                return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, t("The hub is shutting down.\n"))
            return connection.respond(http.HTTPStatus.OK, "ok\n")
        if path != "/metrics":
            return None
        try:
            scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
            self._access.admit("", secret if scheme.lower() == "bearer" else None)
        except Denied:
            text = t("Send a token for all rooms as “Authorization: Bearer TOKEN”.\n")
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, text)
        response = connection.respond(http.HTTPStatus.OK, self._metrics().decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = METRICS_TYPE
        return response


def _checked(request: Request) -> str:
    """Return the path of a well-formed request; any path is allowed.

    Raises:
        WireError: it is malformed.
    """
    doubled = next((name for name in ONCE if len(request.headers.get_all(name)) > 1), None)
    if doubled is not None:
        raise WireError(t("The request has more than one {header}.", header=doubled))
    try:
        url = urlsplit(request.path)
    except ValueError:
        url = None
    if url is None or not request.path.isprintable() or not (request.path.startswith("/") or url.scheme):
        raise WireError(t("The request's path is not valid."))
    return url.path


def echo_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Echo what was offered, as the ``ws`` package does, without which a published client retries for ever."""
    return offered[0] if offered else None
