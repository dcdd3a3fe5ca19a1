"""Rooms that are made on first use, and rooms that are closed when nobody is in them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.api import Engine
from engine.crr import connect
from engine.hub import HubOptions, Limits
from engine.hub.tokens import make
from engine.peer_state import State
from engine.peer_text import from_peer
from engine.replica import Replica
from engine.settings import PeerConfig
from engine.table_plan import Collation, ColumnPlan, Kind, TablePlan
from engine.wire import AnnouncePresence, Failure, Hello, StartStreaming, Tables, encode
from engine.wire.schema_hash import cryb64
from tests.engine.hub.guests import guest, hear, turned_away
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, until, write

STRANGER = bytes(range(16))
MAKING = HubOptions(allow_create=True)
ITEM = TablePlan("item", (ColumnPlan("id", Kind.INTEGER, key=1), ColumnPlan("name", Kind.TEXT)))
SCHEMA = "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY NOT NULL, name TEXT);\nSELECT crsql_as_crr('item');\n"

ODD = """
CREATE TABLE "odd ""name"" -- x" ("order" INT NOT NULL, "select" TEXT NOT NULL COLLATE NOCASE, a REAL, b, c NUMERIC,
    d TEXT DEFAULT 'it''s', e INTEGER NOT NULL DEFAULT (-7), f BLOB DEFAULT x'00ff', g DEFAULT 1.5,
    h TEXT DEFAULT CURRENT_TIMESTAMP, i TEXT COLLATE RTRIM, PRIMARY KEY ("select", "order")) WITHOUT ROWID;
CREATE TABLE tight (id INTEGER PRIMARY KEY NOT NULL, any ANY, t TEXT) STRICT;
CREATE TABLE keys_only (a TEXT NOT NULL, b INT NOT NULL, PRIMARY KEY (b, a));
SELECT crsql_as_crr(name) FROM pragma_table_list WHERE name IN ('odd "name" -- x', 'tight', 'keys_only');
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "hub"
    folder.mkdir()
    return folder


def plans(path: Path) -> dict[str, TablePlan]:
    with Replica.open(path, readonly=True) as replica:
        return {plan.name: plan for plan in replica.plans()}


def files(folder: Path) -> list[str]:
    """What is in the folder, but for the logs of open files."""
    return sorted(name for name in os.listdir(folder) if not name.endswith(("-wal", "-shm")))


@on_loop
async def test_the_first_peer_makes_the_room_and_the_second_finds_its_rows(folder: Path, tmp_path: Path) -> None:
    a, b = make_file(tmp_path / "a.db"), make_file(tmp_path / "b.db")
    write(a, "INSERT INTO item VALUES (1, 'x', 2, 3.5)")
    write(b, "INSERT INTO item VALUES (2, 'y', '17', x'00')")
    for path in (a, b):
        write(path, "SELECT crsql_config_set('merge-equal-values', 1)")
    async with plain_engine() as server, plain_engine() as first, plain_engine() as second:
        hub = await server.serving.start(folder, options=MAKING)
        await add_peer(first, a, hub.url, room="new")
        await first.peers.wait_in_sync(timeout=PATIENCE)
        await add_peer(second, b, hub.url, room="new")
        await until(lambda: len(rows(folder / "new")) == 2, "both in the room")
        await until(lambda: rows(a) == rows(b) == rows(folder / "new"), "all equal")
    assert files(folder) == ["new"]
    with Replica.open(folder / "new", readonly=True) as replica:
        assert replica.merges_equal_values()
    assert plans(folder / "new") == plans(a)


@on_loop
async def test_tables_of_every_kind_come_out_alike(folder: Path, tmp_path: Path) -> None:
    a, b = make_file(tmp_path / "a.db", ODD), make_file(tmp_path / "b.db", ODD)
    odd = 'INSERT INTO "odd ""name"" -- x" ("order", "select", a, b, c, i) VALUES (?, ?, ?, ?, ?, ?)'
    values: list[tuple[Any, ...]] = [("7", "A", 1, 2, "3", "r "), (8, "b", "no number", "5", 6.0, None)]
    for value in values:
        write(a, odd, *value)
    write(a, "INSERT INTO tight VALUES (1, '001', 't'), (2, 5, NULL)")
    write(a, "INSERT INTO keys_only VALUES ('k', 1)")
    async with plain_engine() as server, plain_engine() as first, plain_engine() as second:
        hub = await server.serving.start(folder, options=MAKING)
        await add_peer(first, a, hub.url)
        await first.peers.wait_in_sync(timeout=PATIENCE)
        await add_peer(second, b, hub.url)
        await second.peers.wait_in_sync(timeout=PATIENCE)
    for table in ('odd "name" -- x', "tight", "keys_only"):
        assert rows(a, table) == rows(b, table) == rows(folder / "room", table) != []
    made, theirs = plans(folder / "room"), plans(a)
    # a default that is no plain value is left out, and with it nothing that would be synced
    assert made == theirs
    with connect(folder / "room") as db:
        assert db.execute("SELECT \"notnull\" FROM pragma_table_info('odd \"name\" -- x') WHERE name = 'e'").get == 0


