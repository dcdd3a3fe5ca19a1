"""A hub behind nginx and behind Caddy, each run with the block of docs/hub.md; only names and ports are put in."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.api import Engine
from engine.errors import PeerRefused, PeerUnreachable, SynclineError, TokenRefused, WrongServer
from engine.hub import Hub
from engine.settings import PeerConfig
from engine.transport import keepalive
from engine.transport.connect import dial
from tests.engine.hub.web_servers import WebServer
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write

pytestmark = [pytest.mark.full, pytest.mark.slow]

TOKEN = "right"

SERVERS = ["nginx", "nginx without TLS", "caddy"]


@contextlib.asynccontextmanager
async def behind(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch, **options: object
) -> AsyncIterator[tuple[WebServer, Hub]]:
    """A hub with one room, behind a web server that runs."""
    room = make_file(folder / "hub" / "room")
    async with plain_engine() as engine:
        hub = await engine.serving.start(room.parent, token=TOKEN)
        with WebServer(folder / "web", kind, hub.port, **options) as web:  # type: ignore[arg-type]
            monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
            await web.listening()
            yield web, hub


async def linked(engine: Engine, path: Path, url: str) -> None:
    database = await engine.databases.add(path)
    await engine.peers.add(PeerConfig.new(database.id, f"{url}/", room="room"), token=TOKEN)


@pytest.mark.parametrize("kind", SERVERS)
@on_loop
async def test_syncs_both_ways_with_a_large_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    a, b, room = make_file(tmp_path / "a.db"), make_file(tmp_path / "b.db"), tmp_path / "hub" / "room"
    write(a, "INSERT INTO item (id, name, extra) VALUES (1, 'large', randomblob(20000000))")
    async with behind(tmp_path, kind, monkeypatch) as (web, hub), plain_engine() as one, plain_engine() as other:
        await linked(one, a, web.url)
        await linked(other, b, web.url)
        await until(lambda: rows(b) == rows(a) != [], "the large one has come to the other side")
        write(b, "INSERT INTO item (id, name) VALUES (2, 'small')")
        await until(lambda: len(rows(a)) == 2, "and a small one comes back")
        assert rows(room) == rows(a) == rows(b)
        assert hub.guests.total() == 2


@pytest.mark.parametrize("kind", SERVERS)
@on_loop
async def test_a_connection_at_rest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """nginx gives up after 60 s without a byte, and ends need 15 s to say something: here 8 s, and 2 s."""
    monkeypatch.setattr(keepalive, "INTERVAL", 2.0)
    a = make_file(tmp_path / "a.db")
    around = {} if kind == "caddy" else {"around": "proxy_read_timeout 8s; proxy_send_timeout 8s;"}
    async with behind(tmp_path, kind, monkeypatch, **around) as (web, hub), plain_engine() as engine:
        await linked(engine, a, web.url)
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        [guest] = hub.inside
        await asyncio.sleep(20)  # rest is what is looked at
        assert list(hub.inside) == [guest], "it is the same connection"
        write(a, "INSERT INTO item (id, name) VALUES (1, 'after the rest')")
        await until(lambda: bool(rows(tmp_path / "hub" / "room")), "it carries changes")
        assert list(hub.inside) == [guest]


@on_loop
async def test_one_that_says_nothing_is_cut_by_nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test above can fail."""
    monkeypatch.setattr(keepalive, "INTERVAL", 600.0)
    around = "proxy_read_timeout 8s; proxy_send_timeout 8s;"
    async with behind(tmp_path, "nginx", monkeypatch, around=around) as (web, hub):
        dialled = await dial(web.url, "room", token=TOKEN)
        await asyncio.wait_for(dialled.socket.wait_closed(), PATIENCE)
        await until(lambda: hub.connections == 0, "and so is the hub's side")


# Set up wrongly: what Syncline says of it

LOCATION = r"location /sync \{"

WRONG: list[tuple[str, tuple[tuple[str, str], ...], type[SynclineError], str]] = [
    (
        "no version",
        ((r"proxy_http_version 1.1;", ""),),
        PeerRefused,
        "The hub at {where} could not understand the request (HTTP 505)",
    ),
    (
        "no upgrade",
        ((r"proxy_set_header (Upgrade|Connection) .*;", ""),),
        PeerRefused,
        "The hub at {where} could not understand the request (HTTP 426). It says “Failed to open a WebSocket ",
    ),
    (
        "no greeting",
        ((LOCATION, r'\g<0> proxy_set_header Sec-WebSocket-Protocol "";'),),
        PeerRefused,
        "The client's greeting names no room.",
    ),
    (
        "a password",
        ((LOCATION, r'\g<0> auth_basic "here"; auth_basic_user_file /dev/null;'),),
        WrongServer,
        "A web server (nginx/{version}) at {where} asks for a user name and password of its own (HTTP 401).",
    ),
    (
        "forbidden",
        ((LOCATION, r"\g<0> deny all;"),),
        WrongServer,
        "A web server (nginx/{version}) at {where} denies access to /sync (HTTP 403).",
    ),
    (
        "another path",
        ((LOCATION, "location = /hub {"),),
        WrongServer,
        "A web server (nginx/{version}) at {where} does not know the path /sync (HTTP 404).",
    ),
    (
        "no hub",
        ((r"127\.0\.0\.1:\d+", "127.0.0.1:1"),),
        PeerUnreachable,
        "A web server (nginx/{version}) at {where} cannot reach the hub behind it (HTTP 502).",
    ),
    (
        "a page",
        ((LOCATION, r"\g<0> return 200 hello;"),),
        WrongServer,
        "A web server (nginx/{version}) at {where} returned a web page and is not a hub (HTTP 200).",
    ),
    (
        "a login page",
        ((LOCATION, r"\g<0> return 302 https://login.example/?a=b;"),),
        WrongServer,
        "A web server (nginx/{version}) at {where} redirects to login.example (HTTP 302).",
    ),
]


@pytest.mark.parametrize(("change", "kind", "says"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
@on_loop
async def test_what_is_said_of_a_wrong_set_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[tuple[str, str], ...],
    kind: type[SynclineError],
    says: str,
) -> None:
    async with behind(tmp_path, "nginx", monkeypatch, change=change) as (web, _):
        with pytest.raises(SynclineError) as raised:
            await dial(web.url, "room", token=TOKEN)
        assert type(raised.value) is kind
        version = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.split("/")[1].split()[0]
        assert says.format(where=f"localhost:{web.port}", version=version) in raised.value.sentence


@on_loop
async def test_what_the_hub_says_comes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in SERVERS:
        async with behind(tmp_path / kind, kind, monkeypatch) as (web, _):
            with pytest.raises(TokenRefused, match="This hub does not know the token"):
                await dial(web.url, "room", token="wrong")


@on_loop
async def test_without_tls_at_a_port_with_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("nginx", "caddy"):
        async with behind(tmp_path / kind, kind, monkeypatch) as (web, _):
            with pytest.raises(WrongServer, match=r"requires TLS \(HTTP 400\)") as raised:
                await dial(web.url.replace("wss:", "ws:"), "room")
            assert raised.value.hint == f"Use {web.url}."


@on_loop
async def test_a_redirect_to_tls_says_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As nginx is usually set up at port 80."""
    change = ((LOCATION, r"\g<0> return 301 https://$host$request_uri;"),)
    async with behind(tmp_path, "nginx without TLS", monkeypatch, change=change) as (web, _):
        with pytest.raises(WrongServer, match=r"requires TLS \(HTTP 301\)") as raised:
            await dial(web.url, "room")
        assert raised.value.hint == "Use wss://localhost/sync."
