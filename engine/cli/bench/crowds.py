"""How a hub copes with many guests at once: a thousand that come in the same moment, and ten thousand that stay idle.

The thousand are timed until the hub asks for their changes, which is when it accepts what they write and sends what
they lack. In the second case, others create rooms meanwhile. Idle guests are watched for some heartbeats, and compared
with as many at a server of bare ``websockets`` with the same heartbeat (``broadcast``).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from engine.cli.bench.guests import Dialect, Guest
from engine.cli.bench.processes import Process, Server, serving
from engine.errors import SynclineError

TOGETHER = 50
"""How many guests join at a time if joining is not what is measured."""

SETTLED = 5.0
"""Seconds after which all work that follows the greetings is done."""

PATIENCE = 600.0
"""Seconds for all of them to join."""


@dataclass(frozen=True, slots=True)
class Storm:
    """Guests that come at once to one existing room, while others create ``rooms`` new ones."""

    name: str
    guests: int
    rooms: int = 0


@dataclass(frozen=True, slots=True)
class Weathered:
    """Seconds until the first guest, half of them and the last were served, and until the last room was made (None:
    none); and the server's seconds of CPU (None: unknown on this system)."""

    first: float
    half: float
    last: float
    made: float | None
    cpu: float | None


@dataclass(frozen=True, slots=True)
class Rest:
    """Idle guests in several rooms, watched for some seconds."""

    name: str
    guests: int
    rooms: int
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Rested:
    """Seconds of CPU for each second, and bytes in all, beyond those without guests; None if unknown here."""

    cpu: float | None
    memory: int | None


STORMS = (Storm("storm", 1_000), Storm("storm-making", 1_000, rooms=50))
RESTS = (Rest("quiet", 10_000, 100),)


async def weather(storm: Storm, server: Server = Server.HUB) -> Weathered:
    """Have the guests come at once. A server of bare ``websockets`` has served one after its handshake.

    Raises:
        SynclineError: the server did not start, or a guest was refused.
    """
    dialect = _dialect(server)
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder, serving(Path(folder), server) as process:
        async with _guests(process, {"room0": 1}, dialect):
            pass  # the room exists now
        guests = [Guest(process.url, "room0", dialect) for _ in range(storm.guests)]
        makers = [Guest(process.url, f"new{n}", dialect) for n in range(storm.rooms)]
        cpu, began = process.cpu(), time.monotonic()

        async def join(guest: Guest) -> float:
            await guest.join()
            return time.monotonic() - began

        try:
            async with asyncio.timeout(PATIENCE):
                times = await asyncio.gather(*map(join, [*guests, *makers]))
            spent = process.cpu() - cpu
            _check(storm.name, [*guests, *makers])
        finally:
            await asyncio.gather(*(guest.leave() for guest in [*guests, *makers]))
    served, made = sorted(times[: len(guests)]), times[len(guests) :]
    tells = sys.platform == "linux"
    half = served[len(served) // 2]
    return Weathered(served[0], half, served[-1], max(made, default=None), spent if tells else None)


async def rest(rest: Rest, server: Server = Server.HUB) -> Rested:
    """Have guests join and stay idle for a while, and measure what that takes.

    Raises:
        SynclineError: the server did not start, or a guest was cut off.
    """
    dialect = _dialect(server)
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder, serving(Path(folder), server) as process:
        before = process.memory()
        each = {f"room{n}": rest.guests // rest.rooms for n in range(rest.rooms)}
        async with _guests(process, each, dialect) as guests:
            await asyncio.sleep(SETTLED)
            cpu, began = process.cpu(), time.monotonic()
            await asyncio.sleep(rest.seconds)
            spent, memory = (process.cpu() - cpu) / (time.monotonic() - began), process.memory() - before
            _check(rest.name, guests)
    tells = sys.platform == "linux"
    return Rested(spent if tells else None, memory if tells else None)


@contextlib.asynccontextmanager
async def _guests(server: Process, rooms: dict[str, int], dialect: Dialect = Dialect.OWN) -> AsyncIterator[list[Guest]]:
    """Connect so many guests to each room."""
    guests = [Guest(server.url, room, dialect) for room, count in rooms.items() for _ in range(count)]
    try:
        async with asyncio.timeout(PATIENCE):
            for n in range(0, len(guests), TOGETHER):
                await asyncio.gather(*(guest.join() for guest in guests[n : n + TOGETHER]))
        yield guests
    finally:
        for guest in guests:
            await guest.leave()


def _dialect(server: Server) -> Dialect:
    return Dialect.BARE if server is Server.BARE else Dialect.OWN


def _check(name: str, guests: list[Guest]) -> None:
    if any(guest.lost for guest in guests):
        raise SynclineError(f"{name}: the server cut a guest off.")
