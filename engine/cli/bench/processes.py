"""Programs to measure, each in a process of its own: a server with a folder of rooms, and the resources it uses."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path

from engine import relaunch
from engine.cli.bench.guests import SCHEMA, SCHEMA_NAME
from engine.errors import SynclineError

SOURCE = Path(__file__).parents[3]
"""The folder of this program's source."""

PUBLISHED = SOURCE / "tests" / "peers"
"""The folder of the published server, in a source tree whose tests have run."""


class Process:
    """A running process. If the system does not tell its use of resources, that is 0.

    Args:
        process: just started.
        url: where it serves.
    """

    def __init__(self, process: subprocess.Popen[str], url: str = "") -> None:
        self.url = url
        self.process = process
        self._folder = Path("/proc") / str(process.pid)

    def cpu(self) -> float:
        """Return the seconds of CPU so far, of all present and past threads, to the nanosecond."""
        if not self._folder.exists():
            return 0.0
        with contextlib.suppress(OSError):
            return time.clock_gettime(_cpu_clock(self.process.pid))
        return 0.0

    def wakes(self) -> int:
        """Return how often its threads went to sleep so far."""
        count = 0
        for thread in self._threads():
            with contextlib.suppress(OSError):
                lines = (thread / "status").read_text().splitlines()
                count += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
        return count

    def memory(self) -> int:
        """Return the bytes in memory now."""
        with contextlib.suppress(OSError):
            return int((self._folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return 0

    def _threads(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return list((self._folder / "task").iterdir())
        return []


def _cpu_clock(pid: int) -> int:
    """Return the CPU-time clock of a process (Linux; clock_getcpuclockid(3))."""
    return (~pid << 3) | 2


class Server(Enum):
    """Which server is measured."""

    HUB = auto()
    PUBLISHED = auto()
    BARE = auto()
    """The server of ``broadcast``."""


@contextlib.contextmanager
def serving(folder: Path, server: Server = Server.HUB) -> Iterator[Process]:
    """Serve rooms that are created by whoever comes, with a table of their own.

    Args:
        folder: an empty one.

    Raises:
        SynclineError: the server did not start.
    """
    schemas, rooms = folder / "schemas", folder / "rooms"
    schemas.mkdir()
    rooms.mkdir()
    (schemas / SCHEMA_NAME).write_text(SCHEMA)
    if server is Server.PUBLISHED:
        script = PUBLISHED / "node" / "stock-server" / "server.mjs"
        command = ["node", str(script), "0", str(schemas), str(rooms)]
    elif server is Server.BARE:
        command = [sys.executable, "-m", "engine.cli.bench.broadcast"]
    else:
        command = relaunch.command("serve", str(rooms), "--port", "0", "--schemas", str(schemas))
        command += ["--limit", "per-address=0"]
    with subprocess.Popen(
        command,
        env=os.environ | {"SYNCLINE_HOME": str(folder / "home")},
        cwd=SOURCE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            mark = '"port":' if server is Server.PUBLISHED else "Serving "
            line = next((line for line in process.stdout if mark in line), "")
            if not line:
                raise SynclineError("The server to be measured did not start.")
            if server is Server.PUBLISHED:
                url = f"ws://127.0.0.1:{json.loads(line)['port']}/vlcn-ws"
            else:
                url = line.split(" at ")[1].split(";")[0].strip()
            drain = threading.Thread(target=process.stdout.read)
            drain.start()
            yield Process(process, url)
            process.terminate()
            drain.join()
        finally:
            process.kill()
