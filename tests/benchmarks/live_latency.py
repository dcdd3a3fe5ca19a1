"""How long a write takes to show up in the other replica: from another process, through a hub, over loopback.

    .venv/bin/python -m tests.benchmarks.live_latency [writes]

A writer process commits and notes the time of its commit; a reader process polls the other file as fast as it can.
Prints the median and the 99th percentile, for a rollback journal and for WAL, beside the time of the commit itself.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engine.live import PATIENCE, add_peer, make_file, plain_engine, writing

WRITER = """
import json, sys, time
from engine.crr import connect
db = connect(sys.argv[1])
for number in range(int(sys.argv[2])):
    before = time.monotonic()
    db.execute("INSERT INTO item (id, n) VALUES (?, 1)", (number,))
    print(json.dumps([number, before, time.monotonic()]), flush=True)
    time.sleep(0.03)
"""

READER = """
import json, sys, time, apsw
db = apsw.Connection(sys.argv[1], flags=apsw.SQLITE_OPEN_READONLY)
db.set_busy_timeout(5000)
seen = 0
while seen < int(sys.argv[2]):
    count = db.execute("SELECT count(*) FROM item").get
    now = time.monotonic()
    for number in range(seen, count):
        print(json.dumps([number, now]), flush=True)
    seen = count
    time.sleep(0.0005)
"""


async def measure(folder: Path, writes: int, journal: str) -> None:
    """One run; prints one line."""
    room = make_file(folder / "hub" / "room")
    here, there = make_file(folder / "here.db"), make_file(folder / "there.db")
    for path in (room, here, there):
        with writing(path) as connection:
            connection.execute(f"PRAGMA journal_mode={journal}").fetchall()
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, here, hub.url)
        await add_peer(client, there, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        programs = ((READER, there), (WRITER, here))
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", program, str(path), str(writes), stdout=subprocess.PIPE
            )
            for program, path in programs
        ]
        read, written = await asyncio.gather(*(process.communicate() for process in processes))
    shown = dict(json.loads(line) for line in read[0].splitlines())
    commits, delays = [], []
    for number, before, after in map(json.loads, written[0].splitlines()):
        commits.append((after - before) * 1000)
        delays.append((shown[number] - after) * 1000)
    delays.sort()
    print(
        f"{journal:<7} {writes} writes: shown after median {statistics.median(delays):.1f} ms,"
        f" p99 {delays[int(len(delays) * 0.99)]:.1f} ms; the commit itself {statistics.median(commits):.1f} ms"
    )


def main() -> None:
    """Both journal modes."""
    writes = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for journal in ("delete", "wal"):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(Path(folder), writes, journal))


if __name__ == "__main__":
    main()
