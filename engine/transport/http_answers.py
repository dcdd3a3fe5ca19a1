"""What an HTTP answer in place of a WebSocket means: who gave it, what it says, and what to check.

A hub marks its answers with ``HUB_HEADER``; only a marked answer can be about the token. All others come from something
between us and the hub, or in its place: a proxy, a network's login page, another web server.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from websockets.datastructures import Headers
from websockets.http11 import Response

from engine.errors import PeerRefused, PeerUnreachable, TokenRefused, WrongServer
from engine.peer_text import recognized
from engine.text import Text, printable, sentences, t
from engine.wire.handshake import HUB_HEADER, REASON_HEADER

Refusal = PeerRefused | PeerUnreachable

LONGEST_REST = 600.0
"""The most seconds for which a server can keep us from trying again."""

LONGEST_WORDS = 200
"""The most characters shown of what a server says."""

GATEWAY = {502, 503, 504, *range(520, 528), 530}
"""Statuses of a proxy that cannot reach the server behind it; those above 504 are Cloudflare's."""

NO_WEBSOCKET = {400, 405, 426, 501, 505}
"""Statuses of a server that finds the request invalid, or does not support WebSockets."""

_OLD_HUB = re.compile(
    r"This hub (does not know the token|takes [\d,]+ )|The hub (cannot read its tokens|is going away)"
    r"|The token (has expired|is not for this room)|The client's greeting |The request('s| has more than one )"
    r"|This pairing link was used already|The other side cannot keep its tokens|A page of another site may not"
    r"|Failed to open a WebSocket connection: "
)
"""How sentences of older hubs begin, which do not mark their answers."""

_WANTS_TLS = re.compile(rb"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS|plain HTTP to an SSL")
"""What nginx, Go and Apache answer on a TLS port to a request without TLS."""

_NO_VALUE = re.compile(r"[^\t -~\x80-\xff]")
"""Characters not allowed in a header's value; websockets refuses them."""

CHECK_PATH = t("Check the address and its path: usually /sync/ROOM, or /sync.")
_NOT_ASKED = t("The hub was not asked.")
_LOG_IN = t("Open any web page in a browser and log in. Syncline then resumes automatically.")


PROXY_HINT = t("The environment variables https_proxy, http_proxy and NO_PROXY decide when a proxy is used.")
PROXY_LOGIN = t("Add them to its address (https_proxy=http://user:password@host:port), or bypass it with NO_PROXY.")
"""What to check if a proxy from the system's settings is at fault, or asks for a login."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom we dialled.

    Attributes:
        url: the address.
        seconds: how long to wait for the connection.
        proxy: host and port of the proxy that is used; '' for none.
        pinned: one certificate is expected, whatever the host's name.
    """

    url: str
    seconds: float
    proxy: str = ""
    pinned: bool = False

    @property
    def where(self) -> str:
        """The host, and the port if it is not the default."""
        return urlsplit(self.url).netloc or self.url

    @property
    def secure(self) -> bool:
        """Whether it is dialled with TLS."""
        return urlsplit(self.url).scheme == "wss"

    @property
    def other_scheme(self) -> str:
        """The address with TLS if it is without, and without if it is with TLS."""
        return urlunsplit(urlsplit(self.url)._replace(scheme="ws" if self.secure else "wss"))


