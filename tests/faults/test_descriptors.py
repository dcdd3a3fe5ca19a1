"""More connections than the process may have open: it says so once, and goes on when some of them have gone."""

from __future__ import annotations

import os
import resource
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, until
from tests.engine.programs import Command

LIMIT = 64


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lowers the limit of another process")
@on_loop
async def test_a_hub_without_descriptors(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room")
    with Command(tmp_path / "home").running("serve", room.parent, "--port", "0") as hub:
        url = hub.line.split(" at ")[1].split(";")[0]
        pid = hub.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        address = urlsplit(url)
        crowd = [socket.create_connection((address.hostname, address.port), PATIENCE) for _ in range(100)]
        await until(lambda: len(os.listdir(f"/proc/{pid}/fd")) >= LIMIT, "none is left")
        for one in crowd:
            one.close()
        async with plain_engine() as client:
            await add_peer(client, make_file(tmp_path / "a.db"), url)
            await client.peers.wait_in_sync(timeout=2 * PATIENCE)
    told = hub.err.splitlines()
    assert len(told) == 1, told
    assert "No more connections can be taken for now: Too many open files. At most 64 may be open" in told[0]
