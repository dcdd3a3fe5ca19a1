"""Requests that are none, at the hub's door: each is answered for what it is, and the log holds no fault of ours."""

from __future__ import annotations

import asyncio
import base64
import logging
import random
from pathlib import Path

import pytest

from engine.hub import Hub
from engine.hub.handshake import ONCE
from engine.wire import PROTOCOL
from engine.wire.handshake import encode_subprotocol
from tests import budget
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine
from tests.streams import stream_client

HEADERS = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": encode_subprotocol("room", own=PROTOCOL),
    "Origin": "http://localhost:5173",
    "Syncline-Name": "laptop",
}
FINE = (101, 200, 400, 401, 403, 405, 414, 426, 431, 503, 505)


def request(path: str = "/sync", *more: str, **changed: str | None) -> bytes:
    """The bytes of a request; ``more`` are lines after its headers, of which some may be changed or left out."""
    lines = [f"GET {path} HTTP/1.1"]
    for name, value in HEADERS.items():
        value = changed.get(name.replace("-", "_"), value)
        if value is not None:
            lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, *more, "", ""]).encode("latin-1")


async def answer(hub: Hub, data: bytes) -> int:
    """The status that comes back."""
    async with stream_client(hub.host, hub.port) as (reader, writer):
        writer.write(data)
        if not data.endswith(b"\r\n\r\n"):
            writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            told = await reader.readuntil(b"\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 ")
    return int(told.split(b" ", 2)[1])


def troubles(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@on_loop
async def test_a_good_one(tmp_path: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(make_file(tmp_path / "hub" / "room").parent)
        for good in (request(), request("http://hub.example/sync"), request("/any//path?at=all#%zz")):
            assert await answer(hub, good) == 101


@on_loop
async def test_bad_ones(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    page = {"Upgrade": None, "Connection": None}
    bad = {
        **{f"{name} twice": request("/sync", f"{name}: x", f"{name}: y") for name in ONCE},
        "the token twice": request("/metrics", "Authorization: Bearer a", "Authorization: Bearer b", **page),
        "a bracket": request("//["),
        "a bracket for a page": request("//[", **page),
        "no path": request("sync"),
        "letters that may not be": request("/\xe9"),
        "control characters": request("/\x01"),
        "an origin that is none": request(Origin="http://["),
        "an origin with a port that is none": request(Origin="http://[::1"),
        "no greeting": request(Sec_WebSocket_Protocol=None),
        "greetings": request(Sec_WebSocket_Protocol="a, b"),
        "an empty greeting": request(Sec_WebSocket_Protocol=""),
        "a greeting in other letters": request(Sec_WebSocket_Protocol="\xe9"),
        "a key that is none": request(Sec_WebSocket_Key="\xe9"),
        "a header that is none": request("/sync", "no header"),
        "no request": b"\x16\x03\x01 hello\r\n\r\n",
        "half a line": b"GET /sync HTTP",
        "too few words": b"GET /sync\r\n\r\n",
        "a body": request("/sync", "Content-Length: 5"),
    }
    async with plain_engine() as server:
        hub = await server.serving.start(make_file(tmp_path / "hub" / "room").parent)
        found = {name: await answer(hub, data) for name, data in bad.items()}
        assert found == dict.fromkeys(bad, 400)
        assert await answer(hub, request()) == 101
    assert troubles(caplog) == []


@on_loop
async def test_random_ones(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def spoiled(rng: random.Random) -> bytes:
        data = bytearray(request(rng.choice(("/sync", "/metrics", "/healthz", "//[", "/\x7f", "?", "http://[/"))))
        lines = data.split(b"\r\n")
        for _ in range(rng.randrange(4)):
            match rng.randrange(4):
                case 0:
                    lines.insert(rng.randrange(1, len(lines)), rng.choice(lines))
                case 1:
                    del lines[rng.randrange(len(lines))]
                case 2:
                    line = lines[rng.randrange(len(lines))]
                    line[rng.randrange(len(line) + 1) :] = rng.randbytes(rng.randrange(9))
                case 3:
                    line = lines[rng.randrange(len(lines))]
                    line += rng.choice((b"=", b",", b"\xff", b"[", b"%00", b" ", b"a" * 9_000))
        return b"\r\n".join((*lines, b"", b""))

    async with plain_engine() as server:
        hub = await server.serving.start(make_file(tmp_path / "hub" / "room").parent)
        for case in budget.cases("hub: handshakes", seconds=4, at_least=50):
            data = spoiled(case.random)
            assert await answer(hub, data) in FINE, data
        assert await answer(hub, request()) == 101
    assert troubles(caplog) == []
