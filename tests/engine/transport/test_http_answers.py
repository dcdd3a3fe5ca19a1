"""What may answer in a hub's place, over real sockets: each sentence says who did, what it said, and what to check."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from engine.errors import (
    PeerRefused,
    PeerUnreachable,
    SynclineError,
    TokenRefused,
    UsageError,
    WrongServer,
)
from engine.hub import HubOptions
from engine.links.retry_policy import DENIED, POLICIES, Trouble
from engine.transport import connect as connecting
from engine.transport.connect import dial
from engine.wire.handshake import HUB_HEADER
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine
from tests.engine.transport.answers import by_hub, http, refused, server
from tests.streams import pass_on, stream_client, stream_server

ANSWERS: list[tuple[bytes, type[SynclineError], str, str]] = [
    # the login page of a network, a hub that has moved
    (
        http("302 Found", "Location: http://portal.example/login?from=x"),
        WrongServer,
        "redirects to portal.example (HTTP 302)",
        "login page of this network",
    ),
    (
        http("303 See Other", "Location: https://user:pw@portal.example:8443/"),
        WrongServer,
        "redirects to portal.example:8443 (HTTP 303)",
        "login page",
    ),
    (
        http("307 Temporary Redirect", "Location: wss://other.example/sync"),
        WrongServer,
        "redirects to other.example (HTTP 307)",
        "has moved",
    ),
    (
        http("301 Moved", "Location: https://127.0.0.1/sync", "Server: nginx/1.22.1"),
        WrongServer,
        "A web server (nginx/1.22.1) at {where} requires TLS (HTTP 301)",
        "Use wss://127.0.0.1/sync",
    ),
    (
        http("308 Permanent Redirect", "Location: https://127.0.0.1:8443/sync/?a=b"),
        WrongServer,
        "requires TLS (HTTP 308)",
        "Use wss://127.0.0.1:8443/sync/",
    ),
    (
        http("302 Found", "Location: https://127.0.0.1/login"),
        WrongServer,
        "redirects to 127.0.0.1 (HTTP 302)",
        "login page",
    ),
    (http("301 Moved", "Location: /sync"), WrongServer, "redirects endlessly", "Check the address"),
    (http("302 Found"), WrongServer, "redirects, but does not say where (HTTP 302)", "Check the address"),
    (http("302 Found", "Location: http://[::1/"), WrongServer, "does not say where", "Check the address"),
    (http("302 Found", "Location: http://x:99999/"), WrongServer, "does not say where", "Check the address"),
    (http("302 Found", "Location: mailto:x"), WrongServer, "does not say where", "Check the address"),
    (
        http("200 OK", "Server: portal"),
        WrongServer,
        "A web server (portal) at {where} returned a web page",
        "requires a login",
    ),
    (http("204 No Content", body=""), WrongServer, "returned a web page and is not a hub (HTTP 204)", "usually /sync"),
    (http("511 Network Authentication Required"), WrongServer, "network requires you to log in", "log in"),
    # a proxy or web server that says no
    (http("400 Bad Request"), WrongServer, "does not accept WebSocket connections (HTTP 400)", "Upgrade"),
    (http("426 Upgrade Required"), WrongServer, "does not accept WebSocket connections (HTTP 426)", "Upgrade"),
    (
        http("400 Bad Request", body="<title>400 The plain HTTP request was sent to HTTPS port</title>"),
        WrongServer,
        "requires TLS (HTTP 400)",
        "Use wss://{where}/sync",
    ),
    (
        http("400 Bad Request", body="Client sent an HTTP request to an HTTPS server.\n"),
        WrongServer,
        "requires TLS (HTTP 400)",
        "Use wss://{where}/sync",
    ),
    (
        http("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"', "Server: nginx"),
        WrongServer,
        "A web server (nginx) at {where} asks for a user name and password of its own (HTTP 401)",
        "The hub was not asked",
    ),
    (http("401 Unauthorized"), WrongServer, "denies access to /sync (HTTP 401)", "If it is a proxy"),
    (
        http("403 Forbidden", "Server: cloudflare"),
        WrongServer,
        "A web server (cloudflare) at {where} denies access to /sync (HTTP 403)",
        "The hub was not asked",
    ),
    (http("404 Not Found"), WrongServer, "does not know the path /sync (HTTP 404)", "usually /sync"),
    (
        http("407 Proxy Authentication Required"),
        WrongServer,
        "A proxy on the way to {where} asks for a user name and password",
        "https_proxy",
    ),
    (http("418 I'm a teapot"), WrongServer, "A web server at {where} is not a hub (HTTP 418)", "Check the address"),
    (
        http("451 Unavailable For Legal Reasons"),
        WrongServer,
        "Access to {where} is blocked for legal reasons",
        "A filter",
    ),
    (http("500 Internal Server Error"), WrongServer, "had an internal error (HTTP 500)", "log of that server"),
    # what passes
    (http("429 Too Many Requests"), PeerUnreachable, "getting too many requests", ""),
    *(
        (
            http(f"{status} Oops"),
            PeerUnreachable,
            f"A web server at {{where}} cannot reach the hub behind it (HTTP {status})",
            "",
        )
        for status in (502, 503, 504, 521, 530)
    ),
    # a hub
    (
        by_hub("401 Unauthorized", "The token has expired.\n"),
        TokenRefused,
        "The hub at {where} does not accept the token. The token has expired.",
        "Enter the token",
    ),
    (
        by_hub("403 Forbidden", "The token is not valid for this room.\n"),
        TokenRefused,
        "The token is not valid for this room.",
        "Enter the token",
    ),
    (
        by_hub("503 Service Unavailable", "The hub is shutting down.\n"),
        PeerUnreachable,
        "The hub at {where} is not accepting connections right now. The hub is shutting down.",
        "",
    ),
    (
        by_hub("400 Bad Request", "The client's greeting names no room.\n"),
        PeerRefused,
        "could not understand the request (HTTP 400). The client's greeting names no room.",
        "Sec-WebSocket-Protocol",
    ),
    (
        by_hub(
            "426 Upgrade Required",
            "Failed to open a WebSocket connection: invalid Connection header: close.\n\nYou cannot.\n",
        ),
        PeerRefused,
        "It says “Failed to open a WebSocket connection: invalid Connection header: close”.",
        "Upgrade",
    ),
    (by_hub("401 Unauthorized", "\x1b[2J" * 3), TokenRefused, "does not accept the token.", "Enter the token"),
    # a hub that does not mark its answers yet, and the published server
    (
        http("401 Unauthorized", body="This hub does not know the token.\n"),
        TokenRefused,
        "The hub at {where} does not accept the token. This hub does not know the token.",
        "Enter the token",
    ),
    (
        http("503 Service Unavailable", body="This hub takes 5 peers in one room.\n"),
        PeerUnreachable,
        "It says “This hub takes 5 peers in one room”.",
        "",
    ),
    (
        http("505 X", body="Failed to open a WebSocket connection: unsupported HTTP version: HTTP/1.0.\n"),
        PeerRefused,
        "The hub at {where} could not understand the request (HTTP 505)",
        "Upgrade",
    ),
    (b"HTTP/1.1 401 Unauthorized\r\n\r\n", TokenRefused, "{where} does not accept the token.", "Enter the token"),
    # with characters in its headers that no header may hold
    (
        http("302 Found", "Location: http://portal.example/\x01"),
        WrongServer,
        "redirects to portal.example (HTTP 302)",
        "login page",
    ),
    (
        http("404 Not Found", "Server: a\rb\x1b[31m\0"),
        WrongServer,
        "A web server (ab[31m) at {where} does not know the path /sync (HTTP 404)",
        "usually /sync",
    ),
    # HTTP of another age
    (
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
        WrongServer,
        "A web server at {where} requires TLS (HTTP 400).",
        "Use wss://{where}/sync.",
    ),
    (
        b"HTTP/1.0 302 Found\r\nServer: portal\r\nLocation: http://portal.example/\r\n\r\n",
        WrongServer,
        "A web server (portal) at {where} redirects to portal.example (HTTP 302).",
        "login page",
    ),
    (b"HTTP/1.0 503 Busy\r\nno header\r\n", PeerUnreachable, "cannot reach the hub behind it (HTTP 503)", ""),
    (b"HTTP/2 what\r\n\r\n", WrongServer, "neither a web server nor a hub. It says “HTTP/2 what”.", "the port"),
    # no web server at all
    (
        b"SSH-2.0-OpenSSH_9.2\r\n",
        WrongServer,
        "{where} is neither a web server nor a hub. It says “SSH-2.0-OpenSSH_9.2”.",
        "the port",
    ),
    (bytes(range(256)), WrongServer, "{where} is neither a web server nor a hub.", "the port"),
    (b"\x15\x03\x01\x00\x02\x02\x16", WrongServer, "{where} requires TLS.", "Use wss://{where}/sync"),
    (
        b"",
        PeerUnreachable,
        "{where} closed the connection without an answer. It may require TLS: try wss://{where}/sync.",
        "",
    ),
    (b"HTTP/1.1 101 Swit", PeerUnreachable, "{where} closed the connection in the middle of its answer.", ""),
    (
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        WrongServer,
        "{where} speaks WebSocket, but is not a sync server: missing Connection header.",
        "Check the address",
    ),
]


@pytest.mark.parametrize(("answer", "kind", "sentence", "hint"), ANSWERS, ids=[str(one[0][:45]) for one in ANSWERS])
@on_loop
async def test_who_answers_what(answer: bytes, kind: type[SynclineError], sentence: str, hint: str) -> None:
    async with server(answer) as port:
        error = await refused(f"ws://127.0.0.1:{port}/sync")
        where = f"127.0.0.1:{port}"
        assert type(error) is kind
        assert sentence.format(where=where) in error.sentence
        assert hint.format(where=where) in error.hint
        assert bool(hint) == bool(error.hint)
        assert "\x1b" not in error.sentence
        policy = Trouble.of(error, POLICIES, paired=False).policy
        assert (policy is DENIED) == (kind is TokenRefused), "only a hub's own answer is about the token"
        assert policy.needs_you == (kind is not PeerUnreachable)


@pytest.mark.parametrize("secure", [False, True])
@on_loop
async def test_a_connection_that_is_reset(secure: bool) -> None:
    async with server(b"", reset=True) as port:
        error = await refused(f"{'wss' if secure else 'ws'}://127.0.0.1:{port}/sync")
        assert isinstance(error, PeerUnreachable)
        assert "closed the connection" in error.sentence
        assert f"{'ws' if secure else 'wss'}://127.0.0.1:{port}/sync" in error.sentence


@on_loop
async def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "connection refused" in (await refused(f"ws://127.0.0.1:{taken.getsockname()[1]}/sync")).sentence
        taken.listen()
        monkeypatch.setattr(connecting, "OPEN_TIMEOUT", 0.5)
        error = await refused(f"ws://127.0.0.1:{taken.getsockname()[1]}/sync")
        assert isinstance(error, PeerUnreachable)
        assert "did not answer within" in error.sentence
    assert "no such host" in (await refused("ws://nowhere.invalid/sync")).sentence
    assert isinstance(await refused("http://127.0.0.1/sync"), UsageError)


# Redirects: the token goes nowhere else


@on_loop
async def test_a_redirect_to_another_path_is_followed(tmp_path: Path) -> None:
    """A web server in front adds a slash, say."""
    room = make_file(tmp_path / "hub" / "room")
    async with plain_engine() as engine:
        hub = await engine.serving.start(room.parent)

        async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            if b" /sync HTTP" in head:
                host = writer.get_extra_info("sockname")
                writer.write(http("301 Moved", f"Location: http://{host[0]}:{host[1]}/sync/"))
                await writer.drain()
                return
            await pass_on(reader, writer, hub.port, head)

        async with stream_server(serve_one) as front:
            port = front.sockets[0].getsockname()[1]
            dialled = await dial(f"ws://127.0.0.1:{port}/sync", "room")
            assert dialled.own
            await dialled.socket.close()


@on_loop
async def test_the_token_does_not_go_where_a_redirect_leads() -> None:
    asked: list[bytes] = []

    async def overhear(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(65_536))

    async with stream_server(overhear) as thief:
        there = f"127.0.0.1:{thief.sockets[0].getsockname()[1]}"
        for location in (f"ws://{there}/sync", f"http://{there}/sync", f"//{there}/sync"):
            async with server(http("302 Found", f"Location: {location}")) as port:
                error = await refused(f"ws://127.0.0.1:{port}/sync")
                assert f"redirects to {there}" in error.sentence
    assert asked == []


# What a hub of ours answers is known for a hub's


@on_loop
async def test_a_hub_marks_every_answer(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    tokens = tmp_path / "tokens.json"
    async with plain_engine() as engine, plain_engine() as other:
        hub = await engine.serving.start(room.parent, token="right")
        head = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        for request in (
            f"GET /sync HTTP/1.1\r\n{head}{key}\r\n",
            f"GET /sync HTTP/1.1\r\n{head}{key}Sec-WebSocket-Protocol: cm9vbT1yb29t\r\n\r\n",
            "GET /sync HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
            "what is this?\r\n\r\n",
        ):
            async with stream_client("127.0.0.1", hub.port) as (reader, writer):
                writer.write(request.encode())
                answer = await asyncio.wait_for(reader.read(), PATIENCE)
            assert f"\r\n{HUB_HEADER}: 1\r\n".encode() in answer, request
        error = await refused(hub.url)
        assert type(error) is TokenRefused
        assert error.sentence == (
            f"The hub at 127.0.0.1:{hub.port} does not accept the token. This hub does not know the token."
        )
        tokens.write_text('{"tokens": []}')
        hub = await other.serving.start(room.parent, options=HubOptions(tokens=tokens))
        assert type(await refused(hub.url)) is TokenRefused
