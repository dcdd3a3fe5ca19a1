"""Why a connection could not be opened: who or what is at fault, in words, and what to check."""

from __future__ import annotations

import errno
import os
import re
import ssl
from socket import gaierror

from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidProxyMessage,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    SecurityError,
    WebSocketException,
)

from engine.errors import (
    CertificateChanged,
    CertificateUntrusted,
    PeerRefused,
    PeerUnreachable,
    SynclineError,
    UsageError,
    WrongServer,
)
from engine.text import sentences, t
from engine.transport.http_answers import (
    CHECK_PATH,
    PROXY_HINT,
    Target,
    older_answer,
    proxy_refusal,
    quoted_reply,
    refusal,
)
from engine.transport.tls_pinning import OtherCertificate

FAILURES = (OSError, EOFError, UnicodeError, WebSocketException, ImportError)
"""What opening a connection may raise."""

ALERT = b"\x15\x03"
"""The first bytes of a TLS alert, by which a server says that it did not understand."""

_CUT = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What is raised if the other side hangs up while TLS is set up."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
"""OpenSSL's names for an answer that is not TLS; they depend on its version and on the answer."""

_NOT_TRUSTED = t(
    "If you know it, trust it by its fingerprint: press “Test” where you edit the peer, or use --certificate. Or name"
    " its file, or its authority's, in SSL_CERT_FILE. If you do not know it, something else may be answering."
)


def error_of(error: Exception, target: Target, heard: bytes) -> SynclineError:
    """Return the error for what opening a connection raised.

    Args:
        error: one of ``FAILURES``.
        target: whom we dialled.
        heard: the other side's first bytes, inside TLS if that was set up.
    """
    where, proxy = target.where, target.proxy
    match error:
        case InvalidURI() | UnicodeError():
            return UsageError(
                t("“{url}” is not a valid WebSocket URL.", url=target.url), hint=t("Use wss://host/sync/ROOM.")
            )
        case InvalidProxy():  # its address may contain a password
            return UsageError(
                t("The system's proxy address cannot be used: {reason}.", reason=error.msg), hint=PROXY_HINT
            )
        case InvalidProxyStatus():
            return proxy_refusal(error.response, target)
        case InvalidProxyMessage():
            return WrongServer(t("What answers at {proxy} is not an HTTP proxy.", proxy=proxy), hint=PROXY_HINT)
        case ImportError():
            return UsageError(
                t("{proxy} is a SOCKS proxy, which needs another package.", proxy=proxy),
                hint=t("Install python-socks, or bypass the proxy with NO_PROXY."),
            )
        case InvalidStatus():
            return refusal(error.response, target)
        case InvalidMessage():
            return _no_answer(error, target, heard)
        case SecurityError():
            return WrongServer(t("{where} redirects endlessly.", where=where), hint=CHECK_PATH)
        case InvalidHandshake():
            return WrongServer(
                t("{where} speaks WebSocket, but is not a sync server: {reason}.", where=where, reason=error),
                hint=CHECK_PATH,
            )
        case TimeoutError() if proxy:
            return PeerUnreachable(
                t(
                    "{where} did not answer within {seconds:.0f} s, through the proxy {proxy}.",
                    where=where,
                    seconds=target.seconds,
                    proxy=proxy,
                ),
                hint=PROXY_HINT,
            )
        case TimeoutError():
            return PeerUnreachable(
                t("{where} did not answer within {seconds:.0f} s.", where=where, seconds=target.seconds)
            )
        case OtherCertificate():
            return CertificateChanged(
                t("{where} shows another certificate than the one that is trusted.", where=where),
                hint=t(
                    "If it was set up anew there, pair again with a new link, or test the connection and trust the new"
                    " certificate. If not, somebody may be in between."
                ),
            )
        case _ if target.secure and isinstance(error, _CUT) and _numbers(error) != {errno.ECONNREFUSED}:
            return PeerUnreachable(
                sentences(
                    t("{where} closed the connection before it was secure.", where=where),
                    "" if target.pinned else t("It may not use TLS: try {url}.", url=target.other_scheme),
                )
            )
        case ssl.SSLCertVerificationError():
            return _not_trusted(error, where)
        case ssl.SSLError():
            return _not_secure(error, target)
        case gaierror() if proxy:
            return PeerUnreachable(t("The proxy {proxy}: no such host.", proxy=proxy), hint=PROXY_HINT)
        case gaierror():
            return PeerUnreachable(t("{where}: no such host.", where=where), hint=t("Check the name, and the network."))
        case _:
            return _unreachable(error, target)


