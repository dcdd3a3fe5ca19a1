"""TLS towards a machine whose certificate no authority vouches for: it is recognised by its fingerprint.

The certificate is checked within the TLS handshake, so that another machine is told nothing, least of all a token.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from urllib.parse import urlsplit

from engine.text import t


class OtherCertificate(ssl.SSLError):
    """The other side proved to be somebody, but not the one that was paired."""


def pinned(fingerprint: str) -> ssl.SSLContext:
    """Return a context that accepts only the certificate with this fingerprint, whatever its name and whoever signed
    it.

    Connecting with it raises ``OtherCertificate`` if another one is shown.

    Args:
        fingerprint: SHA-256 in lower-case hex (``fingerprint_of``).
    """

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            shown = fingerprint_of(self.getpeercert(True) or b"")
            if not hmac.compare_digest(shown, fingerprint):
                raise OtherCertificate(t("another certificate"))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslobject_class = Pinned
    return context


async def fingerprint_at(url: str, *, seconds: float) -> str:
    """Return the fingerprint of whatever certificate is shown at a ``wss://`` address, without telling the server
    anything.

    Returns:
        '' if none is shown within ``seconds``.
    """
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except (OSError, TimeoutError):
        return ""
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(True)
    finally:
        writer.transport.abort()
    return fingerprint_of(shown) if shown else ""


def in_pairs(fingerprint: str) -> str:
    """Return a fingerprint as tools such as openssl print it: ``AB:CD:…``."""
    return ":".join(fingerprint[at : at + 2].upper() for at in range(0, len(fingerprint), 2))


def fingerprint_of(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate in DER, in hex."""
    return hashlib.sha256(certificate).hexdigest()
