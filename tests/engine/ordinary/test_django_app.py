"""A database in the manner of Django's on three machines, each with an app that writes apart and together."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.api import Engine
from tests import budget
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE, on_loop
from tests.engine.ordinary.django_app import BY_UID, CONTENT, SCHEMA, WRITER
from tests.engine.ordinary.machines import (
    Connected,
    Content,
    Machine,
    come_to_hold_the_same,
    in_a_mesh,
    through_a_hub,
    write,
)
from tests.engine.programs import Command
from tests.ports import free_ports

WRITES = 60, 3_000
"""Of each of the three, in a quick run and in a full one."""


class DjangoMachine(Machine):
    """One of the three, and the numbers that its app has seen."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder, SCHEMA, WRITER, seed)
        self.seen: dict[tuple[str, str], int] = {}

    def arguments(self, written: int, count: int, seed: str) -> Sequence[str]:
        return str(self.path), self.who, str(written), str(count), seed, json.dumps(BY_UID)

    def wrote(self, output: str) -> None:
        for table, numbers in json.loads(output).items():
            for uid, number in numbers.items():
                assert self.seen.setdefault((table, uid), number) == number, "a number that the app knew has changed"

    def content(self, app: App) -> Content:
        return {table: sorted(app.do(statement), key=repr) for table, statement in CONTENT.items()}

    def check(self, app: App) -> None:
        super().check(app)
        for table in BY_UID:
            for uid, number in app.do(f"SELECT uid, id FROM {table}"):
                assert self.seen.get((table, uid), number) == number


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("connected", [through_a_hub, pytest.param(in_a_mesh, marks=pytest.mark.full)])
def test_three_machines_come_to_hold_the_same(connected: Connected, tmp_path: Path) -> None:
    """A third of the writes before the files have ever met, one while all are connected, and one apart again."""
    machines = [DjangoMachine(tmp_path / who, budget.seed()) for who in ("one", "two", "three")]
    syncline = Command(tmp_path / "home")
    for machine in machines:
        syncline("make-syncable", machine.path, "--all")
    writes = budget.pick(*WRITES) // 3
    on_loop(_live, seconds=20 * PATIENCE)(machines, connected, tmp_path / "hub", writes)
    for machine in machines:
        with running(machine.path) as app:
            machine.check(app)
    budget.count("writes of three apps in the manner of Django's", 9 * writes)


@pytest.mark.full
@pytest.mark.slow
def test_killed_at_any_moment_all_of_it_arrives(tmp_path: Path) -> None:
    """Two machines and the hub between them, any of which is killed while it works; the apps write meanwhile."""
    rng = random.Random(budget.seed())
    machines = [DjangoMachine(tmp_path / who, budget.seed()) for who in ("one", "two")]
    syncline, hub = Command(tmp_path / "home"), tmp_path / "hub"
    hub.mkdir()
    for machine in machines:
        syncline("make-syncable", machine.path, "--all")
        machine.write(100)
    [port] = free_ports(1)
    url = f"ws://127.0.0.1:{port}/sync"
    for _ in range(8):
        server = syncline.start("serve", hub, "--port", str(port), "--allow-create")
        assert server.stdout.readline()
        clients = [syncline.start("sync", machine.path, url, "--room", "app") for machine in machines]
        machines[rng.randrange(2)].write(10)
        for process in rng.sample([server, *clients], 2):
            try:
                process.wait(timeout=rng.uniform(0.1, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
        for process in (server, *clients):
            process.kill()
            process.communicate(timeout=PATIENCE)
    with syncline.running("serve", hub, "--port", str(port), "--allow-create"):
        for machine in (*machines, *machines):
            syncline("sync", machine.path, url, "--room", "app")
    with running(machines[0].path) as one, running(machines[1].path) as two:
        assert machines[0].content(one) == machines[1].content(two)
        for machine, app in zip(machines, (one, two), strict=True):
            machine.check(app)


async def _live(machines: Sequence[Machine], connected: Connected, hub: Path, writes: int) -> None:
    async def end_alike(engines: list[Engine]) -> None:
        found = await come_to_hold_the_same(machines, engines)
        assert all(found.values()), "every table was written to"
        for table in BY_UID:
            assert len({row[0] for row in found[table]}) == len(found[table]), "no row is there twice"

    await write(machines, writes)
    async with connected(machines, hub) as engines:
        await write(machines, writes)
        await end_alike(engines)
    await write(machines, writes)
    async with connected(machines, hub) as engines:
        await end_alike(engines)
