"""How many guests a hub takes: delivery, CPU and memory, in a process of its own, on this machine alone.

Its guests (``guests``) run here, beside it, and what they take of the machine is in the delivery times. The published
server, where this source tree has it with its packages, is asked to do the same as our hub.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from engine.bench.guests import Guest
from engine.bench.processes import PUBLISHED, serving
from engine.errors import SynclineError

TOGETHER = 50
"""Guests that come in at a time."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a server.

    Attributes:
        name: of the case.
        rooms, guests: how many rooms, and guests in each; one of them writes.
        pace: writes a second in each room. seconds: for how long.
        own: whether guests speak our own dialect. published: it is the published server that is asked.
    """

    name: str
    rooms: int
    guests: int
    pace: float
    seconds: float = 15.0
    own: bool = True
    published: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """How a server did.

    Attributes:
        writes, deliveries: how many values were written, and how many arrived.
        missing: those that did not.
        p50, p99: seconds from a write to its arrival at another guest.
        cpu: seconds of CPU for each second of the load; None where the system does not tell.
        memory: bytes for each guest, beyond the server before they came; likewise.
    """

    load: Load
    writes: int
    deliveries: int
    missing: int
    p50: float
    p99: float
    cpu: float | None
    memory: float | None


LOADS = (
    Load("rooms", 50, 20, 0.5),
    Load("crowd", 1, 1_000, 0.5),
    Load("20", 1, 20, 10.0),
    Load("20-stock", 1, 20, 10.0, own=False),
    Load("20-published", 1, 20, 10.0, own=False, published=True),
)
"""What is measured: many rooms, a crowd in one, and 20 guests beside the published server."""


def missing(load: Load) -> str:
    """Why a load cannot be measured here; empty when it can."""
    if not load.published:
        return ""
    if shutil.which("node") is None:
        return "the published server needs Node"
    if not (PUBLISHED / "node_modules").is_dir():
        return "the published server is not here: run the tests from a source tree once (./syncline test)"
    return ""


async def measure(load: Load, *, seconds: float | None = None) -> Served:
    """Serve a load and say how it went.

    Args:
        seconds: for how long, if not as ``load`` says.

    Raises:
        SynclineError: the server did not come up, or a guest was cut off.
    """
    with (
        tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder,
        serving(Path(folder), published=load.published) as server,
    ):
        before = server.memory()
        guests = [[Guest(server.url, f"room{n}", own=load.own) for _ in range(load.guests)] for n in range(load.rooms)]
        everybody = [guest for room in guests for guest in room]
        try:
            async with asyncio.timeout(600):
                for n in range(0, len(everybody), TOGETHER):
                    await asyncio.gather(*(guest.join() for guest in everybody[n : n + TOGETHER]))
            await asyncio.sleep(2.0)  # what greetings leave to do is done
            each = (server.memory() - before) / len(everybody)
            cpu, began = server.cpu(), time.monotonic()
            writes = await _write([room[0] for room in guests], load.pace, seconds or load.seconds)
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
    )


async def _write(writers: list[Guest], pace: float, seconds: float) -> int:
    """Let each write at its pace, not all at once; return how often they did."""
    loop = asyncio.get_running_loop()
    times = max(1, round(pace * seconds))

    async def one(writer: Guest, offset: float) -> None:
        due = loop.time() + offset
        for _ in range(times):
            await asyncio.sleep(max(0.0, due - loop.time()))
            await writer.write()
            due += 1 / pace

    await asyncio.gather(*(one(writer, n / len(writers) / pace) for n, writer in enumerate(writers)))
    return times * len(writers)


async def _arrived(guests: list[Guest], wanted: int) -> None:
    """Wait until all has arrived, or nothing has for a while."""
    count, still = -1, 0
    while count < wanted and still < 20:
        found = sum(len(guest.delays) for guest in guests)
        still = still + 1 if found == count else 0
        count = found
        await asyncio.sleep(0.25)


def _share(delays: list[float], share: float) -> float:
    return delays[min(len(delays) - 1, int(len(delays) * share))] if delays else float("nan")
