"""The pairing link: everything that another machine needs to become a peer, as text and as a QR code.

    syncline://pair?at=192.168.1.5,fd00::7&port=8787&room=todo&token=…&cert=…

``at`` has the addresses to try; ``token`` works once, within ten minutes; ``cert`` is the SHA-256 of the certificate to
expect, in URL-safe base64. Whoever reads the link first can use it: it is as secret as a password.
"""

from __future__ import annotations

import base64
import binascii
import io
import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from engine.errors import UsageError
from engine.pairing.verification_words import six_words
from engine.text import t
from engine.wire.handshake import ROOMS, check_room
from engine.wire.room_address import place_room

SCHEME = "syncline"

LONGEST = 1_000
"""The most characters of a link, as a longer QR code is hard to scan."""

ADDRESSES = 8
"""The most addresses in one link."""

_KEYS = ("at", "port", "room", "token", "cert")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")
_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.?")


@dataclass(frozen=True, slots=True)
class PairingLink:
    """What a link contains.

    Attributes:
        addresses: where the other machine may be reached: IP addresses or names, the likeliest first.
        port, room: of its hub.
        token: to be exchanged for a lasting one; once, within ten minutes.
        fingerprint: of its certificate, in hex.
    """

    addresses: tuple[str, ...]
    port: int
    room: str
    token: str = field(repr=False)
    fingerprint: str

    def text(self) -> str:
        """Return the link as a person copies it."""
        cert = base64.urlsafe_b64encode(bytes.fromhex(self.fingerprint)).decode().rstrip("=")
        values = (",".join(self.addresses), str(self.port), self.room, self.token, cert)
        query = urlencode(list(zip(_KEYS, values, strict=True)), safe=",:", quote_via=quote)
        return f"{SCHEME}://pair?{query}"

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses as they are dialled."""
        return tuple(place_room(url_of(address, self.port), self.room)[0] for address in self.addresses)

    @property
    def words(self) -> tuple[str, ...]:
        """The six words that both sides show."""
        return six_words(self.fingerprint, self.token)


def url_of(address: str, port: int) -> str:
    """Return the URL of a machine that shares, by its IP address or name; the room is to be appended."""
    return f"wss://{f'[{address}]' if ':' in address else address}:{port}{ROOMS}"


def parse(text: str) -> PairingLink:
    """Parse a link that a person pasted or opened.

    Raises:
        UsageError: it is not a link, or not a complete one; says what is wrong, without repeating the token.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except ValueError:
        raise _no_link("") from None
    if parts.scheme != SCHEME or parts.netloc != "pair" or parts.path not in ("", "/") or parts.fragment:
        raise _no_link("")
    if len(text) > LONGEST:
        raise _no_link(t("it is too long"))
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _no_link(t("it contains something twice"))
    missing = [key for key in _KEYS if not values.get(key)]
    if missing:
        raise _no_link(t("“{field}” is missing, so its end may have been cut off", field=missing[0]))
    if set(values) - set(_KEYS):
        raise UsageError(t("This pairing link was made by a newer Syncline."), hint=t("Update this one."))
    if not _TOKEN.fullmatch(values["token"]):
        raise _no_link(t("its token is not valid"))
    port = values["port"]
    if not re.fullmatch(r"[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise _no_link(t("its port is not valid"))
    return PairingLink(
        _addresses(values["at"]), int(port), check_room(values["room"]), values["token"], _fingerprint(values["cert"])
    )


def is_link(text: str) -> bool:
    """Return whether a text is meant to be a pairing link, complete or not."""
    return text.strip().lower().startswith(f"{SCHEME}:")


def qr_on_terminal(text: str) -> str:
    """Return a link's QR code as lines of half blocks for a terminal, dark on light whatever the terminal's colours."""
    import segno

    lines = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(lines, border=2, compact=True)
    return lines.getvalue()


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Return a link's QR code as rows of modules, True for dark, without the light border of four modules."""
    import segno

    return tuple(tuple(bool(module) for module in row) for row in segno.make(text, error="m", micro=False).matrix)


def _addresses(text: str) -> tuple[str, ...]:
    addresses = tuple(dict.fromkeys(text.split(",")))
    if len(addresses) > ADDRESSES:
        raise _no_link(t("it has more than {limit} addresses", limit=ADDRESSES))
    for address in addresses:
        try:
            fits = not ipaddress.ip_address(address).is_unspecified and "%" not in address
        except ValueError:
            fits = len(address) <= 253 and _NAME.fullmatch(address) is not None and not address[-1].isdigit()
        if not fits:
            raise _no_link(t("one of its addresses is not valid"))
    return addresses


def _fingerprint(text: str) -> str:
    try:
        digest = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 32:
        raise _no_link(t("its certificate fingerprint is not valid"))
    return digest.hex()


def _no_link(why: str) -> UsageError:
    if not why:
        return UsageError(
            t("This is not a pairing link."), hint=t("Pairing links begin with {scheme}://pair?", scheme=SCHEME)
        )
    return UsageError(
        t("This pairing link cannot be used: {reason}.", reason=why), hint=t("Copy all of it, or create a new one.")
    )
