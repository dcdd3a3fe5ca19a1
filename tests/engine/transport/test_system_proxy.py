"""The proxy of the system's settings: what it answers is told as its own."""

from __future__ import annotations

import socket

import pytest

from engine.errors import (
    PeerUnreachable,
    SynclineError,
    UsageError,
    WrongServer,
)
from engine.transport import connect as connecting
from tests.engine.live import on_loop
from tests.engine.transport.answers import http, refused, server

PROXY_ANSWERS: list[tuple[bytes, type[SynclineError], str, str]] = [
    (
        http("407 Proxy Authentication Required"),
        WrongServer,
        "The proxy {proxy} asks for a user name and password (HTTP 407).",
        "bypass it with NO_PROXY",
    ),
    (
        http("403 Forbidden"),
        WrongServer,
        "The proxy {proxy} refused to connect to hub.test:8787 (HTTP 403).",
        "NO_PROXY",
    ),
    (http("502 Bad Gateway"), PeerUnreachable, "The proxy {proxy} cannot reach hub.test:8787 (HTTP 502).", "NO_PROXY"),
    (
        http("503 Service Unavailable"),
        PeerUnreachable,
        "The proxy {proxy} cannot reach hub.test:8787 (HTTP 503).",
        "NO_PROXY",
    ),
    (
        http("504 Gateway Timeout"),
        PeerUnreachable,
        "The proxy {proxy} cannot reach hub.test:8787 (HTTP 504).",
        "NO_PROXY",
    ),
    (b"SSH-2.0-OpenSSH\r\n", WrongServer, "What answers at {proxy} is not an HTTP proxy.", "https_proxy"),
    (b"", WrongServer, "What answers at {proxy} is not an HTTP proxy.", "https_proxy"),
]


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize(("answer", "kind", "sentence", "hint"), PROXY_ANSWERS)
@on_loop
async def test_what_the_proxy_answers(
    monkeypatch: pytest.MonkeyPatch, scheme: str, answer: bytes, kind: type[SynclineError], sentence: str, hint: str
) -> None:
    async with server(answer) as port:
        monkeypatch.setenv("https_proxy", f"http://me:hidden@127.0.0.1:{port}")
        error = await refused(f"{scheme}://hub.test:8787/sync")
        assert type(error) is kind
        assert error.sentence == sentence.format(proxy=f"127.0.0.1:{port}")
        assert hint in error.hint
        assert "hidden" not in error.advice


@on_loop
async def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        error = await refused("ws://hub.test:8787/sync")
        assert error.sentence == f"The proxy 127.0.0.1:{port} refused the connection."
        assert "http_proxy" in error.hint
        assert isinstance(error, PeerUnreachable)
        taken.listen()
        monkeypatch.setattr(connecting, "OPEN_TIMEOUT", 0.5)
        error = await refused("ws://hub.test:8787/sync")
        assert f"through the proxy 127.0.0.1:{port}" in error.sentence
    monkeypatch.setenv("http_proxy", "http://nowhere.invalid:3128")
    assert (await refused("ws://hub.test:8787/sync")).sentence == "The proxy nowhere.invalid:3128: no such host."
    for address in ("ftp://x", "http://me@x", "http://x/path"):
        monkeypatch.setenv("http_proxy", address)
        error = await refused("ws://hub.test:8787/sync")
        assert isinstance(error, UsageError)
        assert "The system's proxy address cannot be used" in error.sentence
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
    assert "127.0.0.1:1080 is a SOCKS proxy" in (await refused("ws://hub.test:8787/sync")).sentence
    monkeypatch.setenv("no_proxy", "hub.test")
    assert (await refused("ws://hub.test:8787/sync")).sentence == "hub.test:8787: no such host."