@pytest.mark.parametrize(
    "plan",
    [
        TablePlan("crsql_master", ITEM.columns),
        TablePlan("sqlite_sequence", ITEM.columns),
        TablePlan("x__crsql_clock", ITEM.columns),
        TablePlan("a\nb", ITEM.columns),
        TablePlan("item", ()),
        TablePlan("item", ITEM.columns[1:]),
        TablePlan("item", (*ITEM.columns, ITEM.columns[0]._replace(name="ID"))),
        TablePlan("item", (ITEM.columns[0], ITEM.columns[1]._replace(default="x\0y"))),
        TablePlan("item", tuple(ColumnPlan(f"c{n}", Kind.ANY, key=int(n == 0)) for n in range(1001))),
    ],
    ids=lambda plan: plan.name[:20].encode().hex(),
)
def test_plans_that_are_none(folder: Path, plan: TablePlan) -> None:
    @on_loop
    async def refuse() -> None:
        async with plain_engine() as server:
            hub = await server.serving.start(folder, options=MAKING)
            async with guest(hub) as socket:
                await socket.send(encode(Tables("", -1, (plan,))))
                failure = await hear(socket)
                assert isinstance(failure, Failure)
                assert failure.sentence
                assert (await turned_away(socket))[0] == 4004
            assert files(folder) == []
            async with guest(hub) as socket:  # and the next one, who means well, is none the worse
                await socket.send(encode(Tables("", -1, (ITEM,))))
                assert isinstance(await hear(socket), Hello)

    refuse()


@on_loop
async def test_names_that_look_like_sql_are_names(folder: Path) -> None:
    name = 'x"); DROP TABLE crsql_master; --'
    plan = TablePlan(name, (*ITEM.columns, ColumnPlan("y', 1); DROP", Kind.TEXT, Collation.NOCASE, 0, "'); DROP --")))
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=MAKING)
        async with guest(hub) as socket:
            await socket.send(encode(Tables("", -1, (plan,))))
            assert isinstance(await hear(socket), Hello)
    assert plans(folder / "room") == {name: plan}


@on_loop
async def test_only_those_who_may_write_make_rooms(folder: Path, tmp_path: Path) -> None:
    secret = make(tmp_path / "tokens.json", "reader", write=False)
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=replace(MAKING, tokens=tmp_path / "tokens.json"))
        async with guest(hub, token=secret) as socket:
            assert socket.response is not None
            assert "Syncline-Room" not in socket.response.headers
            assert (await turned_away(socket))[1] == "This hub has no room “room”."
        async with guest(hub, token=secret, own=None) as socket:
            assert (await turned_away(socket))[1] == "This hub has no room “room”."
    assert files(folder) == []


@on_loop
async def test_there_is_an_end_to_the_rooms_that_peers_make(folder: Path) -> None:
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=replace(MAKING, limits=Limits(rooms=1)))
        for room, sentence in (("one", None), ("two", "This hub's limit of rooms is reached: 1.")):
            async with guest(hub, room) as socket:
                await socket.send(encode(Tables("", -1, (ITEM,))))
                answer = await hear(socket)
                assert (from_peer(answer.sentence) if isinstance(answer, Failure) else None) == sentence
    assert files(folder) == ["one"]


@on_loop
async def test_a_published_client_names_the_schema_file(folder: Path, tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    (schemas / "main.sql").write_text(SCHEMA)
    version = cryb64(SCHEMA)
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(schemas=schemas))
        for name, wrong in (("main.sql", version + 1), ("../main.sql", version), ("other.sql", version)):
            async with guest(hub, own=None) as socket:
                await socket.send(encode(AnnouncePresence(STRANGER, (), name, wrong)))
                code, reason = await turned_away(socket)
                assert code == 4004
                assert reason
            assert files(folder) == []
        async with guest(hub, own=None) as socket:
            await socket.send(encode(AnnouncePresence(STRANGER, (), "main.sql", version)))
            assert isinstance(await hear(socket), StartStreaming)
    with Replica.open(folder / "room", readonly=True) as replica:
        assert replica.schema_identity() == ("main.sql", version)
        assert replica.synced_tables() == ("item",)