def first(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, None if it is missing. An intermediary may have duplicated it."""
    return next(iter(headers.get_all(name)), None)


def quoted_reply(words: str) -> str:
    """Return a sentence that quotes what somebody says; '' for nothing."""
    return t("It says “{words}”.", words=printable(words.rstrip("."), LONGEST_WORDS)) if words else ""


def refusal(response: Response, target: Target) -> Refusal:
    """Return the error that an answer stands for."""
    words = _words(response)
    if HUB_HEADER in response.headers or _OLD_HUB.match(words):
        told = unquote(first(response.headers, REASON_HEADER) or "")
        reason = recognized(told) or recognized(words) or quoted_reply(words)
        error = _of_hub(response.status_code, reason, target)
    elif response.status_code == 401 and not response.body and not list(response.headers.raw_items()):
        error = _token(t("{where} does not accept the token.", where=target.where))  # so does the published server
    else:
        error = _of_stranger(response, target)
    error.retry_after = _retry_after(first(response.headers, "Retry-After") or "")
    return error


def older_answer(heard: bytes) -> Response | None:
    """Parse an answer in another HTTP version than 1.1, as old proxies and some TLS ports give; else None."""
    head, _, body = heard.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    if (found := re.match(r"HTTP/[\d.]+ (\d{3})\b", status)) is None:
        return None
    headers = Headers()
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip()] = _NO_VALUE.sub("", value).strip()
    return Response(int(found[1]), "", headers, body)


def redirection(url: str, response: Response) -> str | None:
    """Return where an answer redirects us, as a WebSocket address; None if it does not, or to nothing usable."""
    if not 300 <= response.status_code < 400:
        return None
    try:
        split = urlsplit(urljoin(url, first(response.headers, "Location") or ""))
        host, _ = split.hostname, split.port
    except ValueError:
        return None
    scheme = {"http": "ws", "https": "wss"}.get(split.scheme, split.scheme)
    if scheme not in ("ws", "wss") or not host or "Location" not in response.headers:
        return None
    return urlunsplit(split._replace(scheme=scheme, fragment=""))


def same_origin(one: str, other: str) -> bool:
    """Return whether two addresses lead to the same server in the same way."""
    return _origin(urlsplit(one)) == _origin(urlsplit(other))


def proxy_refusal(response: Response, target: Target) -> Refusal:
    """Return the error for a proxy from the system's settings that did not let us through."""
    status, where, proxy = response.status_code, target.where, target.proxy
    if status == 407:
        return WrongServer(
            t("The proxy {proxy} asks for a user name and password (HTTP 407).", proxy=proxy), hint=PROXY_LOGIN
        )
    if status in GATEWAY:
        sentence = t("The proxy {proxy} cannot reach {where} (HTTP {status}).", proxy=proxy, where=where, status=status)
        return PeerUnreachable(sentence, hint=PROXY_HINT)
    sentence = t(
        "The proxy {proxy} refused to connect to {where} (HTTP {status}).", proxy=proxy, where=where, status=status
    )
    return WrongServer(sentence, hint=t("Ask whoever runs it to allow this host and port, or bypass it with NO_PROXY."))


def _of_hub(status: int, reason: str, target: Target) -> Refusal:
    where = target.where
    if status in (401, 403):
        return _token(t("The hub at {where} does not accept the token.", where=where), reason)
    if status == 503:
        return PeerUnreachable(
            sentences(t("The hub at {where} is not accepting connections right now.", where=where), reason)
        )
    sentence = t("The hub at {where} could not understand the request (HTTP {status}).", where=where, status=status)
    return PeerRefused(
        sentences(sentence, reason),
        hint=t("A proxy on the way may be dropping headers: Upgrade, Connection, Sec-WebSocket-Protocol."),
    )


def _token(sentence: str, reason: str = "") -> TokenRefused:
    return TokenRefused(sentences(sentence, reason), hint=t("Enter the token that the hub's owner gave you."))


def _of_stranger(response: Response, target: Target) -> Refusal:
    status, where, who = response.status_code, target.where, _who(response)
    if 300 <= status < 400:
        return _of_redirect(response, target)
    if status in GATEWAY:
        return PeerUnreachable(
            t("{who} at {where} cannot reach the hub behind it (HTTP {status}).", who=who, where=where, status=status)
        )
    if status == 429:
        return PeerUnreachable(t("{who} at {where} is getting too many requests (HTTP 429).", who=who, where=where))
    if not target.secure and status in (400, 497) and _WANTS_TLS.search(bytes(response.body or b"")):
        return _wants_tls(who, target, status)
    sentence, hint = _plain_no(response, who, target)
    return WrongServer(sentence, hint=hint)


def _plain_no(response: Response, who: str, target: Target) -> tuple[str, str]:
    """Return what a status means that is neither temporary nor a redirect, and what to check."""
    status, where, path = response.status_code, target.where, urlsplit(target.url).path
    match status:
        case 511:
            return t("This network requires you to log in (HTTP 511)."), _LOG_IN
        case 401 if "WWW-Authenticate" not in response.headers:
            sentence = t("{who} at {where} denies access to {path} (HTTP 401).", who=who, where=where, path=path)
            return sentence, t("If it is the sync server, check the token. If it is a proxy, check its rules.")
        case 401:
            sentence = t(
                "{who} at {where} asks for a user name and password of its own (HTTP 401).", who=who, where=where
            )
            return sentence, sentences(_NOT_ASKED, t("That server must let this path through without a login."))
        case 403:
            sentence = t("{who} at {where} denies access to {path} (HTTP 403).", who=who, where=where, path=path)
            return sentence, sentences(_NOT_ASKED, CHECK_PATH)
        case 404:
            sentence = t("{who} at {where} does not know the path {path} (HTTP 404).", who=who, where=where, path=path)
            return sentence, sentences(CHECK_PATH, t("A proxy needs a rule that passes this path on to the hub."))
        case 407:
            sentence = t("A proxy on the way to {where} asks for a user name and password (HTTP 407).", where=where)
            return sentence, PROXY_LOGIN
        case 451:
            sentence = t("Access to {where} is blocked for legal reasons (HTTP 451).", where=where)
            return sentence, t("A filter may be blocking it: ask whoever runs this network.")
        case 500:
            sentence = t("{who} at {where} had an internal error (HTTP 500).", who=who, where=where)
            return sentence, t("The log of that server should say why.")
        case _ if status in NO_WEBSOCKET:
            sentence = t(
                "{who} at {where} does not accept WebSocket connections (HTTP {status}).",
                who=who,
                where=where,
                status=status,
            )
            return sentence, sentences(t("A proxy must pass on the Upgrade and Connection headers."), CHECK_PATH)
        case _ if 200 <= status < 300:
            sentence = t(
                "{who} at {where} returned a web page and is not a hub (HTTP {status}).",
                who=who,
                where=where,
                status=status,
            )
            return sentence, sentences(
                CHECK_PATH, t("Or this network requires a login: open any web page in a browser.")
            )
        case _:
            sentence = t("{who} at {where} is not a hub (HTTP {status}).", who=who, where=where, status=status)
            return sentence, CHECK_PATH


def _of_redirect(response: Response, target: Target) -> WrongServer:
    status, where, who = response.status_code, target.where, _who(response)
    to = redirection(target.url, response)
    if to is None:
        sentence = t(
            "{who} at {where} redirects, but does not say where (HTTP {status}).",
            who=who,
            where=where,
            status=status,
        )
        return WrongServer(sentence, hint=CHECK_PATH)
    here, there = urlsplit(target.url), urlsplit(to)
    same = there.hostname == here.hostname and there.path.rstrip("/") == here.path.rstrip("/")
    if same and there.scheme == "wss" and not target.secure:
        return _wants_tls(who, target, status, to)
    if same and there.scheme == "ws" and target.secure:
        sentence = t(
            "{who} at {where} redirects to an address without TLS (HTTP {status}).", who=who, where=where, status=status
        )
        return WrongServer(sentence, hint=t("Syncline does not follow. Check the settings of that server."))
    sentence = t(
        "{who} at {where} redirects to {there} (HTTP {status}).",
        who=who,
        where=where,
        there=printable(there.netloc.rpartition("@")[2], 100),
        status=status,
    )
    login = t("It may be the login page of this network: open any web page in a browser.")
    return WrongServer(sentence, hint=sentences(login, t("If the hub has moved, change its address.")))


def _wants_tls(who: str, target: Target, status: int, url: str = "") -> WrongServer:
    """Return the error for a server that requires TLS.

    Args:
        url: where it redirects us, if it does. Its query may be a secret, and is left out.
    """
    better = urlunsplit(urlsplit(url or target.other_scheme)._replace(query=""))
    return WrongServer(
        t("{who} at {where} requires TLS (HTTP {status}).", who=who, where=target.where, status=status),
        hint=t("Use {url}.", url=printable(better, LONGEST_WORDS)),
    )


def _who(response: Response) -> Text:
    """Return the kind of server, with its name if it gives one."""
    server = printable(first(response.headers, "Server") or "", 40)
    return t("A web server ({server})", server=server) if server else t("A web server")


def _words(response: Response) -> str:
    """Return the first line of an answer in plain text, '' if it is anything else."""
    text = bytes(response.body or b"").decode(errors="replace").strip().partition("\n")[0].strip()
    return text if text.isprintable() and len(text) <= LONGEST_WORDS and not text.startswith("<") else ""


def _origin(split: SplitResult) -> tuple[str, str | None, int]:
    return split.scheme, split.hostname, split.port or (443 if split.scheme == "wss" else 80)


def _retry_after(value: str) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), within reason; 0 if it is invalid."""
    try:
        seconds = float(value) if value.isdecimal() else parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_REST)
