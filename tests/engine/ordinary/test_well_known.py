"""Five databases in the manner of well-known apps: which of their tables can be synced, and what is in the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.api import Engine
from engine.table_shape import Join, Where
from tests import budget
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE, on_loop
from tests.engine.ordinary.machines import Content, Machine, come_to_hold_the_same, through_a_hub, write
from tests.engine.ordinary.sample_apps import WRITER
from tests.engine.ordinary.well_known import writes
from tests.engine.programs import Command

SCHEMAS = Path(__file__).parent / "well_known"

NO_KEY = "has no primary key"
VIRTUAL = "virtual table"
RECORDS = "keeps its own records"
LEFT: dict[str, dict[str, str]] = {
    "notes": {"version": NO_KEY, "notes_fts": VIRTUAL},
    "references": {},
    "flashcards": {},
    "history": {},
    "todo": {"android_metadata": NO_KEY, "room_master_table": RECORDS},
}
"""Of each app the tables that are not synced, and a part of the reason."""

NO_REFERENCES = {"history": "places.last_visit"}
"""What looks like a reference, and is a time."""

WRITES = 60, 1_500
"""Of each of three machines, in a quick run and in a full one."""


class WellKnown(Machine):
    """One of three machines with one of the apps."""

    def __init__(self, folder: Path, name: str, seed: int) -> None:
        super().__init__(folder, (SCHEMAS / f"{name}.sql").read_text(), WRITER, seed)
        self.synced: set[str] = set()
        self._name = name

    def arguments(self, written: int, count: int, seed: str) -> Sequence[str]:
        return str(self.path), json.dumps(writes.WRITES[self._name]), self.who, str(count), seed, str(written)

    def content(self, app: App) -> Content:
        queries = writes.BY_NAME[self._name]
        unsynced = queries.keys() - self.synced
        whole = [table for table, query in queries.items() if unsynced.isdisjoint(query.replace(".", " ").split())]
        return {table: sorted(app.do(queries[table]), key=repr) for table in whole}


def tables(syncline: Command, machine: Machine) -> list[dict[str, Any]]:
    return [json.loads(line) for line in syncline("tables", machine.path, "--json").splitlines()]


@pytest.mark.parametrize("name", LEFT)
def test_all_but_these_can_be_synced(name: str, tmp_path: Path) -> None:
    machine = WellKnown(tmp_path / "A", name, 0)
    syncline = Command(tmp_path / "home")
    syncline("make-syncable", machine.path, "--all", "--relate")
    left = {one["table"]: one for one in tables(syncline, machine) if not one["syncable"]}
    assert left.keys() == LEFT[name].keys()
    for table, reason in LEFT[name].items():
        reasons = [*left[table]["reasons"], left[table]["not_proposed"] or ""]
        assert any(reason in one for one in reasons), reasons


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("name", budget.variants(LEFT, "notes", "references", "history"))
def test_three_machines_come_to_hold_the_same(name: str, tmp_path: Path) -> None:
    """Half of the writes while all are connected, and half apart."""
    machines = [WellKnown(tmp_path / who, name, budget.seed()) for who in "ABC"]
    syncline = Command(tmp_path / "home")
    declined = ["--no-relate", NO_REFERENCES[name]] if name in NO_REFERENCES else []
    for machine in machines:
        syncline("make-syncable", machine.path, "--all", *declined, "--relate")
        machine.synced = {one["table"] for one in tables(syncline, machine) if one["syncable"]}
    count = budget.pick(*WRITES) // 2
    on_loop(_live, seconds=20 * PATIENCE)(machines, tmp_path / "hub", count)
    for machine in machines:
        with running(machine.path) as app:
            machine.check(app)
    budget.count(f"writes of three apps ({name})", 6 * count)


async def _live(machines: Sequence[Machine], hub: Path, count: int) -> None:
    async with through_a_hub(machines, hub) as engines:
        answering = asyncio.create_task(_join_copies(engines))
        await come_to_hold_the_same(machines, engines)
        await write(machines, count)
        await come_to_hold_the_same(machines, engines)
        answering.cancel()
    await write(machines, count)
    async with through_a_hub(machines, hub) as engines:
        await come_to_hold_the_same(machines, engines)


async def _join_copies(engines: Sequence[Engine]) -> None:
    """Answer, for as long as it runs, whatever is asked: the rows that an app begins with are copies of the others'.

    A table whose rows refer to another's is asked about after that one, and perhaps by another machine. Where copies
    can be joined no more, both are kept.
    """
    answered: dict[tuple[str, str], str] = {}
    while True:
        for peers in (engine.peers for engine in engines):
            for status in peers.statuses():
                for one in (one for one in status.parked if one.where is Where.JOIN):
                    before = answered.get((status.peer, one.table))
                    if before != one.sentence:
                        answered[status.peer, one.table] = one.sentence
                        how = Join.SAME if before is None else Join.BOTH
                        await peers.join(status.peer, how, one.table)
        await asyncio.sleep(0.1)
