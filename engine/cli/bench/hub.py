"""How many guests a hub can serve: delivery, CPU and memory, in a process of its own, on this machine only.

Its guests (``guests``) run here beside it, and what they take of the machine is part of the delivery times. Its use of
CPU is compared with what bare ``websockets`` takes for passing on the same bytes (``broadcast``), in the same run. If
this source tree has the published server with its packages, it gets the same load as our hub.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from engine.cli.bench.guests import Dialect, Guest
from engine.cli.bench.processes import PUBLISHED, Server, serving
from engine.errors import SynclineError

TOGETHER = 50
"""How many guests join at a time."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a server.

    Attributes:
        name: the case's.
        rooms, guests: how many rooms, and guests in each; one of them writes.
        pace: writes a second in each room.
        seconds: for how long.
        dialect: what guests speak.
        server: which server.
        beside: what happens in another room meanwhile (``engine.cli.bench.bulk``), for as long as it takes; '' for
            nothing.
    """

    name: str
    rooms: int
    guests: int
    pace: float
    seconds: float = 15.0
    dialect: Dialect = Dialect.OWN
    server: Server = Server.HUB
    beside: str = ""

    @property
    def bare(self) -> Load | None:
        """The same load for a server that only passes on what it receives; None if comparing makes no sense."""
        if self.beside:
            return None
        return Load("bare", self.rooms, self.guests, self.pace, self.seconds, Dialect.BARE, Server.BARE)


@dataclass(frozen=True, slots=True)
class Served:
    """How a server did.

    Attributes:
        writes, deliveries: how many values were written, and how many arrived.
        missing: how many did not.
        p50, p99: seconds from a write to its arrival at another guest.
        cpu: seconds of CPU for each second of the load; None if unknown on this system.
        memory: bytes for each guest, beyond the server without them; None likewise.
        spent: seconds of CPU in all.
    """

    load: Load
    writes: int
    deliveries: int
    missing: int
    p50: float
    p99: float
    cpu: float | None
    memory: float | None
    spent: float | None

    @property
    def each(self) -> float | None:
        """Seconds of CPU for each delivery."""
        return self.spent / self.deliveries if self.spent is not None and self.deliveries else None


LOADS = (
    Load("rooms", 50, 20, 0.5),
    Load("paced", 50, 20, 1.0),
    Load("rooms-stock", 50, 20, 0.5, dialect=Dialect.STOCK),
    Load("crowd", 1, 1_000, 0.5),
    Load("20", 1, 20, 10.0),
    Load("20-stock", 1, 20, 10.0, dialect=Dialect.STOCK),
    Load("20-published", 1, 20, 10.0, dialect=Dialect.STOCK, server=Server.PUBLISHED),
    Load("beside-message", 1, 20, 10.0, beside="message"),
    Load("beside-brings", 1, 20, 10.0, beside="brings"),
)
"""What is measured: many rooms, at half and at full pace; a crowd in one; 20 guests, also at the published server; and
20 while another room takes a message of 50 MB, or a backlog of a million changes."""


def missing(load: Load) -> str:
    """Return why a load cannot be measured here; '' if it can."""
    if load.server is not Server.PUBLISHED:
        return ""
    if shutil.which("node") is None:
        return "the published server needs Node"
    if not (PUBLISHED / "node_modules").is_dir():
        return "the published server is not here: run the tests from a source tree once (./syncline test)"
    return ""


async def measure(load: Load, *, seconds: float | None = None) -> Served:
    """Serve a load and report how it went.

    Args:
        seconds: for how long, if not as ``load`` says.

    Raises:
        SynclineError: the server did not start, or a guest was cut off.
    """
    with (
        tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder,
        serving(Path(folder), load.server) as server,
    ):
        before = server.memory()
        guests = [[Guest(server.url, f"room{n}", load.dialect) for _ in range(load.guests)] for n in range(load.rooms)]
        everybody = [guest for room in guests for guest in room]
        try:
            async with asyncio.timeout(600):
                for n in range(0, len(everybody), TOGETHER):
                    await asyncio.gather(*(guest.join() for guest in everybody[n : n + TOGETHER]))
            await asyncio.sleep(2.0)  # all work that follows the greetings is done
            each = (server.memory() - before) / len(everybody)
            async with _beside(load, server.url) as busy:
                cpu, began = server.cpu(), time.monotonic()
                writes = await _write([room[0] for room in guests], load.pace, seconds or load.seconds, busy)
            wanted = writes * (load.guests - 1)
            await _arrived(everybody, wanted)
            spent, lasted = server.cpu() - cpu, time.monotonic() - began
            if any(guest.lost for guest in everybody):
                raise SynclineError(f"{load.name}: the server cut a guest off.")
        finally:
            for guest in everybody:
                await guest.leave()
    delays = sorted(delay for guest in everybody for delay in guest.delays)
    tells = sys.platform == "linux"
    return Served(
        load,
        writes,
        len(delays),
        wanted - len(delays),
        _share(delays, 0.50),
        _share(delays, 0.99),
        spent / lasted if tells else None,
        each if tells else None,
        spent if tells else None,
    )


@contextlib.asynccontextmanager
async def _beside(load: Load, url: str) -> AsyncIterator[asyncio.Future[int] | None]:
    """Have somebody else begin what a load is measured beside; yield the future of its end."""
    if not load.beside:
        yield None
        return
    command = [sys.executable, "-m", "engine.cli.bench.bulk", load.beside, url, "busy"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[3])
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        process.stdin.write(b"\n")
        ended = asyncio.ensure_future(process.wait())
        yield ended
        if await ended:
            raise SynclineError(f"{load.name}: what goes on beside has failed.")
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _write(writers: list[Guest], pace: float, seconds: float, busy: asyncio.Future[int] | None) -> int:
    """Let each write at its pace, not all at once, for so long or until ``busy`` is done; return the count."""
    loop = asyncio.get_running_loop()
    times = max(1, round(pace * seconds))
    written = 0

    async def one(writer: Guest, offset: float) -> None:
        nonlocal written
        due, left = loop.time() + offset, times
        while not busy.done() if busy is not None else left:
            await asyncio.sleep(max(0.0, due - loop.time()))
            await writer.write()
            written += 1
            left -= 1
            due += 1 / pace

    await asyncio.gather(*(one(writer, n / len(writers) / pace) for n, writer in enumerate(writers)))
    return written


async def _arrived(guests: list[Guest], wanted: int) -> None:
    """Wait until everything has arrived, or nothing has for a while."""
    count, still = -1, 0
    while count < wanted and still < 20:
        found = sum(len(guest.delays) for guest in guests)
        still = still + 1 if found == count else 0
        count = found
        await asyncio.sleep(0.25)


def _share(delays: list[float], share: float) -> float:
    return delays[min(len(delays) - 1, int(len(delays) * share))] if delays else float("nan")
