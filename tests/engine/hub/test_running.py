"""A hub that is left running: its pages, its log, and its end. Real processes."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from engine.hub import HubOptions
from engine.hub.tokens import make
from engine.replica import Replica
from engine.wire.handshake import encode_subprotocol
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.programs import Command, Running
from tests.ports import free_port


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return make_file(tmp_path / "hub" / "room")


def url_of(hub: Running) -> str:
    return hub.line.split(" at ")[1].split(";")[0]


def get(url: str, page: str, token: str = "") -> tuple[int, str]:
    """The status and the text of a page of the hub at ``url``."""
    address = urlsplit(url)
    request = urllib.request.Request(f"http://{address.netloc}{page}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def numbers(page: str) -> dict[str, float]:
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in page.splitlines() if line[0] != "#"}


@on_loop
async def test_health_and_numbers(room: Path, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'secret value')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert await asyncio.to_thread(get, hub.url, "/healthz") == (200, "ok\n")
        status, page = await asyncio.to_thread(get, hub.url, "/metrics")
        assert status == 200
        found = numbers(page)
        assert found["syncline_peers"] == found["syncline_rooms_open"] == found["syncline_sessions_total"] == 1
        assert found['syncline_changes_total{way="in"}'] == 3
        assert found['syncline_bytes_total{way="in"}'] > 0
        assert "secret value" not in page
        assert (await asyncio.to_thread(get, hub.url, "/elsewhere"))[0] == 400
        page = (await asyncio.to_thread(get, hub.url, "/metrics"))[1]
        assert numbers(page)['syncline_refused_total{why="greeting"}'] == 1


@on_loop
async def test_numbers_are_for_those_who_may_enter_every_room(room: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    whole, one = make(tokens, "whole", write=False), make(tokens, "one", rooms=["room"])
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        for token, status in (("", 401), ("wrong", 401), (one, 401), (whole, 200)):
            assert (await asyncio.to_thread(get, hub.url, "/metrics", token))[0] == status
        assert (await asyncio.to_thread(get, hub.url, "/healthz"))[0] == 200


@on_loop
async def test_a_page_of_another_site_needs_a_token(room: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    secret = make(tokens, "app")

    async def enter(url: str, origin: str, token: str | None = None) -> int:
        offer = [Subprotocol(encode_subprotocol("room", token))]
        try:
            async with connect(url, subprotocols=offer, origin=Origin(origin), proxy=None, open_timeout=PATIENCE):
                return 101
        except InvalidStatus as error:
            return error.response.status_code

    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        assert await enter(hub.url, "http://localhost:5173") == 101
        assert await enter(hub.url, "https://elsewhere.example") == 403
        assert await enter(hub.url, "null") == 403
        hub = await server.serving.start(room.parent, options=HubOptions(tokens=tokens))
        assert await enter(hub.url, "https://elsewhere.example", secret) == 101


def test_the_log_is_json_and_holds_no_secret_and_no_value(syncline: Command, room: Path, tmp_path: Path) -> None:
    a, tokens = make_file(tmp_path / "a.db"), tmp_path / "tokens.json"
    write(a, "INSERT INTO item (id, name) VALUES (1, 'a secret value')")
    secret = syncline("token", "make", "laptop", "--tokens", tokens).strip()
    options = ("--port", "0", "--tokens", tokens, "--log-json")
    with syncline.running("serve", room.parent, *options) as hub:
        syncline("sync", a, url_of(hub), "--room", "room", env={"SYNCLINE_TOKEN": secret})
        syncline("sync", a, url_of(hub), "--room", "room", status=1)
        syncline("sync", a, url_of(hub), "--room", "none", env={"SYNCLINE_TOKEN": secret}, status=1)
    lines = [json.loads(line) for line in hub.err.splitlines()]
    told = {line["message"].split(":")[0]: line for line in lines}
    assert told["A peer came"]["room"] == "room"
    assert told["A peer came"]["token"] == "laptop"
    assert told["A peer left"]["changes_in"] == 3
    assert told["Turned away"]["room"] == "none"
    assert "Turned away: This hub does not know the token." in [line["message"] for line in lines]
    assert all({"time", "level", "logger"} <= line.keys() for line in lines)
    assert all("websocket" not in line for line in lines)
    assert secret not in hub.err
    assert "a secret value" not in hub.err


def test_rubbish_makes_no_noise(syncline: Command, room: Path) -> None:
    with syncline.running("serve", room.parent, "--port", "0") as hub:
        address = urlsplit(url_of(hub))
        for rubbish in (b"", b"\x00" * 100, b"GET /x HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"):
            with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as stranger:
                stranger.sendall(rubbish)
                stranger.shutdown(socket.SHUT_WR)
                while stranger.recv(4096):
                    pass
        assert get(url_of(hub), "/healthz") == (200, "ok\n")
    assert hub.err == ""
    assert hub.process.returncode == 0


@pytest.mark.slow
@on_loop
async def test_sigterm_leaves_unconfirmed_what_is_not_on_disk(syncline: Command, room: Path, tmp_path: Path) -> None:
    """Told to stop while changes pour in, it ends well; what was confirmed is there, and the rest comes later."""
    a = make_file(tmp_path / "a.db")
    with Replica.open(a) as replica:
        replica.connection.execute(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            " INSERT INTO item SELECT i, 'row ' || i, i, NULL FROM n"
        ).fetchall()
    async with plain_engine() as client:
        port = str(free_port())  # nobody else's between the two hubs
        with syncline.running("serve", room.parent, "--port", port, "--limit", "idle=0") as hub:
            await add_peer(client, a, url_of(hub))
            await until(lambda: client.peers.statuses()[0].site_id is not None and len(rows(room)) > 0, "under way")
            await asyncio.to_thread(hub.process.send_signal, signal.SIGTERM)
            assert await asyncio.to_thread(hub.process.wait, PATIENCE) == 0
        held, confirmed = _held(room, a), client.peers.statuses()[0].confirmed
        assert (confirmed or 0) <= held
        assert held == 0 or len(rows(room)) == 20_000  # one version: its clock comes with the last of it
        with syncline.running("serve", room.parent, "--port", port):
            await client.peers.sync_now()
            await until(lambda: len(rows(room)) == 20_000, "the rest")
        assert rows(room) == rows(a)


def _held(room: Path, a: Path) -> int:
    with Replica.open(a, readonly=True) as replica:
        site_id = replica.site_id
    with Replica.open(room, readonly=True) as replica:
        return dict(replica.announcements()).get(site_id, 0)


def test_the_limit_of_open_files_is_raised(syncline: Command, room: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with syncline.running("serve", room.parent, "--port", "0") as hub:
        limits = Path(f"/proc/{hub.process.pid}/limits")
        if not limits.exists():
            pytest.skip("this system does not show a process's limits")
        [line] = [line for line in limits.read_text().splitlines() if line.startswith("Max open files")]
        assert int(line.split()[3]) == min(hard, 65_536)
