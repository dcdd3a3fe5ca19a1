"""Opens one WebSocket to a peer, and says in words why it could not."""

from __future__ import annotations

import errno
import logging
import os
import re
import ssl
import time
from email.utils import parsedate_to_datetime
from socket import gaierror
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.typing import Subprotocol

from engine.errors import CertificateChanged, PeerRefused, PeerUnreachable, TokenRefused, UsageError
from engine.text import t
from engine.transport.keepalive import ClientSocket
from engine.transport.sockets import SOCKET_OPTIONS, stagger
from engine.transport.tls_pinning import OtherCertificate, pinned
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

LONGEST_REST = 600.0
"""Seconds for which a server can keep us from trying again, at most."""

OPEN_TIMEOUT = 10.0
"""Seconds for the TCP connection, TLS and the handshake together."""

log = logging.getLogger("engine.links.link.websockets")
log.setLevel(logging.INFO)  # its debug lines show the handshake, and with it the token


class Dialled(NamedTuple):
    """An open connection, and what the answer to the handshake said.

    Attributes:
        own: the number of our own dialect in which to go on; None for the published one.
        read_only: it takes no changes from us.
        new_room: it has no such room yet, and makes it of our tables.
        lasting: the token to show from now on, where the one shown was that of a pairing link.
    """

    socket: ClientConnection
    own: int | None
    read_only: bool
    new_room: bool
    lasting: str | None = None

    def __repr__(self) -> str:
        return f"Dialled(own={self.own}, read_only={self.read_only}, new_room={self.new_room})"


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
        fingerprint: of the one certificate that is taken (``engine.pairing``); by default one of an authority's.
        name: what to call us, where the token is that of a pairing link.
        as_hub: a hub dials, for its guests.
        stays: the connection is to stay, and to carry changes both ways.

    Returns:
        the open connection, with what the other side said.

    Raises:
        UsageError: the address is none. PeerUnreachable: it did not work now. PeerRefused: the peer said no.
        CertificateChanged: another certificate is shown than the one of ``fingerprint``.
    """
    where = urlsplit(url).netloc or url
    options: dict[str, Any] = {**SOCKET_OPTIONS, "happy_eyeballs_delay": stagger(urlsplit(url).hostname)}
    said = {HUB_HEADER: "1" if as_hub else "", STAYS_HEADER: "1" if stays else "", NAME_HEADER: quote(name)}
    options["additional_headers"] = {header: value for header, value in said.items() if value}
    if fingerprint or urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1"):
        options["proxy"] = None
    if fingerprint:
        options["ssl"] = pinned(fingerprint)
    try:
        socket = await connect(
            url,
            subprotocols=[Subprotocol(encode_subprotocol(room, token, own=PROTOCOL))],
            create_connection=ClientSocket,
            max_size=MAX_SMALL,  # the driver takes more as soon as more may come
            open_timeout=OPEN_TIMEOUT,
            user_agent_header=None,
            logger=log,
            **options,
        )
    except (InvalidURI, UnicodeError) as error:
        if isinstance(error.__context__, InvalidStatus):  # it was sent on, to a web page
            raise _refusal(error.__context__, where) from error
        raise UsageError(t("“{url}” is no WebSocket address.", url=url), hint=t("Use ws://host:port/sync.")) from error
    except InvalidStatus as error:
        raise _refusal(error, where) from error
    except InvalidMessage as error:
        hint = t("Check the address and the port.") if url.startswith("wss:") else t("Is it wss:// instead of ws://?")
        raise PeerUnreachable(t("{where} does not speak WebSocket.", where=where), hint=hint) from error
    except InvalidHandshake as error:
        raise PeerRefused(
            t("{where} answered, but not as a sync server: {error}.", where=where, error=error)
        ) from error
    except TimeoutError as error:
        raise PeerUnreachable(
            t("{where} did not answer within {open_timeout:.0f} s.", where=where, open_timeout=OPEN_TIMEOUT)
        ) from error
    except gaierror as error:
        raise PeerUnreachable(
            t("{where}: no such host.", where=where), hint=t("Check the name, and the network.")
        ) from error
    except OtherCertificate as error:
        raise CertificateChanged(
            t("{where} shows another certificate than the one that was paired.", where=where),
            hint=t(
                "If Syncline was set up anew there, pair again with a new link. If not, somebody may be in between."
            ),
        ) from error
    except ssl.SSLError as error:
        raise PeerRefused(
            t("{where}: no secure connection: {reason}.", where=where, reason=error.reason or error),
            hint=_secure_hint(error),
        ) from error
    except ImportError as error:
        raise UsageError(
            t("{where} is behind a SOCKS proxy, which needs another package.", where=where),
            hint=t("Install python-socks, or set NO_PROXY."),
        ) from error
    except (OSError, EOFError, WebSocketException) as error:
        raise _unreachable(error, where) from error
    assert socket.response is not None
    headers = socket.response.headers
    answer = headers.get(OWN_HEADER)
    own = next((number for number in range(OLDEST, PROTOCOL + 1) if answer == str(number)), None)
    if answer is not None and own is None:
        await socket.close(1000)
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
        read_only=headers.get(ACCESS_HEADER) == READ_ONLY,
        new_room=headers.get(ROOM_HEADER) == NEW_ROOM,
        lasting=headers.get(TOKEN_HEADER),
    )


def _secure_hint(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return t(
            "Dial it by the name that its certificate is for; one made at home has to be trusted here: SSL_CERT_FILE."
        )
    return t("Is it ws:// instead of wss://?")


def _refusal(error: InvalidStatus, where: str) -> PeerRefused | PeerUnreachable:
    status, said = error.response.status_code, _sentence(error.response.body)
    refusal: PeerRefused | PeerUnreachable
    if status in (401, 403):
        hint = t("Enter the token that the hub's owner gave you.")
        refusal = TokenRefused(t("{where} does not accept the token.{said}", where=where, said=said), hint=hint)
    elif status in (502, 503, 504):
        refusal = PeerUnreachable(
            t("{where} is not ready (HTTP {status}).{said}", where=where, status=status, said=said)
        )
    else:
        sentence = t("{where} is no sync server: it answered with HTTP {status}.", where=where, status=status)
        refusal = PeerRefused(sentence, hint=t("Check the address and its path."))
    refusal.retry_after = _retry_after(next(iter(error.response.headers.get_all("Retry-After")), ""))
    return refusal


def _retry_after(value: str) -> float:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3), within reason; 0 for what is none."""
    try:
        seconds = float(value) if value.isdecimal() else parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_REST)


def _unreachable(error: Exception, where: str) -> PeerUnreachable:
    numbers = _numbers(error)
    if numbers == {errno.ECONNREFUSED}:
        return PeerUnreachable(
            t("{where}: connection refused.", where=where), hint=t("Is the hub running, and is the port right?")
        )
    # the system's own words, where asyncio has put its own in their place
    why = "; ".join(os.strerror(number) for number in sorted(numbers)) or str(error)
    return PeerUnreachable(t("{where}: {reason}.", where=where, reason=why))


def _numbers(error: Exception) -> set[int]:
    """The system's numbers of what went wrong: of several addresses asyncio tells in its text alone."""
    if not isinstance(error, OSError):
        return set()
    numbers = {error.errno} if error.errno is not None else {int(n) for n in re.findall(r"\[Errno (\d+)\]", str(error))}
    return {number for number in numbers if number in errno.errorcode}


def _sentence(body: bytes | bytearray | None) -> str:
    """What a hub of ours says for a reason; empty for the pages of other servers."""
    text = bytes(body or b"").decode(errors="replace").strip()
    return t(" It says: {text}", text=text) if text.endswith(".") and text.isprintable() and len(text) <= 200 else ""
