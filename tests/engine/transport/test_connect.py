"""Connecting: which addresses cannot be, and what is logged of it."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from engine.errors import SynclineError
from engine.transport.connect import dial
from engine.wire import PROTOCOL
from engine.wire.handshake import ACCESS_HEADER, OWN_HEADER, READ_ONLY, ROOM_HEADER, TOKEN_HEADER
from tests.engine.live import make_file, on_loop, plain_engine
from tests.streams import take_no_more


@on_loop
async def test_no_token_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    room = make_file(tmp_path / "hub" / "room")
    caplog.set_level(logging.DEBUG)  # SYNCLINE_LOG=DEBUG
    async with plain_engine() as hub_engine:
        hub = await hub_engine.serving.start(room.parent, token="hunter2secret")
        socket, *_ = await dial(hub.url, "room", token="hunter2secret")
        await socket.close()
    carried = base64.b64encode(b"auth=hunter2secret,room=room").decode()[:20]
    said = caplog.text
    assert "hunter2secret" not in said
    assert carried not in said


@on_loop
@pytest.mark.parametrize("url", ["ws://a..b/sync", f"ws://{'x' * 70}.example/sync"])
async def test_a_host_that_cannot_be_is_an_error_in_words(url: str) -> None:
    with pytest.raises(SynclineError):
        await dial(url, "room")


@on_loop
async def test_of_a_header_that_comes_twice_the_first_counts() -> None:
    """As something on the way may double it; but whoever may only read in one of two may only read."""

    def answer(_: ServerConnection, __: Request, response: Response) -> None:
        headers = ((OWN_HEADER, str(PROTOCOL)), (ROOM_HEADER, "old"), (TOKEN_HEADER, "lasting"), (ACCESS_HEADER, "all"))
        for name, value in (
            *headers,
            (OWN_HEADER, "1"),
            (ROOM_HEADER, "new"),
            (TOKEN_HEADER, "x"),
            (ACCESS_HEADER, READ_ONLY),
        ):
            response.headers[name] = value

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(
        handler,
        "127.0.0.1",
        0,
        process_response=answer,
        select_subprotocol=lambda _, offered: offered[0] if offered else None,
    ) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        dialled = await dial(f"ws://127.0.0.1:{port}/sync", "room")
        await dialled.socket.close()
        await take_no_more(running.sockets)
    assert dialled[1:] == (PROTOCOL, True, False, "lasting")
