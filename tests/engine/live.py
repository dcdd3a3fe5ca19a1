"""Engines, hubs and files for tests that run the real thing over loopback."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
from websockets.asyncio.server import ServerConnection, serve

from engine.api import Engine
from engine.crr import connect
from engine.links.retry_policy import POLICIES, Policies
from engine.replica import Replica
from engine.settings import Direction, Mode, PeerConfig, Settings

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra);
SELECT crsql_as_crr('item');
"""

PATIENCE = 60.0
"""Seconds for anything that should come to be; only a failing test waits that long."""


def on_loop(test: Callable[..., Coroutine[Any, Any, None]], *, seconds: float = 6 * PATIENCE) -> Callable[..., None]:
    """Run a coroutine test on a loop of its own, and fail it if it hangs or leaves a task behind."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def whole() -> None:
            before = asyncio.all_tasks()
            async with asyncio.timeout(seconds):
                await test(*args, **kwargs)
            await asyncio.sleep(0)
            left = [task for task in asyncio.all_tasks() - before if not task.done()]
            assert not left, f"tasks left behind: {left}"

        asyncio.run(whole())

    return run


def make_file(path: Path, schema: str = SCHEMA) -> Path:
    """A new database with the schema."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = connect(path, create=True)
    connection.execute(schema).fetchall()
    connection.close()
    return path


@contextmanager
def writing(path: Path) -> Iterator[apsw.Connection]:
    """A connection as an app would have it: its transactions begin as writers.

    One that begins as a reader may be told at once that the file is busy, whatever its patience, when somebody else
    waits to write: SQLite avoids the deadlock so.
    """
    connection = connect(path)
    connection.transaction_mode = "IMMEDIATE"
    connection.set_busy_timeout(int(PATIENCE * 1000))
    try:
        yield connection
    finally:
        connection.close()


def write(path: Path, sql: str, *bindings: Any) -> None:
    """One statement through a connection of its own."""
    with writing(path) as connection:
        connection.execute(sql, bindings)


def rows(path: Path, table: str = "item") -> list[Any]:
    """The live rows of a table, keys and values with their types. A killed process may have left a hot journal."""
    with Replica.open(path, readonly=True, recover=True) as replica:
        return [(key, [(type(value), value) for value in values]) for key, values in replica.live_rows(table)]


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition that other tasks or processes bring about."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {PATIENCE:.0f} s: {what}") from None


async def add_peer(
    engine: Engine,
    path: Path,
    url: str,
    *,
    room: str = "room",
    mode: Mode = Mode.LIVE,
    direction: Direction = Direction.BOTH,
    minutes: int = 15,
) -> str:
    """Add a database and a peer for it; return the peer's id."""
    database = await engine.databases.add(path)
    peer = PeerConfig.new(database.id, url, room=room, mode=mode, direction=direction, minutes=minutes)
    await engine.peers.add(peer)
    return peer.id


def plain_engine(policies: Policies = POLICIES) -> Engine:
    """An engine with nothing configured that remembers nothing."""
    return Engine(Settings(), policies=policies)


HASTY: Policies = {kind: replace(policy, first=0.2, longest=0.4) for kind, policy in POLICIES.items()}
"""What links do over minutes, within seconds."""


@asynccontextmanager
async def stranger_server(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """A WebSocket server that is not ours: it echoes the subprotocol and knows no own dialect. Gives its address."""
    async with serve(
        handler, "127.0.0.1", 0, select_subprotocol=lambda _, offered: offered[0] if offered else None
    ) as running:
        yield f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/sync"