def _no_answer(error: InvalidMessage, target: Target, heard: bytes) -> PeerRefused | PeerUnreachable:
    """Return the error for an answer that is not HTTP, or for none."""
    where = target.where
    if heard.startswith(ALERT) and not target.secure:
        return WrongServer(t("{where} requires TLS.", where=where), hint=t("Use {url}.", url=target.other_scheme))
    if not heard:
        maybe = "" if target.secure else t("It may require TLS: try {url}.", url=target.other_scheme)
        return PeerUnreachable(sentences(t("{where} closed the connection without an answer.", where=where), maybe))
    if heard.startswith(b"HTTP/") and isinstance(error.__cause__, EOFError):
        return PeerUnreachable(t("{where} closed the connection in the middle of its answer.", where=where))
    older = older_answer(heard)
    if older is not None:
        return refusal(older, target)
    words = heard.partition(b"\n")[0].strip().decode("latin-1")
    return WrongServer(
        sentences(
            t("{where} is neither a web server nor a hub.", where=where),
            quoted_reply(words if words.isprintable() else ""),
        ),
        hint=t("Check the address and the port."),
    )


def _not_trusted(error: ssl.SSLCertVerificationError, where: str) -> WrongServer:
    """Return the error for a certificate that was not verified. The numbers are OpenSSL's ``X509_V_ERR_…``."""
    kind: type[WrongServer] = WrongServer
    match error.verify_code:
        case 9:
            sentence, hint = (
                t("The certificate of {where} is not valid yet.", where=where),
                t("Check the clock of this machine."),
            )
        case 10:
            sentence = t("The certificate of {where} has expired.", where=where)
            hint = t("Its owner must renew it. If it should be valid, check the clock of this machine.")
        case 18:
            sentence, hint = (
                t("The certificate of {where} is self-signed and not trusted here.", where=where),
                _NOT_TRUSTED,
            )
            kind = CertificateUntrusted
        case 19 | 20 | 21:
            sentence = t("The certificate of {where} comes from an authority that is not trusted here.", where=where)
            hint, kind = _NOT_TRUSTED, CertificateUntrusted
        case 62 | 64:
            sentence = t("The certificate of {where} was issued for another name.", where=where)
            hint = t("Use the name it was issued for. If you do not know it, something else may be answering.")
        case _:
            sentence = t(
                "The certificate of {where} cannot be trusted: {reason}.", where=where, reason=error.verify_message
            )
            hint = _NOT_TRUSTED
    return kind(sentence, hint=hint)


def _not_secure(error: ssl.SSLError, target: Target) -> WrongServer:
    reason, where = error.reason or str(error), target.where
    if reason in _NO_TLS:
        if target.pinned:
            hint = t("Another program may have this port now, or another machine this address.")
        else:
            hint = t("For a hub without TLS, use {url}.", url=target.other_scheme)
        return WrongServer(t("{where} does not use TLS.", where=where), hint=hint)
    why = reason.replace("_", " ").lower()
    if "ALERT" in reason or "UNRECOGNIZED_NAME" in reason:
        return WrongServer(
            t("{where} refused the secure connection: {reason}.", where=where, reason=why),
            hint=t("Check the name: the server may not have a certificate for it."),
        )
    return WrongServer(
        t("{where}: no secure connection: {reason}.", where=where, reason=why),
        hint=t("Check the address and the port."),
    )


def _unreachable(error: Exception, target: Target) -> PeerUnreachable:
    numbers, where, proxy = _numbers(error), target.where, target.proxy
    if numbers == {errno.ECONNREFUSED}:
        if proxy:
            return PeerUnreachable(t("The proxy {proxy} refused the connection.", proxy=proxy), hint=PROXY_HINT)
        return PeerUnreachable(
            t("{where}: connection refused.", where=where),
            hint=t("Is the other side sharing: Syncline open there, or “syncline share” or “syncline serve” running?")
            if target.pinned
            else t("Is the hub running, and is the port right?"),
        )
    # the system's own words, in place of asyncio's
    why = "; ".join(os.strerror(number) for number in sorted(numbers)) or str(error) or type(error).__name__
    if proxy:
        return PeerUnreachable(t("The proxy {proxy}: {reason}.", proxy=proxy, reason=why), hint=PROXY_HINT)
    return PeerUnreachable(t("{where}: {reason}.", where=where, reason=why))


def _numbers(error: Exception) -> set[int]:
    """Return the system's error numbers. If several addresses failed, asyncio gives them only in its text."""
    if not isinstance(error, OSError):
        return set()
    numbers = {error.errno} if error.errno is not None else {int(n) for n in re.findall(r"\[Errno (\d+)\]", str(error))}
    return {number for number in numbers if number in errno.errorcode}
