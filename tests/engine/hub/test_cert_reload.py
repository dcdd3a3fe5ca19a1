"""A certificate that is renewed while its hub runs."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from engine.hub import Hub, HubOptions, Tls
from tests.engine.hub.test_serve import certificate
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, until


def shown(hub: Hub) -> str:
    """The certificate that the hub shows to somebody new."""
    return ssl.get_server_certificate(("127.0.0.1", hub.port), timeout=PATIENCE)


@on_loop
async def test_it_is_shown_to_whoever_comes_then(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    room = make_file(tmp_path / "hub" / "room")
    crt, key = certificate(tmp_path)
    first = crt.read_text()
    (tmp_path / "new").mkdir()
    new_crt, new_key = certificate(tmp_path / "new")
    second = new_crt.read_text()
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent, options=HubOptions(tls=Tls(crt, key)))
        assert await asyncio.to_thread(shown, hub) == first
        new_crt.rename(crt)  # half of it: the key is still the old one's
        await until(lambda: "goes on with the certificate that it has" in caplog.text, "it is told")
        assert await asyncio.to_thread(shown, hub) == first
        caplog.set_level("INFO")
        new_key.rename(key)
        await until(lambda: "The certificate was renewed" in caplog.text, "it is told")
        assert await asyncio.to_thread(shown, hub) == second
        assert caplog.text.count("goes on with the certificate that it has") == 1
