"""A table that is parked, over real links: the others go on, both sides are told, and it comes back by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from engine.api import Engine
from engine.errors import TablesParked
from engine.events import AttentionNeeded
from engine.language import catalogue
from engine.peer_state import PeerStatus, Remedy, State
from engine.replica import Replica, record_schema
from engine.settings import DatabaseConfig, Mode, Settings, SettingsFile
from engine.table_shape import Shape
from engine.text import translated
from engine.wire import OLDEST, AnnouncePresence, Cursor, Hello, StartStreaming, decode, encode
from engine.wire.handshake import OWN_HEADER
from tests.engine.hub.guests import guest, hear
from tests.engine.live import PATIENCE, add_peer, make_file, on_loop, plain_engine, rows, stranger_server, until, write
from tests.engine.programs import Command

NOTE = "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, body TEXT); SELECT crsql_as_crr('note');"
SCHEMA = NOTE + "CREATE TABLE tag (id TEXT PRIMARY KEY NOT NULL, n); SELECT crsql_as_crr('tag')"

BREAK = "ALTER TABLE note RENAME COLUMN id TO key"
MEND = "ALTER TABLE note RENAME COLUMN key TO id"
WHY = "cannot be synced{}: its primary key was changed without crsql_begin_alter and crsql_commit_alter."


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return make_file(tmp_path / "hub" / "room", SCHEMA), make_file(tmp_path / "a.db", SCHEMA)


def status_of(engine: Engine) -> PeerStatus:
    return engine.peers.statuses()[0]


@on_loop
async def test_it_is_parked_and_comes_back_while_all_are_connected(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine() as client:
        await server.databases.add(room)
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        for broken, where, remedy in ((a, "", Remedy.REPAIR), (room, " on the other side", None)):
            with client.subscribe() as heard, server.subscribe() as guests:
                write(broken, BREAK)
                sentence = f"The table “note” {WHY.format(where)}"

                def says_so(sentence: str = sentence, remedy: Remedy | None = remedy) -> bool:
                    row = status_of(client)
                    told = row.reason.startswith(f"{sentence} Everything else is on both disks.")
                    return row.state is State.NEEDS_YOU and told and row.remedy is remedy

                await until(says_so, "it says so")
                german = translated(status_of(client).reason, catalogue("de"))
                assert "Primärschlüssel" in german, "also when the reason came from the other side"
                assert [one.table for one in status_of(client).parked] == ["note"]
                write(a, f"INSERT INTO tag VALUES ('{where}', 1)")
                await until(lambda: rows(room, "tag") == rows(a, "tag"), "the other table goes on")
                write(broken, MEND)
                write(room, f"INSERT INTO note VALUES ('{where}', 'new')")
                await until(lambda: rows(room, "note") == rows(a, "note"), "it is synced again")
                await until(lambda: status_of(client).state is State.IN_SYNC, "and nothing is said of it any more")
                assert (status_of(client).parked, status_of(client).remedy) == ((), None)
                said = [event.sentence for event in heard.drain() if isinstance(event, AttentionNeeded)]
                assert said == [sentence]
                there = [event.sentence for event in guests.drain() if isinstance(event, AttentionNeeded)]
                other = " on the other side" if not where else ""
                assert there[0] == f"The table “note” {WHY.format(other)}"


@on_loop
async def test_a_table_of_another_type_is_parked_between_two_and_the_others_go_on(tmp_path: Path) -> None:
    room = make_file(tmp_path / "hub" / "room", SCHEMA)
    a = make_file(tmp_path / "a.db", SCHEMA.replace("body TEXT", "body INTEGER"))
    write(room, "INSERT INTO note VALUES ('1', '01067')")
    write(room, "INSERT INTO tag VALUES ('1', 1)")
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        peer = await add_peer(client, a, hub.url, mode=Mode.MANUAL)
        outcome = (await client.peers.sync_now())[peer]
        assert isinstance(outcome, TablesParked)
        assert "The column “body” of the table “note” has the type INTEGER on this side and TEXT" in str(outcome)
        assert (rows(a, "note"), rows(a, "tag")) == ([], rows(room, "tag"))
        assert (status_of(client).state, status_of(client).remedy) == (State.NEEDS_YOU, Remedy.COMPARE_TABLES)
        with Replica.open(a) as replica, replica.altering("note") as db:
            db.execute("ALTER TABLE note DROP COLUMN body; ALTER TABLE note ADD COLUMN body TEXT")
        assert (await client.peers.sync_now())[peer] is None
        assert rows(a, "note") == rows(room, "note") != []
        assert status_of(client).state is State.IDLE


@on_loop
async def test_a_table_that_is_parked_alone_stops_the_link_until_it_is_mended(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room", NOTE), make_file(tmp_path / "a.db", NOTE)
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        write(a, BREAK)
        await until(lambda: status_of(client).remedy is Remedy.REPAIR, "it says so")
        assert status_of(client).state is State.NEEDS_YOU
        assert status_of(client).reason.startswith(f"The table “note” {WHY.format('')}")
        write(a, MEND)
        await client.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_room_whose_only_table_is_parked_says_so_to_its_guests(tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room", NOTE), make_file(tmp_path / "a.db", NOTE)
    write(room, BREAK)
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await until(lambda: status_of(client).remedy is Remedy.COMPARE_TABLES, "it says so")
        assert status_of(client).state is State.NEEDS_YOU
        assert status_of(client).reason.startswith(f"The table “note” {WHY.format(' on the other side')}")
        write(room, MEND)
        await client.peers.sync_now()
        await client.peers.wait_in_sync(timeout=PATIENCE)


@on_loop
async def test_a_published_server_gets_nothing_of_it_and_the_person_is_told(tmp_path: Path) -> None:
    """Its dialect has no way to leave a table out."""
    a = make_file(tmp_path / "a.db", SCHEMA)
    with Replica.open(a) as replica:
        record_schema(replica.connection, "main.sql", 1)
        replica.park("note", "somebody said so")
    write(a, "INSERT INTO tag VALUES ('1', 1)")
    heard: list[object] = []

    async def published(socket: ServerConnection) -> None:
        hello = decode(await socket.recv())  # type: ignore[arg-type]
        assert isinstance(hello, AnnouncePresence)
        await socket.send(encode(StartStreaming(Cursor(0, 0), (), False)))
        async for frame in socket:
            heard.append(decode(frame))  # type: ignore[arg-type]

    async with stranger_server(published) as url, plain_engine() as client:
        await add_peer(client, a, url)
        await until(lambda: status_of(client).state is State.NEEDS_YOU, "it says so")
        assert "The table “note” cannot be synced: somebody said so." in status_of(client).reason
        await until(lambda: bool(heard), "the other table goes on")
        write(a, "INSERT INTO note VALUES ('1', 'kept back')")
        await until(
            lambda: "syncline" in status_of(client).reason or "stop syncing the table" in status_of(client).reason,
            "it stops",
        )
        assert [change.table for message in heard for change in message.changes] == ["tag"]  # type: ignore[attr-defined]


@on_loop
async def test_the_engine_mends_what_was_parked_at_run_time(files: tuple[Path, Path]) -> None:
    room, a = files
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        await add_peer(client, a, hub.url)
        await client.peers.wait_in_sync(timeout=PATIENCE)
        with Replica.open(a) as replica:
            replica.park("note", "somebody said so")
        await until(lambda: status_of(client).state is State.NEEDS_YOU, "it says so")
        write(room, "INSERT INTO note VALUES ('1', 'new')")
        [finding] = await client.databases.repair(status_of(client).database)
        assert finding.sentence == "cannot be synced: somebody said so."
        await client.peers.wait_in_sync(timeout=PATIENCE)
        assert rows(a, "note") == rows(room, "note") != []


def test_the_command_line_says_so_and_fails(files: tuple[Path, Path], tmp_path: Path) -> None:
    room, a = files
    write(room, "INSERT INTO tag VALUES ('1', 1)")
    syncline = Command(tmp_path / "home")
    with syncline.running("serve", room.parent, "--port", "0") as program:
        url = program.line.split(" at ")[1].split(";")[0]
        syncline("sync", a, url, "--room", "room", "--once")
        write(a, BREAK)
        write(room, "INSERT INTO tag VALUES ('2', 2)")
        process = syncline.start("sync", a, url, "--room", "room", "--once")
        out, err = process.communicate(timeout=4 * PATIENCE)
        assert process.returncode == 1
        assert f"Needs you: The table “note” {WHY.format('')}" in out
        assert "In sync" not in out
        assert "Caught up with" in out
        assert f"syncline: The table “note” {WHY.format('')}" in err
        assert rows(a, "tag") == rows(room, "tag")
        process = syncline.start("sync", a, url, "--room", "room", "--once", "--json")
        lines = [json.loads(line) for line in process.communicate(timeout=4 * PATIENCE)[0].splitlines()]
        assert process.returncode == 1
        assert [one["table"] for one in lines[-1]["parked"]] == ["note"]
        process = syncline.start("verify", a, url, "--room", "room")
        out, err = process.communicate(timeout=4 * PATIENCE)
        assert (process.returncode, err) == (1, "")
        assert f"identical: 1 table, 2 rows\nNot compared: The table “note” {WHY.format('')}" in out
        write(a, MEND)
        syncline("sync", a, url, "--room", "room", "--once")
        assert "Not compared" not in syncline("verify", a, url, "--room", "room")


def test_status_names_what_is_parked_in_a_file(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, a = files
    home = tmp_path / "home"
    monkeypatch.setenv("SYNCLINE_HOME", str(home))
    SettingsFile().save(Settings(databases=(DatabaseConfig.new(a, "a"),)))
    syncline = Command(home)
    assert "cannot be synced" not in syncline("status")
    write(a, BREAK)
    shown = syncline("status")
    assert f"    The table “note” {WHY.format('')}" in shown
    assert f"    To repair it: syncline check --repair {a}" in shown
    [database] = json.loads(syncline("status", "--json"))["databases"]
    assert [one["table"] for one in database["parked"]] == ["note"]


@on_loop
async def test_a_hub_goes_on_in_protocol_2_with_a_syncline_that_is_older(files: tuple[Path, Path]) -> None:
    room, _ = files
    write(room, BREAK)
    async with plain_engine() as server:
        hub = await server.serving.start(room.parent)
        async with guest(hub, own=OLDEST) as socket:
            assert socket.response is not None
            assert socket.response.headers[OWN_HEADER] == str(OLDEST)
            hello = await hear(socket)
            assert isinstance(hello, Hello)
            assert hello.protocol == OLDEST
            assert hello.tables == (Shape("tag", ("id",), ("n",)),)
            await socket.send(encode(Hello(OLDEST, b"o" * 16, 0, "", -1, hello.tables)))
            assert type(await hear(socket)).__name__ == "Lineage"
        async with guest(hub, own=OLDEST - 1) as socket:
            assert socket.response is not None
            assert socket.response.headers[OWN_HEADER] == str(OLDEST), "which it hangs up on"


@on_loop
async def test_a_test_of_the_peer_names_them(files: tuple[Path, Path]) -> None:
    room, a = files
    write(a, BREAK)
    async with plain_engine() as server, plain_engine() as client:
        hub = await server.serving.start(room.parent)
        report = await client.checks.probe((await client.databases.add(a)).id, hub.url, "room")
        assert report.failure is not None
        assert report.failure.sentence == f"The table “note” {WHY.format('')}"
        assert report.failure.hint == "Only “tag” would be synced."
