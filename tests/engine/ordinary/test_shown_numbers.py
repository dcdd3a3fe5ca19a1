"""What is told of a row has the number that it has here, and what all machines call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw

from engine.events import ChangesMoved, FlowChange, FlowDirection
from engine.replica import Replica
from tests.engine.apps import running
from tests.engine.live import PATIENCE, add_peer, on_loop, plain_engine, until
from tests.engine.ordinary.test_synced import make_ordinary
from tests.engine.programs import Command

SCHEMA = (
    "CREATE TABLE list (id INTEGER PRIMARY KEY, name);"
    " CREATE TABLE todo (id INTEGER PRIMARY KEY, list INTEGER REFERENCES list, text)"
)


def made(path: Path, *rows: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    return make_ordinary(path, ";".join((SCHEMA, *rows)), "list", "todo")


def first(path: Path) -> Path:
    return made(path, "INSERT INTO list VALUES (1, 'Home')", "INSERT INTO todo VALUES (1, 1, 'Paint')")


def second(path: Path) -> Path:
    return made(path, "INSERT INTO list VALUES (1, 'Shop')", "INSERT INTO todo VALUES (1, 1, 'Milk')")


def told(lines: str, kind: str = "change") -> list[dict[str, Any]]:
    return [one for one in map(json.loads, lines.splitlines()) if one.get("event", "change") == kind]


def test_at_the_command_line(tmp_path: Path) -> None:
    syncline, one, two = Command(tmp_path / "home"), first(tmp_path / "one.db"), second(tmp_path / "two.db")
    hub = tmp_path / "hub"
    hub.mkdir()
    with syncline.running("serve", hub, "--port", "0", "--allow-create") as server:
        where = server.line.split(" at ")[1].split(";")[0], "--room", "room"
        syncline("sync", two, *where)
        moved = {
            (one["way"], *one["key"], one["value"])
            for one in told(syncline("sync", one, *where, "--json"))
            if one["column"] == "list"
        }
        assert moved == {("in", 2, 2), ("out", 1, 1)}
        with running(one) as app:
            assert app.do("SELECT * FROM todo") == [(1, 1, "Paint"), (2, 2, "Milk")]
            app.do("UPDATE todo SET text = 'Oat milk' WHERE id = 2")
        [change] = [one for one in told(syncline("sync", one, *where, "--json")) if one["value"] == "Oat milk"]
        assert (change["way"], change["key"]) == ("out", [2])
        name = change["global_key"]
        assert name.endswith(":1")
        [change] = [one for one in told(syncline("sync", two, *where, "--json")) if one["value"] == "Oat milk"]
        assert (change["way"], change["key"], change["global_key"]) == ("in", [1], name)
        assert f"todo[2] ({name[:8]}:1)  list = 2" in syncline("changes", one)
        assert "todo[1]  list = 1" in syncline("changes", two)
        with Replica.open(one) as replica:  # nobody is told of this
            replica.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
            replica.connection.execute("UPDATE todo SET text = 'No milk', list = 1 WHERE id = 2")
        shown = f"todo[2] ({name[:8]}:1): list is 1 here, 2 there; text is No milk here, Oat milk there"
        process = syncline.start("verify", one, *where)
        assert shown in process.communicate(timeout=PATIENCE)[0]


@on_loop
async def test_while_it_is_watched(tmp_path: Path) -> None:
    """What an app writes here, and what is sent of it."""
    one, two = first(tmp_path / "one" / "room"), second(tmp_path / "two" / "room")
    async with plain_engine() as server, plain_engine() as client:
        await server.databases.add(two)
        await add_peer(client, one, (await server.serving.start(two.parent)).url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        lines: dict[tuple[str, FlowDirection], FlowChange] = {}
        with client.subscribe() as here, server.subscribe() as there, running(one) as app:
            app.do("UPDATE todo SET text = 'Oat milk', list = 1 WHERE id = 2")

            def moved() -> bool:
                for where, events in (("here", here), ("there", there)):
                    for event in events.drain():
                        for line in event.changes if isinstance(event, ChangesMoved) else ():
                            if line.column == "list":
                                lines[where, event.way] = line
                return len(lines) == 3

            await until(moved, "all is told")
        assert {place: (*line.key, line.value) for place, line in lines.items()} == {
            ("here", FlowDirection.LOCAL): (2, 1),
            ("here", FlowDirection.OUT): (2, 1),
            ("there", FlowDirection.IN): (1, 2),
        }
        assert len({line.global_key for line in lines.values()}) == 1
