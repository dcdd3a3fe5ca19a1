"""Connecting: which addresses cannot be, and what is logged of it."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest

from engine.errors import SynclineError
from engine.transport.connect import dial
from tests.engine.live import make_file, on_loop, plain_engine


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
