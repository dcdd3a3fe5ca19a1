"""Three hubs of one room, each linked to the other two: one dies, and the line between two is cut. Real processes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.api import Engine
from tests.engine.live import add_peer, make_file, on_loop, plain_engine, rows, until, write
from tests.engine.programs import Command, Running
from tests.faults.clock_probe import look
from tests.faults.proxy import Proxy
from tests.ports import free_ports


def url(port: int) -> str:
    return f"ws://127.0.0.1:{port}/sync"


class Hubs:
    """Three hubs as ``syncline serve`` runs them. ``proxies[n, m]`` is the line by which n dials m."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = free_ports(3)
        self.proxies = {(n, m): Proxy(self.ports[m]) for n in range(3) for m in range(3) if n != m}

    def room(self, n: int) -> Path:
        return self.folder / f"hub-{n}" / "room"

    @contextlib.contextmanager
    def running(self, n: int) -> Iterator[Running]:
        self.room(n).parent.mkdir(exist_ok=True)
        others = [option for m in range(3) if m != n for option in ("--peer", self.proxies[n, m].url)]
        command = Command(self.folder / f"home-{n}")
        arguments = (self.room(n).parent, "--port", str(self.ports[n]), "--allow-create", *others)
        with command.running("serve", *arguments) as hub:
            yield hub

    @contextlib.asynccontextmanager
    async def lines(self) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for proxy in self.proxies.values():
                await stack.enter_async_context(proxy)
            yield

    def cut(self, n: int) -> None:
        """Cut the hub ``n`` off from the others, now and until ``heal``."""
        for pair, proxy in self.proxies.items():
            if n in pair:
                proxy.up.freeze()
                proxy.down.freeze()
                proxy.reset()

    def heal(self) -> None:
        for proxy in self.proxies.values():
            proxy.up.thaw()
            proxy.down.thaw()
            proxy.reset()


async def join(client: Engine, path: Path, *ports: int) -> Path:
    """Keep a file in sync with each of these hubs."""
    if not path.exists():
        make_file(path)
    for port in ports:
        await add_peer(client, path, url(port))
    return path


def count(path: Path) -> int:
    return len(rows(path)) if path.exists() else 0


@pytest.mark.slow
@on_loop
async def test_one_dies_and_its_clients_go_on_with_another(tmp_path: Path) -> None:
    hubs = Hubs(tmp_path)
    async with hubs.lines(), contextlib.AsyncExitStack() as stack, plain_engine() as clients:
        running = [stack.enter_context(hubs.running(n)) for n in range(2)]
        files = []
        with contextlib.ExitStack() as third:
            doomed = third.enter_context(hubs.running(2))
            # the first two know two hubs each, the third only the one that dies
            for name, ports in (("a", (0, 2)), ("b", (1, 2)), ("c", (2,))):
                ports = tuple(hubs.ports[n] for n in ports)
                files.append(await join(clients, tmp_path / f"{name}.db", *ports))
            for n, file in enumerate(files):
                write(file, "INSERT INTO item (id, name) VALUES (?, 'before')", n)
            await until(lambda: all(count(file) == 3 for file in files), "all have all")
            doomed.process.kill()
        write(files[2], "INSERT INTO item (id, name) VALUES (10, 'into the void')")
        write(files[0], "INSERT INTO item (id, name) VALUES (11, 'through two hubs')")
        await until(lambda: count(files[1]) == 4, "those with another hub go on")
        lone = clients.settings.peers[-1]
        await clients.peers.remove(lone.id)
        await join(clients, files[2], hubs.ports[1])
        everywhere = [*files, hubs.room(0), hubs.room(1)]
        await until(lambda: all(count(file) == 5 for file in everywhere), "the lone one has moved")
        with hubs.running(2):
            everywhere.append(hubs.room(2))
            await until(lambda: all(rows(file) == rows(files[0]) for file in everywhere), "the third is back")
            look(everywhere)
        assert all(hub.process.poll() is None for hub in running)


@pytest.mark.slow
@on_loop
async def test_a_hub_that_is_cut_off_and_comes_back(tmp_path: Path) -> None:
    """Both sides of the cut are written to, the same rows among them."""
    hubs = Hubs(tmp_path)
    async with hubs.lines(), plain_engine() as clients:
        with hubs.running(0), hubs.running(1), hubs.running(2):
            files = [await join(clients, tmp_path / f"{n}.db", hubs.ports[n]) for n in range(3)]
            write(files[0], "INSERT INTO item (id, name) VALUES (1, 'before')")
            await until(lambda: all(count(file) == 1 for file in files), "in sync")
            hubs.cut(2)
            for n, file in enumerate(files):
                write(file, "UPDATE item SET name = ? WHERE id = 1", f"by {n}")
                write(file, "INSERT INTO item (id, name) VALUES (?, 'meanwhile')", 10 + n)
            write(files[2], "INSERT INTO item (id, name) VALUES (20, 'alone')")
            await until(lambda: count(files[0]) == count(files[1]) == 3, "those on this side of the cut")
            assert count(files[2]) == 3
            hubs.heal()
            everywhere = [*files, *(hubs.room(n) for n in range(3))]
            await until(
                lambda: all(rows(file) == rows(files[0]) for file in everywhere) and count(files[0]) == 5,
                "one again",
            )
            look(everywhere)


@pytest.mark.slow
@on_loop
async def test_what_only_a_dead_hub_knew_is_not_lost(tmp_path: Path) -> None:
    """Cut off from the others it takes a write, confirms it and dies. Its client never comes back."""
    hubs = Hubs(tmp_path)
    async with hubs.lines():
        with hubs.running(0), hubs.running(1):
            async with plain_engine() as clients:
                a = await join(clients, tmp_path / "a.db", hubs.ports[0])
                write(a, "INSERT INTO item (id, name) VALUES (1, 'before')")
                with hubs.running(2) as doomed:
                    c = await join(clients, tmp_path / "c.db", hubs.ports[2])
                    await until(lambda: count(c) == count(hubs.room(0)) == count(hubs.room(1)) == 1, "in sync")
                    hubs.cut(2)
                    write(c, "INSERT INTO item (id, name) VALUES (2, 'told to one hub only')")
                    await until(lambda: count(hubs.room(2)) == 2, "it has it")
                    doomed.process.kill()
            assert count(hubs.room(0)) == count(hubs.room(1)) == 1
            hubs.heal()
            with hubs.running(2):
                everywhere = [hubs.room(n) for n in range(3)]
                await until(lambda: all(count(file) == 2 for file in everywhere), "nobody came, and yet")
                look(everywhere)
