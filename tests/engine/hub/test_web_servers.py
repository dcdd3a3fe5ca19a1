"""A hub behind nginx and behind Caddy, each run with the block of docs/hub.md; only names and ports are put in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
import ssl
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
from tests.docs.documents import ROOT, blocks
from tests.engine.hub.test_serve import certificate
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write
from tests.ports import free_port

pytestmark = [pytest.mark.full, pytest.mark.slow]

TOKEN = "right"

SERVERS = ["nginx", "nginx without TLS", "caddy"]


def documented(language: str) -> str:
    [block] = [block.text for block in blocks(ROOT / "docs" / "hub.md") if block.language == language]
    return block


class WebServer:
    """One that runs in a folder of its own. Context manager.

    Args:
        kind: one of ``SERVERS``.
        hub: the port of the hub behind it.
        change: regular expressions, and what to put in place of what they find in the block.
        around: what is set for all servers of nginx.
    """

    def __init__(
        self, folder: Path, kind: str, hub: int, *, change: tuple[tuple[str, str], ...] = (), around: str = ""
    ) -> None:
        self.folder, self.kind, self.port = folder, kind, free_port()
        folder.mkdir()
        block = documented("caddy" if kind == "caddy" else "nginx")
        block = self._caddy(block) if kind == "caddy" else self._nginx(block)
        assert block.count("127.0.0.1:8787") == 1
        block = block.replace("127.0.0.1:8787", f"127.0.0.1:{hub}")
        for pattern, text in change:
            assert re.search(pattern, block), pattern
            block = re.sub(pattern, text, block)
        if kind == "caddy":
            options = "{\n  admin off\n  skip_install_trust\n  auto_https disable_redirects\n}\n"
            (folder / "Caddyfile").write_text(options + block)
            self.command = ["caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
            self.authority = folder / "caddy/pki/authorities/local/root.crt"
        else:
            own = "daemon off; pid nginx.pid; error_log error.log; events {} user root;"
            paths = "".join(
                f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            (folder / "nginx.conf").write_text(
                f"{own if os.getuid() == 0 else own.replace('user root;', '')}\n"
                f"http {{\naccess_log off; {paths}\n{around}\n{block}}}\n"
            )
            self.command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
            self.authority = folder / "hub.crt"

    @property
    def url(self) -> str:
        return f"{'ws' if 'without' in self.kind else 'wss'}://localhost:{self.port}/sync"

    def _nginx(self, block: str) -> str:
        crt, key = certificate(self.folder)
        block = block.replace("hub.example.org;", "localhost;")
        block = block.replace("/etc/ssl/hub.example.org.crt", str(crt)).replace(
            "/etc/ssl/hub.example.org.key", str(key)
        )
        block = re.sub(r"\b443\b", str(self.port), block)
        return (
            re.sub(r" ssl;|ssl_\w+ .*;", lambda found: ";" * found[0].startswith(" "), block)
            if "without" in self.kind
            else block
        )

    def _caddy(self, block: str) -> str:
        return block.replace("hub.example.org", f"localhost:{self.port}")

    def __enter__(self) -> WebServer:
        program = shutil.which(str(self.command[0]), path=os.environ["PATH"] + ":/usr/sbin")
        assert program, f"{self.command[0]} is not installed: ./syncline test --full does that"
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        with (self.folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [program, *map(str, self.command[1:])], env=os.environ | home, stdout=log, stderr=log
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    async def listening(self) -> None:
        """Wait until it takes connections, and has a certificate."""

        def output() -> str:
            return (self.folder / "log").read_text()

        def listens() -> bool:
            assert self._process.poll() is None, output()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as plain:
                if "without" in self.kind:
                    return True
                context = ssl.create_default_context(cafile=self.authority)
                context.wrap_socket(plain, server_hostname="localhost").close()
                return True
            return False

        await until(listens, "it listens")


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
    await engine.peers.add(PeerConfig.new(database.id, url, room="room"), token=TOKEN)


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

LOCATION = r"location = /sync \{"

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
        "It says “The client's greeting names no room”.",
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
            with pytest.raises(TokenRefused, match="It says “This hub does not know the token”"):
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
    change = ((r"location = /sync \{", r"location = /sync { return 301 https://$host$request_uri;"),)
    async with behind(tmp_path, "nginx without TLS", monkeypatch, change=change) as (web, _):
        with pytest.raises(WrongServer, match=r"requires TLS \(HTTP 301\)") as raised:
            await dial(web.url, "room")
        assert raised.value.hint == "Use wss://localhost/sync."
