"""Two machines with an app each that knows nothing of Syncline, and a hub between them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import budget
from tests.engine.apps import App, running
from tests.engine.live import PATIENCE, add_peer, on_loop, plain_engine, until
from tests.engine.ordinary import sample_apps
from tests.engine.programs import Command

APPS = {
    "notes": (sample_apps.NOTES, sample_apps.NOTES_WRITES, {"version", "notes_fts"}),
    "room": (sample_apps.ROOM, sample_apps.ROOM_WRITES, {"android_metadata", "room_master_table", "tasks_fts"}),
}
"""Of each app its schema, what it writes, and the tables that are not synced."""


WRITES = 10_000
"""Of each of the two apps."""


def work(path: Path, writes: list[str], who: str, count: int, seed: int) -> None:
    """Let an app write, in a process of its own, to its end: nothing that it does may fail."""
    arguments = [str(path), json.dumps(writes), who, str(count), f"{seed}{ord(who)}"]
    done = subprocess.run([sys.executable, "-c", sample_apps.WRITER, *arguments], capture_output=True, text=True)
    assert done.stdout == "done\n", done.stderr


def held(app: App, tables: list[str]) -> dict[str, list[tuple[object, ...]]]:
    """All rows of tables, by key."""
    return {table: sorted(app.do(f"SELECT * FROM {table}"), key=repr) for table in tables}


def in_disorder(app: App, name: str) -> list[tuple[object, ...]]:
    """What SQLite finds wrong with a file."""
    found = app.do("PRAGMA integrity_check") + app.do("PRAGMA foreign_key_check")
    fts = "notes_fts" if name == "notes" else "tasks_fts"
    app.do(f"INSERT INTO {fts} ({fts}) VALUES ('integrity-check')")
    return [row for row in found if row != ("ok",)]


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("name", APPS)
def test_both_come_to_hold_the_same(name: str, tmp_path: Path) -> None:
    """Neither app is ever told that its file is locked, though each waits no longer than sqlite3 does by default."""
    schema, writes, left = APPS[name]
    syncline = Command(tmp_path / "home")
    paths = [tmp_path / "one" / "app.db", tmp_path / "two" / "app.db"]
    tables: list[str] = []
    for path in paths:
        path.parent.mkdir()
        script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
        subprocess.run([sys.executable, "-c", script, path, schema], check=True)
        syncline("make-syncable", path, "--all")
        listed = [json.loads(line) for line in syncline("tables", path, "--json").splitlines()]
        assert {one["table"] for one in listed if not one["syncable"] and "_fts_" not in one["table"]} == left
        tables = [one["table"] for one in listed if one["syncable"]]
        assert len(tables) >= 10
    on_loop(_at_work_and_in_sync, seconds=20 * PATIENCE)(syncline, paths, tables, writes, WRITES)
    with running(paths[0]) as one, running(paths[1]) as two:
        assert in_disorder(one, name) == in_disorder(two, name) == []
        rows = held(one, tables)
        assert rows == held(two, tables)
        assert all(rows.values()), "every table was written to"
    budget.count(f"writes of two apps at once ({name})", 2 * WRITES)


async def _at_work_and_in_sync(
    syncline: Command, paths: list[Path], tables: list[str], writes: list[str], count: int
) -> None:
    hub = paths[0].parents[1] / "hub"
    hub.mkdir()
    with syncline.running("serve", hub, "--port", "0", "--allow-create") as server:
        url = server.line.split(" at ")[1].split(";")[0]
        async with plain_engine() as left, plain_engine() as right:
            for engine, path in ((left, paths[0]), (right, paths[1])):
                await add_peer(engine, path, url)
            with running(paths[0]) as one, running(paths[1]) as two:
                async with asyncio.TaskGroup() as group:
                    for path, who in zip(paths, "AB", strict=True):
                        group.create_task(asyncio.to_thread(work, path, writes, who, count, budget.seed()))
                for engine in (left, right):
                    await engine.peers.wait_in_sync(timeout=10 * PATIENCE)
                await until(lambda: held(one, tables) == held(two, tables), "both hold the same")
                for engine in (left, right):
                    assert [status.parked for status in engine.peers.statuses()] == [()]
