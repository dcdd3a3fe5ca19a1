"""Engines, hubs and files for tests that run the real thing over loopback."""

from __future__ import annotations

import asyncio
import functools
import time
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
from tests.streams import take_no_more

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT, n INTEGER, extra);
SELECT crsql_as_crr('item');
"""

TESTS = Path(__file__).parents[1]

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
            await leave_nothing(before)

        asyncio.run(whole())

    return run


async def leave_nothing(before: set[asyncio.Task[Any]]) -> None:
    """Fail if a task is left that was not there before.

    What the tests' own servers do for a connection may take a moment to hear that it is gone.
    """
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    ours = {task for task in left if _is_of_tests(task)}
    if ours:
        await asyncio.wait(ours, timeout=PATIENCE)
    left = {task for task in left if not task.done()}
    assert not left, f"tasks left behind: {left}"


def _is_of_tests(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and Path(code.co_filename).is_relative_to(TESTS)


def make_file(path: Path, schema: str = SCHEMA) -> Path:
    """A new database with the schema."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = connect(path, create=True)
    connection.execute(schema).fetchall()
    connection.close()
    return path


def _waits(tries: int) -> bool:
    """Wait for another writer, which may be a thread of this process.

    With a timeout, APSW would keep the interpreter's lock in ``with connection`` while SQLite sleeps: that thread could
    not go on.
    """
    time.sleep(0.01)
    return tries * 0.01 < PATIENCE


@contextmanager
def writing(path: Path) -> Iterator[apsw.Connection]:
    """A connection as an app would have it: its transactions begin as writers.

    One that begins as a reader may be told at once that the file is busy, whatever its patience, when somebody else
    waits to write: SQLite avoids the deadlock so.
    """
    connection = connect(path)
    connection.transaction_mode = "IMMEDIATE"
    connection.set_busy_handler(_waits)
    try:
        yield connection
    finally:
        connection.close()


def write(path: Path, sql: str, *bindings: Any) -> None:
    """One statement, or several, through a connection of its own."""
    with writing(path) as connection:
        connection.execute(sql, bindings).fetchall()


def rows(path: Path, table: str = "item") -> list[Any]:
    """The live rows of a table, keys and values with their types. A killed process may have left a hot journal."""
    with Replica.open(path, readonly=True, recover=True) as replica:
        return [(key, [(type(value), value) for value in values]) for key, values in replica.live_rows(table)]


async def until(condition: Callable[[], object], what: str, *, patience: float = PATIENCE) -> None:
    """Wait for a condition that other tasks or processes bring about.

    One that takes long to look at is looked at less often: the processor is for those that bring it about.
    """
    try:
        async with asyncio.timeout(patience):
            began = time.thread_time()
            while not condition():
                await asyncio.sleep(min(0.5, max(0.02, 4 * (time.thread_time() - began))))
                began = time.thread_time()
    except TimeoutError:
        raise AssertionError(f"not within {patience:.0f} s: {what}") from None


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


def exchange(*paths: Path) -> None:
    """Everything goes everywhere, twice."""
    for to in (*paths, *paths):
        for source in paths:
            if source != to:
                with Replica.open(source) as one, Replica.open(to) as other:
                    other.merge(one.changes().changes)


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
        try:
            yield f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/sync"
        finally:
            await take_no_more(running.sockets)
