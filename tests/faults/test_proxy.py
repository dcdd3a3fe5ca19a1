"""Links over real sockets through a proxy that cuts, delays, throttles and freezes (tests/faults/proxy.py)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.api import Engine
from engine.hub import Hub
from engine.peer_state import State
from engine.transport import connect, goodbye, keepalive, sockets
from tests import budget
from tests.engine.live import add_peer, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.faults.clock_probe import digest, look
from tests.faults.proxy import Proxy

HEARTBEAT = 0.3
"""Seconds between two pings in these tests."""


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepalive, "INTERVAL", HEARTBEAT)
    monkeypatch.setattr(connect, "OPEN_TIMEOUT", 2 * HEARTBEAT)
    monkeypatch.setattr(goodbye, "GOODBYE", HEARTBEAT)
    monkeypatch.setitem(sockets.SOCKET_OPTIONS, "close_timeout", HEARTBEAT)


@contextlib.asynccontextmanager
async def proxied(folder: Path, clients: int = 1) -> AsyncIterator[tuple[Hub, list[Proxy], list[Engine], list[Path]]]:
    """A hub, and clients that reach it through a proxy each. The files: the room, then the clients'."""
    files = [make_file(folder / "hub" / "room"), *(make_file(folder / f"client-{n}.db") for n in range(clients))]
    async with contextlib.AsyncExitStack() as stack:
        hub = await (await stack.enter_async_context(plain_engine())).serving.start(folder / "hub")
        proxies, engines = [], []
        for path in files[1:]:
            proxies.append(await stack.enter_async_context(Proxy(hub.port)))
            engines.append(await stack.enter_async_context(plain_engine()))
            await add_peer(engines[-1], path, proxies[-1].url)
        yield hub, proxies, engines, files


async def in_sync(engine: Engine) -> None:
    await until(
        lambda: engine.peers.statuses()[0].state is State.IN_SYNC and engine.peers.statuses()[0].to_send == 0, "in sync"
    )


# Random trouble


def scribble(path: Path, rng: random.Random) -> None:
    """A few writes of an app, on rows that the others write to as well."""
    with writing(path) as connection:
        for _ in range(rng.randrange(1, 4)):
            row, value = rng.randrange(40), rng.choice([rng.randrange(1000), rng.random(), "text", None, b"\x00\xff"])
            with connection:
                if rng.random() < 0.2:
                    connection.execute("DELETE FROM item WHERE id = ?", (row,))
                else:
                    sql = "INSERT INTO item (id, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name"
                    connection.execute(sql, (row, value))
        if rng.random() < 0.1:  # and now and then one large version
            some = rng.randrange(1000, 10**6)
            with connection:
                new = [(some + n,) for n in range(100)]
                connection.executemany("INSERT OR IGNORE INTO item VALUES (?, 'bulk', 1, 2)", new)


def trouble(proxy: Proxy, rng: random.Random) -> None:
    way = rng.choice((proxy.up, proxy.down))
    match rng.randrange(8):
        case 0:
            proxy.reset()
        case 1:
            way.cut()
        case 2 | 3:
            way.freeze()
        case 4:
            way.delay = rng.uniform(0, 0.05)
        case 5:
            way.rate, way.chunk = rng.uniform(50_000, 500_000), rng.randrange(50, 5000)
        case _:
            heal(proxy)


def heal(proxy: Proxy) -> None:
    for way in (proxy.up, proxy.down):
        way.thaw()
        way.delay, way.rate, way.chunk = 0.0, None, 16 * 1024


@pytest.mark.soak
def test_random_cuts_and_freezes(tmp_path: Path) -> None:
    for case in budget.cases("proxy: random cuts and freezes", seconds=3.0):
        on_loop(_random_trouble)(tmp_path / str(case.seed), case.random)


async def _random_trouble(folder: Path, rng: random.Random) -> None:
    async with proxied(folder, clients=2) as (_, proxies, engines, files):
        for _ in range(20):
            scribble(rng.choice(files), rng)
            if rng.random() < 0.4:
                trouble(rng.choice(proxies), rng)
            await asyncio.sleep(rng.uniform(0, 0.06))
            look(files)
            budget.count("proxy: looks at clocks")
        for proxy in proxies:
            heal(proxy)
        await until(lambda: all(digest(path) == digest(files[0]) for path in files), "all the same")
        for engine in engines:
            await in_sync(engine)
        look(files)
    budget.count("proxy: dials", sum(proxy.dials for proxy in proxies))


# One trouble at a time


@pytest.mark.parametrize("direction", ["up", "down"])
@on_loop
async def test_half_open(tmp_path: Path, direction: str) -> None:
    """Nothing comes through in one direction: both sides notice, say why, and go on when it heals."""
    async with proxied(tmp_path) as (hub, [proxy], [client], [room, a]):
        await in_sync(client)
        await until(lambda: hub.guests.total() == 1, "over one connection")
        way = proxy.up if direction == "up" else proxy.down
        way.freeze()
        write(a, "INSERT INTO item (id, name) VALUES (1, 'from the client')")
        write(room, "INSERT INTO item (id, name) VALUES (2, 'from the hub')")
        await until(lambda: client.peers.statuses()[0].state is State.WAITING, "the client has noticed")
        noticed_first = ("Nothing was heard from the other side", "The other side heard nothing from here")
        assert any(words in client.peers.statuses()[0].reason for words in noticed_first), client.peers.statuses()[
            0
        ].reason
        await until(lambda: hub.guests.total() == 0, "the hub has noticed")
        look([room, a])
        way.thaw()
        await until(lambda: rows(a) == rows(room) != [], "all the same")
        await in_sync(client)


@pytest.mark.parametrize("direction", ["up", "down"])
@on_loop
async def test_cut_in_one_direction(tmp_path: Path, direction: str) -> None:
    async with proxied(tmp_path) as (_, [proxy], [client], [room, a]):
        await in_sync(client)
        (proxy.up if direction == "up" else proxy.down).cut()
        await until(lambda: proxy.dials >= 2, "dialled again")
        write(a, "INSERT INTO item (id) VALUES (1)")
        await until(lambda: rows(a) == rows(room), "all the same")
        await in_sync(client)


@on_loop
async def test_frozen_in_the_middle_of_much(tmp_path: Path) -> None:
    """With more under way than all buffers hold, a ping cannot leave either; the silence is noticed all the same."""
    async with proxied(tmp_path) as (hub, [proxy], [client], [room, a]):
        await in_sync(client)
        proxy.up.freeze()
        with writing(a) as connection:
            connection.execute("INSERT INTO item (id, extra) VALUES (1, randomblob(20000000))")
        await until(lambda: client.peers.statuses()[0].state is State.WAITING, "the client has noticed")
        await until(lambda: hub.guests.total() == 0, "the hub has noticed")
        assert rows(room) == []
        proxy.up.thaw()
        await until(lambda: rows(a) == rows(room), "all the same")


@on_loop
async def test_a_slow_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line on which the data under way takes longer than the heartbeat: it is slow, not dead."""
    monkeypatch.setattr(keepalive, "INTERVAL", 2.0)  # a busy machine may keep quiet for a second
    async with proxied(tmp_path) as (_, [proxy], [client], [room, a]):
        await in_sync(client)
        proxy.up.rate, proxy.up.chunk = 400_000, 5_000
        with writing(a) as connection, connection:  # one version: nothing of it counts until all is there
            for row in range(20):
                connection.execute("INSERT INTO item (id, extra) VALUES (?, randomblob(100000))", (row,))
        await until(lambda: rows(a) == rows(room), "all the same")
        assert proxy.dials == 1
