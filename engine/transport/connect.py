"""Opens a WebSocket to a peer. If that fails, ``connect_errors`` says why in words."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.proxy import get_proxy, parse_proxy
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from engine.errors import PeerRefused
from engine.text import t
from engine.transport.connect_errors import FAILURES, error_of
from engine.transport.http_answers import Target, first, redirection, same_origin
from engine.transport.keepalive import ClientSocket
from engine.transport.sockets import SOCKET_OPTIONS, stagger
from engine.transport.tls_pinning import pinned
from engine.wire import MAX_SMALL, OLDEST, PROTOCOL
from engine.wire.handshake import (
    ACCESS_HEADER,
    HUB_HEADER,
    NAME_HEADER,
    NEW_ROOM,
    OWN_HEADER,
    READ_ONLY,
    ROOM_HEADER,
    STAYS_HEADER,
    TOKEN_HEADER,
    encode_subprotocol,
)
from engine.wire.hostname import in_url, of_url, without_zone

OPEN_TIMEOUT = 10.0
"""Seconds for the TCP connection, TLS and the handshake together."""

HEARD = 2_000
"""Bytes that are kept of the other side's first words."""

log = logging.getLogger("engine.links.link.websockets")
log.setLevel(logging.INFO)  # its debug lines show the handshake, and with it the token


class Dialled(NamedTuple):
    """An open connection, and what the answer to the handshake said.

    Attributes:
        own: the number of our own dialect to use; None for the published one.
        read_only: it accepts no changes from us.
        new_room: the room does not exist there yet, and is made from our tables.
        lasting: the token to use from now on, if the one used was that of a pairing link.
    """

    socket: ClientConnection
    own: int | None
    read_only: bool
    new_room: bool
    lasting: str | None = None

    def __repr__(self) -> str:
        return f"Dialled(own={self.own}, read_only={self.read_only}, new_room={self.new_room})"


class _Connect(connect):
    """A connection that follows redirects only to another path: the token goes along, and is for the named server."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the address to go on at, or the error to raise. Called by websockets."""
        to = redirection(self.uri, exc.response) if isinstance(exc, InvalidStatus) else None
        return to if to is not None and same_origin(to, self.uri) else exc


class _Socket(ClientSocket):
    """A connection that keeps the other side's first words, in case they are not HTTP.

    ``made`` gets the socket itself.
    """

    heard = b""

    def __init__(self, *args: Any, made: list[_Socket], **options: Any) -> None:
        super().__init__(*args, **options)
        made.append(self)

    def data_received(self, data: bytes) -> None:
        if len(self.heard) < HEARD and self.response is None:
            self.heard += data[:HEARD]
        super().data_received(data)


async def dial(
    url: str,
    room: str,
    *,
    token: str | None = None,
    fingerprint: str = "",
    name: str = "",
    as_hub: bool = False,
    stays: bool = False,
) -> Dialled:
    """Connect to ``url`` and greet for ``room``.

    Args:
        token: the hub's, if it asks for one.
        fingerprint: of the only certificate to accept (``engine.pairing``); '' for one signed by an authority.
        name: our machine's name, if the token is that of a pairing link.
        as_hub: we are a hub that dials for its guests.
        stays: the connection is to last, and to carry changes both ways.

    Raises:
        UsageError: the address is invalid.
        PeerUnreachable: it failed this time.
        PeerRefused: the peer refused.
        CertificateChanged: the certificate is not the one of ``fingerprint``.
    """
    options: dict[str, Any] = {**SOCKET_OPTIONS, "happy_eyeballs_delay": stagger(urlsplit(url).hostname)}
    said = {HUB_HEADER: "1" if as_hub else "", STAYS_HEADER: "1" if stays else "", NAME_HEADER: quote(name)}
    options["additional_headers"] = {header: value for header, value in said.items() if value}
    if fingerprint:
        options["ssl"] = pinned(fingerprint)
    target = Target(url, OPEN_TIMEOUT, pinned=bool(fingerprint))
    made: list[_Socket] = []
    try:
        host = of_url(url)
        if "%" in host:
            options["host"] = host
        if not fingerprint and host not in ("localhost", "127.0.0.1", "::1") and "%" not in host:
            options["proxy"] = get_proxy(parse_uri(url))
            target = replace(target, proxy=_host_and_port(options["proxy"]))
        else:
            options["proxy"] = None
        socket = await _Connect(
            without_zone(url),
            subprotocols=[Subprotocol(encode_subprotocol(room, token, own=PROTOCOL))],
            create_connection=functools.partial(_Socket, made=made),  # type: ignore[arg-type]
            max_size=MAX_SMALL,  # the driver raises it as soon as larger messages may come
            open_timeout=OPEN_TIMEOUT,
            user_agent_header=None,
            logger=log,
            **options,
        )
    except FAILURES as error:
        raise error_of(error, target, made[-1].heard if made else b"") from error
    where = target.where
    assert socket.response is not None
    headers = socket.response.headers
    answer = first(headers, OWN_HEADER)
    own = next((number for number in range(OLDEST, PROTOCOL + 1) if answer == str(number)), None)
    if answer is not None and own is None:
        await socket.close()
        raise PeerRefused(
            t(
                "{where} speaks version {answer} of the protocol, this Syncline {protocol}.",
                where=where,
                answer=answer,
                protocol=PROTOCOL,
            )
        )
    return Dialled(
        socket,
        own=own,
        read_only=READ_ONLY in headers.get_all(ACCESS_HEADER),
        new_room=first(headers, ROOM_HEADER) == NEW_ROOM,
        lasting=first(headers, TOKEN_HEADER),
    )


def _host_and_port(proxy: str | None) -> str:
    """Return a proxy as it is shown: without the password that its address may contain."""
    if proxy is None:
        return ""
    parsed = parse_proxy(proxy)
    return f"{in_url(parsed.host)}:{parsed.port}"
