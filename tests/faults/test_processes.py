"""A hub process that is stopped, killed and started again, under its clients."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.crr import connect
from engine.peer_state import State
from engine.replica import Replica
from engine.settings import Mode
from engine.transport import keepalive
from tests import budget
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write, writing
from tests.faults.clock_probe import look
from tests.faults.programs import HEARTBEAT, Program
from tests.faults.write_moments import written
from tests.ports import free_port

KILLS = 3
WRITES = 12
"""Of a hub while one file comes in, each after so many writes at most: as many as are seen of all of it."""

CLIENTS = budget.pick(20, 200)


@pytest.fixture(autouse=True)
def _short_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepalive, "INTERVAL", HEARTBEAT)


@contextlib.contextmanager
def program(*arguments: str | Path) -> Iterator[Program]:
    one = Program(*arguments)
    try:
        yield one
    finally:
        one.kill()


@contextlib.asynccontextmanager
async def hub_process(room: Path, port: int) -> AsyncIterator[Program]:
    with program("hub", room.parent, str(port)) as hub:
        await hub.ready()
        yield hub


@on_loop
async def test_a_hub_that_stops_and_goes_on(tmp_path: Path) -> None:
    """SIGSTOP for longer than the heartbeat: its sockets stay open, and nothing comes out of them."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    port = free_port()
    async with hub_process(room, port) as hub, plain_engine() as client:
        await add_peer(client, a, f"ws://127.0.0.1:{port}/sync")
        await client.peers.wait_in_sync(timeout=PATIENCE)
        hub.signal(signal.SIGSTOP)
        write(a, "INSERT INTO item (id, name) VALUES (1, 'meanwhile')")
        await until(lambda: client.peers.statuses()[0].state is State.WAITING, "the client has noticed")
        assert "Nothing was heard from the other side" in client.peers.statuses()[0].reason
        hub.signal(signal.SIGCONT)
        await until(lambda: rows(a) == rows(room) != [], "all the same")
        await client.peers.wait_in_sync(timeout=PATIENCE)
        look([a, room])


@on_loop
async def test_a_client_that_stops_and_goes_on(tmp_path: Path) -> None:
    """A laptop that sleeps: the hub lets it go, and when it wakes it catches up by itself."""
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "clients" / "a.db")
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        with program("clients", a.parent, hub.url) as client:
            await until(lambda: hub.guests.total() == 1, "the client is there")
            client.signal(signal.SIGSTOP)
            write(room, "INSERT INTO item (id, name) VALUES (1, 'meanwhile')")
            await until(lambda: hub.guests.total() == 0, "the hub has noticed")
            client.signal(signal.SIGCONT)
            await until(lambda: rows(a) == rows(room) != [], "all the same")
            look([a, room])


def fill(path: Path) -> None:
    """8,000 changes: large versions and many small ones."""
    with writing(path) as connection:
        row = 0
        for size in [1_000, 600, *[10] * 50, 667]:
            new = range(row, row + size)
            with connection:
                connection.executemany("INSERT INTO item VALUES (?, 'name', ?, x'00ff')", [(n, n) for n in new])
            row += size


@pytest.mark.soak
@pytest.mark.slow
def test_a_hub_killed_while_it_takes_in(tmp_path: Path) -> None:
    """kill -9 at any moment of an upload; the hub starts again on its port, and the client goes on."""
    empty, client_file = make_file(tmp_path / "empty.db"), make_file(tmp_path / "a.db")
    fill(client_file)
    for case in budget.cases("kill -9 of a hub that takes in", seconds=15, looks_for="in the middle"):
        room = tmp_path / f"hub-{case.seed}" / "room"
        room.parent.mkdir()
        fresh_copy(empty, room, journal=case.random.choice(("delete", "wal")))
        on_loop(killed_again_and_again)(client_file, room, case)


async def killed_again_and_again(client_file: Path, room: Path, case: budget.Case) -> None:
    """Upload a file to a hub that is killed after some writes, until all is there."""
    port = free_port()
    whole, held = rows(client_file), 0
    async with plain_engine() as client:
        await add_peer(client, client_file, f"ws://127.0.0.1:{port}/sync", mode=Mode.MANUAL)
        for _ in range(KILLS):
            async with hub_process(room, port) as hub:
                trying = asyncio.ensure_future(client.peers.sync_now())
                await written(room, case.random.randrange(1, WRITES), trying.done)
                hub.kill()
                await trying
            look([client_file, room])
            before, held = held, len(rows(room))
            case.found(before < held < len(whole))
        async with hub_process(room, port):
            await client.peers.sync_now()
            await until(lambda: rows(room) == whole, "nothing is lost")
            look([client_file, room])


def fresh_copy(source: Path, target: Path, *, journal: str = "delete") -> Path:
    """A new replica, quicker than by making its tables anew: a copy with an id of its own. No one has them open."""
    for leftover in target.parent.glob(f"{target.name}-*"):
        leftover.unlink()
    shutil.copyfile(source, target)
    with contextlib.closing(connect(target)) as connection:
        connection.pragma("journal_mode", journal)
        connection.execute("UPDATE crsql_site_id SET site_id = ? WHERE ordinal = 0", (uuid.uuid4().bytes,))
    return target


@pytest.mark.slow
@on_loop
async def test_no_herd_at_a_hub_that_starts_again(tmp_path: Path) -> None:
    """Many clients lose their hub at one moment; they come back spread over time, and all catch up."""
    room, template = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "template.db")
    port = free_port()
    files = []
    for number in range(CLIENTS):
        folder = tmp_path / f"clients-{number % 2}"
        folder.mkdir(exist_ok=True)
        files.append(fresh_copy(template, folder / f"{number}.db"))
    url = f"ws://127.0.0.1:{port}/sync"
    folders = sorted({path.parent for path in files})
    with program("clients", folders[0], url) as one, program("clients", folders[1], url) as other:
        async with hub_process(room, port) as hub:
            await one.ready()
            await other.ready()
            await until_known(room, CLIENTS)
            hub.kill()
        for number in range(0, CLIENTS, 20):
            write(files[number], "INSERT INTO item (id, name) VALUES (?, 'meanwhile')", number)
        write(room, "INSERT INTO item (id, name) VALUES (1000, 'from the hub')")
        async with hub_process(room, port) as hub:
            expected = CLIENTS // 20 + 1
            await until(lambda: len(hub.lines) > CLIENTS, "all have dialled")
            for path in files:
                await until(lambda path=path: len(rows(path)) == expected, f"{path.name} is back in sync")  # type: ignore[misc]
            assert len(rows(room)) == expected
            dials = sorted(float(line) for line in hub.lines[1:])
    slots = Counter(int((at - dials[0]) * 10) for at in dials)
    budget.count(f"hub restart: dials each 100 ms {[slots[n] for n in range(max(slots) + 1)]}", len(dials))
    assert len(slots) > 1


async def until_known(room: Path, clients: int) -> None:
    """Wait until the hub has a clock of so many clients."""

    def known() -> int:
        with Replica.open(room, readonly=True) as replica:
            return len(replica.tracked_peers())

    await until(lambda: known() >= clients, "all clients are known")
