"""kill -9 in the middle of a merge: afterwards nothing is missing, and no clock is ahead of its data."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.crr import Replica
from tests import budget
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, writing

CHANGES = 20_000
KILLS = 10
"""For each of the two journal modes."""


def fill(room: Path) -> dict[int, set[int]]:
    """20,000 changes in one huge version and many small ones; the row ids of each version."""
    versions: dict[int, set[int]] = {}
    with writing(room) as connection:
        row = 0
        for size in [2_500, 1_500, *[10] * 100, 1_667]:
            ids = set(range(row, row + size))
            with connection:
                connection.executemany("INSERT INTO item VALUES (?, 'name', ?, x'00ff')", [(n, n) for n in ids])
            row += size
            versions[connection.execute("SELECT crsql_db_version()").get] = ids
        assert connection.execute("SELECT count(*) FROM crsql_changes").get >= CHANGES
    return versions


def check(client: Path, hub_site: bytes, versions: dict[int, set[int]]) -> tuple[int, int]:
    """Assert the hard rule on what the killed process left; return (clock, rows)."""
    with Replica.open(client) as replica:
        assert replica.connection.execute("PRAGMA integrity_check").get == "ok"
        clock = replica.received_clock(hub_site)
        held = {key[0] for key, values in replica.live_rows("item") if None not in values}
    for version, ids in versions.items():
        assert version > clock or ids <= held, f"the clock says {clock}, but version {version} is not whole"
    return clock, len(held)


def start(client: Path, url: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "sync", str(client), url, "--room", "room"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"SYNCLINE_HOME": str(home)},
    )


@pytest.mark.slow
@pytest.mark.parametrize("journal", ["delete", "wal"])
@on_loop
async def test_killed_while_merging(tmp_path: Path, journal: str) -> None:
    room = make_file(tmp_path / "hub" / "room")
    versions = fill(room)
    with Replica.open(room) as replica:
        hub_site = replica.site_id
    whole = rows(room)
    rng = random.Random(os.environ.get("SYNCLINE_SEED", "kill"))
    in_the_middle = 0
    serial = 0

    def fresh() -> Path:
        nonlocal serial
        serial += 1
        client = make_file(tmp_path / f"client-{serial}.db")
        with writing(client) as connection:
            connection.execute(f"PRAGMA journal_mode={journal}").fetchall()
        return client

    async with plain_engine() as server:
        hub = await server.serve(room.parent)
        client = fresh()
        began = time.monotonic()
        process = start(client, hub.url, tmp_path / "home")
        out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        took = time.monotonic() - began
        assert process.returncode == 0, out + err
        assert rows(client) == whole

        client = fresh()
        for _ in range(KILLS):
            process = start(client, hub.url, tmp_path / "home")
            await asyncio.sleep(rng.uniform(0.3, 1.0) * took)
            process.kill()
            await asyncio.to_thread(process.communicate, timeout=PATIENCE)
            clock, held = check(client, hub_site, versions)
            if 0 < held < len(whole):
                in_the_middle += 1
                budget.count(f"kill -9 while merging ({journal}), in the middle")
            if clock == max(versions):
                client = fresh()
            budget.count(f"kill -9 while merging ({journal})")
        process = start(client, hub.url, tmp_path / "home")
        out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        assert process.returncode == 0, out + err
        assert rows(client) == whole
        assert check(client, hub_site, versions) == (max(versions), len(whole))
    assert in_the_middle > 0, "no kill fell into the merge: the test proves nothing"