@on_loop
async def test_a_syncline_gets_the_only_schema_there_is(folder: Path, tmp_path: Path) -> None:
    schemas, a = tmp_path / "schemas", make_file(tmp_path / "a.db", SCHEMA)
    schemas.mkdir()
    (schemas / "main.sql").write_text(SCHEMA)
    write(a, "INSERT INTO item VALUES (1, 'x')")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(folder, options=HubOptions(schemas=schemas))
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
    assert rows(folder / "room") == rows(a)


@on_loop
async def test_a_broken_schema_file_makes_no_room(folder: Path, tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    broken = SCHEMA + "CREATE TABLE;"
    (schemas / "main.sql").write_text(broken)
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(schemas=schemas))
        async with guest(hub, own=None) as socket:
            await socket.send(encode(AnnouncePresence(STRANGER, (), "main.sql", cryb64(broken))))
            assert (await turned_away(socket))[1] == "The hub cannot open this room's file."
        assert files(folder) == []
        (schemas / "main.sql").write_text(SCHEMA)
        async with guest(hub, own=None) as socket:
            await socket.send(encode(AnnouncePresence(STRANGER, (), "main.sql", cryb64(SCHEMA))))
            assert isinstance(await hear(socket), StartStreaming)


async def greet(engine: Engine, room: str) -> None:
    """Somebody comes, sees the room, and goes."""
    assert engine.serving.hub is not None
    async with guest(engine.serving.hub, room) as socket:
        answer = await hear(socket)
        assert isinstance(answer, Hello), answer


@on_loop
async def test_empty_rooms_make_place_and_those_in_use_do_not(folder: Path) -> None:
    for n in range(4):
        make_file(folder / f"r{n}")
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(limits=Limits(open_rooms=2)))
        for n in (0, 1, 2, 3, 0):
            await greet(server, f"r{n}")
            await until(lambda: not hub.guests, "gone")
            assert hub.rooms_open <= 2
        async with guest(hub, "r0") as one, guest(hub, "r1") as other:
            assert isinstance(await hear(one), Hello)
            assert isinstance(await hear(other), Hello)
            async with guest(hub, "r2") as third:
                failure = await hear(third)
                assert isinstance(failure, Failure)
                assert failure.retry
                assert "open rooms is reached: 2" in from_peer(failure.sentence)
        await until(lambda: not hub.guests, "gone")
        await greet(server, "r2")


@on_loop
async def test_a_room_is_closed_after_a_while_without_anybody(folder: Path) -> None:
    make_file(folder / "room")
    async with plain_engine() as server:
        hub = await server.serving.start(folder, options=HubOptions(limits=Limits(idle=1)))
        await greet(server, "room")
        assert hub.rooms_open == 1
        await until(lambda: hub.rooms_open == 0, "closed")
        await greet(server, "room")


@on_loop
async def test_the_probe_makes_nothing(folder: Path, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(folder, options=MAKING)
        database = await client.databases.add(a)
        report = await client.checks.probe(database.id, hub.url, "room")
        assert any("the first sync creates it" in step.sentence for step in report.steps)
    assert files(folder) == []


@on_loop
async def test_without_leave_nothing_is_made(folder: Path, tmp_path: Path) -> None:
    a = make_file(tmp_path / "a.db")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(folder)
        database = await client.databases.add(a)
        await client.peers.add(PeerConfig.new(database.id, hub.url, room="room"))
        await until(lambda: client.peers.statuses()[0].state is State.NEEDS_YOU, "told")
        assert client.peers.statuses()[0].reason.startswith(
            "This hub has no room “room”. Syncline resumes automatically"
        )
    assert files(folder) == []


@on_loop
async def test_rooms_that_nobody_uses_cost_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of files in the folder are neither opened nor listed."""
    make_file(folder / "room")
    for number in range(5_000):
        (folder / f"other{number}").touch()
    for look in ("iterdir", "glob", "rglob"):
        monkeypatch.setattr(Path, look, None)
    monkeypatch.setattr(os, "scandir", None)
    monkeypatch.setattr(os, "listdir", None)
    async with plain_engine() as server:
        hub = await server.serving.start(folder)
        async with guest(hub) as socket:
            assert isinstance(await hear(socket), Hello)
            assert hub.rooms_open == 1
